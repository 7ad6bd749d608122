"""`vlit-hub compare`: equal size, the same records and images for all, and intervals that mean something."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.quality.making import record, write
from vlit_hub.dataset.reading import Dataset, open_dataset
from vlit_hub.errors import InputError, UnknownName, UsageError
from vlit_hub.quality.comparing import compare, find_datasets
from vlit_hub.quality.comparison import Comparison, Row, load_comparison
from vlit_hub.quality.comparison_report import as_markdown, draw_comparison
from vlit_hub.quality.engine import score
from vlit_hub.quality.resampling import bootstrap_means, halves, images_of_records

INDICATORS = ["lengths", "task_balance", "text_copies"]


def words(count: int) -> str:
    return " ".join(f"word{number}" for number in range(count))


def dataset(folder: Path, lengths: Sequence[int], *, first: int = 0, per_image: int = 2, shards: int = 1) -> Dataset:
    """Records with responses of so many words, some of each image, in two tasks."""
    rows = [
        record(
            first + number,
            response=words(length),
            image_ids=[str((first + number) // per_image)],
            task=("image_captioning", "visual_question_answering")[number % 3 == 0],
        )
        for number, length in enumerate(lengths)
    ]
    made = write(folder, {"train": [rows[shard::shards] for shard in range(shards)]})
    score(made, INDICATORS)
    return made


def row(found: Comparison, column: str) -> Row:
    return next(one for one in found.rows if one.column == column)


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Dataset]:
    folder = tmp_path_factory.mktemp("three")
    draw = np.random.default_rng(0)
    short = draw.integers(1, 30, 400)
    return {
        "short": dataset(folder / "short", short),
        "longer": dataset(folder / "longer", short + 3),
        "other": dataset(folder / "other", draw.integers(1, 30, 300), first=5000),
    }


def test_all_are_looked_at_at_the_size_of_the_smallest(three: dict[str, Dataset]) -> None:
    found = compare(three, indicators=INDICATORS)
    assert found.size == 300 and [side.records for side in found.datasets] == [400, 400, 300]
    assert all(sum(side.tasks.values()) == 300 for side in found.datasets)
    lengths = row(found, "response_words")
    assert all(value.known == 300 for value in lengths.values.values())
    # the same records are drawn of both, so that the difference is exactly what it is
    assert lengths.differences["longer"].value == pytest.approx(3)
    assert row(found, "task_variance").kind == "whole" and row(found, "text_copies").kind == "mean"


def test_datasets_of_the_same_images_are_compared_in_pairs(three: dict[str, Dataset]) -> None:
    found = row(compare(three, indicators=["lengths"]), "response_words")
    pair, apart = found.differences["longer"], found.differences["other"]
    assert pair.low == pytest.approx(3) and pair.high == pytest.approx(3) and pair.told
    assert apart.low is not None and apart.high is not None and apart.high - apart.low > 1 and not apart.told


def test_the_bootstrap_agrees_with_theory() -> None:
    draw = np.random.default_rng(3)
    values = draw.normal(size=(4000, 1))
    alone = images_of_records(
        pl.Series([str(n) for n in range(4000)]), pl.Series([[]] * 4000, dtype=pl.List(pl.String))
    )
    spread = bootstrap_means(values, alone, 1000, 0).std()
    assert spread == pytest.approx(values.std() / np.sqrt(4000), rel=0.08)
    # 40 images of 100 records each that are all the same: as uncertain as 40 values, not 4,000
    clustered = np.repeat(draw.normal(size=40), 100)[:, None]
    images = images_of_records(
        pl.Series([str(n) for n in range(4000)]), pl.Series([[str(n // 100)] for n in range(4000)])
    )
    spread = bootstrap_means(clustered, images, 1000, 0).std()
    assert spread == pytest.approx(clustered.std() / np.sqrt(40), rel=0.15)
    parts = np.array([values[half].mean() for half in halves(alone, 200, 0)])
    assert parts.std() == pytest.approx(values.std() / np.sqrt(4000), rel=0.15)


def test_intervals_cover_as_often_as_they_say() -> None:
    draw = np.random.default_rng(4)
    covered = 0
    for trial in range(200):
        values = draw.exponential(size=(150, 1))
        units = images_of_records(
            pl.Series([f"{trial}-{n}" for n in range(150)]), pl.Series([[]] * 150, dtype=pl.List(pl.String))
        )
        low, high = np.quantile(bootstrap_means(values, units, 200, trial), (0.025, 0.975))
        covered += low <= 1 <= high
    assert 0.89 < covered / 200 < 0.98


def test_the_same_numbers_for_any_order_and_number_of_shards(tmp_path: Path) -> None:
    lengths = np.random.default_rng(5).integers(1, 30, 120)
    one = {"a": dataset(tmp_path / "a", lengths), "b": dataset(tmp_path / "b", lengths[:80])}
    two = {"a": dataset(tmp_path / "c", lengths, shards=3), "b": dataset(tmp_path / "d", lengths[:80], shards=2)}
    first, second = (
        compare(one, indicators=["lengths", "task_balance"]),
        compare(two, indicators=["lengths", "task_balance"]),
    )
    for left, right in zip(first.rows, second.rows, strict=True):
        for name in one:
            assert left.values[name].value == pytest.approx(right.values[name].value)
            assert left.values[name].low == pytest.approx(right.values[name].low)
    again = compare(one, indicators=["lengths"], seed=1)
    assert row(again, "response_words").values["a"] != row(first, "response_words").values["a"]


def test_what_is_not_scored_and_what_was_scored_otherwise(tmp_path: Path, three: dict[str, Dataset]) -> None:
    rows = [record(number) for number in range(10)]
    bare = write(tmp_path / "bare", {"train": [rows]})
    found = compare({"short": three["short"], "bare": bare}, indicators=["lengths", "task_balance"])
    lengths = row(found, "response_words")
    assert lengths.note == "not scored: bare" and lengths.values["bare"].value is None and not lengths.differences
    assert row(found, "tasks").values["bare"].value == 1
    assert "not scored: bare" in as_markdown(found)
    with pytest.raises(UsageError, match="nothing of these datasets is measured"):
        compare({"bare": bare, "again": bare}, indicators=["lengths"])


def test_numbers_measured_in_different_ways_are_not_subtracted(tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text("own: [tram]")
    rows = [record(number) for number in range(10)]
    both = {name: write(tmp_path / name, {"train": [rows]}) for name in ("plain", "own")}
    score(both["plain"], ["unsafe_words"])
    score(both["own"], ["unsafe_words"], {"unsafe_words": {"file": tmp_path / "words.yaml"}})
    found = row(compare(both, indicators=["unsafe_words"]), "unsafe_words")
    assert [value.value for value in found.values.values()] == [0, 1]
    assert not found.differences and found.note is not None and "different options" in found.note


def test_records_of_others_with_four_columns_are_enough(tmp_path: Path) -> None:
    both = {}
    for name, length in (("a", 3), ("b", 9)):
        (tmp_path / name).mkdir()
        columns = {
            "id": [f"{name}{n}" for n in range(20)],
            "instruction": ["Describe it."] * 20,
            "task": ["caption"] * 20,
        }
        frame = pl.DataFrame({**columns, "response": [words(length + n % 2) for n in range(20)]})
        frame.write_parquet(tmp_path / name / "records.parquet")
        both[name] = open_dataset(tmp_path / name)
        score(both[name], ["lengths"])
    wanted = ["lengths", "task_balance", "object_diversity_annotations", "yes_no_balance"]
    compared = compare(both, indicators=wanted)
    found = row(compared, "response_words").differences["b"]
    assert found.value == 6 and found.told
    assert row(compared, "tasks").values["a"].value == 1  # of regions nothing is known, and no row says so
    assert not any(one.indicator == "object_diversity_annotations" for one in compared.rows)


def test_numbers_that_never_vary_have_no_interval(three: dict[str, Dataset]) -> None:
    turns = row(compare(three, indicators=["lengths"]), "turns")
    assert turns.values["short"].low is None and not turns.differences["other"].told
    assert draw_comparison(compare({"a": three["short"], "b": three["short"]}, indicators=["lengths"])) is None


def test_the_report_has_every_number(three: dict[str, Dataset], tmp_path: Path) -> None:
    found = compare(three, indicators=INDICATORS)
    text = as_markdown(found, "comparison.png")
    for one in found.rows:
        assert f"`{one.column}`" in text
    assert "300 records of each dataset" in text and "+3 [+3, +3]*" in text and "](comparison.png)" in text
    picture = draw_comparison(found)
    assert picture is not None and picture.startswith(b"\x89PNG") and picture == draw_comparison(found)
    path = tmp_path / "comparison.json"
    path.write_text(found.model_dump_json())
    assert load_comparison(path) == found and json.loads(path.read_text())["format"] == 1


def test_calls_that_are_refused(three: dict[str, Dataset], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--size 301: other has 300 records"):
        compare(three, size=301)
    with pytest.raises(UnknownName, match=r"no indicator 'lenghts'\. Did you mean 'lengths'"):
        compare(three, indicators=["lenghts"])
    folder = three["short"].path
    with pytest.raises(UsageError, match="two datasets or more"):
        find_datasets([str(folder)])
    with pytest.raises(UsageError, match="is given twice"):
        find_datasets([str(folder), str(folder)])
    (tmp_path / "llava.json").write_text("[]")
    with pytest.raises(InputError, match=r"looks like no format that can be imported"):
        find_datasets([str(folder), str(tmp_path / "llava.json")])
    assert list(find_datasets([f"{folder}/", str(three["other"].path)])) == ["short", "other"]
