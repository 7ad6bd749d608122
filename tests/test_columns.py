"""The cache of columns."""

import json
import logging
import multiprocessing
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from vlit_hub import columns
from vlit_hub.columns import digests, read
from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile
from vlit_hub.frames import SCHEMAS, conform
from vlit_hub.source import Source

calls: list[list[str]] = []


def read_words(files: Sequence[AnnotationFile], on_error: str) -> Mapping[str, pl.DataFrame]:
    calls.append([file.name for file in files])
    words = [word for file in files for word in file.read().decode().split()]
    captions = pl.DataFrame({"image_id": range(len(words)), "caption": words, "split": files[0].split})
    return {"captions": conform("captions", captions), "images": pl.DataFrame(schema=SCHEMAS["images"])}


WORDS = Source(name="words", read=read_words, patterns=("*.txt",), sniff=lambda head: False)


@pytest.fixture(autouse=True)
def _forget() -> None:
    calls.clear()


@pytest.fixture
def file(tmp_path: Path) -> AnnotationFile:
    (tmp_path / "words.txt").write_text("one two \u732b a_word_that_is_longer_than_twelve_bytes")
    return AnnotationFile(tmp_path / "words.txt", split="train")


def get(file: AnnotationFile, folder: Path, source: Source = WORDS, on_error: str = "fail") -> dict[str, pl.DataFrame]:
    return read(source, [file], on_error, digests([file]), folder)


def test_the_second_time_nothing_is_read(tmp_path: Path, file: AnnotationFile) -> None:
    first, second = get(file, tmp_path / "cache"), get(file, tmp_path / "cache")
    assert calls == [["words.txt"]]
    assert first["captions"].equals(second["captions"])
    assert first["captions"]["caption"].to_list()[2:] == ["\u732b", "a_word_that_is_longer_than_twelve_bytes"]
    # frames without rows are left out
    assert {kind: frame.schema for kind, frame in second.items()} == {"captions": SCHEMAS["captions"]}
    assert [path.name for path in (tmp_path / "cache").iterdir() if path.name.startswith(".")] == []


def test_every_kind_of_column_comes_back(tmp_path: Path, file: AnnotationFile) -> None:
    values = {pl.String: "text", pl.Boolean: True, pl.List: ["yes", "no", None], pl.Float32: 0.5}
    whole = {
        kind: pl.DataFrame(
            [{name: values.get(dtype.base_type(), 7) for name, dtype in schema.items()}, dict.fromkeys(schema)],
            schema=schema,
        )
        for kind, schema in SCHEMAS.items()
    }
    source = replace(WORDS, read=lambda files, on_error: whole)
    get(file, tmp_path / "cache", source)
    for kind, frame in get(file, tmp_path / "cache", replace(WORDS, read=None)).items():  # type: ignore[arg-type]
        assert frame.equals(whole.pop(kind)), kind
    assert not whole


