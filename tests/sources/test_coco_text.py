"""COCO-Text, its first files and TextOCR, as frames."""

import json
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import BOX, SCHEMAS
from vlit_hub.image_ids import image_id
from vlit_hub.sources.coco_text import COCO_TEXT, TEXTOCR

IMAGE = {"id": 9, "set": "train", "width": 640, "height": 480, "file_name": "COCO_train2014_000000000009.jpg"}
TEXT = {
    "id": 5,
    "image_id": 9,
    "bbox": [10.0, 20.0, 30.0, 40.0],
    "utf8_string": "STOP",
    "legibility": "legible",
    "language": "english",
    "class": "machine printed",
}
FIRST = {"instance_id": 5, "mask": [10, 20, 40, 20, 40, 60], "text": "STOP", "legibility": 0, "language": 0, "type": 0}


def write(folder: Path, name: str, content: Any, split: str = "") -> AnnotationFile:
    (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return AnnotationFile(folder / name, split=split)


def official(*texts: dict[str, Any], images: tuple[dict[str, Any], ...] = (IMAGE,)) -> dict[str, Any]:
    """The official file's layout; texts without an id of their own are keyed by their place."""
    return {
        "cats": {},
        "anns": {str(number): text for number, text in enumerate(texts)},
        "imgs": {str(image["id"]): image for image in images},
        "imgToAnns": {},
        "info": {},
    }


def read_one(folder: Path, text: dict[str, Any]) -> dict[str, Any]:
    """The one row that a text of the official file gives."""
    frames = COCO_TEXT.read([write(folder, "cocotext.v2.json", official(text))], "fail")
    assert frames["rejected"].is_empty()
    return frames["texts"].row(0, named=True)


def test_the_official_file(tmp_path: Path) -> None:
    frames = COCO_TEXT.read([write(tmp_path, "cocotext.v2.json", official(TEXT))], "fail")
    assert {kind: frame.schema for kind, frame in frames.items()} == {kind: SCHEMAS[kind] for kind in frames}
    (image,), (text,) = frames["images"].to_dicts(), frames["texts"].to_dicts()
    assert (image["image_id"], image["image_key"], image["split"], image["source"]) == (9, "9", "train", "coco_text")
    assert (image["width"], image["height"], image["file_name"]) == (640, 480, "COCO_train2014_000000000009.jpg")
    assert (text["image_id"], text["text_id"], text["text"], text["legible"]) == (9, 5, "STOP", True)
    assert (text["language"], text["text_type"], text["split"]) == ("english", "machine printed", "train")
    assert [text[side] for side in BOX] == [10, 20, 40, 60]


@pytest.mark.parametrize(
    ("given", "text", "legible"),
    [
        # outer white space
        ({"utf8_string": " STOP \n"}, "STOP", True),
        # legible, yet nobody wrote it down
        ({"utf8_string": ""}, None, True),
        # nothing but white space
        ({"utf8_string": "  "}, None, True),
        # illegible and empty, as most illegible text is
        ({"utf8_string": "", "legibility": "illegible"}, None, False),
        # illegible, yet somebody read it
        ({"utf8_string": "ST", "legibility": "illegible"}, "ST", False),
        # punctuation is text
        ({"utf8_string": "..."}, "...", True),
        # a full stop stands for itself where legibility is said
        ({"utf8_string": "."}, ".", True),
        # version 1 leaves the text of illegible annotations out
        ({"utf8_string": None, "legibility": "illegible"}, None, False),
        # a script other than Latin
        ({"utf8_string": "止まれ"}, "止まれ", True),
    ],
)
def test_transcriptions(tmp_path: Path, given: dict[str, Any], text: str | None, legible: bool) -> None:
    row = read_one(tmp_path, {key: value for key, value in {**TEXT, **given}.items() if value is not None})
    assert (row["text"], row["legible"]) == (text, legible)


@pytest.mark.parametrize(
    ("given", "box"),
    [
        # as given: x, y, width, height
        ({"bbox": [1, 2, 3, 4]}, [1, 2, 4, 6]),
        # begins left of and above the photo
        ({"bbox": [-5, -6, 15, 16]}, [0, 0, 10, 10]),
        # ends right of and below it
        ({"bbox": [630, 470, 50, 50]}, [630, 470, 640, 480]),
        # minus nothing
        ({"bbox": [-0.0, -0.0, 5, 5]}, [0, 0, 5, 5]),
        # lies outside: shows nothing
        ({"bbox": [700, 10, 5, 5]}, [None] * 4),
        # has no area: shows nothing
        ({"bbox": [10, 10, 0, 5]}, [None] * 4),
        # no box, but version 2's polygon
        ({"bbox": None, "mask": [10, 20, 40, 22, 38, 60, 12, 58]}, [10, 20, 40, 60]),
        # no box, but version 1's polygon
        ({"bbox": None, "polygon": [10, 20, 40, 22, 38, 60, 12, 58]}, [10, 20, 40, 60]),
        # a polygon with negative and oversize numbers
        ({"mask": [-3, 20, 700, 22, 38, 500]}, [0, 20, 640, 480]),
        # an empty polygon says nothing
        ({"mask": []}, [10, 20, 40, 60]),
        # nothing says where it is
        ({"bbox": None}, [None] * 4),
    ],
)
def test_boxes(tmp_path: Path, given: dict[str, Any], box: list[float | None]) -> None:
    row = read_one(tmp_path, {key: value for key, value in {**TEXT, **given}.items() if value is not None})
    assert [row[side] for side in BOX] == box
    assert "-" not in str([row[side] for side in BOX])


def test_language_that_does_not_apply_is_null(tmp_path: Path) -> None:
    assert read_one(tmp_path, {**TEXT, "language": "na"})["language"] is None


@pytest.mark.parametrize(
    ("of_image", "of_file", "split"),
    [
        # the image's own beats the file's
        ("val", "train", "validation"),
        ("test", "", "test"),
        # the file's, where the image says nothing
        (None, "train", "train"),
        (None, "", None),
    ],
)
def test_splits(tmp_path: Path, of_image: str | None, of_file: str, split: str | None) -> None:
    content = official(TEXT, images=({**IMAGE, "set": of_image},))
    frames = COCO_TEXT.read([write(tmp_path, "cocotext.v2.json", content, of_file)], "fail")
    assert frames["images"]["split"].to_list() == frames["texts"]["split"].to_list() == [split]


def test_images_without_text_are_listed(tmp_path: Path) -> None:
    frames = COCO_TEXT.read([write(tmp_path, "cocotext.v2.json", official())], "fail")
    assert frames["images"]["image_id"].to_list() == [9]
    assert frames["texts"].is_empty()


def test_the_first_files(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "9.json", {"annotations": [FIRST]}),
        write(tmp_path, "12.json", {"annotations": []}),
        write(
            tmp_path,
            "11.json",
            {"annotations": [{**FIRST, "instance_id": 6, "text": "", "legibility": 1, "type": 1, "language": 1}]},
        ),
    ]
    frames = COCO_TEXT.read(files, "fail")
    assert sorted(frames["images"]["image_id"]) == [9, 11, 12]
    texts = frames["texts"].sort("text_id").to_dicts()
    assert [text["image_id"] for text in texts] == [9, 11]
    assert [(text["text"], text["legible"]) for text in texts] == [("STOP", True), (None, False)]
    assert [text["text_type"] for text in texts] == ["machine printed", "handwritten"]
    assert [text["language"] for text in texts] == ["english", "not english"]
    assert [texts[0][side] for side in BOX] == [10, 20, 40, 60]


