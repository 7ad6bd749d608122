"""`vlit-hub compare` and `vlit-hub correlate` on a real build."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import run


@pytest.fixture(scope="module")
def home(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a scored build, and two parts of it; don't change it."""
    home = tmp_path_factory.mktemp("compared")
    shutil.copytree(built / "built" / "coco_aa", home / "coco")
    assert run(home, "score", "coco", "--indicators", "lengths").code == 0
    assert run(home, "filter", "coco", "response_words >= 3", "-o", "long").code == 0
    assert run(home, "filter", "coco", "response_words < 3", "-o", "short").code == 0
    for name in ("long", "short"):
        assert run(home, "score", name, "--indicators", "lengths").code == 0
    return home


def test_compare_and_correlate(home: Path) -> None:
    done = run(
        home, "compare", "coco", "long/", "short", "--indicators", "lengths,task_balance", "-o", "out/comparison.md"
    )
    assert done.code == 0, done.err
    assert "response_words" in done.out and "records of each" in done.out
    assert sorted(file.name for file in (home / "out").iterdir()) == [
        "comparison.json",
        "comparison.md",
        "comparison.png",
    ]
    text = (home / "out" / "comparison.md").read_text()
    assert "long less coco" in text and "](comparison.png)" in text
    again = run(home, "compare", "coco", "long", "short", "--indicators", "lengths,task_balance", "--json")
    assert json.loads(again.out) == json.loads((home / "out" / "comparison.json").read_text())
    (home / "results.csv").write_text(
        "dataset,model,overall\ncoco,a,3\nlong,a,5\nshort,a,1\ncoco,b,3.5\nlong,b,5\nshort,b,1\n"
    )
    done = run(home, "correlate", "out/comparison.json", "results.csv", "-o", "out/correlations.md")
    assert done.code == 0, done.err
    assert "corrected for" in (home / "out" / "correlations.md").read_text() and "overall" in done.out
    cells = json.loads(run(home, "correlate", "out/comparison.json", "results.csv", "--json").out)["cells"]
    found = {cell["indicator"]: cell for cell in cells}
    assert found["response_words"]["r"] > 0.9 and found["response_words"]["n"] == 3
    assert "constant" in found["turns"]["why"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("compare", "coco"), 2, "two datasets or more"),
        (("compare", "coco", "long", "--size", 10**9), 2, "Ask for fewer|from 1 to that many"),
        (("compare", "coco", "long", "-o", "comparison.txt"), 2, "must be a Markdown file"),
        (("compare", "coco", "coco/build.json"), 1, "coco/build.json: looks like no format that can be imported"),
        (("compare", "coco", "nothing"), 2, "no dataset built here"),
        (("correlate", "coco/build.json", "results.csv"), 1, "isn't what vlit-hub compare writes"),
        (("correlate", "none.json", "results.csv"), 1, "none.json: can't be read"),
        (("correlate", "none.json", "results.csv", "--method", "kendall"), 2, "there are pearson and spearman"),
    ],
)
def test_refusals(home: Path, arguments: tuple[object, ...], code: int, message: str) -> None:
    done = run(home, *arguments)
    assert done.code == code and done.out == "" and len(done.err.strip().splitlines()) == 1
    assert any(part in done.err for part in message.split("|"))