@pytest.mark.parametrize(
    "change",
    [
        "content",
        "split",
        "name",
        "on_error",
        "version",
        "source",
        "schema",
    ],
)
def test_what_the_cache_depends_on(
    tmp_path: Path, file: AnnotationFile, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    get(file, tmp_path / "cache")
    source, on_error = WORDS, "fail"
    match change:
        case "content":
            file.path.write_text("three")
        case "split":
            file = replace(file, split="test")
        case "name":
            file = replace(file, path=file.path.rename(tmp_path / "other.txt"))
        case "on_error":
            on_error = "skip"
        case "version":
            source = replace(source, version=2)
        case "source":
            source = replace(source, name="other")
        case "schema":
            wider = {**SCHEMAS, "captions": pl.Schema({**SCHEMAS["captions"], "language": pl.String()})}
            monkeypatch.setattr(columns, "SCHEMAS", wider)
            source = replace(
                source, read=lambda files, on_error: {k: v for k, v in read_words(files, on_error).items() if k == "x"}
            )
    get(file, tmp_path / "cache", source, on_error)
    assert len(calls) == 2


def test_a_moved_folder_is_the_same_data(tmp_path: Path, file: AnnotationFile) -> None:
    get(file, tmp_path / "cache")
    (tmp_path / "moved").mkdir()
    get(replace(file, path=file.path.rename(tmp_path / "moved" / "words.txt")), tmp_path / "cache")
    assert len(calls) == 1


def test_the_order_of_files_doesnt_matter(tmp_path: Path, file: AnnotationFile) -> None:
    (tmp_path / "more.txt").write_text("four")
    both = [file, AnnotationFile(tmp_path / "more.txt", split="train")]
    read(WORDS, both, "fail", digests(both), tmp_path / "cache")
    read(WORDS, both[::-1], "fail", digests(both), tmp_path / "cache")
    assert len(calls) == 1


def _harms() -> dict[str, Any]:
    return {
        "cut": lambda path: path.write_bytes(path.read_bytes()[:-20]),
        "empty": lambda path: path.write_bytes(b""),
        "garbage of its size": lambda path: path.write_bytes(b"x" * path.stat().st_size),
        "gone": lambda path: path.unlink(),
        "another schema": lambda path: pl.DataFrame({"x": [1]}).write_ipc(path),
    }


@pytest.mark.parametrize("harm", sorted(_harms()))
@pytest.mark.parametrize("name", ["captions.arrow", "contents.json"])
def test_a_damaged_entry_is_made_again(tmp_path: Path, file: AnnotationFile, harm: str, name: str) -> None:
    good = get(file, tmp_path / "cache")["captions"].clone()
    (entry,) = (tmp_path / "cache").iterdir()
    _harms()[harm](entry / name)
    for _ in range(2):
        assert get(file, tmp_path / "cache")["captions"].equals(good)
    assert len(calls) == 2


@pytest.mark.parametrize("content", ["[]", '{"nonsense": 3}', '{"captions": "x"}', "null", '{"captions": 3}'])
def test_contents_that_make_no_sense(tmp_path: Path, file: AnnotationFile, content: str) -> None:
    get(file, tmp_path / "cache")
    (entry,) = (tmp_path / "cache").iterdir()
    (entry / "contents.json").write_text(content)
    assert len(get(file, tmp_path / "cache")["captions"]) == 4
    assert json.loads((entry / "contents.json").read_text()) == {"captions": (entry / "captions.arrow").stat().st_size}


def test_a_source_that_fails_leaves_nothing(tmp_path: Path, file: AnnotationFile) -> None:
    def fail(files: Sequence[AnnotationFile], on_error: str) -> Mapping[str, pl.DataFrame]:
        raise InputError("words.txt", "is wrong")

    with pytest.raises(InputError):
        get(file, tmp_path / "cache", replace(WORDS, read=fail))
    assert not (tmp_path / "cache").exists()


def test_a_break_while_writing_leaves_nothing(
    tmp_path: Path, file: AnnotationFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(path: Path, text: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", interrupt)
    with pytest.raises(KeyboardInterrupt):
        get(file, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cache_that_cant_be_written(tmp_path: Path, file: AnnotationFile, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "cache").write_text("a file is in the way")
    with caplog.at_level(logging.INFO):
        assert len(get(file, tmp_path / "cache")["captions"]) == 4
    assert "columns can't be kept in" in caplog.text


def _read_in_a_process(file: AnnotationFile, folder: Path, start: Any, counts: Any) -> None:
    start.wait()
    for _ in range(20):
        counts.put(len(get(file, folder)["captions"]))
        for entry in folder.glob("words-*/contents.json"):
            entry.write_text("damaged")


def test_two_processes_at_once(tmp_path: Path, file: AnnotationFile) -> None:
    context = multiprocessing.get_context("spawn")
    start, counts = context.Barrier(2), context.SimpleQueue()
    workers = [
        context.Process(target=_read_in_a_process, args=(file, tmp_path / "cache", start, counts)) for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    assert [counts.get() for _ in range(40)] == [4] * 40
    for worker in workers:
        worker.join(30)
        assert worker.exitcode == 0


def test_the_default_folder(tmp_path: Path, file: AnnotationFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLIT_HUB_CACHE", str(tmp_path / "mine"))
    read(WORDS, [file], "fail", digests([file]))
    (entry,) = (tmp_path / "mine" / "columns").iterdir()
    assert entry.name.startswith("words-")
