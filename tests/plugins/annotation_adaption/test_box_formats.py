import re

import polars as pl
import pytest

from vlit_hub.drafting.boxes import box_format_wordings


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
