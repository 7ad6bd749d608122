"""`vlit-hub export`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import run
from tests.export.making import make, photo, record, samples


@pytest.fixture
def home(tmp_path: Path) -> Path:
    files = [photo(tmp_path / "photos" / f"{number}.png", number) for number in range(2)]
    rows = [record(1, [files[0]]), record(2, files, image_ids=["1", "2"]), record(3)]
    make(tmp_path / "trams", *rows)
    return tmp_path


def test_it_says_what_it_did_and_how_to_go_on(home: Path) -> None:
    done = run(home, "export", "trams", "--to", "llava", "-o", "out")
    assert done.code == 0, done.err
    assert done.out.splitlines() == [
        "train: 1 conversations in out/train.json",
        "photos: 1, linked",
        "rejected: 2 of 3 records; see out/rejected.jsonl",
        "  1: it shows more than one photo, and the format holds no more",
        "  1: its photo isn't in the dataset",
        "how to train with LLaVA: out/README.md",
    ]
    assert len(samples(home / "out" / "train.json")) == 1


def test_json(home: Path) -> None:
    done = run(home, "export", "trams", "--to", "swift", "-o", "out", "--images", "copy", "--json")
    told = json.loads(done.out)
    assert (told["read"], told["samples"], told["images"], told["photos"]) == (3, 2, "copy", 2)
    assert told["rejected"] == {"its photo isn't in the dataset": 1}
    assert told["splits"] == {"train": {"samples": 2, "files": ["train.jsonl"]}}
    assert str(home) not in done.out


def test_options(home: Path) -> None:
    done = run(
        home, "export", "trams", "--to", "trl", "-o", "out", "--option", "prompt-completion=true", "--shard-size", "2"
    )
    assert done.code == 0, done.err
    assert json.loads((home / "out" / "export.json").read_text())["options"]["prompt_completion"] is True
    assert len(list((home / "out" / "train").iterdir())) == 1  # the second has no record that fits


def test_the_formats_are_listed(home: Path) -> None:
    shown = run(home, "export", "--list").out
    for name in ("llama-factory", "llava", "openai", "qwen", "swift", "trl", "webdataset"):
        assert f"\n{name}: " in f"\n{shown}"
    assert "--images embed (default), link, copy" in shown
    [llava] = [row for row in json.loads(run(home, "export", "--list", "--json").out) if row["name"] == "llava"]
    assert llava["most_images"] == 1 and set(llava["options"]) == {"literal"}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("export",), 2, "--list shows the formats"),
        (("export", "trams", "--to", "lava", "-o", "out"), 2, "no exporter 'lava'. Did you mean 'llava'?"),
        (("export", "nothing", "--to", "llava", "-o", "out"), 2, "nothing"),
        (("export", "trams", "--to", "llava", "-o", "trams"), 2, "it exists and isn't an export"),
        (("export", "trams", "--to", "llava", "-o", "out", "--on-unfit", "skip"), 2, "there are reject and fail"),
        (
            ("export", "trams", "--to", "llava", "-o", "out", "--on-unfit", "fail"),
            1,
            "record caption-2 doesn't fit llava",
        ),
        (("export", "trams", "--to", "llava", "-o", "out", "--option", "literal"), 2, "write it as KEY=VALUE"),
        (("export", "trams", "--to", "openai", "-o", "out", "--images", "url"), 2, "the photos' URLs aren't known"),
    ],
)
def test_what_is_wrong_is_one_line(home: Path, words: tuple[str, ...], code: int, message: str) -> None:
    done = run(home, *words)
    assert done.code == code and message in done.line
    assert not (home / "out").exists()
