"""Cascades: dear indicators see only what cheap conditions left, and what they didn't see poses as nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import polars as pl
import pyarrow as pa
import pydantic
import pytest

from tests.quality.making import record, save, scene, write
from vlit_hub import hookimpl, plugin_manager
from vlit_hub.dataset.reading import Dataset, open_dataset
from vlit_hub.errors import UsageError
from vlit_hub.quality.engine import score
from vlit_hub.quality.filtering import Filtered, filter_dataset
from vlit_hub.quality.indicator import Collective, Indicator, IndicatorOptions, Individual, PhotoIndicator
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.photo import Photo
from vlit_hub.quality.recipes import Recipe


class ModelOptions(IndicatorOptions):
    model: str | None = pydantic.Field("big", description="As of indicators by models.")
    add: int = pydantic.Field(0, description="Added.")


class Dear(Individual):
    """Letters, by a model."""

    name = "toy_dear"
    measures = "Letters."
    backend = "a model"
    reads = ("id", "response")
    columns = {"toy_letters": pa.int32()}
    at_a_time = 3
    Options = ModelOptions
    seen: ClassVar[list[str]] = []

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        assert len(records) <= 3
        self.seen.extend(records["id"])
        return records.select(toy_letters=pl.col("response").str.len_chars() + options.add)


class Wide(PhotoIndicator):
    """Width."""

    name = "toy_wide"
    measures = "Pixels."
    backend = "Pillow"
    columns = {"toy_width": pa.float32()}
    seen: ClassVar[list[int]] = []

    def measure(self, photos: Sequence[Photo], options: Any, loaded: Any) -> pl.DataFrame:
        self.seen.extend(photo.image.width for photo in photos)
        return pl.DataFrame({"toy_width": [photo.image.width for photo in photos]})


class Asked(Collective):
    """Each record by itself, all in one call."""

    name = "toy_asked"
    measures = "Letters."
    backend = "a server"
    reads = ("id",)
    columns = {"toy_asked": pa.string()}
    by_itself = True
    seen: ClassVar[list[list[str]]] = []

    def compare(self, records: pl.DataFrame, options: Any) -> pl.DataFrame:
        self.seen.append(records["id"].to_list())
        return records.select(toy_asked="id")


class Toys:
    @hookimpl
    def register_indicators(self) -> list[Indicator]:
        return [Dear(), Wide(), Asked()]


@pytest.fixture(autouse=True)
def toys() -> Any:
    plugin_manager.reset()
    plugin_manager.register(Toys(), "toys")
    for seen in (Dear.seen, Wide.seen, Asked.seen):
        seen.clear()  # type: ignore[attr-defined]
    yield
    plugin_manager.reset()


@pytest.fixture
def trams(tmp_path: Path) -> Dataset:
    """20 records of 1 to 4 words, of photos 90 to 94 pixels wide."""
    photos = [save(scene(n, 90 + n, 70), tmp_path / f"{n}.png") for n in range(5)]
    rows = [record(n, [photos[n % 5]], response=" ".join(["word"] * (1 + n % 4))) for n in range(20)]
    return write(tmp_path / "trams", {"train": [rows[:12], rows[12:]]})


def run(dataset: Dataset, *keep: str, measure: Any = None, **options: Any) -> Filtered:
    return filter_dataset(dataset, Recipe(keep=keep), name="'it'", measure=measure or {}, **options)


def test_dear_indicators_see_what_cheap_conditions_left_and_the_report_says_so(trams: Dataset) -> None:
    found = run(trams, "toy_letters > 5 and toy_width >= 92", "response_words >= 2")
    # lengths, then photos, then the model, whatever the order in which they were written
    assert [one.condition for one in found.survival.conditions] == [
        "response_words >= 2",
        "toy_width >= 92",
        "toy_letters > 5",
    ]
    words, width = [n % 4 >= 1 for n in range(20)], [n % 5 >= 2 for n in range(20)]
    both = [a and b for a, b in zip(words, width, strict=True)]
    assert Dear.seen == [f"caption-{n}" for n in range(20) if both[n]]
    assert found.survival.keep.tolist() == both
    hidden = {"response_words >= 2": words.count(False), "toy_width >= 92": sum(words) - sum(both)}
    assert found.cascade is not None
    assert found.cascade["toy_dear"]["hidden_by"] == hidden
    assert found.cascade["toy_dear"]["measured"] == sum(both)
    assert found.cascade["toy_wide"]["hidden_by"] == {"response_words >= 2": words.count(False)}
    assert found.survival.conditions[2].alone is None
    assert [found.survival.reasons[n] for n in (0, 1, 2)] == ["response_words >= 2", "toy_width >= 92", None]


def test_what_a_cascade_measured_poses_as_nothing_measured(trams: Dataset) -> None:
    run(trams, "response_words >= 3 and toy_letters > 5")
    with pytest.raises(UsageError, match="toy_letters isn't measured yet"):
        Measured(trams).kind("toy_letters")
    seen = len(Dear.seen)
    assert 0 < seen < 20
    score(trams, ["toy_dear"])  # measures the others alone
    assert len(Dear.seen) == 20 == len(set(Dear.seen))
    column = Measured(trams).read(["toy_letters"])["toy_letters"]
    assert column.to_list() == [len(text) for text in trams.read(["response"])["response"]]
    assert not list(trams.path.rglob("*.partial"))
    run(trams, "toy_letters > 5")
    assert len(Dear.seen) == 20  # it is there


def test_another_threshold_measures_only_what_is_new(trams: Dataset) -> None:
    run(trams, "response_words >= 3 and toy_letters > 5 and toy_width > 0 and toy_asked != 'x'")
    first, photos = set(Dear.seen), len(Wide.seen)
    run(trams, "response_words >= 2 and toy_letters > 5 and toy_width > 0 and toy_asked != 'x'")
    assert first < set(Dear.seen) and len(Dear.seen) == len(set(Dear.seen)) == 15
    assert photos == 5
    assert [len(ids) for ids in Asked.seen] == [10, 5]
    again = run(trams, "response_words >= 3 and toy_letters > 5")
    assert int(again.survival.keep.sum()) == 10 and len(Dear.seen) == 15


def test_options_and_quantiles(trams: Dataset) -> None:
    found = run(trams, "response_words > 1 and toy_letters > quantile(0.5)", measure={"toy_dear": {"add": "100"}})
    # of the 15 that it was measured of: 109, 114 and 119 letters, five of each
    assert found.survival.conditions[1].condition == "toy_letters > 114"
    assert int(found.survival.keep.sum()) == 5
    assert found.cascade is not None and found.cascade["toy_dear"]["options"] == {"model": "big", "add": 100}
    with pytest.raises(UsageError, match="correctness can't be measured here"):
        run(trams, "correctness > 0.5")


def test_the_result_has_what_was_measured_and_the_baseline_has_not(trams: Dataset, tmp_path: Path) -> None:
    recipe = Recipe(keep=("response_words >= 2", "toy_letters > 5"), random_baseline=True)
    found = filter_dataset(trams, recipe, name="'it'", out=tmp_path / "clean", measure={})
    clean = open_dataset(tmp_path / "clean")
    letters = clean.read(["quality.toy_letters", "response"])
    assert letters["quality.toy_letters"].to_list() == [len(text) for text in letters["response"]]
    assert not open_dataset(tmp_path / "clean-random").has("quality.toy_letters")
    told = json.loads((tmp_path / "clean" / "build.json").read_text())["filter"]["cascade"]
    assert told == found.cascade and told["toy_dear"]["hidden_by"] == {"response_words >= 2": 5}


def test_nothing_left_measures_nothing(trams: Dataset) -> None:
    found = run(trams, "response_words > 9 and toy_letters > 5")
    assert Dear.seen == [] and not found.survival.keep.any()
    assert found.cascade is not None and found.cascade["toy_dear"]["measured"] == 0
