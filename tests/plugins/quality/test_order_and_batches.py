"""The numbers of all indicators of texts are the same for any order of records, cut into shards and size of batches: floats to a
millionth, since sums run in another order; everything else exactly."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.quality.making import record, write
from vlit_hub import plugin_manager
from vlit_hub.dataset.reading import Dataset
from vlit_hub.quality.engine import score
from vlit_hub.quality.indicator import Overall
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.planning import make_plan

WORDS = (
    *("a", "the", "red", "green", "tram", "dog", "man", "waits", "looks", "at", "on", "next", "to", "table", "tree"),
    *("12", "call", "555-123-4567", "me@tram.org", "nude", "zzyx"),
)
TASKS = ("image_captioning", "visual_question_answering", "object_detection")


def rows() -> list[dict[str, Any]]:
    """Records of words at random: copies, questions with other answers, earlier turns, texts without words, other scripts."""
    draw = random.Random(0)
    made = []
    for n in range(300):
        words = draw.choices(WORDS, k=draw.choice((0, 1, 2, 3, 8, 20))) or ["?!"]
        earlier = [{"instruction": "And then?", "response": " ".join(draw.choices(WORDS, k=4))}] * draw.choice(
            (0, 0, 2)
        )
        asked = draw.random() < 0.4
        made.append(
            record(
                n,
                id=f"r{n}",
                image_ids=[str(n % 40)],
                instruction="Is there a tram?" if asked else " ".join(draw.choices(WORDS, k=5)),
                response=draw.choice(("Yes.", "No.")) if asked else " ".join(words) + draw.choice(("", ".", " Straße")),
                text=draw.choice(("", "What color is it?\nSay it.")),
                history=earlier,
                task=draw.choice(TASKS),
                regions=[{"image": 0, "bbox": [0.0, 0.0, 9.0, 9.0], "label": draw.choice(("dog", "tram", "tree"))}],
            )
        )
    return made


def names() -> list[str]:
    """Those that run without a model and look at texts or at what records carry."""
    plan = make_plan(plugin_manager.indicators(), None, {})
    found = [one.name for one in plan.chosen if not {"image", "embedding"} & set(one.indicator.inputs)]
    assert {"lengths", "text_copies", "text_word_order", "response_diversity_ngrams", "yes_no_contradicted"} <= set(
        found
    )
    return found


def numbers(dataset: Dataset) -> tuple[dict[str, Any], dict[str, Any]]:
    """By record, and of the dataset."""
    chosen = names()
    scores = score(dataset, chosen)["indicators"]
    known = plugin_manager.indicators()
    measured = Measured(dataset)
    columns = measured.indicators
    frame = measured.read(columns).with_columns(id=dataset.read(["id"])["id"])
    by_record = {row.pop("id"): row for row in frame.sort("id").iter_rows(named=True)}
    overall = {name: scores[name]["numbers"] for name in chosen if isinstance(known[name], Overall)}
    return by_record, overall


def test_order_shards_and_batches_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = rows()
    one = numbers(write(tmp_path / "one", {"train": [made]}))
    mixed = made.copy()
    random.Random(1).shuffle(mixed)
    monkeypatch.setattr("vlit_hub.dataset.reading._BATCH", 40)
    other = numbers(write(tmp_path / "other", {"train": [mixed[:11], mixed[11:200], mixed[200:]]}))
    assert one[0].keys() == other[0].keys() and len(one[0]) == 300
    assert len(next(iter(one[0].values()))) > 12 and len(one[1]) >= 5
    for id, values in one[0].items():
        for name, value in values.items():
            expected = pytest.approx(value, rel=1e-6, abs=1e-6) if isinstance(value, float) else value
            assert other[0][id][name] == expected, (id, name)
    for name, found in one[1].items():
        for number, value in found.items():
            expected = pytest.approx(value, rel=1e-6) if isinstance(value, float) else value
            assert other[1][name][number] == expected, number
    varied = pl.DataFrame(list(one[0].values())).select(pl.all().n_unique()).row(0, named=True)
    assert min(varied["text_copies"], varied["text_word_order"], varied["unsafe_words"], varied["personal_emails"]) > 1
