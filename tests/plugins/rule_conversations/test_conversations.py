"""How turns become conversations."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys

import polars as pl
import pytest

from tests.by_hand import annotations_of, scenes
from vlit_hub.drafting.boxes import box_format_wordings


def test_an_image_with_captions_only_gets_a_conversation(drafts_of, turns_of):
    texts = ["A dog runs in a park.", "A brown dog is running through a park.", "Dog running on grass in the park."]
    captions = [{"image_id": 1, "caption": text} for text in texts]
    (draft,) = drafts_of(annotations_of(captions=captions)).iter_rows(named=True)
    answers = [answer for _, answer in turns_of(draft)]
    assert len(answers) > 1
    assert set(answers) <= set(texts)
    assert draft["sources"] == ["coco_captions"]
    assert draft["granularity"] == "global"


@pytest.mark.parametrize(
    "rows",
    [
        {"images": [{"image_id": 1}]},
        {"captions": [{"image_id": 1, "caption": "There is no image here."}]},
        {"texts": [{"image_id": 1, "text": "?", "legible": False}]},
    ],
)
def test_an_image_of_which_nothing_is_certain_is_rejected_with_a_reason(drafts_of, rows):
    (draft,) = drafts_of(annotations_of(**rows)).iter_rows(named=True)
    assert draft["reject_reason"] == "no annotation says anything certain of the image"


def _scene(images=24):
    return scenes(images, seed=3)


def test_kinds(drafts_of):
    everything = drafts_of(_scene())
    assert set(everything["key"].str.split("-").list.first()) == {"global", "negative", "region"}
    for kind in ("global", "negative", "region"):
        own = drafts_of(_scene(), kinds=kind)
        assert own.equals(everything.filter(pl.col("key").str.starts_with(kind)))


def test_the_number_of_turns(drafts_of, turns_of):
    drafts = drafts_of(_scene(), least=4, most=5).filter(pl.col("reject_reason").is_null())
    lengths = {kind: set() for kind in ("global", "negative", "region")}
    for draft in drafts.iter_rows(named=True):
        lengths[draft["key"].split("-")[0]].add(len(turns_of(draft)))
    assert max(lengths["global"]) == 5
    assert lengths["negative"] | lengths["region"] == {4, 5}


def test_least_must_not_exceed_most(drafts_of):
    with pytest.raises(ValueError, match=r"least \(5\) is more than most \(4\)"):
        drafts_of(_scene(2), least=5, most=4)


def test_region_conversations_have_their_object(drafts_of, turns_of):
    annotations = _scene()
    boxes = {(row["image_id"], row["object_id"]): row for row in annotations.objects.iter_rows(named=True)}
    drafts = drafts_of(annotations, kinds="region", regions=1)
    assert not drafts["image_id"].is_duplicated().any()
    for draft in drafts.iter_rows(named=True):
        (region,) = draft["regions"]
        thing = boxes[draft["image_id"], int(draft["key"].removeprefix("region-"))]
        assert draft["granularity"] == "region"
        assert region["bbox"] == pytest.approx([thing[side] for side in ("x1", "y1", "x2", "y2")])
        question, answer = turns_of(draft)[0]
        assert "[" in question
        assert region["label"] in answer


@pytest.mark.parametrize("box_format", ["pixel", "unit", "thousand"])
def test_the_first_question_of_a_region_says_how_boxes_are_written(drafts_of, turns_of, box_format):
    drafts = drafts_of(_scene(), kinds="region", box_format=box_format).filter(pl.col("image_id") % 5 != 0)
    assert len(drafts) > 3
    number = r"\d\.\d{3}" if box_format == "unit" else r"\d+"
    for draft in drafts.iter_rows(named=True):
        question = turns_of(draft)[0][0]
        assert any(wording in question for wording in box_format_wordings(box_format))
        assert re.search(rf"\[{number}, {number}, {number}, {number}\]", question)


def test_a_negative_conversation_denies_and_affirms(drafts_of, turns_of):
    drafts = drafts_of(scenes(60, seed=5), kinds="negative", least=4, most=8)
    denied = affirmed = 0
    for draft in drafts.iter_rows(named=True):
        answers = [answer for _, answer in turns_of(draft)]
        assert sum(not answer.startswith("Yes") for answer in answers) >= 2
        denied += sum("n't" in answer or answer.startswith(("No", "There is no")) for answer in answers)
        affirmed += sum(answer.startswith("Yes") for answer in answers)
    assert denied > affirmed > 0


def test_slices_make_no_difference(drafts_of):
    whole = drafts_of(_scene(20))
    assert whole.equals(drafts_of(_scene(20), slice_of=7))


def test_the_seed_does(drafts_of):
    assert not drafts_of(_scene()).equals(drafts_of(_scene(), seed=1))


_PRINT_DIGEST = """
import hashlib
from tests.by_hand import scenes
from tests.plugins.rule_conversations.conftest import drafts_of
drafts = drafts_of(scenes(20, seed=3))
print(hashlib.sha256(drafts.write_json().encode()).hexdigest())
"""


def test_hash_seeds_make_no_difference(drafts_of):
    here = hashlib.sha256(drafts_of(scenes(20, seed=3)).write_json().encode()).hexdigest()
    run = subprocess.run(
        [sys.executable, "-c", _PRINT_DIGEST],
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == here


def test_language(drafts_of, turns_of):
    drafts = drafts_of(scenes(60, seed=5)).filter(pl.col("reject_reason").is_null())
    assert len(drafts) > 60
    for draft in drafts.iter_rows(named=True):
        turns = turns_of(draft)
        questions = [question for question, _ in turns]
        assert len(set(questions)) == len(questions), questions
        for question, answer in turns:
            for text in (question, answer):
                assert re.match(r"[A-Z\"]", text), text
                assert text.endswith((".", "?", "!")), text
                assert "  " not in text
                assert not re.search(r"[{}]", text), text
                assert not re.search(r"\b[Aa] [aeio]\w", text), text
                assert not re.search(r"\b[Aa]n [b-df-hj-np-tv-z]", text), text


def test_it_is_said_only_of_what_the_turns_before_were_about(drafts_of, turns_of):
    names = {"dog", "bench", "cat"}
    objects = [
        {"image_id": image, "category": name, "box": [left, 50, left + 150, 200]}
        for image in range(1, 40)
        for name, left in (("dog", 10), ("bench", 300), ("cat", 470))
    ]
    followed = 0
    for draft in drafts_of(annotations_of(objects=objects), kinds="global", least=6, most=8).iter_rows(named=True):
        topic = None
        for question, answer in turns_of(draft):
            asked, told = ({name for name in names if name in text} for text in (question, answer))
            if re.search(r"\b(?:is|can|has|see|of) it\b|where it is", question) and len(asked) < 2:
                assert topic is not None, question
                assert topic in told or not told
                followed += 1
            else:
                topic = topic if not asked else min(asked) if len(asked) == 1 else None
    assert followed > 10
