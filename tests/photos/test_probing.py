from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import ExifTags, Image

from vlit_hub.photos import PROBED, probe


def picture(mode: str = "RGB", size: tuple[int, int] = (40, 30)) -> Image.Image:
    noise = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    image = Image.fromarray(noise).convert(mode)
    if mode == "RGBA":
        image.putalpha(128)
    return image


def encoded(mode: str = "RGB", kind: str = "JPEG", size: tuple[int, int] = (40, 30), **options: object) -> bytes:
    file = BytesIO()
    picture(mode, size).save(file, kind, **options)
    return file.getvalue()


def exif(orientation: int, padding: int = 0) -> Image.Exif:
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = orientation
    if padding:
        tags[ExifTags.Base.ImageDescription] = "x" * padding
    return tags


def seen(tmp_path: Path, data: bytes, *, verify: bool = False, name: str = "photo.jpg") -> dict[str, object]:
    path = tmp_path / name
    path.write_bytes(data)
    return probe([str(path)], verify=verify).drop("photo").row(0, named=True)


@pytest.mark.parametrize("verify", [False, True])
@pytest.mark.parametrize(
    ("data", "mode", "kind"),
    [
        (encoded(), "RGB", "JPEG"),
        (encoded("L"), "L", "JPEG"),
        (encoded("CMYK"), "CMYK", "JPEG"),
        (encoded(progressive=True), "RGB", "JPEG"),
        (encoded(kind="PNG"), "RGB", "PNG"),  # under a .jpg name
        (encoded("P", "PNG"), "P", "PNG"),
        (encoded("RGBA", "PNG"), "RGBA", "PNG"),
        (encoded("1", "PNG"), "1", "PNG"),
        (encoded("P", "GIF"), "P", "GIF"),
        (encoded(kind="WEBP"), "RGB", "WEBP"),
        (encoded("RGBA", "WEBP", lossless=True), "RGBA", "WEBP"),
        (encoded(kind="BMP"), "RGB", "BMP"),
        (encoded(kind="TIFF"), "RGB", "TIFF"),
        (encoded(comment=b"x" * 40_000), "RGB", "JPEG"),  # pixels begin after the first block that is read
        (encoded(kind="PNG")[:-3], "RGB", "PNG"),  # all its pixels are there
        (encoded() + b"\0" * 30, "RGB", "JPEG"),  # padded
        (encoded() + b"\0" * 5000, "RGB", "JPEG"),
        (encoded() + b"\r\n", "RGB", "JPEG"),
        (encoded() + b"a trailer of the camera's own", "RGB", "JPEG"),
        (encoded(size=(400, 300)) + encoded(size=(400, 300)), "RGB", "JPEG"),  # a preview appended
    ],
)
def test_probe_of_photos_that_can_be_used(tmp_path: Path, data: bytes, mode: str, kind: str, verify: bool) -> None:
    size = (400, 300) if len(data) > 100_000 and kind == "JPEG" else (40, 30)
    found = seen(tmp_path, data, verify=verify)
    assert found["fault"] is None
    assert (found["stored_width"], found["stored_height"]) == size
    assert (found["mode"], found["format"], found["orientation"], found["photo_bytes"]) == (mode, kind, 1, len(data))


LARGE = encoded(size=(400, 300), quality=95)
LARGE_PNG = encoded(kind="PNG", size=(400, 300))
LARGE_WEBP = encoded(kind="WEBP", size=(400, 300))


