"""LLaVA's captions and boxes, as frames."""

import json
from pathlib import Path
from typing import Any

import pytest

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import BOX, SCHEMAS
from vlit_hub.image_ids import image_id
from vlit_hub.sources.llava import LLAVA_CAPTIONS_BOXES

PHOTO = {
    "id": "000000000009",
    "image": "000000000009.jpg",
    "captions": ["A dog.", "A dog on a lawn."],
    "instances": [
        {"category": "dog", "bbox": [0.25, 0.5, 0.75, 1.0]},
        {"category": "ball", "bbox": [0.125, 0.125, 0.25, 0.25]},
    ],
}


def write(
    folder: Path, *photos: Any, name: str = "caps_boxes_coco2014_val_80.jsonl", end: str = "\n"
) -> AnnotationFile:
    (folder / name).write_bytes(end.join(map(json.dumps, photos)).encode())
    return AnnotationFile(folder / name)


def test_captions_and_boxes(tmp_path: Path) -> None:
    frames = LLAVA_CAPTIONS_BOXES.read([write(tmp_path, PHOTO)], "fail")
    assert {kind: frame.schema for kind, frame in frames.items()} == {kind: SCHEMAS[kind] for kind in frames}
    (image,) = frames["images"].to_dicts()
    assert (image["image_id"], image["image_key"], image["file_name"]) == (9, "9", "000000000009.jpg")
    assert (image["width"], image["height"]) == (None, None)
    assert frames["captions"].select("image_id", "caption_id", "caption").rows() == [
        (9, -1, "A dog."),
        (9, -2, "A dog on a lawn."),
    ]
    assert frames["objects"].select("image_id", "object_id", "category", *BOX).rows() == [
        (9, -1, "dog", 0.25, 0.5, 0.75, 1.0),
        (9, -2, "ball", 0.125, 0.125, 0.25, 0.25),
    ]
    flags = frames["objects"].select("normalised", "exhaustive", "crowd").unique().rows()
    assert flags == [(True, False, False)]


@pytest.mark.parametrize(
    ("given", "end"),
    [
        # Windows line ends
        ([PHOTO, {**PHOTO, "id": "10"}], "\r\n"),
        # blank lines
        ([PHOTO, {**PHOTO, "id": "10"}], "\n\n"),
        # one JSON list instead of lines
        ([[PHOTO, {**PHOTO, "id": 10}]], ""),
    ],
)
def test_spellings_of_lines(tmp_path: Path, given: list[Any], end: str) -> None:
    frames = LLAVA_CAPTIONS_BOXES.read([write(tmp_path, *given, end=end)], "fail")
    assert frames["images"]["image_id"].to_list() == [9, 10]
    assert frames["objects"].select("image_id", "object_id").rows() == [(9, -1), (9, -2), (10, -1), (10, -2)]


@pytest.mark.parametrize(
    ("photo", "captions", "objects"),
    [
        # nothing but captions
        ({"id": "9", "captions": ["A dog."]}, 1, 0),
        # nothing but boxes
        ({"id": "9", "instances": PHOTO["instances"]}, 0, 2),
        # empty lists
        ({"id": "9", "captions": [], "instances": []}, 0, 0),
    ],
)
def test_photos_with_less(tmp_path: Path, photo: dict[str, Any], captions: int, objects: int) -> None:
    frames = LLAVA_CAPTIONS_BOXES.read([write(tmp_path, photo)], "fail")
    assert [len(frames[kind]) for kind in ("images", "captions", "objects")] == [1, captions, objects]


def test_an_id_that_is_no_number(tmp_path: Path) -> None:
    frames = LLAVA_CAPTIONS_BOXES.read([write(tmp_path, {**PHOTO, "id": "dog-photo"})], "fail")
    assert frames["images"].select("image_id", "image_key").rows() == [(image_id("dog-photo"), "dog-photo")]


