from io import BytesIO
from pathlib import Path

import polars as pl
import pytest
from PIL import ExifTags, Image

from vlit_hub.errors import InputError
from vlit_hub.frames import SCHEMAS, Annotations, conform
from vlit_hub.photos import attach


def save(
    folder: Path,
    number: int,
    *,
    size: tuple[int, int] = (64, 48),
    mode: str = "RGB",
    orientation: int = 1,
    cut: int = 0,
) -> Path:
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = orientation
    file = BytesIO()
    Image.new(mode, size).save(file, "JPEG", exif=tags)
    path = folder / f"{number:012d}.jpg"
    path.write_bytes(file.getvalue()[: len(file.getvalue()) - cut])
    return path


def images(sizes: dict[int, tuple[int, int] | None], **columns: object) -> pl.DataFrame:
    """Images as the join gives them, with these sizes."""
    frame = pl.DataFrame(
        {
            "image_id": list(sizes),
            "image_key": [str(number) for number in sizes],
            "width": pl.Series([size and size[0] for size in sizes.values()], dtype=pl.Int32()),
            "height": pl.Series([size and size[1] for size in sizes.values()], dtype=pl.Int32()),
            "source": ["coco_captions"] * len(sizes),
            **columns,
        }
    )
    return Annotations.of({"images": conform("images", frame)}).images


def test_attach_gives_photos_sizes_and_counts(tmp_path: Path) -> None:
    save(tmp_path, 1)
    save(tmp_path, 2, mode="L")
    save(tmp_path, 3, mode="CMYK")
    save(tmp_path, 4, orientation=3)
    save(tmp_path, 5, cut=100)
    save(tmp_path, 6).write_bytes(b"")
    wanted = images(dict.fromkeys(range(1, 8), (64, 48)))
    found, counts = attach(wanted, tmp_path)
    assert counts == {
        "photos_found": 4,
        "photos_missing": 1,
        "photos_unreadable": 2,
        "photos_unfit": 0,
        "photos_grayscale": 1,
        "photos_cmyk": 1,
        "photos_exif_rotated": 1,
    }
    assert found.columns == [*SCHEMAS["images"], "photo", "photo_fault", "photo_bytes", "rotation"]
    assert found["image_id"].to_list() == [1, 2, 3, 4, 5, 6, 7]
    assert found["photo_fault"].to_list() == [None, None, None, None, "truncated", "empty", None]
    assert found["photo"][0] == str(tmp_path / "000000000001.jpg")
    assert found["photo"].is_null().to_list() == [False] * 6 + [True]
    assert found["photo_bytes"][0] == (tmp_path / "000000000001.jpg").stat().st_size
    assert found["rotation"].to_list() == [1] * 7
    assert found.select("width", "height").unique().rows() == [(64, 48)]


@pytest.mark.parametrize(
    ("stored", "orientation", "annotated", "upright", "rotation"),
    [
        ((64, 48), 1, (64, 48), (64, 48), 1),
        ((64, 48), 1, None, (64, 48), 1),  # the annotations don't say
        ((64, 48), 6, None, (48, 64), 1),
        ((64, 48), 6, (48, 64), (48, 64), 1),  # annotated upright
        ((64, 48), 6, (64, 48), (48, 64), 6),  # annotated as stored
        ((64, 48), 5, (64, 48), (48, 64), 5),
        ((64, 48), 3, (64, 48), (64, 48), 1),  # can't be told: taken as upright
        ((48, 48), 8, (48, 48), (48, 48), 1),
    ],
)
def test_attach_settles_size_and_rotation(
    tmp_path: Path,
    stored: tuple[int, int],
    orientation: int,
    annotated: tuple[int, int] | None,
    upright: tuple[int, int],
    rotation: int,
) -> None:
    save(tmp_path, 9, size=stored, orientation=orientation)
    found, _ = attach(images({9: annotated}), tmp_path)
    assert found.select("width", "height", "rotation", "photo_fault").row(0) == (*upright, rotation, None)


def test_attach_refuses_a_photo_of_another_size(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        save(tmp_path, number, size=(32, 24))
    wanted = images({1: (32, 24), 2: (64, 48), 3: (24, 32)})
    with pytest.raises(
        InputError,
        match=r"^coco_captions: image 2: photo is 32x24, annotations say 64x48 \(first of 2\)\. Mend it, or pass",
    ):
        attach(wanted, tmp_path)
    found, counts = attach(wanted, tmp_path, on_error="skip")
    assert found["photo_fault"].to_list() == [
        None,
        "photo is 32x24, annotations say 64x48",
        "photo is 32x24, annotations say 24x32",
    ]
    assert (counts["photos_found"], counts["photos_unfit"], counts["photos_unreadable"]) == (1, 2, 0)


def test_attach_reports_names_that_lead_outside(tmp_path: Path) -> None:
    wanted = images({1: None}, file_name=["../../etc/passwd"])
    with pytest.raises(
        InputError, match=r"image 1: file name \.\./\.\./etc/passwd leads outside the photo folder\. Mend"
    ):
        attach(wanted, tmp_path)
    found, counts = attach(wanted, tmp_path, on_error="skip")
    assert found["photo_fault"].to_list() == ["file name ../../etc/passwd leads outside the photo folder"]
    assert (counts["photos_unfit"], counts["photos_missing"]) == (1, 0)


def test_attach_requires_photos_when_told(tmp_path: Path) -> None:
    save(tmp_path, 1)
    found, counts = attach(images({1: (64, 48), 2: (64, 48)}), tmp_path, require=True)
    assert found["photo_fault"].to_list() == [None, "not found"]
    assert counts["photos_missing"] == 1


def test_attach_decodes_photos_when_told(tmp_path: Path) -> None:
    path = save(tmp_path, 1)
    Image.effect_noise((200, 200), 90).save(path.with_suffix(".png"))
    path.unlink()
    data = path.with_suffix(".png").read_bytes()
    path.with_suffix(".png").write_bytes(data[:9000] + b"\xff" * 99 + data[9099:])
    assert attach(images({1: None}), tmp_path)[0]["photo_fault"].to_list() == [None]
    assert attach(images({1: None}), tmp_path, verify=True)[1]["photos_unreadable"] == 1


def test_attach_without_any_photo(tmp_path: Path) -> None:
    wanted = images({1: (64, 48), 2: None})
    found, counts = attach(wanted, (tmp_path,))
    assert found.select(wanted.columns).equals(wanted)
    assert (counts["photos_found"], counts["photos_missing"]) == (0, 2)
    assert found["rotation"].to_list() == [1, 1]
