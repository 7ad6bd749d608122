"""Indicators of photos: that they mean what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from tests.quality.making import data_of, record, save, scene, write
from vlit_hub.dataset.reading import Dataset
from vlit_hub.quality.engine import score
from vlit_hub.quality.groups import connected
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.photo import BrokenPhoto, Photo


def dataset_of(folder: Path, photos: list[Any]) -> Dataset:
    """A record a photo: a picture, or a file's content."""
    rows = []
    for n, photo in enumerate(photos):
        path = folder.parent / f"{folder.name}-{n}.png"
        path.write_bytes(photo if isinstance(photo, bytes) else data_of(photo))
        rows.append(record(n, [path]))
    return write(folder, {"train": [rows]})


def measured(folder: Path, photos: list[Any], *indicators: str) -> pl.DataFrame:
    dataset = dataset_of(folder, photos)
    score(dataset, indicators)
    found = Measured(dataset)
    return found.read(found.indicators)


def test_a_blurred_photo_is_less_sharp_and_more_so_the_more_it_is_blurred(tmp_path: Path) -> None:
    for seed in range(3):
        picture = scene(seed)
        levels = [picture.filter(ImageFilter.GaussianBlur(radius)) for radius in (0, 1, 2, 4)]
        found = measured(tmp_path / str(seed), levels, "image_sharpness")["image_sharpness"].to_list()
        assert found == sorted(found, reverse=True) and found[0] > 10 * found[2]


def test_sharpness_by_hand(tmp_path: Path) -> None:
    pixels = np.zeros((5, 5), np.uint8)
    pixels[2, 2] = 10
    dot, plain, tiny = measured(
        tmp_path / "d", [Image.fromarray(pixels), Image.new("L", (5, 5), 99), Image.new("L", (2, 9))], "image_sharpness"
    )["image_sharpness"]
    laplacian = np.array([0, -10, 0, -10, 40, -10, 0, -10, 0])
    assert dot == pytest.approx(laplacian.var()) and plain == 0 and tiny is None


def test_busy_scenes_are_more_complex_than_plain_ones_and_blur_is_not(tmp_path: Path) -> None:
    plain, few, many = Image.new("RGB", (320, 240), (90, 120, 200)), scene(1, things=5), scene(1, things=300)
    blurred = many.filter(ImageFilter.GaussianBlur(6))
    names = ["visual_complexity_jpeg", "visual_complexity_edges"]
    found = measured(tmp_path / "d", [plain, few, many, blurred], *names)
    for name in names:
        a, b, c, d = found[name].to_list()
        assert a < b < c and d < c
    assert found["visual_complexity_edges"].max() <= 1 and found["visual_complexity_edges"][0] == 0  # type: ignore[operator]


def test_which_photos_are_readable(tmp_path: Path) -> None:
    whole = data_of(scene(0), "JPEG")
    photos = [
        scene(0),
        whole[:-2000],
        b"",
        Image.new("RGB", (31, 200)),
        Image.new("RGB", (40, 401)),
        Image.new("RGB", (40, 400)),
    ]
    assert measured(tmp_path / "d", photos, "readable_image")["readable_image"].to_list() == [
        True,
        False,
        False,
        False,
        False,
        True,
    ]


def test_all_photos_of_a_record_must_be_readable(tmp_path: Path) -> None:
    good = save(scene(0), tmp_path / "good.png")
    (tmp_path / "bad.png").write_text("bad")
    rows = [record(0, [good, good]), record(1, [good, tmp_path / "bad.png"]), record(2)]
    dataset = write(tmp_path / "d", {"train": [rows]})
    score(dataset, ["readable_image"])
    assert Measured(dataset).read(["readable_image"])["readable_image"].to_list() == [True, False, None]


def test_copies_of_photos_are_found_under_other_ids(tmp_path: Path) -> None:
    picture = scene(7, 640, 480)
    copies = [
        data_of(picture, "JPEG", quality=40),
        data_of(picture.resize((300, 225))),
        data_of(ImageEnhance.Brightness(picture).enhance(0.8)),
    ]
    others = [scene(seed) for seed in range(20, 40)]
    dataset = dataset_of(tmp_path / "d", [picture, *others, *copies])
    score(dataset, ["image_copies"])
    found = Measured(dataset).read(["image_copies", "image_copy_rank"])
    assert found["image_copies"].to_list() == [3] + [0] * 20 + [3] * 3
    assert found["image_copy_rank"].to_list() == [0] + [0] * 20 + [1, 2, 3]


def test_records_of_one_photo_are_no_copies(tmp_path: Path) -> None:
    photo = save(scene(0), tmp_path / "a.png")
    rows = [record(n, [photo], id=f"r{n}", image_ids=["5"]) for n in range(4)] + [record(9)]
    dataset = write(tmp_path / "d", {"train": [rows]})
    score(dataset, ["image_copies"])
    assert Measured(dataset).read(["image_copies"])["image_copies"].to_list() == [0, 0, 0, 0, None]


@pytest.mark.parametrize("distance", [0, 1, 3, 7])
def test_every_pair_of_hashes_within_the_distance_is_found(distance: int) -> None:
    from vlit_hub.plugins.quality.image_copies import _pairs

    draw = np.random.default_rng(distance)
    hashes = draw.integers(0, 1 << 64, 60, dtype=np.uint64)
    near = hashes.repeat(3)
    for place in range(len(near)):
        for bit in draw.choice(64, draw.integers(0, 9), replace=False):
            near[place] ^= np.uint64(1) << np.uint64(bit)
    near = np.unique(near)
    left, right = _pairs(near, distance)
    found = {tuple(sorted(pair)) for pair in zip(left.tolist(), right.tolist(), strict=True)}
    true = {
        (a, b)
        for a in range(len(near))
        for b in range(a + 1, len(near))
        if int(near[a] ^ near[b]).bit_count() <= distance
    }
    assert found == true and (distance < 3 or len(true) > 5)


def test_groups_of_chains() -> None:
    links = np.array([(9, 8), (8, 7), (3, 4), (7, 6), (2, 9)])
    assert connected(10, links[:, 0], links[:, 1]).tolist() == [0, 1, 2, 3, 3, 5, 2, 2, 2, 2]
    chain = np.random.default_rng(0).permutation(5000)
    assert set(connected(5000, chain[:-1], chain[1:]).tolist()) == {0}


def test_a_photo_is_upright_and_in_color() -> None:
    picture = scene(0, 60, 40)
    turned = picture.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    photo = Photo.decode(data_of(turned, "PNG", exif=exif))
    assert photo.image.size == (60, 40) and np.array_equal(np.asarray(photo.image), np.asarray(picture))
    assert Photo.decode(data_of(picture.convert("CMYK"), "JPEG")).image.mode == "RGB"
    with pytest.raises(BrokenPhoto):
        Photo.decode(b"GIF89a")
