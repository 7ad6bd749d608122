"""Boxes in texts, by the examples of the models' own papers and code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.importing.making import bring, llava, picture, save
from vlit_hub.importing.boxes import NOTATIONS, read_boxes

TEXTS = {
    "qwen2": "The <|object_ref_start|>bus<|object_ref_end|><|box_start|>(100,200),(500,900)<|box_end|> waits.",
    "qwen": "The <ref>bus</ref><box>(100,200),(500,900)</box> waits.",
    "shikra": "The bus [0.1,0.2,0.5,0.9] waits.",
}


@pytest.mark.parametrize("notation", TEXTS)
def test_notations(notation: str) -> None:
    [box] = read_boxes(TEXTS[notation], [notation])
    assert box.sides == pytest.approx((0.1, 0.2, 0.5, 0.9))
    assert box.label == ("" if notation == "shikra" else "bus")
    assert box.unit == "share"


def test_kosmos_cells() -> None:
    text = "<grounding><phrase>a snowman</phrase><object><patch_index_0044><patch_index_0863></object>"
    [box] = read_boxes(text, ["kosmos"])
    # what `patch_index_to_coordinate` of transformers gives for these two
    assert box.sides == pytest.approx((0.390625, 0.046875, 0.984375, 0.828125))
    assert box.label == "a snowman"
    [box] = read_boxes("<object><patch_index_0005><patch_index_0037></object>", ["kosmos"])
    assert box.sides == pytest.approx((5 / 32, 0, 6 / 32, 2 / 32))


def test_labels_are_those_directly_before() -> None:
    text = "<ref>two buses</ref><box>(1,2),(3,4)</box><box>(5,6),(7,8)</box> and <box>(9,10),(11,12)</box>"
    assert [box.label for box in read_boxes(text, ["qwen"])] == ["two buses", "two buses", ""]
    text = (
        "<phrase>dogs</phrase><object><patch_index_0000><patch_index_0033>"
        "</delimiter_of_multi_objects/><patch_index_0064><patch_index_0099></object>"
    )
    assert [box.label for box in read_boxes(text, ["kosmos"])] == ["dogs", "dogs"]


@pytest.mark.parametrize(
    "text", ["", "[0.1, 0.2]", "<box>here</box>", "[1, 2, 3, 4]", "[0.1,0.2,0.3,0.4,0.5]", "(1,2),(3,4)"]
)
def test_what_is_no_box(text: str) -> None:
    assert read_boxes(text, list(NOTATIONS)) == []


def test_regions_in_pixels_where_the_size_is_known(tmp_path: Path) -> None:
    save(tmp_path / "photos" / "a.jpg", picture(400, 200))
    items = [
        llava("<image>\nWhere?", TEXTS["qwen"], id="here"),
        llava("<image>\nWhere?", TEXTS["qwen"], id="gone", image="gone.jpg"),
        llava("<image>\nWhere?", "<box>(100,200),(1500,900)</box>", id="outside"),
        llava("<image> or <image>?", TEXTS["qwen"], id="two", image=["a.jpg", "a.jpg"]),
        llava("<image>\nWhere?", TEXTS["shikra"], id="shares"),
    ]
    found = bring(tmp_path, "llava", items, images=(tmp_path / "photos",))
    regions = {one["id"]: one["regions"] for one in found.records}
    [region] = regions.pop("here")
    assert region["bbox"] == pytest.approx([40, 40, 200, 180])
    assert (region["image"], region["label"]) == (0, "bus")
    assert set(map(len, regions.values())) == {0}
    assert found.records[0]["response"] == TEXTS["qwen"]
    assert [one["granularity"] for one in found.records] == ["region", "global", "global", "interleaved", "global"]
    counts = {name: count for name, count in found.build["counts"].items() if name.startswith("boxes")}
    assert counts == {
        "boxes_as_regions": 1,
        "boxes_without_size": 1,
        "boxes_of_several_photos": 1,
        "boxes_outside": 1,
    }
    asked = bring(tmp_path, "llava", items, images=(tmp_path / "photos",), boxes=("shikra",))
    [region] = asked.records[-1]["regions"]
    assert region["bbox"] == pytest.approx([40, 40, 200, 180])


def test_boxes_in_instructions_and_earlier_turns(tmp_path: Path) -> None:
    save(tmp_path / "photos" / "a.jpg", picture(100, 100))
    item = llava(
        "<image>\nWhat is in <box>(0,0),(500,500)</box>?", "A bus.", "And the cat?", "<box>(500,0),(1000,500)</box>"
    )
    found = bring(tmp_path, "llava", [item], images=(tmp_path / "photos",))
    assert [region["bbox"] for region in found.record["regions"]] == [[0, 0, 50, 50], [50, 0, 100, 50]]
