"""Exports as a whole: shards, rejects, kills, and what is refused."""

from __future__ import annotations

import json
import multiprocessing
import resource
import time
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.export.making import exported, make, photo, record, samples, text_only
from tests.quality.making import write
from vlit_hub.dataset.reading import Dataset, open_dataset
from vlit_hub.errors import InputError, UnknownName, UsageError
from vlit_hub.export import records
from vlit_hub.export.conversations import Conversations
from vlit_hub.export.engine import Settings, export
from vlit_hub.export.exporter import Export, Job
from vlit_hub.export.json_files import JsonExporter

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["vlit_hub.export.engine", "tests.export.making", "vlit_hub.plugins.exporters.swift"])


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def many(tmp_path: Path, rows: int = 60, shards: int = 3) -> Dataset:
    """Records of ten photos; every seventh shows none that is there."""
    photos = [photo(tmp_path / "photos" / f"{number}.png", number) for number in range(10)]
    made = [
        record(number, [photos[number % 10] if number % 7 else tmp_path / "gone.png"], response=f"Stop {number}.")
        for number in range(rows)
    ]
    return write(tmp_path / "set", {"train": [made[start::shards] for start in range(shards)]})


@pytest.fixture
def small_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_PART", 10)


@pytest.mark.parametrize("to", ["llava", "llama-factory", "swift", "qwen", "openai", "trl", "webdataset"])
def test_the_same_dataset_gives_the_same_bytes(tmp_path: Path, to: str) -> None:
    dataset = many(tmp_path, 30)
    exported(dataset, to, tmp_path / "out")
    first = contents(tmp_path / "out")
    exported(dataset, to, tmp_path / "out", force=True)
    assert contents(tmp_path / "out") == first
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]


