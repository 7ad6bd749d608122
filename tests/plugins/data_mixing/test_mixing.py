"""What a mix is: its records, its order, its lineage, its bytes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from tests.plugins.data_mixing.making import content, counts, dataset, mix, origins, records, rows, table, text_only
from tests.quality.making import save, scene
from vlit_hub.errors import InputError, RecordError
from vlit_hub.plugins.strategies.data_mixing import interleaving, mixing
from vlit_hub.quality.engine import score
from vlit_hub.records import schema, validate


def test_records_keep_what_they_are_and_say_where_they_are_from(tmp_path: Path) -> None:
    given = rows("a", 12)
    sources = [dataset(tmp_path / "a", given), dataset(tmp_path / "b", rows("b", 6, first_image=100))]
    mix(tmp_path / "mix", [{"dataset": path} for path in sources])
    validate(table(tmp_path / "mix"))
    made = {row["id"]: row for row in records(tmp_path / "mix")}
    assert len(made) == 18
    for row in given:
        source = {**row["source"], "datasets": ["coco_captions", "a"]}
        assert made[row["id"]] == {**row, "source": source}


def test_sources_are_interleaved_and_keep_their_own_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interleaving.interleaved, "__defaults__", (64,))
    sources = [dataset(tmp_path / "a", rows("a", 300)), dataset(tmp_path / "b", rows("b", 100, first_image=1000))]
    mix(tmp_path / "mix", [{"dataset": path} for path in sources])
    made = records(tmp_path / "mix")
    whole = origins(made)
    for first in range(0, 400 - 40):
        assert 8 <= whole[first : first + 40].count("b") <= 12
    numbers = [int(row["id"].rpartition("-")[2]) for row in made if row["id"].startswith("a-")]
    assert numbers == sorted(numbers)
    mix(tmp_path / "turn", [{"dataset": path} for path in sources], order="source")
    assert origins(records(tmp_path / "turn")) == ["a"] * 300 + ["b"] * 100


def test_a_mix_of_several_files_is_the_same_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [dataset(tmp_path / "a", rows("a", 300)), dataset(tmp_path / "b", rows("b", 100, first_image=1000))]
    mix(tmp_path / "one", [{"dataset": path} for path in sources])
    monkeypatch.setattr(interleaving.in_turn, "__defaults__", (30,))
    monkeypatch.setattr(mixing, "_SHARD_ROWS", 100)
    build = mix(tmp_path / "several", [{"dataset": path} for path in sources], order="source")
    names = [path.name for path in sorted((tmp_path / "several" / "data").iterdir())]
    assert names == [f"train-{number:05d}-of-00004.parquet" for number in range(4)]
    assert build["splits"]["train"]["shards"] == 4
    assert {row["id"] for row in records(tmp_path / "several")} == {row["id"] for row in records(tmp_path / "one")}


def test_ids_that_clash_are_made_distinct(tmp_path: Path) -> None:
    shared = rows("s", 10)
    sources = [
        dataset(tmp_path / "a", shared),
        dataset(tmp_path / "b", [*shared[:4], *rows("b", 3, first_image=50)]),
        dataset(tmp_path / "c", shared[2:5]),
    ]
    build = mix(tmp_path / "mix", [{"dataset": path} for path in sources])
    made = {row["id"]: row["source"]["datasets"][-1] for row in records(tmp_path / "mix")}
    assert len(made) == 20 and build["counts"]["ids_made_distinct"] == 7
    assert made["s-image_captioning-2"] == "a" and made["s-image_captioning-2@b"] == "b"
    assert made["s-image_captioning-4@c"] == "c" and "s-image_captioning-4@b" not in made
    # what a record is called doesn't depend on what else was drawn
    mix(tmp_path / "few", [{"dataset": sources[0], "records": 1}, {"dataset": sources[1], "records": 4}], seed=3)
    assert {row["id"] for row in records(tmp_path / "few")} <= made.keys()


def test_a_dataset_can_be_two_sources(tmp_path: Path) -> None:
    both = dataset(tmp_path / "a", [*rows("a", 10), *rows("a", 10, "object_counting", 10)])
    given = [
        {"dataset": both, "tasks": ["image_captioning"], "records": 4},
        {"dataset": both, "name": "counting", "tasks": ["object_counting"], "records": 6},
    ]
    mix(tmp_path / "mix", given)
    assert counts(records(tmp_path / "mix")) == {"a": 4, "counting": 6}


def test_the_splits_of_sources(tmp_path: Path) -> None:
    dataset(tmp_path / "a", rows("a", 10))
    both = dataset(tmp_path / "a", rows("v", 5, first_image=50), split="validation")
    other = dataset(tmp_path / "b", rows("b", 4, first_image=90), split="extra")
    build = mix(tmp_path / "mix", [{"dataset": both}, {"dataset": other}])
    assert counts(records(tmp_path / "mix")) == {"a": 10, "b": 4} and list(build["splits"]) == ["train"]
    build = mix(tmp_path / "held", [{"dataset": both, "split": "validation"}], split="validation")
    assert counts(records(tmp_path / "held")) == {"a": 5} and list(build["splits"]) == ["validation"]


def test_the_same_recipe_gives_the_same_bytes(tmp_path: Path) -> None:
    a, b = dataset(tmp_path / "a", rows("a", 90)), dataset(tmp_path / "b", rows("b", 40, first_image=200))
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(
        json.dumps(
            {
                "sources": [{"dataset": a, "proportion": 0.5, "upsample": True}, {"dataset": b, "proportion": 0.5}],
                "near_duplicates": "remove",
                "size": 60,
                "seed": 5,
            }
        )
    )
    command = [sys.executable, "-m", "vlit_hub", "mix", str(recipe), "-o", str(tmp_path / "apart" / "mix")]
    environment = {**os.environ, "PYTHONHASHSEED": "1", "VLIT_HUB_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    mix(tmp_path / "mix", **yaml.safe_load(recipe.read_text()))
    one, other = content(tmp_path / "apart" / "mix"), content(tmp_path / "mix")
    assert "mix recipe.yaml" in one.pop("build.json").decode() and other.pop("build.json")  # which has the command
    assert one == other and "data/train-00000-of-00001.parquet" in one


def test_which_records_are_drawn_does_not_depend_on_how_they_lie_in_files(tmp_path: Path) -> None:
    given = [*rows("a", 60), *rows("a", 30, "object_counting", 60)]
    keys: dict[str, Any] = {"balance": "task", "size": 31}
    drawn = []
    for name, some, shards in (("one", given, 1), ("three", given, 3), ("back", given[::-1], 2)):
        path = dataset(tmp_path / name / "a", some, shards=shards)
        mix(tmp_path / name / "mix", [{"dataset": path, "cap": {"per_task": 25}}], **keys)
        drawn.append({row["id"] for row in records(tmp_path / name / "mix")})
    assert drawn[0] == drawn[1] == drawn[2] and len(drawn[0]) == 31


def test_near_duplicates_of_an_earlier_source_are_removed(tmp_path: Path) -> None:
    words = "A red tram with two doors waits at the stop in the heavy rain while people with umbrellas walk past"
    first = [row | {"response": f"{words} number {number}."} for number, row in enumerate(rows("a", 8))]
    same = [row | {"id": f"b{number}", "response": row["response"].upper()} for number, row in enumerate(first[:3])]
    named = [
        row
        | {
            "id": f"coco{number}",
            "source": {
                **row["source"],
                "image_ids": [f"x{number}"],
                "file_names": [f"COCO_train2014_{number:012d}.png"],
            },
        }
        for number, row in enumerate(first[3:5], 3)
    ]
    elsewhere = [row | {"id": f"other{number}"} for number, row in enumerate(rows("b", 4, first_image=500))]
    for number, row in enumerate(elsewhere):
        row["response"] = first[number]["response"]  # the same text of another image is no duplicate
    otherwise = [
        row | {"id": f"new{number}", "response": f"Something else at {number}."} for number, row in enumerate(first)
    ]
    again = [row | {"id": f"again{number}"} for number, row in enumerate(otherwise)]  # within one source: stays
    texts = text_only("t", 5)
    sources = [
        dataset(tmp_path / "a", [*first, *texts]),
        dataset(
            tmp_path / "b",
            [*same, *named, *elsewhere, *otherwise, *again, *[row | {"id": f"u{row['id']}"} for row in texts[:2]]],
        ),
    ]
    build = mix(tmp_path / "mix", [{"dataset": path} for path in sources], near_duplicates="remove")
    made = {row["id"] for row in records(tmp_path / "mix")}
    gone = {row["id"] for row in (*same, *named)} | {f"u{row['id']}" for row in texts[:2]}
    assert not made & gone and made >= {row["id"] for row in (*first, *texts, *elsewhere, *otherwise, *again)}
    assert build["mixed_from"][1]["left_out"] == {"near-duplicate of a record of an earlier source": len(gone)}
    assert build["mixed_from"][0]["left_out"] == {}
    kept = mix(tmp_path / "kept", [{"dataset": path} for path in sources])
    assert kept["splits"]["train"]["records"] == len(made) + len(gone)


def test_records_of_a_benchmark_are_removed(tmp_path: Path) -> None:
    photos = [save(scene(number), tmp_path / "photos" / f"{number}.png") for number in range(6)]
    given = [
        row | {"input": {"images": [{"bytes": None, "path": str(photo)}], "text": ""}}
        for row, photo in zip(rows("a", 6), photos, strict=True)
    ]
    given[2]["instruction"] = "How many people are standing on the platform right now?"
    questions = tmp_path / "bench.jsonl"
    asked = [
        {"question": "How many people are standing on the platform right now?"},
        {"question": "What is it?", "image": "000000000004.png"},
    ]
    questions.write_text("".join(json.dumps(one) + "\n" for one in asked))
    save(scene(5).resize((200, 150)), tmp_path / "bench" / "renamed.jpg")
    path = dataset(tmp_path / "a", given)
    contamination = {"questions": str(questions), "images": str(tmp_path / "bench")}
    build = mix(tmp_path / "mix", [{"dataset": path}], contamination=contamination)
    left = {row["id"].rpartition("-")[2] for row in records(tmp_path / "mix")}
    assert left == {"0", "1", "3"}  # 2 by its question, 4 by its name, 5 by what it shows
    assert build["mixed_from"][0]["left_out"] == {"in a benchmark": 3}
    assert build["strategy"]["options"]["contamination"] == {"questions": ["bench.jsonl"], "images": ["bench"]}


def test_a_filter_looks_at_what_was_measured(tmp_path: Path) -> None:
    given = [row | {"response": "word " * (1 + number)} for number, row in enumerate(rows("a", 10))]
    path = dataset(tmp_path / "a", given, shards=3)
    from vlit_hub.dataset.reading import open_dataset

    score(open_dataset(Path(path)), ["lengths"])
    build = mix(tmp_path / "mix", [{"dataset": path, "filter": "response_words >= 8"}])
    assert [len(row["response"].split()) for row in records(tmp_path / "mix")] == [8, 9, 10]
    assert build["mixed_from"][0]["left_out"] == {"filter response_words >= 8": 7}


def with_quality(folder: Path, name: str, values: pa.Array, metadata: dict[str, str] | None = None) -> str:
    """A dataset with one more field of `quality`."""
    path = dataset(folder, rows(folder.name, len(values), first_image=100 * len(folder.name)), shards=1)
    [file] = (folder / "data").iterdir()
    found = pq.ParquetFile(file).read()
    quality = found["quality"].combine_chunks()
    field = pa.field(name, values.type, metadata=metadata)
    parts = [*(quality.field(number) for number in range(quality.type.num_fields)), values]
    column = pa.StructArray.from_arrays(parts, fields=[*quality.type, field])
    wanted = pa.field("quality", column.type)
    pq.write_table(found.set_column(found.column_names.index("quality"), wanted, column), file)
    return path


def test_fields_of_quality_are_united(tmp_path: Path) -> None:
    a = with_quality(tmp_path / "a", "sharpness", pa.array([0.5, 0.25], pa.float32()), {"description": "How sharp."})
    b = with_quality(tmp_path / "bb", "turns", pa.array([3], pa.int32()))
    mix(tmp_path / "mix", [{"dataset": a}, {"dataset": b}])
    made = {row["id"]: row["quality"] for row in records(tmp_path / "mix")}
    base = {"annotator_agreement": None, "unsupported_mentions": None}
    assert made["a-image_captioning-1"] == {**base, "sharpness": 0.25, "turns": None}
    assert made["bb-image_captioning-0"] == {**base, "sharpness": None, "turns": 3}
    quality = table(tmp_path / "mix").schema.field("quality").type
    assert quality.field("sharpness").metadata[b"description"] == b"How sharp."
    clash = with_quality(tmp_path / "ccc", "sharpness", pa.array(["high"]))
    with pytest.raises(InputError, match=r"quality\.sharpness is string in ccc, and float in a"):
        mix(tmp_path / "other", [{"dataset": a}, {"dataset": clash}])
    assert not (tmp_path / "other").exists()


def test_other_columns_are_refused_with_both_names(tmp_path: Path) -> None:
    a, b = dataset(tmp_path / "a", rows("a", 3)), dataset(tmp_path / "b", rows("b", 3), shards=1)
    [file] = (tmp_path / "b" / "data").iterdir()
    good = pq.ParquetFile(file).read()
    pq.write_table(good.drop_columns(["regions"]), file)
    with pytest.raises(InputError, match="b lacks the column `regions`, which a has"):
        mix(tmp_path / "mix", [{"dataset": a}, {"dataset": b}])
    pq.write_table(good.append_column("note", pa.array(["x"] * 3)), file)
    with pytest.raises(InputError, match="b has a column `note`, which a hasn't"):
        mix(tmp_path / "mix", [{"dataset": a}, {"dataset": b}])
    pq.write_table(good.set_column(0, "id", pa.array([1, 2, 3])), file)
    with pytest.raises(InputError, match="b and a differ in the column `id`: it is int64, and in a record string"):
        mix(tmp_path / "mix", [{"dataset": a}, {"dataset": b}])


def test_embedded_photos_survive_bytewise_and_paths_stay_paths(tmp_path: Path) -> None:
    photos = [save(scene(number, things=900), tmp_path / "photos" / f"{number}.png") for number in range(4)]
    shown = [
        row | {"id": f"{row['id']}-{again}", "input": {"images": [{"bytes": None, "path": str(photo)}], "text": ""}}
        for row, photo in zip(rows("a", 4), photos, strict=True)
        for again in range(3)
    ]
    several = rows("b", 1, first_image=50, image_ids=["50", "51"])
    several[0]["input"] = {"images": [{"bytes": None, "path": str(photo)} for photo in photos[:2]], "text": ""}
    embedded = dataset(tmp_path / "a", [*shown, *several], embed=True)
    path = rows("p", 2, first_image=90)
    for row in path:
        row["input"] = {"images": [{"bytes": None, "path": str(photos[0])}], "text": ""}
    sources = [
        {"dataset": embedded, "upsample": True, "proportion": 0.9},
        {"dataset": dataset(tmp_path / "p", path), "proportion": 0.05},
        {"dataset": dataset(tmp_path / "t", text_only("t", 3)), "proportion": 0.05},
    ]
    mix(tmp_path / "mix", sources, size=20)
    made = records(tmp_path / "mix")
    assert counts(made) == {"a": 18, "p": 1, "t": 1}
    for row in made:
        images, origin = row["input"]["images"], row["source"]["datasets"][-1]
        if origin == "a":
            numbers = [int(one["path"].partition(".")[0]) for one in images]
            assert [one["bytes"] for one in images] == [photos[number].read_bytes() for number in numbers]
            assert len(images) == len(row["source"]["image_ids"])
        elif origin == "p":
            assert images == [{"bytes": None, "path": str(photos[0])}]
        else:
            assert images == []
    [file] = (tmp_path / "mix" / "data").iterdir()
    assert file.stat().st_size < 2 * sum(photo.stat().st_size for photo in photos)  # each photo once


def test_images_files_are_merged(tmp_path: Path) -> None:
    sources = [dataset(tmp_path / "a", rows("a", 4)), dataset(tmp_path / "b", rows("b", 4, first_image=2))]
    for path, first in zip(sources, (0, 2), strict=True):
        pl.DataFrame(
            {
                "split": ["train"] * 5 + ["validation"],
                "image_key": [str(first + number) for number in range(6)],
                "file_name": [f"{first + number}.jpg" for number in range(6)],
                "width": 640,
                "height": 480,
                "license": "CC-BY-2.0",
                "url": None,
                "photo": None,
            }
        ).write_parquet(Path(path) / "images.parquet")
    mix(tmp_path / "mix", [{"dataset": path} for path in sources])
    images = pl.read_parquet(tmp_path / "mix" / "images.parquet")
    assert images["image_key"].to_list() == ["0", "1", "2", "3", "4", "5"] and set(images["split"]) == {"train"}


def test_a_mix_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    a, b = dataset(tmp_path / "a", rows("a", 40)), dataset(tmp_path / "b", rows("b", 40, first_image=90))
    mix(tmp_path / "mix", [{"dataset": a}])
    before = content(tmp_path / "mix")
    file = sorted((tmp_path / "b" / "data").iterdir())[1]
    whole = bytearray(file.read_bytes())
    metadata = pq.read_metadata(file)
    column = next(
        metadata.row_group(0).column(n)
        for n in range(metadata.num_columns)
        if metadata.row_group(0).column(n).path_in_schema == "response"
    )
    start = column.data_page_offset
    whole[start : start + 200] = bytes(200)  # a column that choosing doesn't read
    file.write_bytes(whole)
    with pytest.raises(InputError, match="can't be read"):
        mix(tmp_path / "mix", [{"dataset": a}, {"dataset": b}])
    assert content(tmp_path / "mix") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "mix"]


def test_what_a_killed_run_left_is_no_matter(tmp_path: Path) -> None:
    a = dataset(tmp_path / "a", rows("a", 40))
    mix(tmp_path / "mix", [{"dataset": a}])
    whole = content(tmp_path / "mix")
    left = tmp_path / ".mix.work" / "data" / "train-00007.parquet"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"PAR1")
    mix(tmp_path / "mix", [{"dataset": a}])
    assert content(tmp_path / "mix") == whole and not left.exists()


def test_ids_there_twice_are_refused(tmp_path: Path) -> None:
    twice = dataset(tmp_path / "a", [*rows("a", 5), rows("a", 5)[3]], shards=6)
    with pytest.raises(InputError, match="record a-image_captioning-3 is there twice"):
        mix(tmp_path / "mix", [{"dataset": twice}])
    given = rows("b", 3)
    given[1]["id"] = given[0]["id"] + "~2"
    repeated = dataset(tmp_path / "b", given)
    with pytest.raises(RecordError, match="Mix without upsample"):
        mix(tmp_path / "mix", [{"dataset": repeated, "proportion": 1, "upsample": True}], size=6)


def test_a_mix_can_be_mixed(tmp_path: Path) -> None:
    a, b = dataset(tmp_path / "a", rows("a", 10)), dataset(tmp_path / "b", rows("b", 10, first_image=90))
    mix(tmp_path / "first", [{"dataset": a}, {"dataset": b}])
    build = mix(tmp_path / "second", [{"dataset": str(tmp_path / "first")}])
    assert {tuple(row["source"]["datasets"]) for row in records(tmp_path / "second")} == {
        ("coco_captions", "a", "first"),
        ("coco_captions", "b", "first"),
    }
    assert build["mixed_from"][0]["dataset"] == "vlit_hub/first"


def test_the_fingerprint_changes_with_content_and_recipe_not_with_places(tmp_path: Path) -> None:
    a = dataset(tmp_path / "a", rows("a", 10))
    first = mix(tmp_path / "mix", [{"dataset": a}])["fingerprint"]
    shutil.copytree(tmp_path / "a", tmp_path / "moved" / "a")
    assert mix(tmp_path / "mix", [{"dataset": str(tmp_path / "moved" / "a")}])["fingerprint"] == first
    assert mix(tmp_path / "mix", [{"dataset": a}], seed=1)["fingerprint"] != first
    dataset(tmp_path / "a", rows("a", 11))
    assert mix(tmp_path / "mix", [{"dataset": a}])["fingerprint"] != first


def test_what_build_json_says_of_each_source(tmp_path: Path) -> None:
    given = rows("a", 10)
    given[0]["source"] = {**given[0]["source"], "license": "MIT", "image_license": None}
    a = dataset(tmp_path / "a", given)
    build = mix(tmp_path / "mix", [{"dataset": a, "proportion": 1.0}])
    [told] = build["mixed_from"]
    assert told["licenses"] == {"CC-BY-4.0": 9, "MIT": 1} and told["image_licenses"] == {"CC-BY-2.0": 9, "unknown": 1}
    assert (
        told["asked"] == {"proportion": 1.0, "records": None, "share": 1.0} and told["there"] == told["records"] == 10
    )
    assert str(tmp_path) not in json.dumps(build)
    assert table(tmp_path / "mix").schema.field("source").type == schema().field("source").type
