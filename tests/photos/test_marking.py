"""Regions drawn into copies of photos."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vlit_hub.photos.marking import digest_of, draw_box, marked_copy, upright

RED = (255, 0, 0)


def test_the_box_stands_around_the_region_and_covers_none_of_it():
    picture = Image.new("RGB", (200, 100), "white")
    draw_box(picture, (50, 20, 90, 60))
    pixels = np.asarray(picture)
    assert (pixels[20:60, 50:90] == 255).all()
    assert tuple(pixels[19, 70]) == tuple(pixels[60, 70]) == tuple(pixels[40, 49]) == tuple(pixels[40, 90]) == RED
    assert (pixels[:18] == 255).all() and (pixels[:, 92:] == 255).all()


def test_a_box_at_the_border_is_drawn_inside_it():
    picture = Image.new("RGB", (200, 100), "white")
    draw_box(picture, (0, 0, 200, 100))
    pixels = np.asarray(picture)
    for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert (edge == RED).all()


def test_a_copy_is_made_once_and_named_by_photo_and_box(tmp_path):
    photo = tmp_path / "COCO_9.png"
    Image.new("RGB", (80, 60), "white").save(photo)
    copy = marked_copy(photo, digest_of(photo), (10, 10, 40.4, 30), tmp_path / "marked")
    assert copy.name == "COCO_9-box-10-10-40-30.jpg"
    made = copy.stat().st_mtime_ns
    assert marked_copy(photo, digest_of(photo), (10, 10, 40.4, 30), tmp_path / "marked") == copy
    assert copy.stat().st_mtime_ns == made
    with Image.open(copy) as marked:
        red, green, blue = marked.getpixel((9, 20))
        assert marked.size == (80, 60) and red > 200 and green < 60 and blue < 60
    assert list(copy.parent.iterdir()) == [copy]


def test_a_changed_photo_gets_another_copy(tmp_path):
    photo, box = tmp_path / "a.png", (10, 10, 40, 30)
    Image.new("RGB", (80, 60), "white").save(photo)
    before = marked_copy(photo, digest_of(photo), box, tmp_path / "marked")
    Image.new("RGB", (80, 60), "black").save(photo)
    assert marked_copy(photo, digest_of(photo), box, tmp_path / "marked") != before


def test_the_box_is_of_the_upright_photo(tmp_path):
    photo = tmp_path / "side.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # stored on its side
    Image.new("RGB", (100, 50), "white").save(photo, exif=exif)
    with Image.open(marked_copy(photo, digest_of(photo), (10, 60, 40, 90), tmp_path / "marked")) as marked:
        assert marked.size == (50, 100)
        assert marked.getpixel((25, 59))[1] < 60
        assert not marked.getexif().get(0x0112)


@pytest.mark.parametrize(
    ("mode", "colour", "shown"),
    [
        ("RGBA", (10, 20, 30, 255), (10, 20, 30)),
        ("RGBA", (10, 20, 30, 0), (255, 255, 255)),  # transparent: on white
        ("LA", (90, 255), (90, 90, 90)),
        ("L", 90, (90, 90, 90)),
        ("1", 1, (255, 255, 255)),
        ("P", 0, (0, 0, 0)),
        ("CMYK", (0, 255, 255, 0), (255, 0, 0)),
        ("I;16", 65535, (255, 255, 255)),
        ("I;16", 32896, (128, 128, 128)),
    ],
)
def test_every_mode_becomes_rgb(tmp_path, mode, colour, shown):
    photo = tmp_path / ("photo.tiff" if mode in ("CMYK", "I;16") else "photo.png")
    Image.new(mode, (4, 4), colour).save(photo)
    picture = upright(photo)
    assert picture.mode == "RGB"
    assert picture.getpixel((1, 1)) == shown


def test_a_palette_with_a_transparent_entry_is_on_white(tmp_path):
    photo = tmp_path / "palette.png"
    picture = Image.new("P", (4, 4), 1)
    picture.putpalette([0, 0, 0, 200, 0, 0])
    picture.save(photo, transparency=1)
    assert upright(photo).getpixel((0, 0)) == (255, 255, 255)