@pytest.mark.parametrize(
    ("given", "box"),
    [
        # rounding went a little beyond the photo
        ([-0.001, 0.5, 1.001, 1.0], [0, 0.5, 1, 1]),
        # no area: shows nothing
        ([0.5, 0.5, 0.5, 0.75], [None] * 4),
    ],
)
def test_boxes(tmp_path: Path, given: list[float], box: list[float | None]) -> None:
    photo = {**PHOTO, "instances": [{"category": "dog", "bbox": given}]}
    frames = LLAVA_CAPTIONS_BOXES.read([write(tmp_path, photo)], "fail")
    assert list(frames["objects"].select(BOX).row(0)) == box


FAULTS = [
    # pixels
    (
        {**PHOTO, "id": "10", "instances": [{"category": "dog", "bbox": [10, 20, 300, 400]}]},
        "instance 1 of photo 10",
        "has a box that isn't in shares of width and height",
    ),
    # corners in the wrong order
    (
        {**PHOTO, "id": "10", "instances": [{"category": "dog", "bbox": [0.5, 0.5, 0.25, 0.75]}]},
        "instance 1 of photo 10",
        "has a box that ends before it begins",
    ),
    # the same photo again
    (PHOTO, "photo 9", "is listed twice"),
    # captions that are no list
    ({**PHOTO, "id": "10", "captions": "A dog."}, "photo no. 2", "`$.captions` is text, where a list was expected"),
    # a box of three numbers
    (
        {**PHOTO, "id": "10", "instances": [{"category": "dog", "bbox": [0, 0, 1]}]},
        "photo no. 2",
        "`$.instances[0].bbox` isn't a list of 4",
    ),
    # no id
    ({"captions": ["A dog."]}, "photo no. 2", "`$` lacks `id`"),
]


@pytest.mark.parametrize(("bad", "what", "reason"), FAULTS)
def test_a_fault_stops_the_reading(tmp_path: Path, bad: dict[str, Any], what: str, reason: str) -> None:
    with pytest.raises(InputError) as raised:
        LLAVA_CAPTIONS_BOXES.read([write(tmp_path, PHOTO, bad)], "fail")
    said = str(raised.value).replace(f"{what}: ", f"{what} ")
    assert said == f"caps_boxes_coco2014_val_80.jsonl: {what} {reason}. Fix the file, or pass --on-error=skip."


@pytest.mark.parametrize(("bad", "what", "reason"), FAULTS)
def test_a_fault_can_be_put_aside(tmp_path: Path, bad: dict[str, Any], what: str, reason: str) -> None:
    frames = LLAVA_CAPTIONS_BOXES.read([write(tmp_path, PHOTO, bad)], "skip")
    assert frames["rejected"].select("what", "reason").rows() == [(what, reason)]
    assert frames["objects"].select("image_id", "object_id").rows() == [(9, -1), (9, -2)]


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "caps_boxes_x.jsonl").write_text(json.dumps(PHOTO) + '\n{"id": ')
    with pytest.raises(InputError, match=r"caps_boxes_x.jsonl: is broken JSON: .*line 2"):
        LLAVA_CAPTIONS_BOXES.read([AnnotationFile(tmp_path / "caps_boxes_x.jsonl")], "skip")


def test_order_of_files_does_not_matter(tmp_path: Path) -> None:
    files = [write(tmp_path, {**PHOTO, "id": str(n)}, name=f"caps_boxes_{n}.jsonl") for n in range(5)]
    expected = LLAVA_CAPTIONS_BOXES.read(files, "fail")
    for kind, frame in LLAVA_CAPTIONS_BOXES.read(files[::-1], "fail").items():
        assert frame.equals(expected[kind])


def test_sniffing() -> None:
    assert LLAVA_CAPTIONS_BOXES.sniff(FileHead(frozenset(PHOTO), {}, "lines"))
    assert not LLAVA_CAPTIONS_BOXES.sniff(FileHead(frozenset({"id", "image", "conversations"}), {}, "list"))


def test_no_files_give_empty_frames() -> None:
    frames = LLAVA_CAPTIONS_BOXES.read([], "fail")
    assert all(frame.is_empty() and frame.schema == SCHEMAS[kind] for kind, frame in frames.items())
