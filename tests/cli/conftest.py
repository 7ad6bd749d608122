"""Each test gets its own caches; the sample folder and its build are made once."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from vlit_hub.cli import app, main


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def line(self) -> str:
        """The one line that an error is."""
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self.err
        return lines[0]


def environment(home: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "VLIT_", "HUGGING"))}
    return {
        **clean,
        "HF_HOME": str(home / "hf"),
        "HF_HUB_OFFLINE": "1",
        "VLIT_HUB_CACHE": str(home / "cache"),
        "COLUMNS": "200",
    }


@contextmanager
def started(home: Path, *, offline: bool = True) -> Iterator[pytest.MonkeyPatch]:
    """This process as one that was started with `environment(home)`; starting one takes seconds for the imports alone."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ.keys() - environment(home).keys():
            patch.delenv(name)
        for name, value in environment(home).items():
            patch.setenv(name, value)
        # what Hugging Face's libraries read from there when they were imported
        patch.setattr("datasets.config.HF_DATASETS_CACHE", home / "hf" / "datasets")
        patch.setattr("datasets.config.HF_HUB_OFFLINE", offline)
        patch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", offline)
        patch.chdir(home)
        yield patch


def run(home: Path, *words: object, offline: bool = True) -> Ran:
    """The command line, in this process."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with started(home, offline=offline) as patch, redirect_stdout(out), redirect_stderr(err):
        # plugins' commands are registered anew each time
        own = [one for one in app.registered_commands if str(one.callback.__module__).startswith("vlit_hub.cli.")]
        patch.setattr(app, "registered_commands", own)
        patch.setattr(app, "registered_groups", [])
        patch.setattr("sys.argv", ["vlit-hub", *map(str, words)])
        try:
            main()
        except SystemExit as stop:
            code = stop.code
    return Ran(int(code or 0), out.getvalue(), err.getvalue())  # type: ignore[call-overload]


def run_apart(home: Path, *words: object, **more: str) -> Ran:
    """The command line in a process of its own, with more environment variables."""
    done = subprocess.run(
        [sys.executable, "-m", "vlit_hub", *map(str, words)],
        env={**environment(home), **more},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def vlit_hub(home: Path) -> Callable[..., Ran]:
    return lambda *words: run(home, *words)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample folder of 24 images; copy it before you change it."""
    folder = tmp_path_factory.mktemp("sample")
    done = run(folder, "sample", folder / "data", "--images", 24)
    assert done.code == 0, done.err
    return folder / "data"


@pytest.fixture(scope="session")
def built(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which `coco_aa` of the sample is built; don't change it."""
    home = tmp_path_factory.mktemp("built")
    done = run(home, "build", "coco_aa", "--data-dir", sample)
    assert done.code == 0, done.err
    return home