@pytest.mark.parametrize("verify", [False, True])
@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "empty"),
        (b"hello", "not an image"),
        (b"<!DOCTYPE html><html>404 Not Found</html>" * 1000, "not an image"),
        (b"\0" * 50_000, "not an image"),  # space allotted, never written
        (LARGE[: len(LARGE) // 2], "truncated"),
        (LARGE[:-2], "truncated"),
        (LARGE[: len(LARGE) // 2] + b"\0" * (len(LARGE) // 2), "truncated"),
        (encoded(exif=exif(6, 9000))[:9200], "truncated"),
        (encoded(progressive=True, size=(400, 300))[:-500], "truncated"),
        (LARGE_PNG[: len(LARGE_PNG) // 2], "truncated"),
        (encoded("P", "GIF", size=(400, 300))[:-5000], "truncated"),
        (encoded(kind="BMP", size=(400, 300))[:-5000], "truncated"),
    ],
)
def test_probe_of_photos_that_cannot(tmp_path: Path, data: bytes, fault: str, verify: bool) -> None:
    found = seen(tmp_path, data, verify=verify)
    assert found.pop("fault") == fault
    assert set(found.values()) == {None}


def test_probe_of_a_webp_cut_short(tmp_path: Path) -> None:
    assert seen(tmp_path, LARGE_WEBP[: len(LARGE_WEBP) // 2])["fault"] is not None


def test_probe_finds_damage_in_the_middle_when_it_verifies(tmp_path: Path) -> None:
    middle = LARGE_PNG.index(b"IDAT") + 3000
    damaged = LARGE_PNG[:middle] + b"\xff" * 50 + LARGE_PNG[middle + 50 :]
    assert seen(tmp_path, damaged)["fault"] is None
    assert str(seen(tmp_path, damaged, verify=True)["fault"]).startswith("damaged (")


def test_probe_refuses_decompression_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    assert seen(tmp_path, encoded())["fault"] == "too large (decompression bomb)"
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)  # Pillow only warns up to twice of it
    assert seen(tmp_path, encoded())["fault"] is None


def test_probe_of_a_photo_that_vanished_or_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    paths = [str(tmp_path / "gone.jpg"), str(tmp_path / "folder.jpg")]
    assert probe(paths)["fault"].to_list() == ["no such file or directory", "is a directory"]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_probe_reads_the_orientation(tmp_path: Path, kind: str, orientation: int) -> None:
    found = seen(tmp_path, encoded(kind=kind, exif=exif(orientation)))
    assert found["orientation"] == orientation
    assert (found["stored_width"], found["stored_height"]) == (40, 30)


def after_pixels(data: bytes) -> bytes:
    """A PNG with its EXIF chunk behind its pixels, as some writers place it."""
    start = data.index(b"eXIf") - 4
    stop = start + 12 + int.from_bytes(data[start : start + 4], "big")
    return data[:start] + data[stop:-12] + data[start:stop] + data[-12:]


@pytest.mark.parametrize(
    ("data", "orientation"),
    [
        (encoded(exif=exif(6, 30_000)), 6),  # a long header
        (after_pixels(encoded(kind="PNG", exif=exif(6))), 6),
        (after_pixels(encoded(kind="PNG", exif=exif(8), size=(400, 300))), 8),
        (encoded(exif=exif(0)), 1),
        (encoded(exif=exif(9)), 1),
        (encoded(exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0"), 1),  # no tags
    ],
)
def test_probe_reads_odd_orientations(tmp_path: Path, data: bytes, orientation: int) -> None:
    found = seen(tmp_path, data)
    assert (found["orientation"], found["fault"]) == (orientation, None)


def test_probe_agrees_with_how_datasets_shows_photos(tmp_path: Path) -> None:
    from datasets import Image as Feature

    for orientation in range(1, 9):
        found = seen(tmp_path, encoded(exif=exif(orientation)))
        shown = Feature().decode_example({"bytes": None, "path": str(tmp_path / "photo.jpg")})
        swapped = int(str(found["orientation"])) >= 5
        assert shown.size == ((30, 40) if swapped else (40, 30))


def test_probe_keeps_order_whatever_the_threads_and_tells_progress(tmp_path: Path) -> None:
    paths = []
    for number in range(600):
        path = tmp_path / f"{number}.jpg"
        path.write_bytes(encoded(size=(1 + number % 7, 1 + number % 5)) if number % 3 else b"no photo")
        paths.append(str(path))
    steps: list[int] = []
    many = probe(paths, workers=5, on_progress=steps.append)
    assert many.equals(probe(paths, workers=1))
    assert many["photo"].to_list() == paths
    assert sum(steps) == 600
    assert len(steps) > 1
    assert many["stored_width"].to_list() == [1 + number % 7 if number % 3 else None for number in range(600)]


def test_probe_of_nothing() -> None:
    assert probe([]).schema == PROBED
    assert probe(pl.Series([], dtype=pl.String())).is_empty()


def test_probe_lets_other_errors_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(steps: int) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "a.jpg"
    path.write_bytes(encoded())
    callback: Callable[[int], None] = interrupt
    with pytest.raises(KeyboardInterrupt):
        probe([str(path)] * 1000, on_progress=callback)
