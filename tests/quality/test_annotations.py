"""Annotations beside records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.quality.annotation_files import write_annotations
from tests.quality.making import record, write
from vlit_hub import plugin_manager
from vlit_hub.dataset.reading import open_dataset
from vlit_hub.errors import InputError, PluginError, UsageError
from vlit_hub.quality.annotations import COLUMNS, find_annotations
from vlit_hub.quality.engine import score
from vlit_hub.quality.indicator import Individual
from vlit_hub.quality.planning import make_plan


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLIT_HUB_CACHE", str(tmp_path / "cache"))


def beside(folder: Path, *ids: list[str] | None) -> dict[str, list[Any]]:
    found = find_annotations(folder).beside(pl.Series(ids, dtype=pl.List(pl.String)), list(COLUMNS))
    return {name.partition(".")[2]: found[name].to_list() for name in COLUMNS}


def test_columns_are_of_the_records_images(tmp_path: Path) -> None:
    folder = write_annotations(
        tmp_path / "data",
        objects={1: ["dog", "dog", "person"], 2: ["car"], 3: []},
        captions={1: ["A puppy under a parasol."], 4: ["A bus."]},
        questions=[(2, "What is near?", "cat"), (2, "Is there a dog?", "no")],
        lvis={5: (["cat"], ["bus"])},
        crowds=["person"],
    )
    found = beside(folder, ["1"], ["2"], ["3"], ["4"], ["5"], ["000000000001"], ["99"], ["1", "99"], [], None)
    assert found["categories"] == [["dog", "person"], ["car"], [], [], ["cat"], ["dog", "person"], *[None] * 4]
    looked_for = ["car", "dog", "person"]  # what COCO's file has any object of
    assert found["looked_for"] == [looked_for, looked_for, looked_for, [], [], looked_for, *[None] * 4]
    assert found["absent"] == [[], [], [], [], ["bus"], [], *[None] * 4]
    assert found["captions"][:4] == [["A puppy under a parasol."], [], [], ["A bus."]]
    assert {"dog", "person"} <= set(found["supported"][0]) and "dog" not in found["supported"][1]


def test_of_several_images(tmp_path: Path) -> None:
    folder = write_annotations(
        tmp_path / "data", objects={1: ["dog"], 2: ["car", "dog"]}, captions={3: ["A bus.", "A car."], 1: ["A dog."]}
    )
    found = beside(folder, ["1", "2"], ["1", "3"], ["2", "2"], ["3", "1", "3"])
    assert found["categories"] == [["dog", "car"], ["dog"], ["car", "dog"], ["dog"]]
    assert found["looked_for"] == [["car", "dog"], [], ["car", "dog"], []]  # of all of them
    assert found["captions"] == [["A dog."], ["A dog.", "A bus.", "A car."], [], ["A bus.", "A car.", "A dog."]]


def test_lvis_and_sources_that_may_miss_objects_look_for_nothing(tmp_path: Path) -> None:
    folder = write_annotations(tmp_path / "data", lvis={1: (["cat", "dog"], [])}, captions={1: ["A cat."]})
    assert beside(folder, ["1"])["looked_for"] == [[]]


def test_other_files_have_another_digest(tmp_path: Path) -> None:
    one = find_annotations(write_annotations(tmp_path / "a", objects={1: ["dog"]}))
    same = find_annotations(write_annotations(tmp_path / "b", objects={1: ["dog"]}))
    other = find_annotations(write_annotations(tmp_path / "c", objects={1: ["cat"]}))
    assert one.digest == same.digest != other.digest
    assert list(one.about) == ["coco_instances"] and list(one.about["coco_instances"]) == ["instances_train2017.json"]


def test_a_folder_without_annotations(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in ("empty", "missing"):
        with pytest.raises(InputError):
            find_annotations(tmp_path / folder)


def test_without_annotations_indicators_are_left_out_and_say_why(tmp_path: Path) -> None:
    dataset = write(tmp_path / "d", {"train": [[record(1)]]})
    plan = make_plan(plugin_manager.indicators(), None, {})
    wanting = {"grounded_recall", "hallucinated_objects", "chair", "presence_answer_correct", "presence_answers"}
    for name in {*wanting, "annotated_object_diversity"}:
        assert plan.left_out[name].startswith(
            "it needs the annotations of the images: vlit-hub score DATASET --data-dir"
        )
    with pytest.raises(UsageError, match=r"chair can't be measured here: .* --data-dir DIR"):
        score(dataset, ["chair"])


def test_new_annotations_measure_again_and_old_ones_do_not(tmp_path: Path) -> None:
    dataset = write(tmp_path / "d", {"train": [[record(1, response="A dog and a cat.")]]})
    means = []
    for objects in (["dog"], ["dog", "bus"], ["dog"]):
        images = find_annotations(write_annotations(tmp_path / "data", objects={1: objects}))
        entry = score(dataset, ["grounded_recall"], images=images)["indicators"]["grounded_recall"]
        means.append(entry["columns"]["grounded_recall"]["mean"])
        assert entry["annotations"] == images.about
    assert means == [1, 0.5, 1]
    files = list((tmp_path / "d" / "quality" / "grounded_recall").rglob("*.parquet"))
    assert len(files) == 2


def test_nothing_is_read_where_nothing_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = write(tmp_path / "d", {"train": [[record(1)]]})
    folder = write_annotations(tmp_path / "data", objects={1: ["dog"]})
    names = ["grounded_recall", "hallucinated_objects", "chair", "annotated_object_diversity"]
    first = score(dataset, names, images=find_annotations(folder))

    def fail(*_: Any) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr("vlit_hub.columns.read", fail)
    assert score(dataset, names, images=find_annotations(folder)) == first


def test_unknown_images_are_null_and_counted(tmp_path: Path) -> None:
    rows = [record(1, response="A dog."), record(2, response="A dog."), record(3, response="A dog.")]
    dataset = write(tmp_path / "d", {"train": [rows]})
    images = find_annotations(write_annotations(tmp_path / "data", objects={1: ["dog"]}, captions={2: ["A dog."]}))
    entry = score(dataset, ["hallucinated_objects"], images=images)["indicators"]["hallucinated_objects"]
    assert entry["columns"]["hallucinated_objects"]["nulls"] == 2
    assert entry["why_null"] == {
        "records_of_images_that_are_not_annotated_exhaustively": 1,
        "records_of_images_that_no_annotation_knows": 1,
    }


def test_records_without_image_ids_are_null_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    frame = pl.DataFrame({"id": ["a"], "instruction": ["Is it?"], "response": ["A dog."], "task": ["t"]})
    frame.write_parquet(tmp_path / "bare" / "train.parquet")
    images = find_annotations(write_annotations(tmp_path / "data", objects={1: ["dog"]}))
    names = ["grounded_recall", "chair", "annotated_object_diversity"]
    scores = score(open_dataset(tmp_path / "bare"), names, images=images)["indicators"]
    assert "source.image_ids" in scores["grounded_recall"]["records_lack"]
    assert scores["grounded_recall"]["columns"]["grounded_recall"]["nulls"] == 1
    assert scores["chair"]["numbers"] == {"chair_i": None, "chair_s": None, "chair_records": 0}
    assert set(scores["annotated_object_diversity"]["numbers"].values()) == {None}


def test_an_indicator_may_not_read_what_there_is_not() -> None:
    class Wrong(Individual):
        name = "wrong"
        measures = backend = ""
        reads = ("annotations.captoins",)
        columns = {}

        def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
            return records

    with pytest.raises(PluginError, match="captoins"):
        make_plan({"wrong": Wrong()}, None, {}, "digest")
