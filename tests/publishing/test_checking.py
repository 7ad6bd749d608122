"""`vlit-hub card --check`: each fault of a card is one line that names its place."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tests.publishing.conftest import MakeFolder, caption, write_split
from vlit_hub.cli.card import card
from vlit_hub.publishing.card import write_card
from vlit_hub.publishing.checking import check_card
from vlit_hub.publishing.folder import open_folder

Run = Callable[..., tuple[int, str, str]]


def faults(folder: Path) -> list[str]:
    return check_card(open_folder(folder))


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / "README.md"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.fixture
def folder(with_card: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(with_card, tmp_path / "trams"))


@pytest.fixture
def run() -> Run:
    app = typer.Typer()
    app.command()(card)

    def called(*words: object) -> tuple[int, str, str]:
        done = CliRunner().invoke(app, [str(word) for word in words])
        return done.exit_code, done.stdout, done.stderr

    return called


def test_what_we_write_is_good(make_folder: MakeFolder) -> None:
    for photos in ("embedded", "file", "none"):
        folder = make_folder(photos, photos=photos)
        write_card(folder)
        assert faults(folder) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("license: other", "license: mine", "license: the Hub doesn't know 'mine'"),
        ("license_link: LICENSE.md", "license_link: LICENCE", "license_link: LICENCE is neither an address nor a file"),
        ("license_name: several-licenses\n", "", "`license` is other, but there is no `license_name`"),
        ("language:\n- en", "language: no", "language: the Hub doesn't know False (write it in quotes)"),
        ("language:\n- en", "language: english", "language: the Hub doesn't know 'english'"),
        ("- image-to-text", "- image-captions", "task_categories: the Hub doesn't know 'image-captions'"),
        ("task_ids:\n- image-captioning", "task_ids:\n- captions", "task_ids: the Hub doesn't know 'captions'"),
        ("creators:\n- found", "creators:\n- lost", "annotations_creators: the Hub doesn't know 'lost'"),
        ("- monolingual", "- mono", "multilinguality: the Hub doesn't know 'mono'"),
        ("- n<1K", "- n<1k", "size_categories: the Hub doesn't know 'n<1k'"),
        ("- n<1K", "- 1K<n<10K", "size_categories: the files have so many records that it is n<1K"),
        ("- vlit-hub", "- 7", "tags: the Hub doesn't know 7"),
        ("pretty_name: trams", "pretty_name: 12", "pretty_name: 12 is no text"),
        ("  default: true\n", "", "configs: 0 of the configurations have `default: true`; it must be one"),
        ("path: data/train-*.parquet", "path: data/tram-*", "configs: default: no file is named data/tram-*"),
        (
            "path: data/train-*.parquet",
            "path: data/train-00000-*",
            "configs: no configuration has data/train-00001-of-",
        ),
        ("- split: train", "- split: my train", "configs: default: 'my train' can't be the name of a split"),
        (
            "configs:\n- config_name: default",
            "configs:\n- mine\n- config_name: default",
            "is no list of configurations",
        ),
        ("num_examples: 18", "num_examples: 17", "dataset_info: train has 18 records, not 17"),
        ("- name: validation\n", "- name: test\n", "dataset_info: lacks the split validation"),
        ("download_size: ", "download_size: 1", "dataset_info: download_size is "),
        ("dataset_size: ", "dataset_size: 1", "dataset_size isn't the sum of the splits' num_bytes"),
        ("- name: granularity\n", "- name: granule\n", "dataset_info: the features aren't those of the files"),
        ("(plots/tasks.png)", "(plots/task.png)", "links to plots/task.png, which isn't there"),
        ("## Fields", "[More Information Needed]", "[More Information Needed] is left from a template"),
        ("license: other", "license: [other", "expected ',' or ']'"),
        ("\n---\n", "\n", "the YAML that line 1 opens isn't closed"),
        ("<!-- vlit-hub:end fields -->\n", "", "<!-- vlit-hub:begin fields"),
    ],
)
def test_faults(folder: Path, old: str, new: str, fault: str) -> None:
    edit(folder, old, new)
    found = faults(folder)
    assert any(fault in line for line in found), found
    assert all(line.startswith(("README.md: ", str(folder))) and "\n" not in line for line in found)


def test_a_fault_names_its_line(folder: Path) -> None:
    edit(folder, "license: other", "license: mine")
    lines = (folder / "README.md").read_text().splitlines()
    assert f"README.md: line {lines.index('license: mine') + 1}: license: the Hub doesn't know 'mine'" in faults(folder)


def test_two_defaults_and_a_name_twice(folder: Path) -> None:
    edit(
        folder, "dataset_info:", "- config_name: default\n  default: true\n  data_files: data/*.parquet\ndataset_info:"
    )
    found = faults(folder)
    assert any("'default' is there twice" in line for line in found)
    assert any("2 of the configurations" in line for line in found)


def test_keys_that_are_needed(folder: Path) -> None:
    (folder / "README.md").write_text("# Trams\n")
    assert faults(folder) == [
        f"README.md: the YAML lacks the key `{key}`"
        for key in ("license", "task_categories", "size_categories", "configs")
    ]
    (folder / "README.md").unlink()
    assert faults(folder) == [f"README.md: is missing. Run: vlit-hub card {folder}"]


def test_files_that_changed_after_the_card(folder: Path) -> None:
    for file in (folder / "data").glob("validation-*"):
        file.unlink()
    write_split(folder, "validation", [[caption(number, None, None) for number in range(1200)]])
    found = faults(folder)
    assert any("validation has 1200 records, not 6" in line for line in found)
    assert any("it is 1K<n<10K" in line for line in found)


def test_a_card_that_is_too_large(folder: Path) -> None:
    edit(folder, "## Fields", "## Fields\n\n" + "x" * 1_000_000)
    assert any("the Hub refuses cards of over about 1,000,000" in line for line in faults(folder))
    edit(folder, "license: other", "license: other\nnote: " + "x" * 500_000)
    assert any("bytes of YAML" in line for line in faults(folder))


def test_other_ways_to_write_data_files(folder: Path) -> None:
    listed = (
        "  - split: train\n    path: data/train-*.parquet\n  - split: validation\n    path: data/validation-*.parquet\n"
    )
    for other in (
        "    train: data/train-*.parquet\n    validation: data/validation-*.parquet\n",
        "    train:\n    - data/train-*-of-*\n    validation: [data/validation-*]\n",
    ):
        text = (folder / "README.md").read_text()
        edit(folder, listed, other)
        assert faults(folder) == []
        (folder / "README.md").write_text(text)


def test_the_command_writes_and_says_where(make_folder: MakeFolder, run: Run) -> None:
    folder = make_folder()
    code, out, err = run(folder)
    assert (code, err) == (0, "")
    assert out.startswith(f"written to {folder}: README.md, LICENSE.md, croissant.json, examples/")
    before = {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    assert run(folder, "--check") == (0, f"{folder}/README.md: good\n", "")
    assert run(folder)[0] == 0
    assert before == {str(file): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_check_writes_nothing_and_ends_with_1(folder: Path, run: Run) -> None:
    edit(folder, "license: other", "license: mine")
    (folder / "croissant.json").write_text('{"@type": "sc:Dataset", "name": "x"}')
    text = (folder / "README.md").read_text()
    code, out, err = run(folder, "--check")
    assert (code, out) == (1, "")
    lines = err.splitlines()
    assert lines[0].startswith("README.md: line ") and all(line.startswith("croissant.json: ") for line in lines[1:])
    assert len(lines) > 1
    assert (folder / "README.md").read_text() == text
    found = json.loads(run(folder, "--check", "--json")[1])
    assert found["faults"] == lines and found["files"] == []


def test_what_was_kept_is_told(folder: Path, run: Run) -> None:
    edit(folder, "## Fields", "## Our fields")
    code, out, _ = run(folder)
    assert code == 0 and "kept as it was edited: block fields (--force replaces it)" in out
    assert "kept as" not in run(folder, "--force")[1]
