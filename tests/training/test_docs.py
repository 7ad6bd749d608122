"""docs/training.md runs, word for word: its files are written, its commands are executed, in order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import environment

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text()


def test_the_page_trains(tmp_path: Path) -> None:
    for needed in ("torch", "transformers", "accelerate", "trl"):
        pytest.importorskip(needed)
    variables = {
        **environment(tmp_path),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "OMP_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }
    told = ""
    blocks = re.findall(r"^```(bash|python) ?(\S*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert [name for kind, name, _ in blocks if kind == "python"] == ["tiny.py", "train.py"]
    for kind, name, text in blocks:
        if kind == "python":
            (tmp_path / name).write_text(text)
            continue
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=tmp_path,
            env=variables,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        told += done.stdout
    assert re.search(r"^[1-9]\d* conversations, such as \[\{", told, re.MULTILINE), told
    [(first, last)] = re.findall(r"^loss (\d+\.\d+) at the first step, (\d+\.\d+) at the last$", told, re.MULTILINE)
    assert 0 < float(last) < float(first) - 0.5
    assert (tmp_path / "trained" / "model.safetensors").is_file()
