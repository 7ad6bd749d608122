"""`vlit-hub catalog`, as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli.conftest import Ran, run
from vlit_hub.cli import app


def line(done: Ran, start: str) -> list[str]:
    (found,) = [line for line in done.out.splitlines() if line.startswith(start)]
    return found.split()


def test_lists_datasets_aligned(tmp_path: Path) -> None:
    done = run(tmp_path, "catalog")
    assert line(done, "MIMIC-IT") == ["MIMIC-IT", "Otter", "SI", "*", "8.1M", "502K", "2.8M", "video"]
    assert line(done, "64 datasets, after Li et al. 2024")
    assert line(done, "* The paper's tables differ here.")
    rows = [row for row in done.out.splitlines() if row.startswith(("dataset ", "LLaVA-Instruct", "MULTIS"))]
    ends = {row.index(word) + len(word) for row, word in zip(rows, ("images", "80K", "80K"), strict=True)}
    assert len(ends) == 1


def test_filters(tmp_path: Path) -> None:
    done = run(tmp_path, "catalog", "--task", "OCR", "--strategy", "self_instruct")
    assert line(done, "2 datasets") and line(done, "PVIT") and line(done, "MGVLID")
    assert "differ" not in done.out
    done = run(tmp_path, "catalog", "--models", "--tendency", "document")
    assert line(done, "1 model,") and line(done, "mPLUG-DocOwl")[1:4] == ["CLIP", "Linear", "LLaMA"]
    assert line(run(tmp_path, "catalog", "--tendency", "document", "--strategy", "SI"), "0 datasets")


def test_shows_an_entry_wholly(tmp_path: Path) -> None:
    out = run(tmp_path, "catalog", "m3it").out
    assert out.startswith("M3IT, a dataset")
    assert "2.4M (2,400,000)" in out and "https://huggingface.co/datasets/MMInstruction/M3IT" in out
    assert "strategy: Table 1 says SI; Table 9 says AA; Figure 6 says AA" in out
    out = run(tmp_path, "catalog", "lmeye").out
    assert "LMEye(IPN), a model" in out and "Multimodal_id_v1" in out and "FA(Image-Text Matching) VLIT" in out
    out = run(tmp_path, "catalog", "ocr").out
    assert out.startswith("OCR, a task") and "text_recognition" in out and "ChatSpot, BLIVA, Qwen-VL, PVIT" in out


def test_lists_tasks(tmp_path: Path) -> None:
    done = run(tmp_path, "catalog", "--tasks")
    assert line(done, "OCR ") == ["OCR", "OCR", "4", "text_recognition"]
    assert line(done, "80 tasks")


def test_json_is_a_list_of_objects(tmp_path: Path) -> None:
    found = json.loads(run(tmp_path, "catalog", "--tendency", "interleave", "--json").out)
    assert found[0]["name"] == "I4" and len(found) == 5
    assert found[0]["pairs"] == {"printed": "477.7K", "number": 477_700} and found[0]["videos"] is None
    assert found[0]["strategy"] == {"table_1": "DM", "table_9": "AA+SI", "figure_6": "AA+SI"}
    both = json.loads(run(tmp_path, "catalog", "VIGC", "--json").out)
    assert [one["kind"] for one in both] == ["dataset", "model"]
    assert json.loads(run(tmp_path, "catalog", "--tendency", "document", "--strategy", "SI", "--json").out) == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["llava-instrct"], "no dataset, model or task 'llava-instrct'. Did you mean 'LLaVA-Instruct-150K'?"),
        (["--task", "ocrr"], "no task 'ocrr'. Did you mean 'OCR'?"),
        (["--strategy", "SIDM"], "no strategy 'SIDM'. Did you mean"),
        (["LLaVA", "--task", "ocr"], "give one of NAME, --models and --tasks"),
        (["LLaVA", "--models"], "give one of NAME, --models and --tasks"),
        (["--tasks", "--strategy", "AA"], "filters go with --models or alone"),
    ],
)
def test_refuses_in_one_line(tmp_path: Path, words: list[str], message: str) -> None:
    done = run(tmp_path, "catalog", *words)
    assert done.code == 2 and done.out == "" and message in done.line


@pytest.mark.parametrize("width", [100, 60])
@pytest.mark.parametrize("words", [[], ["--models"], ["--tasks"], ["InstructBLIP"]], ids=str)
def test_stays_readable_in_a_narrow_terminal(width: int, words: list[str]) -> None:
    done = CliRunner().invoke(app, ["catalog", *words], env={"COLUMNS": str(width)})
    assert done.exit_code == 0
    lines = done.output.splitlines()
    assert max(map(len, lines)) <= width and "…" not in done.output
    if width == 100 and not words:
        assert sum(map(bool, lines)) == 1 + 64 + 3  # no row breaks
