"""What `vlit-hub filter` and `balance` write is published like a build: card, dry run, push, and loaded from the Hub."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.hub.server import Hub
from tests.publishing.pushing import photo, row, write_dataset
from vlit_hub.cli import app

LOAD = """
import json
from datasets import load_dataset
found = load_dataset("vlit_hub/clean", split="train")
size = found[0]["input"]["images"][0].size
print(json.dumps({"records": len(found), "size": size, "quality": sorted(found.features["quality"])}))
"""


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    photos = [photo(tmp_path / "photos" / f"{number}.jpg", number) for number in range(4)]
    rows = [row(n, photos[n % 4], task="image_captioning" if n % 3 else "object_counting") for n in range(12)]
    return write_dataset(
        tmp_path / "toy", [{**one, "response": " ".join(["word"] * (n + 1))} for n, one in enumerate(rows)]
    )


@pytest.mark.parametrize(
    ("command", "records"),
    [
        (["filter", "{toy}", "response_words >= 4 and text_repetition < 2", "--cascade", "-o", "{out}"], 9),
        (["balance", "{toy}", "--size", "6", "-o", "{out}"], 6),
    ],
)
def test_a_selection_is_published(
    hub: Hub, toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], records: int
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    monkeypatch.setattr("datasets.config.HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_TOKEN", hub.token("ada"))

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    out = tmp_path / "clean"
    run(*(word.format(toy=toy, out=out) for word in command))
    assert "word" in run("show", str(out), "-n", "1")
    run("card", str(out))
    card = (out / "README.md").read_text()
    assert "vlit_hub/toy" in card  # where it is from
    assert "would push to a new repository vlit_hub/clean" in run("push", str(out), "--dry-run")
    assert hub.store.get("vlit_hub/clean") is None
    assert 'load_dataset("vlit_hub/clean"' in run("push", str(out))
    done = subprocess.run(
        [sys.executable, "-c", LOAD], env=hub.env(home=tmp_path / "home"), capture_output=True, text=True, check=True
    )
    loaded = json.loads(done.stdout)
    assert (loaded["records"], loaded["size"]) == (records, [48, 48])
    if command[0] == "filter":
        assert {"text_repetition", "response_words"} <= set(loaded["quality"])
