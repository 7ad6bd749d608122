"""The catalogue's files are refused, by file, entry and reason, where they break the schema or don't fit together."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from vlit_hub.catalog import Count, read_catalog
from vlit_hub.errors import InputError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with as_file(files("vlit_hub.cards") / "catalog") as own:
        shutil.copytree(own, tmp_path / "catalog")
    return tmp_path / "catalog"


def replaced(old: str, new: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return edit


@pytest.mark.parametrize(
    ("file", "edit", "reason"),
    [
        # unknown keys, at the top and inside
        ("models", replaced("  paper:", "  papers: x\n  paper:"), "Flamingo: Object contains unknown field `papers`"),
        ("models", replaced("{encoder:", "{year: 2022, encoder:"), "Flamingo: Object contains unknown field `year`"),
        ("datasets", replaced("videos: null, ", ""), "LLaVA-Instruct-150K: Object missing required field `videos`"),
        # values of another kind
        ("datasets", replaced("images: 80K", "images: 80 000"), "LLaVA-Instruct-150K: Expected `str` matching regex"),
        ("datasets", replaced("images: 80K", "images: -80"), "LLaVA-Instruct-150K: Expected `int` >= 0"),
        ("datasets", replaced("type: SI", "type: IS"), "LLaVA-Instruct-150K: Invalid enum value 'IS'"),
        # what doesn't fit together
        ("datasets", replaced("model: LLaVA\n", "model: LLaMA\n"), "LLaVA-Instruct-150K: no model 'LLaMA'"),
        ("datasets", replaced("  model: LLaVA\n", ""), "LLaVA-Instruct-150K: model or paper"),
        (
            "datasets",
            replaced("name: cc_sbu_align", "name: LLaVA-Instruct-150K"),
            "LLaVA-Instruct-150K stands there twice",
        ),
        ("models", replaced("tasks: [conversation,", "tasks: [chat,"), "LLaVA: no task 'chat'"),
        ("figure_6", replaced("    - X-LLM\n", "    - Y-LLM\n"), "AA: no dataset 'Y-LLM'"),
        # no YAML, no list
        ("tasks", lambda text: text + "\n- [", "is no YAML list"),
        ("tasks", lambda text: "name: OCR", "is no YAML list"),
    ],
)
def test_refuses(folder: Path, file: str, edit: Callable[[str], str], reason: str) -> None:
    path = folder / f"{file}.yaml"
    path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_catalog(folder)
    message = str(refused.value)
    assert f"{file}.yaml: " in message and reason in message and "\n" not in message


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "tasks.yaml").unlink()
    with pytest.raises(InputError, match=r"tasks\.yaml: can't be read"):
        read_catalog(folder)


def test_an_added_dataset_is_there(folder: Path) -> None:
    with (folder / "datasets.yaml").open("a", encoding="utf-8") as file:
        file.write("\n- name: ours\n  model: LLaVA\n  table_9: {type: AA, images: 2.5K, videos: null, pairs: 12}\n")
    added = read_catalog(folder).datasets[-1]
    assert added.images == Count("2.5K", 2500) and added.pairs == Count("12", 12)
    # LLaVA's row of Table 1 has SI
    assert added.disagreements == ("strategy: Table 1 says SI; Table 9 says AA",)
    # the figure's LLaVA stays the dataset that has this name
    assert added.tendency == ()


@pytest.mark.parametrize(
    ("printed", "number"),
    [("158K", 158_000), ("477.7K", 477_700), ("1.77M", 1_770_000), ("3.3B", 3_300_000_000), ("7", 7)],
)
def test_counts(printed: str, number: int) -> None:
    assert Count.of(printed) == Count(printed, number)