def test_first_files_beside_the_official_one_are_one_dataset(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "9.json", {"annotations": [{**FIRST, "mask": [-9, 20, 40, 20, 40, 60]}]}),
        write(tmp_path, "cocotext.v2.json", official({**TEXT, "bbox": [0, 20, 40, 40]})),
    ]
    frames = COCO_TEXT.read(files, "fail")
    assert frames["images"].select("width", "split").rows() == [(640, "train")]
    assert frames["texts"].select("text_id", *BOX, "split").rows() == [(5, 0, 20, 40, 60, "train")]


def test_textocr(tmp_path: Path) -> None:
    key = "a4ea732cd3d5948a"
    content = {
        "imgs": {key: {"id": key, "set": "val", "width": 1024, "height": 768, "file_name": f"train/{key}.jpg"}},
        "anns": {
            f"{key}_{number}": {
                "id": f"{key}_{number}",
                "image_id": key,
                "bbox": [525.5, 3.5, 197.5, 34],
                "points": [525.5, 3.5, 723.0, 7.5, 722.5, 37.5, 525.5, 37],
                "utf8_string": text,
            }
            for number, text in enumerate(["Performance", "."], start=1)
        },
        "img2Anns": {key: [f"{key}_1", f"{key}_2"]},
    }
    frames = TEXTOCR.read([write(tmp_path, "TextOCR_0.1_val.json", content)], "fail")
    image = frames["images"].row(0, named=True)
    assert (image["image_key"], image["image_id"], image["split"]) == (key, image_id(key), "validation")
    assert image["image_id"] < 0
    texts = {row["text_id"]: row for row in frames["texts"].to_dicts()}
    read, unread = texts[image_id(f"{key}_1")], texts[image_id(f"{key}_2")]
    assert (read["text"], read["legible"], read["source"]) == ("Performance", True, "textocr")
    assert (unread["text"], unread["legible"]) == (None, False)
    assert [read[side] for side in BOX] == [525.5, 3.5, 723, 37.5]


