"""Each test gets its own caches; the sample folder and its build are made once."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest


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


def run(home: Path, *words: object, cwd: Path | None = None, **more: str) -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", "vlit_hub", *map(str, words)],
        env={**environment(home), **more},
        cwd=cwd or home,
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
    return lambda *words, **more: run(home, *words, **more)


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sample folder of 60 images; copy it before you change it."""
    folder = tmp_path_factory.mktemp("sample")
    done = run(folder, "sample", folder / "data", "--images", 60)
    assert done.code == 0, done.err
    return folder / "data"


@pytest.fixture(scope="session")
def built(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which `coco_aa` of the sample is built; don't change it."""
    home = tmp_path_factory.mktemp("built")
    done = run(home, "build", "coco_aa", "--data-dir", sample)
    assert done.code == 0, done.err
    return home
