"""`vlit-hub push` as it is run: what it prints, how it ends, and that nobody ever sees the token."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.hub.server import Hub
from tests.publishing.pushing import REPO, photo, row, write_dataset
from vlit_hub.cli import app
from vlit_hub.registry import Build, remember

COMMAND = [sys.executable, "-m", "vlit_hub", "push"]


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    licenses = ["CC-BY-4.0", "CC-BY-NC-2.0"]
    photos = [photo(tmp_path / "photos" / f"{number}.jpg", number) for number in range(6)]
    return write_dataset(tmp_path / "toy", [row(n, path, licenses[n % 2]) for n, path in enumerate(photos)])


@pytest.fixture
def vlit_hub(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Run `vlit-hub push` as ada in this process; the lines of its output."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    monkeypatch.setenv("HF_TOKEN", hub.token("ada"))

    def run(*words: str) -> list[str]:
        done = CliRunner().invoke(app, ["push", *words], catch_exceptions=False)
        assert (done.exit_code, done.stderr) == (0, "")
        return done.stdout.splitlines()

    return run


def test_a_push_its_dry_run_and_its_repetition(hub: Hub, toy: Path, vlit_hub: Callable[..., list[str]]) -> None:
    planned = vlit_hub(str(toy), "--dry-run")
    refused = (
        "records without, since copies of the photo aren't allowed or its licence isn't known: CC-BY-NC-2.0 (3); "
        "--allow-license CC-BY-NC-2.0 embeds them on your word"
    )
    assert any(line.startswith("add    data/train-00000-of-00002.parquet  ") for line in planned)
    assert planned[-3].startswith(f"would push to a new repository {REPO}: ")
    assert planned[-2:] == ["records with their photos: 3 of 6", refused]
    assert hub.store.get(REPO) is None
    done = vlit_hub(str(toy), "--tag", "v1")
    assert done[0].startswith("pushed ")
    assert done[0].endswith(f" 0 deleted, 0 as they were: {hub.url}/datasets/{REPO}")
    assert done[1:] == ["records with their photos: 3 of 6", refused, f'load it: load_dataset("{REPO}", revision="v1")']
    hub.commit_as("bob", REPO, "notes.md", "mine")
    planned = vlit_hub(str(toy), "--images", "none", "--dry-run")
    assert {"delete examples/image_captioning.jpg", "--- README.md (online)", "+++ README.md (pushed)"} <= set(planned)
    assert planned[-2:] == ["records with photos: 0 of 6", "left alone, not vlit-hub's: notes.md"]
    again = vlit_hub(str(toy), "--allow-license", "CC-BY-ND-2.0,cc-by-nc-2.0", "--create-pr")
    assert again[0].endswith("/discussions/1")
    assert again[1:] == ["records with their photos: 6 of 6", "left alone, not vlit-hub's: notes.md"]
    found = json.loads("\n".join(vlit_hub(str(toy), "--json")))
    assert (found["add"], found["delete"], found["commit"]) == ({}, [], hub.commits(REPO)[0].oid)
    assert found["photos_left_out"] == {"CC-BY-NC-2.0": 3}


def test_a_dataset_by_its_name(
    hub: Hub, toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vlit_hub: Callable[..., list[str]]
) -> None:
    monkeypatch.setenv("VLIT_HUB_CACHE", str(tmp_path / "cache"))
    remember(Build(REPO, str(toy), "", {}))
    done = vlit_hub("toy", "--repo-id", "ada/mine", "--images", "none")
    assert done[-1] == 'load it: load_dataset("ada/mine")'
    assert "data/train-00001-of-00002.parquet" in hub.tree("ada/mine")


def test_a_way_of_publishing_photos_that_there_isnt(toy: Path) -> None:
    done = CliRunner().invoke(app, ["push", str(toy), "--images", "all"])
    assert str(done.exception) == "--images all: there are embed, url, none."


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        (["gone"], 2, "'gone' is no dataset built here"),
        (["toy", "--repo-id", "bob/toy"], 1, "bob isn't yours: the token is ada's"),
    ],
)
def test_an_error_is_one_line(
    hub: Hub, toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, line: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = hub.run([*COMMAND, *words], hub.token("ada"), home=tmp_path / "home")
    assert (done.returncode, done.stdout) == (code, "")
    (said,) = done.stderr.splitlines()
    assert said.startswith("vlit-hub: ")
    assert line in said


def test_interrupted(hub: Hub, toy: Path, tmp_path: Path) -> None:
    env = hub.env(hub.token("ada"), home=tmp_path / "home")
    process = subprocess.Popen([*COMMAND, str(toy)], env=env, stderr=subprocess.PIPE, text=True)
    hub.before("POST", "/preupload/", lambda: process.send_signal(signal.SIGINT))
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said.splitlines()) == (
        130,
        ["vlit-hub: stopped; what was finished is kept, and the same command goes on from there."],
    )
    assert (tmp_path / ".toy.push").is_dir()


def test_the_token_is_seen_nowhere(hub: Hub, toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in output, however much the client is asked to tell, nor in any file; `hub` sees to the requests."""
    monkeypatch.setenv("PYTHONWARNINGS", "always")
    token, home = hub.token("ada"), tmp_path / "home"
    hub.fail("POST", "/commit/", status=500, message="no luck")
    hub.cut("POST", "/commit/", where="response")
    done = hub.run(["env", "HF_DEBUG=1", *COMMAND, str(toy)], token, home=home)
    assert done.returncode == 0, done.stderr
    hub.revoke(token)
    refused = hub.run([*COMMAND, str(toy)], token, home=home)
    assert "the Hub doesn't take this token" in refused.stderr
    assert token not in done.stdout + done.stderr + refused.stdout + refused.stderr
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 20
    assert not [path for path in files if token.encode() in path.read_bytes()]