FAULTS = [
    # an image that isn't listed
    ({**TEXT, "id": 6, "image_id": 99}, "annotation 6 names image 99, which the file doesn't list"),
    # an id twice
    (TEXT, "annotation 5 is listed twice"),
    # a polygon whose numbers don't pair up
    ({**TEXT, "id": 6, "mask": [1, 2, 3]}, "annotation 6 has a polygon with a number left over"),
    # a box that ends before it begins
    ({**TEXT, "id": 6, "bbox": [10, 10, -5, 5]}, "annotation 6 has a box of negative size"),
    # numbers that no Float32 holds
    ({**TEXT, "id": 6, "bbox": [1e300, 10, 5, 5]}, "annotation 6 has a box that is out of all range"),
    # text that is no text
    ({**TEXT, "id": 6, "utf8_string": 5}, "annotation 1: `$.utf8_string` is a whole number, where text"),
    # a box of three numbers
    ({**TEXT, "id": 6, "bbox": [1, 2, 3]}, "annotation 1: `$.bbox` isn't a list of 4"),
]


@pytest.mark.parametrize(("bad", "message"), FAULTS)
def test_a_fault_stops_the_reading(tmp_path: Path, bad: dict[str, Any], message: str) -> None:
    file = write(tmp_path, "cocotext.v2.json", official(TEXT, bad))
    with pytest.raises(InputError) as raised:
        COCO_TEXT.read([file], "fail")
    assert str(raised.value).startswith(f"cocotext.v2.json: {message}")
    assert str(raised.value).endswith("Fix the file, or pass --on-error=skip.")


@pytest.mark.parametrize(("bad", "message"), FAULTS)
def test_a_fault_can_be_put_aside(tmp_path: Path, bad: dict[str, Any], message: str) -> None:
    frames = COCO_TEXT.read([write(tmp_path, "cocotext.v2.json", official(TEXT, bad))], "skip")
    assert frames["texts"]["text_id"].to_list() == [5]
    (row,) = frames["rejected"].to_dicts()
    assert message.startswith(row["what"])
    assert row["reason"].startswith(message.removeprefix(row["what"]).strip(": "))
    assert row["source"] == "coco_text"


def test_two_files_that_differ_about_an_annotation(tmp_path: Path) -> None:
    files = [
        write(tmp_path, "cocotext.v1.json", official(TEXT)),
        write(tmp_path, "cocotext.v2.json", official({**TEXT, "utf8_string": "SHOP"})),
    ]
    with pytest.raises(InputError, match=r"cocotext.v2.json: annotation 5 isn't the same as in cocotext.v1.json"):
        COCO_TEXT.read(files, "fail")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        # another format
        ({"images": []}, "isn't in COCO-Text's format"),
        # half of the official layout
        ({"imgs": {}}, "isn't in COCO-Text's format"),
        # no JSON
        ("{", "is broken JSON: it ends too early, at line 1, column 2"),
        # nothing at all
        ("", "is empty"),
    ],
)
def test_files_of_another_kind(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(InputError) as raised:
        COCO_TEXT.read([write(tmp_path, "cocotext.v2.json", content)], "skip")
    assert str(raised.value).startswith(f"cocotext.v2.json: {message}")


def test_order_does_not_matter(tmp_path: Path) -> None:
    files = [write(tmp_path, f"{n}.json", {"annotations": [{**FIRST, "instance_id": n}]}) for n in range(1, 9)]
    expected = COCO_TEXT.read(files, "fail")
    random.Random(0).shuffle(files)
    for kind, frame in COCO_TEXT.read(files, "fail").items():
        assert frame.equals(expected[kind])


@pytest.mark.parametrize(
    ("keys", "first", "source"),
    [
        # the official file
        ({"cats", "anns", "imgs", "imgToAnns", "info"}, {"anns": {"id", "mask", "utf8_string"}}, COCO_TEXT),
        # a first file
        ({"annotations"}, {"annotations": {"instance_id", "legibility", "mask", "text"}}, COCO_TEXT),
        # TextOCR
        ({"anns", "imgs", "img2Anns", "info"}, {"anns": {"id", "points", "utf8_string"}}, TEXTOCR),
        # COCO captions
        ({"annotations", "images"}, {"annotations": {"id", "image_id", "caption"}}, None),
    ],
)
def test_sniffing(keys: set[str], first: dict[str, set[str]], source: Any) -> None:
    head = FileHead(frozenset(keys), {key: frozenset(inner) for key, inner in first.items()}, "object")
    assert [one for one in (COCO_TEXT, TEXTOCR) if one.sniff(head)] == ([source] if source else [])


def test_no_files_give_empty_frames() -> None:
    frames = COCO_TEXT.read([], "fail")
    assert all(frame.is_empty() and frame.schema == SCHEMAS[kind] for kind, frame in frames.items())
    assert isinstance(frames["texts"], pl.DataFrame)
