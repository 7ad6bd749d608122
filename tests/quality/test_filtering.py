"""Filters: what survives, what is written, and that the result is a dataset like any other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml
from datasets import load_dataset

from tests.quality.making import data_of, record, save, scene, write
from vlit_hub.dataset.reading import Dataset, open_dataset
from vlit_hub.errors import InputError, UnknownName, UsageError
from vlit_hub.publishing.card import write_card
from vlit_hub.publishing.folder import open_folder
from vlit_hub.quality.engine import score
from vlit_hub.quality.filtering import Filtered, filter_dataset
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.recipes import Recipe, load_recipe, recipe_names
from vlit_hub.reading import draw_rejected
from vlit_hub.records import BASE_INDICATORS, validate


def rows(first: int, last: int, photos: Path | None = None) -> list[dict[str, Any]]:
    """Records whose response has 1 to 4 words; every second is a question; agreement 0.0 to 0.9, null of every fifth."""
    found = []
    for n in range(first, last):
        photo = [save(scene(n % 4, 160, 120), photos / f"{n % 4}.png")] if photos else []
        found.append(
            record(
                n,
                photo,
                image_ids=[str(n % 4)],
                response=" ".join(["word"] * (1 + n % 4)),
                task="visual_question_answering" if n % 2 else "image_captioning",
                agreement=None if n % 5 == 0 else (n % 10) / 10,
            )
        )
    return found


@pytest.fixture
def words(tmp_path: Path) -> Dataset:
    dataset = write(tmp_path / "words", {"train": [rows(0, 20), rows(20, 30)], "validation": [rows(30, 40)]})
    score(dataset, ["lengths"])
    return dataset


def filtered(dataset: Dataset, *keep: Any, out: Path | None = None, **options: Any) -> Filtered:
    recipe = {name: options.pop(name) for name in ("unknown", "balance", "random_baseline") if name in options}
    return filter_dataset(dataset, Recipe(keep=keep, **recipe), name="'it'", out=out, **options)


def test_each_condition_alone_and_all_together(words: Dataset) -> None:
    found = filtered(
        words, "response_words >= 2 and annotator_agreement >= 0.5", "task == 'image_captioning'"
    ).as_json()
    assert [
        (one["condition"], one["kept"], one["rejected"], one["unknown"], one["alone"]) for one in found["conditions"]
    ] == [
        # words 1, 2, 3, 4 in turn; odd numbers are questions; agreement n % 10 / 10, null where n % 5 == 0
        ("response_words >= 2", 30, 10, 0, 6),
        ("annotator_agreement >= 0.5", 24, 16, 8, 4),
        ("task == 'image_captioning'", 20, 20, 0, 12),
    ]
    keep = [n % 4 != 0 and (n % 5 == 0 or n % 10 >= 5) and n % 2 == 0 for n in range(40)]
    assert found["kept"] == sum(keep) and found["written"] == {}


def test_float32_is_compared_as_it_was_written(words: Dataset) -> None:
    for share in (0.1, 0.3, 0.6, 0.7, 0.9):
        at_least, equal, inside = (
            filtered(words, text, unknown="reject").survival.conditions[0].kept
            for text in (
                f"annotator_agreement >= {share}",
                f"annotator_agreement == {share}",
                f"annotator_agreement in ({share}, 5)",
            )
        )
        assert equal == inside == 4
        assert at_least == 4 * sum(1 for n in range(1, 10) if n != 5 and n / 10 >= share)


def test_what_is_unknown_is_kept_or_rejected(words: Dataset) -> None:
    kept = filtered(words, "annotator_agreement > 0.95")
    rejected = filtered(words, "annotator_agreement > 0.95", "response_words > 0", unknown="reject")
    assert (int(kept.survival.keep.sum()), int(rejected.survival.keep.sum())) == (8, 0)
    assert {one.unknown for one in (kept.survival.conditions[0], rejected.survival.conditions[0])} == {8}


@pytest.mark.parametrize("embed", [False, True])
def test_the_result_is_a_dataset(tmp_path: Path, embed: bool) -> None:
    made = [rows(0, 20, tmp_path / "photos"), rows(20, 40, tmp_path / "photos")]
    dataset = write(tmp_path / "words", {"train": made}, embed=embed)
    score(dataset, ["lengths", "image_sharpness"])
    out = tmp_path / "clean"
    filtered(dataset, "response_words >= 2", "image_sharpness > 0", out=out)
    assert not (tmp_path / ".clean.work").exists()

    folder = open_folder(out)  # what card and push open
    assert folder.repo_id == "vlit_hub/clean"
    field = folder.indicators["image_sharpness"]
    assert field.metadata[b"backend"] == b"NumPy" and b"Laplacian" in field.metadata[b"description"]
    table = pq.read_table(folder.files[0].path)
    extra = {name: one.type for name, one in folder.indicators.items() if name not in BASE_INDICATORS}
    assert set(extra) == {"image_sharpness", "instruction_words", "response_words", "turns"}
    validate(table.replace_schema_metadata(), indicators=extra)
    before = {row["id"]: row for row in pq.read_table(dataset.shards[0].path).to_pylist()}
    values = dict(
        zip(dataset.read(["id"])["id"], Measured(dataset).read(["image_sharpness"])["image_sharpness"], strict=True)
    )
    for row in table.to_pylist():
        quality = row.pop("quality")
        assert (
            quality["response_words"] == len(row["response"].split())
            and quality["image_sharpness"] == values[row["id"]]
        )
        old = before.pop(row["id"], None)
        if old is not None:
            assert quality["annotator_agreement"] == old.pop("quality")["annotator_agreement"]
            assert row == old  # photos and all

    loaded = load_dataset(str(out), split="train", cache_dir=str(tmp_path / "hf"))
    assert loaded.num_rows == 30 and min(row["response_words"] for row in loaded["quality"]) == 2
    assert loaded[0]["input"]["images"][0].size == (160, 120)
    write_card(out)
    assert "image_sharpness" in (out / "README.md").read_text()
    again = filter_dataset(open_dataset(out), Recipe(keep=("response_words >= 3",)), name="'again'")
    assert int(again.survival.keep.sum()) == 20  # of what the records carry themselves


def test_embedded_photos_stay_shared(tmp_path: Path) -> None:
    noise = tmp_path / "noise.png"
    noise.write_bytes(data_of(scene(0, 640, 480, 4000)))
    many = [record(n, [noise], image_ids=["0"]) for n in range(50)]
    dataset = write(tmp_path / "many", {"train": [many]}, embed=True)
    score(dataset, ["lengths"])
    filtered(dataset, "response_words > 0", out=tmp_path / "out")
    sizes = [next(folder.glob("data/*.parquet")).stat().st_size for folder in (dataset.path, tmp_path / "out")]
    assert sizes[1] < 1.2 * sizes[0] < 2 * noise.stat().st_size


def test_the_rejected_lie_aside_with_their_reasons(words: Dataset, tmp_path: Path) -> None:
    filtered(words, "response_words >= 2", "annotator_agreement >= 0.5", out=tmp_path / "out")
    aside = pl.concat(
        pl.read_parquet(
            sorted((tmp_path / "out" / "rejected").glob("*.parquet")), missing_columns="insert"
        ).partition_by("id")
    )
    kept = pl.read_parquet(sorted((tmp_path / "out" / "data").glob("*.parquet")))
    assert sorted([*aside["id"], *kept["id"]]) == sorted(words.read(["id"])["id"])
    reasons = dict(aside.select("id", "reason").iter_rows())
    assert reasons["caption-4"] == "response_words >= 2; annotator_agreement >= 0.5"
    assert reasons["caption-1"] == "annotator_agreement >= 0.5" and reasons["caption-8"] == "response_words >= 2"
    build = json.loads((tmp_path / "out" / "build.json").read_text())
    counted = sum(sum(some.values()) for split in build["splits"].values() for some in split["rejected"].values())
    assert counted == len(aside) == 40 - sum(split["records"] for split in build["splits"].values())
    assert build["selected_from"]["records"] == 40 and build["filter"]["conditions"][0]["rejected"] == 10
    [row] = draw_rejected(str(tmp_path / "out"), 1, split="train", task=None, seed=0)
    assert row["reason"]


def test_the_same_filter_writes_the_same_bytes(words: Dataset, tmp_path: Path) -> None:
    for name in ("a", "b"):
        filtered(words, "response_words >= 2", balance={"by": "task", "size": 10}, out=tmp_path / name / "out")
    files = [
        {
            file.relative_to(tmp_path / name): file.read_bytes()
            for file in (tmp_path / name).rglob("*")
            if file.is_file()
        }
        for name in ("a", "b")
    ]
    assert files[0] == files[1] and len(files[0]) > 4


def test_random_baseline_and_balance(words: Dataset, tmp_path: Path) -> None:
    found = filtered(
        words, "response_words >= 2", balance={"by": "task", "size": 0.5}, random_baseline=True, out=tmp_path / "out"
    )
    assert found.balanced == 15 and found.written == {str(tmp_path / "out"): 15, str(tmp_path / "out-random"): 15}
    tasks = open_dataset(tmp_path / "out").read(["task"])["task"].value_counts()["count"].sort().to_list()
    assert tasks == [7, 8]
    drawn = open_dataset(tmp_path / "out-random").read(["id", "response"])
    assert drawn["id"].n_unique() == 15 and "word" in drawn["response"].to_list()  # unfiltered: one-word responses too
    assert not (tmp_path / "out-random" / "rejected").exists()


def test_nothing_is_written_over(words: Dataset, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="it exists and isn't a dataset"):
        filtered(words, "response_words > 0", out=tmp_path / "mine", force=True)
    with pytest.raises(UsageError, match="that is the dataset itself"):
        filtered(words, "response_words > 0", out=words.path, force=True)
    filtered(words, "response_words > 0", out=tmp_path / "out")
    with pytest.raises(UsageError, match="or pass --force"):
        filtered(words, "response_words > 1", out=tmp_path / "out")
    with pytest.raises(UsageError, match="nothing of 40 records is left; nothing was written"):
        filtered(words, "response_words > 9", out=tmp_path / "out", force=True)
    assert open_dataset(tmp_path / "out").rows == 40  # the old one is there still
    filtered(words, "response_words > 1", out=tmp_path / "out", force=True)
    assert open_dataset(tmp_path / "out").rows == 30


def test_names_that_cannot_be_filtered_by(words: Dataset) -> None:
    for text, reason in (
        ("response_word > 1", "no indicator 'response_word'. Did you mean 'response_words'"),
        ("image_sharpness > 1", "isn't measured yet. Run: vlit-hub score"),
        ("task_cv > 1", "is a number of the whole dataset"),
        ("lengths > 1", "has the columns instruction_words, response_words, turns"),
        ("image_hash > 1", "no indicator 'image_hash'"),
        ("unsupported_mentions > quantile(0.5)", "null for all records, so it has no quantiles"),
    ):
        with pytest.raises(UsageError, match=reason.replace("(", r"\(")):
            filtered(words, text)


def test_records_without_a_field_cannot_be_written(tmp_path: Path, words: Dataset) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    pl.read_parquet(words.shards[0].path).drop("history").write_parquet(bare / "train.parquet")
    dataset = open_dataset(bare)
    score(dataset, ["lengths"])
    assert int(filtered(dataset, "response_words > 1").survival.keep.sum()) == 15
    with pytest.raises(InputError, match="lacks the column `history`"):
        filtered(dataset, "response_words > 1", out=tmp_path / "out")


def test_recipes_take_the_first_that_is_measured(words: Dataset, tmp_path: Path) -> None:
    keep = [
        {"first": ["matching_degree > 0.2", "image_sharpness > 3", "response_words >= 2"]},
        {"first": ["correctness > 0.5"], "optional": True},
    ]
    file = tmp_path / "mine.yaml"
    file.write_text(yaml.safe_dump({"keep": keep, "unknown": "reject"}))
    found = filter_dataset(words, load_recipe(str(file)), name="mine")
    assert [one.condition for one in found.survival.conditions] == ["response_words >= 2"]
    assert list(found.left_out) == ["matching_degree > 0.2", "image_sharpness > 3", "correctness > 0.5"]
    assert "isn't measured yet" in found.left_out["image_sharpness > 3"]
    with pytest.raises(UsageError, match="image_sharpness isn't measured yet"):
        filtered(words, {"first": ["matching_degree > 0.2", "image_sharpness > 3"]})
    with pytest.raises(UsageError, match="can't be read at column"):  # a fault in writing is no absence
        filtered(words, {"first": ["response_words > > 1", "response_words > 1"]})


@pytest.mark.parametrize("name", recipe_names())
def test_shipped_recipes_read_and_name_real_columns(name: str, tmp_path: Path) -> None:
    dataset = write(tmp_path / "words", {"train": [rows(0, 40, tmp_path / "photos")]})
    score(dataset)
    found = filter_dataset(dataset, load_recipe(name), name=name)
    assert found.survival.conditions
    later = {
        "text_readability",
        "image_quality",
        "matching_degree",
        "correctness",
        "instruction_complexity",
        "visual_complexity",
    }
    absent = {text.split()[0] for text, why in found.left_out.items() if "no such indicator" in why}
    assert absent <= later


def test_a_recipe_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"no recipe 'reviev'\. Did you mean 'review'"):
        load_recipe("reviev")
    file = tmp_path / "mine.yaml"
    for text, reason in (("keep: []", "keep"), ("keep: [a > 1]\nkept: 3", "kept"), ("{", "can't be read")):
        file.write_text(text)
        with pytest.raises(InputError, match=reason):
            load_recipe(str(file))
