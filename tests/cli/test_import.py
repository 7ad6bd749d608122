"""`vlit-hub import`, and what other commands do with what it writes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Ran, run
from tests.importing.making import llava, picture, save, talk, write


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with an imported dataset; don't change it."""
    home = tmp_path_factory.mktemp("imported")
    for number in range(8):
        save(home / "train2014" / f"COCO_train2014_{number:012d}.jpg", picture(80 + number, 60))
    items = [
        llava(
            "<image>\nWhat is it?", f"It is bus {number}.", "Sure?", "Yes.", id=str(number), image=f"{number:012d}.jpg"
        )
        for number in range(8)
    ]
    items.append(llava("What?", image=None, id="odd"))
    write(home / "chats.json", items)
    done = run(home, "import", "llava", "chats.json", "--images", "train2014", "-o", "llava/", "--license", "MIT")
    assert done.code == 0, done.err
    (home / "said.txt").write_text(done.out)
    return home


def test_it_says_what_came_of_it(home: Path) -> None:
    assert (home / "said.txt").read_text().splitlines() == [
        "train: 8 records of 9 conversations",
        "  tasks: conversation 8",
        "  8 images, 8 with photo; 8 records have their photos",
        "  rejected: 1: ends with the user (an odd number of turns)",
        "written to llava. Next: vlit-hub show llava",
    ]


def test_other_commands_take_it(home: Path) -> None:
    def works(*words: object) -> Ran:
        done = run(home, *words)
        assert done.code == 0, done.err
        return done

    assert "It is bus" in works("show", "llava", "-n", 1).out
    assert "odd number of turns" in works("show", "llava", "--rejected").out
    works("score", "llava", "--indicators", "lengths,readable_image")
    works("filter", "llava", "response_words >= 1 and readable_image", "-o", "kept")
    assert json.loads((home / "kept" / "build.json").read_text())["imported"]["format"] == "llava"
    works("card", "kept")
    card = (home / "kept" / "README.md").read_text()
    assert "Imported from data in the format `llava`" in card
    assert "no language model" not in card and "follow from annotations by rule" not in card
    assert "**Texts of unknown making.** 100%" in card
    assert "MIT License" in card
    works("info")


def test_comparing_with_somebody_else_s_file(home: Path) -> None:
    items = [{"messages": talk("<image>What?", f"A tram, number {n}."), "images": [f"{n}.jpg"]} for n in range(5)]
    write(home / "trams.json", items)
    done = run(home, "compare", "llava", "trams.json", "--indicators", "task_balance")
    assert done.code == 0, done.err
    assert "trams.json is imported in " in done.out
    [folder] = (home / "cache" / "imports").iterdir()
    before = (folder / "build.json").stat().st_mtime_ns
    assert run(home, "compare", "llava", "trams.json", "--indicators", "task_balance").code == 0
    assert (folder / "build.json").stat().st_mtime_ns == before  # imported once


def test_json(home: Path) -> None:
    done = run(home, "import", "llava", "chats.json", "-o", "again", "--namespace", "ada", "--name", "buses", "--json")
    build = json.loads(done.out)
    assert build["repo_id"] == "ada/again"
    assert build["command"] == "vlit-hub import llava chats.json --name buses --namespace ada -o again"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["llava", "chats.json"], 2, "where to? Give a folder: -o DIR."),
        (["llava", "-o", "x"], 2, "what to import? Give one file: vlit-hub import llava FILE -o x"),
        (["lava", "chats.json", "-o", "x"], 2, "no importer 'lava'. Did you mean 'llava'?"),
        (["llava", "chats.json", "-o", "x", "--system", "keep"], 2, "--system keep: there are reject, drop, prepend."),
        (["llava", "chats.json", "-o", "x", "--on-error", "stop"], 2, "--on-error stop: there are skip, fail."),
        (["llava", "chats.json", "-o", "x", "--boxes", "shikara"], 2, "Did you mean 'shikra'?"),
        (["hf:train2014", "-o", "x", "--map", "instruction"], 2, "must be instruction=COLUMN,response=COLUMN"),
        (["llava", "chats.json", "-o", "llava"], 2, "there is a dataset already"),
        (["llava", "gone.json", "-o", "x"], 1, "gone.json: can't be read (No such file or directory)"),
        (["llava", "chats.json", "-o", "x", "--images", "gone"], 1, "photos can't be looked for here"),
        (
            ["llava", "chats.json", "-o", "x", "--on-error", "fail"],
            1,
            "chats.json: conversation 8 (id 'odd'): ends with the user (an odd number of turns). Mend it",
        ),
        (
            ["swift", "chats.json", "-o", "x"],
            1,
            "looks like llava or qwen, not swift. Run: vlit-hub import llava chats.json",
        ),
    ],
)
def test_calls_that_are_refused(words: list[Any], code: int, message: str, home: Path) -> None:
    done = run(home, "import", *words)
    assert done.code == code
    assert message in done.line
    assert not (home / "x").exists()


def test_the_commands_of_the_docs_are_right(home: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "importing.md").read_text()
    commands = re.findall(r"^vlit-hub import (.*)$", page, re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        words = command.split()
        words[words.index("-o") + 1] = "x"
        done = run(home, "import", *words)
        # what is missing is the data, not an option
        assert done.code == 1 and ("No such file" in done.line or "datasets can't load it" in done.line)
