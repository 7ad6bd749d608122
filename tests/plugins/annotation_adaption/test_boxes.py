import re

import polars as pl
import pytest

from vlit_hub.plugins.strategies.annotation_adaption.boxes import write_boxes
from vlit_hub.plugins.strategies.annotation_adaption.pools import box_format_wordings


def _write(annotations_of, box, box_format, **image):
    annotations = annotations_of(
        images=[{"image_id": 1, **image}], objects=[{"image_id": 1, "category": "dog", "box": box}]
    )
    boxes = write_boxes(annotations.objects, annotations.images, box_format)
    return boxes.text[0], boxes.fault[0]


@pytest.mark.parametrize(
    ("box", "box_format", "text"),
    [
        ((10.4, 20.6, 99.5, 240.2), "pixel", "[10, 21, 100, 240]"),
        ((0, 0, 640, 480), "pixel", "[0, 0, 640, 480]"),
        ((0, 0, 640, 480), "unit", "[0.000, 0.000, 1.000, 1.000]"),
        ((160, 120, 320, 240), "unit", "[0.250, 0.250, 0.500, 0.500]"),
        ((160, 120, 320, 241), "thousand", "[250, 250, 500, 502]"),
        ((0, 1, 70_000, 200_000.6), "pixel", "[0, 1, 70000, 200001]"),
        # Sides that rounding would make equal are rounded outwards.
        ((10.1, 20, 10.3, 30), "pixel", "[10, 20, 11, 30]"),
        ((0, 479.6, 640, 480), "pixel", "[0, 479, 640, 480]"),
        ((320.01, 0, 320.02, 480), "thousand", "[500, 0, 501, 1000]"),
        ((320.01, 0, 320.02, 480), "unit", "[0.500, 0.000, 0.501, 1.000]"),
    ],
)
def test_a_box_is_written(annotations_of, box, box_format, text):
    assert _write(annotations_of, box, box_format) == (text, None)


@pytest.mark.parametrize(
    ("box", "box_format", "image", "fault"),
    [
        ((5, 5, 5, 9), "pixel", {}, "the box is empty"),
        ((5, 9, 8, 5), "pixel", {}, "the box is empty"),
        ((None, None, None, None), "pixel", {}, "has no box"),
        ((1, 1, 9, 9), "unit", {"width": None}, "the image's size is unknown"),
        ((1, 1, 9, 9), "thousand", {"height": None}, "the image's size is unknown"),
        ((1, 1, 9, 9), "pixel", {"width": None, "height": None}, None),
    ],
)
def test_a_box_that_cannot_be_written(annotations_of, box, box_format, image, fault):
    assert _write(annotations_of, box, box_format, **image)[1] == fault


@pytest.mark.parametrize("box_format", ["pixel", "unit", "thousand"])
def test_every_instruction_about_boxes_states_their_format(scenes, drafts_of, box_format):
    drafts = drafts_of(scenes(40), box_format=box_format)
    number = r"\d\.\d{3}" if box_format == "unit" else r"\d+"
    box = re.compile(rf"\[{number}, {number}, {number}, {number}\]")
    seen = set()
    for draft in drafts.filter(pl.col("reject_reason").is_null()).iter_rows(named=True):
        everything = draft["instruction"] + draft["text"] + draft["response"]
        if "[" not in everything:
            continue
        seen.add(draft["task"])
        stated = [wording for wording in box_format_wordings(box_format) if wording in draft["instruction"]]
        assert stated, draft["instruction"]
        for found in re.findall(r"\[[^\]a-z]*\]", everything):
            assert box.fullmatch(found), found
    assert len(seen) == 7


def test_numbers_of_a_box_are_in_range(scenes, drafts_of):
    drafts = drafts_of(scenes(40), box_format="thousand", tasks=("object_detection",), style="short")
    for response in drafts.filter(pl.col("reject_reason").is_null())["response"]:
        for box in re.findall(r"\[([\d, ]+)\]", response):
            x1, y1, x2, y2 = map(int, box.split(", "))
            assert 0 <= x1 < x2 <= 1000
            assert 0 <= y1 < y2 <= 1000


def test_images_without_a_size_are_rejected_where_it_is_needed(scenes, drafts_of):
    drafts = drafts_of(scenes(40), box_format="unit", tasks=("object_detection",))
    unsized = (pl.col("image_id") % 5) == 0
    assert set(drafts.filter(unsized)["reject_reason"]) == {"the image's size is unknown"}
    assert drafts.filter(~unsized)["reject_reason"].null_count() == len(drafts.filter(~unsized))