@pytest.mark.parametrize("to", ["llava", "llama-factory", "qwen"])
def test_units_make_no_difference(tmp_path: Path, to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = many(tmp_path)
    exported(dataset, to, tmp_path / "out")
    whole = contents(tmp_path / "out")
    monkeypatch.setattr(records, "_PART", 10)
    monkeypatch.setattr(records, "BATCH", 7)
    monkeypatch.setattr("vlit_hub.export.batches._BATCH", 4)
    exported(dataset, to, tmp_path / "out", force=True)
    assert contents(tmp_path / "out") == whole


def test_shards(tmp_path: Path) -> None:
    dataset = many(tmp_path, 50)
    done = exported(dataset, "swift", tmp_path / "out", shard_size=20)
    assert done.splits[0].files == tuple(f"train/train-{number:05d}-of-00003.jsonl" for number in range(3))
    made = [samples(tmp_path / "out" / name) for name in done.splits[0].files]
    assert sum(len(shard) for shard in made) == done.samples == 50 - done.rejected["its photo isn't there"]
    exported(dataset, "swift", tmp_path / "whole")
    file = tmp_path / "whole" / "train.jsonl"
    responses = [sample["messages"][1]["content"] for shard in made for sample in shard]
    assert responses == [sample["messages"][1]["content"] for sample in samples(file)]


def test_a_job_at_openai_takes_one_shard_and_the_guide_says_so(tmp_path: Path) -> None:
    exported(many(tmp_path), "openai", tmp_path / "out", shard_size=20)
    assert "this is the first of 3 in `train`" in (tmp_path / "out" / "README.md").read_text()


def test_splits(tmp_path: Path) -> None:
    rows = [text_only(number) for number in range(4)]
    dataset = write(tmp_path / "set", {"validation": [rows[:1]], "train": [rows[1:]]})
    done = exported(dataset, "llava", tmp_path / "out")
    assert [(split.name, split.samples) for split in done.splits] == [("train", 3), ("validation", 1)]
    done = exported(dataset, "llava", tmp_path / "one", split="validation")
    assert [split.name for split in done.splits] == ["validation"] and not (tmp_path / "one" / "train.json").exists()
    assert "--data_path" in (tmp_path / "one" / "README.md").read_text()
    with pytest.raises(UnknownName, match="Did you mean 'train'"):
        exported(dataset, "llava", tmp_path / "two", split="trian")


def test_what_is_reserved_is_rejected_or_escaped(tmp_path: Path) -> None:
    file = photo(tmp_path / "tram.png")
    rows = [
        record(1, [file], instruction="What does <image> mean?"),
        record(2, [file], response="Use <image> there."),
        record(3, [file], text="<image>"),
        record(4, [file], history=[{"instruction": "a", "response": "<video>"}]),
        record(5, [file], instruction="See <image>.", response="The tag <image>.", granularity="interleaved"),
        record(6, [file], instruction="See <image>.", text="<image>", granularity="interleaved"),
        record(7, [file], instruction="See <image>.", granularity="interleaved"),
        record(8, [file], instruction="An <img> tag"),
    ]
    dataset = make(tmp_path / "set", *rows)
    done = exported(dataset, "llama-factory", tmp_path / "out")
    assert done.rejected == {
        "its text has <image>, which would be taken for something else": 5,
        "its text has <video>, which would be taken for something else": 1,
    }
    assert [sample["messages"][0]["content"] for sample in samples(tmp_path / "out" / "train.jsonl")] == [
        "See <image>.",
        "<image>An <img> tag",
    ]
    done = exported(dataset, "llama-factory", tmp_path / "escaped", options={"literal": "escape"})
    assert not done.rejected and done.counts == {"samples with escaped text": 6}
    texts = [[one["content"] for one in sample["messages"]] for sample in samples(tmp_path / "escaped" / "train.jsonl")]
    assert texts[0][0] == "<image>What does &lt;image&gt; mean?" and texts[1][1] == "Use &lt;image&gt; there."
    assert texts[2][0].endswith("\n&lt;image&gt;") and texts[3][1] == "&lt;video&gt;"
    assert texts[4] == ["See <image>.", "The tag &lt;image&gt;."] and texts[5][0] == "See <image>.\n&lt;image&gt;"
    for sample in samples(tmp_path / "escaped" / "train.jsonl"):
        assert sum(one["content"].count("<image>") for one in sample["messages"]) == len(sample["images"])
    done = exported(dataset, "openai", tmp_path / "openai")  # it has blocks, and no tag is taken for one
    assert done.rejected == {"its text has <image>, which would be taken for something else": 1}
    assert json.loads((tmp_path / "openai" / "rejected.jsonl").read_text())["id"] == "caption-6"


def test_marks_that_are_not_as_many_as_photos(tmp_path: Path) -> None:
    file = photo(tmp_path / "tram.png")
    rows = [
        record(1, [file, file], instruction="See <image>.", granularity="interleaved", image_ids=["1", "1"]),
        record(2, [file], instruction="See <image> and <image>.", granularity="interleaved"),
        record(3, [file], granularity="interleaved"),
    ]
    for to in ("llama-factory", "openai", "trl"):
        done = exported(make(tmp_path / "set", *rows), to, tmp_path / to)
        assert done.rejected == {"it has <image> marks, but not as many as photos": 2} and done.samples == 1


def test_turns_without_text_in_records_that_others_wrote(tmp_path: Path) -> None:
    make(tmp_path / "set", *[text_only(number, granularity="interleaved") for number in range(3)])
    [file] = (tmp_path / "set" / "data").iterdir()
    frame = pl.read_parquet(file)
    for column in ("instruction", "response"):
        frame = frame.with_columns(pl.when(pl.col("id") != "caption-1").then(column).alias(column))
    frame.write_parquet(file)
    for to in ("llava", "openai"):
        done = exported(open_dataset(tmp_path / "set"), to, tmp_path / to)
        assert done.rejected == {"a turn of it has no text": 1} and done.samples == 2


def test_fail_stops_at_the_first_record_that_doesn_t_fit(tmp_path: Path) -> None:
    dataset = make(tmp_path / "set", text_only(1), record(2, [tmp_path / "gone.png"]))
    with pytest.raises(
        InputError, match=r"record caption-2 doesn't fit swift: its photo isn't there\. Put the photo back"
    ):
        exported(dataset, "swift", tmp_path / "out", fail=True)
    assert not (tmp_path / "out").exists()


def test_where_nothing_fits_the_error_names_formats_that_hold_it(tmp_path: Path) -> None:
    file = photo(tmp_path / "tram.png")
    dataset = make(tmp_path / "set", record(1, [file, file], image_ids=["1", "1"]))
    with pytest.raises(UsageError) as error:
        exported(dataset, "llava", tmp_path / "out")
    assert str(error.value) == (
        "llava can hold none of the records, nothing was written (1: it shows more than one photo, and the format holds no "
        "more). Export to a format that holds several photos: llama-factory, qwen, swift, trl, webdataset."
    )
    assert [one.name for one in tmp_path.iterdir() if "out" in one.name] == []


def test_the_folder(tmp_path: Path) -> None:
    dataset = make(tmp_path / "set", text_only(1))
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.tex").touch()
    for folder in (other, other / "thesis.tex", dataset.path):
        with pytest.raises(UsageError, match="it exists and isn't an export"):
            exported(dataset, "llava", folder, force=True)
    (tmp_path / "link").symlink_to(other)
    with pytest.raises(UsageError, match="it is a link"):
        exported(dataset, "llava", tmp_path / "link", force=True)
    (tmp_path / "out").mkdir()
    exported(dataset, "llava", tmp_path / "out")
    with pytest.raises(UsageError, match="there is an export already"):
        exported(dataset, "llava", tmp_path / "out")
    exported(dataset, "qwen", tmp_path / "out", force=True)
    assert not (tmp_path / "out" / "train.json").exists()
    (tmp_path / ".new.export").symlink_to(other)
    with pytest.raises(InputError, match="is a link, which nothing is written through"):
        exported(dataset, "llava", tmp_path / "new")
    assert (other / "thesis.tex").exists()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"images": "embed"}, "--images embed: llava can't do that; it can link, copy, none."),
        ({"images": "move"}, "--images move: there are link, copy, none."),
        ({"shard_size": 5}, "--shard-size: LLaVA reads one file, so llava can't be sharded."),
        ({"options": {"literl": "x"}}, "no option of llava 'literl'. Did you mean 'literal'?"),
        ({"options": {"literal": "x"}}, "--option literal=x: Input should be 'reject' or 'escape'."),
    ],
)
def test_settings_that_a_format_hasn_t(tmp_path: Path, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as error:
        exported(make(tmp_path / "set", text_only(1)), "llava", tmp_path / "out", **settings)
    assert str(error.value) == message


def test_files_that_hold_no_records(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    rows = {"id": ["1"], "instruction": ["a"], "response": ["b"], "task": ["c"]}
    pl.DataFrame(rows).write_parquet(tmp_path / "set" / "train.parquet")
    with pytest.raises(InputError, match=r"train.parquet: lacks the column `input` of a record"):
        exported(open_dataset(tmp_path / "set"), "llava", tmp_path / "out")


def test_the_readme_and_the_numbers(tmp_path: Path) -> None:
    file = photo(tmp_path / "tram.png")
    out = tmp_path / "out"
    done = exported(make(tmp_path / "set", record(1, [file]), text_only(2), record(3)), "llama-factory", out)
    assert (done.read, done.samples, done.photos) == (3, 2, 1)
    assert done.licenses == {"annotations": {"CC-BY-4.0": 2}, "images": {"CC-BY-2.0": 1}}
    told = (out / "README.md").read_text()
    assert f"llamafactory-cli train YOUR_CONFIG.yaml dataset_dir={out} dataset=trams\n" in told
    assert "| train | 2 | `train.jsonl` |" in told
    assert "| its photo isn't in the dataset | 1 |" in told
    assert (
        "| photos | [Creative Commons Attribution 2.0](https://creativecommons.org/licenses/by/2.0/) | name the author | 1 |"
        in told
    )
    about = json.loads((out / "export.json").read_text())
    assert about["rejected"] == {"its photo isn't in the dataset": 1} and about["exporter"]["name"] == "llama-factory"


class Slow(JsonExporter):
    """Pairs, a unit in a fifth of a second."""

    name, title, trainer, suffix = "slow", "Slow pairs", "nobody", ".jsonl"

    def samples(self, conversations: Conversations, job: Job) -> pl.DataFrame:
        time.sleep(0.2)
        return pl.DataFrame({"id": conversations.ids, "images": conversations.images})

    def guide(self, export: Export) -> str:
        return "Don't."


def run_slow(folder: Path, out: Path) -> None:
    records._PART = 5
    export(open_dataset(folder), Slow(), out)


def test_a_killed_export_goes_on_and_ends_in_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "_PART", 5)
    dataset = write(
        tmp_path / "set",
        {"train": [[record(n, [photo(tmp_path / f"{n % 3}" / "a.png", n % 3)])] for n in range(30)]},
    )
    work = tmp_path / ".out.export"
    kills = 0
    while not (tmp_path / "out").exists():
        started = processes.Process(target=run_slow, args=(dataset.path, tmp_path / "out"))
        started.start()
        before = len(list(work.glob("units/*.notes")))
        while started.is_alive() and len(list(work.glob("units/*.notes"))) < before + 2:
            time.sleep(0.01)
        time.sleep(0.07 * (kills % 3))
        started.kill()
        started.join()
        kills += 1
        assert kills < 20
    assert kills >= 3
    export(dataset, Slow(), tmp_path / "whole")
    killed, whole = contents(tmp_path / "out"), contents(tmp_path / "whole")
    for made in (killed, whole):
        del made["README.md"], made["export.json"]  # they name the folder
    assert killed == whole and len(killed) == 4


def test_units_of_another_export_aren_t_used(tmp_path: Path, small_units: None) -> None:
    class Failing(Slow):
        def samples(self, conversations: Conversations, job: Job) -> pl.DataFrame:
            if conversations.ids[0] == "caption-20":
                raise RuntimeError
            return pl.DataFrame({"id": conversations.ids})

    class Working(Slow):
        def samples(self, conversations: Conversations, job: Job) -> pl.DataFrame:
            return pl.DataFrame({"id": conversations.ids})

    rows = [[text_only(number) for number in range(start, start + 10)] for start in (0, 10, 20)]
    dataset = write(tmp_path / "set", {"train": rows})
    with pytest.raises(RuntimeError):
        export(dataset, Failing(), tmp_path / "out")
    unit = tmp_path / ".out.export" / "units" / "train-00000.jsonl"
    unit.write_text('{"id": "kept"}\n')
    export(dataset, Working(), tmp_path / "out", Settings(images="copy"))
    assert len(samples(tmp_path / "out" / "train.jsonl")) == 30
    with pytest.raises(RuntimeError):
        export(dataset, Failing(), tmp_path / "two")
    (tmp_path / ".two.export" / "units" / "train-00000.jsonl").write_text('{"id": "kept"}\n')
    export(dataset, Working(), tmp_path / "two")
    assert samples(tmp_path / "two" / "train.jsonl")[0] == {"id": "kept"}


def limited(folder: Path, out: Path, answer: Any) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
    try:
        exported(open_dataset(folder), "llama-factory", out)
    except InputError as error:
        answer.put(str(error))


def test_a_disk_that_is_full_is_one_line(tmp_path: Path) -> None:
    dataset = make(tmp_path / "set", *[text_only(number, response="word " * 100) for number in range(200)])
    answer = processes.Queue()
    started = processes.Process(target=limited, args=(dataset.path, tmp_path / "out", answer))
    started.start()
    message = answer.get(timeout=60)
    started.join()
    assert "\n" not in message and "(File too large)" in message and "The same command goes on from there" in message
    assert not (tmp_path / "out").exists()
    exported(dataset, "llama-factory", tmp_path / "out")
    assert len(samples(tmp_path / "out" / "train.jsonl")) == 200
