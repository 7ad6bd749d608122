"""Photos as a model that sees is sent them."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from vlit_hub.generation.pictures import PictureFault, with_pictures
from vlit_hub.generation.requests import Request, photo_part


def sent(photo, edge=64, box=None):
    """The MIME type and the bytes that a photo is sent as."""
    part = photo_part(str(photo), "d1", edge, box)
    message = {"role": "user", "content": [{"type": "text", "text": "What is this?"}, part]}
    request = with_pictures(Request(model="m", messages=({"role": "system", "content": "See."}, message)))
    text, picture = request.messages[1]["content"]
    assert request.messages[0]["content"] == "See." and text["text"] == "What is this?"
    kind, _, data = picture["image_url"]["url"].partition(";base64,")
    return kind.removeprefix("data:"), base64.b64decode(data)


@pytest.mark.parametrize(("name", "mime"), [("a.jpg", "image/jpeg"), ("a.png", "image/png"), ("a.webp", "image/webp")])
def test_a_small_photo_is_sent_byte_for_byte_under_its_own_type(tmp_path, name, mime):
    photo = tmp_path / name
    Image.new("RGB", (64, 40), "teal").save(photo)
    assert sent(photo) == (mime, photo.read_bytes())


def test_the_type_is_what_the_file_holds_not_what_its_name_says(tmp_path):
    photo = tmp_path / "really_a_png.jpg"
    Image.new("RGB", (8, 8)).save(photo, "PNG")
    assert sent(photo)[0] == "image/png"


@pytest.mark.parametrize(
    ("mode", "name"),
    [("RGBA", "a.png"), ("P", "a.png"), ("P", "a.gif"), ("L", "a.jpg"), ("CMYK", "a.jpg"), ("RGB", "a.bmp")],
)
def test_others_become_rgb_jpegs(tmp_path, mode, name):
    photo = tmp_path / name
    Image.new(mode, (30, 20)).save(photo)
    mime, data = sent(photo)
    with Image.open(io.BytesIO(data)) as picture:
        assert (mime, picture.format, picture.mode, picture.size) == ("image/jpeg", "JPEG", "RGB", (30, 20))


@pytest.mark.parametrize(("size", "smaller"), [((640, 480), (64, 48)), ((100, 400), (16, 64)), ((65, 65), (64, 64))])
def test_the_longer_edge_is_made_as_long_as_asked_for(tmp_path, size, smaller):
    photo = tmp_path / "a.jpg"
    Image.new("RGB", size).save(photo)
    with Image.open(io.BytesIO(sent(photo)[1])) as picture:
        assert picture.size == smaller


def test_a_photo_stored_on_its_side_is_sent_upright(tmp_path):
    photo = tmp_path / "side.jpg"
    exif = Image.Exif()
    exif[0x0112] = 8
    Image.new("RGB", (60, 30)).save(photo, exif=exif)
    with Image.open(io.BytesIO(sent(photo)[1])) as picture:
        assert picture.size == (30, 60) and not picture.getexif().get(0x0112)


def test_a_box_is_drawn_in_before_the_photo_is_made_smaller(tmp_path):
    photo = tmp_path / "a.png"
    Image.new("RGB", (640, 480), "white").save(photo)
    with Image.open(io.BytesIO(sent(photo, edge=320, box=(100, 100, 300, 300))[1])) as picture:
        assert picture.size == (320, 240)
        assert picture.getpixel((49, 100))[1] < 120 and min(picture.getpixel((100, 100))) > 240


def test_a_broken_photo_is_named(tmp_path):
    photo = tmp_path / "broken.jpg"
    photo.write_bytes(b"\xff\xd8\xff not a photo")
    with pytest.raises(PictureFault, match=r"broken\.jpg"):
        sent(photo)


def test_a_photo_over_the_size_limit_is_named(tmp_path, monkeypatch):
    photo = tmp_path / "huge.png"
    Image.new("1", (400, 400)).save(photo)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(PictureFault, match=r"huge\.png.*exceeds limit"):
        sent(photo)


def test_a_request_without_photos_is_the_same_one():
    request = Request(model="m", messages=({"role": "user", "content": "Hello"},))
    assert with_pictures(request) is request
