"""Indicators of annotations, of tasks, and of yes and no."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.quality.making import record, write
from vlit_hub.dataset.reading import Dataset, open_dataset
from vlit_hub.quality.engine import score
from vlit_hub.quality.measured import Measured


def regions(*labels: str | None, image: int = 0) -> list[dict[str, Any]]:
    return [{"image": image, "bbox": [1.0, 1.0, 5.0, 5.0], "label": label} for label in labels]


def numbers(dataset: Dataset, name: str) -> dict[str, Any]:
    return dict(score(dataset, [name])["indicators"][name]["numbers"])


def column(dataset: Dataset, indicator: str) -> list[Any]:
    score(dataset, [indicator])
    return Measured(dataset).read([indicator])[indicator].to_list()


def test_object_categories_of_the_image(tmp_path: Path) -> None:
    rows = [
        record(0, id="a", image_ids=["1"], regions=regions("cat", "dog", "cat")),
        record(1, id="b", image_ids=["1"], regions=regions("cup")),
        record(2, id="c", image_ids=["1"]),
        record(3, id="d", image_ids=["2"], regions=regions(None)),
        record(4, id="e", image_ids=["3"]),
        record(5, id="f", image_ids=["1", "4"], regions=regions("tree", image=1)),
    ]
    dataset = write(tmp_path / "d", {"train": [rows[:2], rows[2:]]})
    assert column(dataset, "object_categories") == [3, 3, 3, None, None, 4]


def test_object_diversity(tmp_path: Path) -> None:
    even = [record(n, regions=regions("cat", "dog", "cup", "tree")) for n in range(5)]
    skewed = [record(n, regions=regions(*["cat"] * 97, "dog", "cup", "tree")) for n in range(5)]
    found = {
        name: numbers(write(tmp_path / name, {"train": [rows]}), "object_diversity_annotations")
        for name, rows in (("even", even), ("skewed", skewed), ("none", [record(0)]))
    }
    assert found["even"] == {"object_categories_all": 4, "object_categories_effective": pytest.approx(4)}
    assert found["skewed"]["object_categories_all"] == 4 and found["skewed"]["object_categories_effective"] < 1.3
    assert set(found["none"].values()) == {None}


def test_planted_imbalance_is_seen(tmp_path: Path) -> None:
    even = write(tmp_path / "even", {"train": [[record(n, task="abc"[n % 3]) for n in range(30)]]})
    skewed = write(tmp_path / "skewed", {"train": [[record(n, task="abc"[max(0, n - 27)]) for n in range(30)]]})
    assert numbers(even, "task_balance") == {
        "tasks": 3,
        "task_variance": 0,
        "task_cv": 0,
        "task_evenness": pytest.approx(1),
    }
    found = numbers(skewed, "task_balance")
    assert found["task_variance"] == pytest.approx((18**2 + 9**2 + 9**2) / 3) and found["task_evenness"] < 0.4


def asked(number: int, question: str, answer: str, image: str = "1", pool: bool = True) -> dict[str, Any]:
    if pool:
        return record(
            number, instruction=f"Say yes or no, {number}.", text=question, response=answer, image_ids=[image]
        )
    return record(number, instruction=question, response=answer, image_ids=[image])


def test_contradictions_are_found(tmp_path: Path) -> None:
    rows = [
        asked(0, "Is there a cat?", "Yes."),
        asked(1, "is there a cat", "no, there isn't", pool=False),
        asked(2, "Is there a cat?", "No", image="2"),
        asked(3, "Is there a dog?", "Yes"),
        asked(4, "Is there a dog?", "YES, there is."),
        asked(5, "What is there?", "Nothing."),
        asked(6, "Is there a cup?", "Note that there is."),
    ]
    dataset = write(tmp_path / "d", {"train": [rows[:1], rows[1:]]})
    assert column(dataset, "yes_no_contradicted") == [True, True, False, False, False, None, None]
    assert numbers(dataset, "yes_no_balance") == {"yes_no_records": 5, "yes_share": 0.6, "yes_no_consistency": 0.5}


def test_a_dataset_without_annotations_is_null(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    frame = pl.DataFrame({"id": ["a"], "instruction": ["Is it?"], "response": ["Yes."], "task": ["t"]})
    frame.write_parquet(bare / "train.parquet")
    dataset = open_dataset(bare)
    scores = score(dataset)
    for name, entry in scores["indicators"].items():
        for column, summary in entry.get("columns", {}).items():
            if entry["inputs"] and "text" not in entry["inputs"]:
                assert summary["nulls"] == 1, (name, column)
    assert scores["indicators"]["yes_no_contradicted"]["columns"]["yes_no_contradicted"]["nulls"] == 0
    assert scores["indicators"]["object_categories"]["records_lack"] == ["source.image_ids", "regions"]
    assert scores["indicators"]["image_sharpness"]["records_lack"] == ["input.images"]
    assert scores["indicators"]["object_diversity_annotations"]["numbers"]["object_categories_all"] is None
