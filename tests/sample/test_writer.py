"""How a sample comes about: whole or not at all, the same however it is made, gone on with after a stop."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from vlit_hub.errors import InputError, UsageError, VlitHubError
from vlit_hub.sample import parts, write_sample, writer


def digests(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_processes_and_stretches_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_sample(tmp_path / "one", images=60, photos=False)
    monkeypatch.setattr(writer, "_ONE_PROCESS", {False: 0, True: 0})
    monkeypatch.setattr(parts, "_STRETCH", 7)
    write_sample(tmp_path / "stretches", images=60, photos=False)
    monkeypatch.undo()
    monkeypatch.setattr(writer, "_ONE_PROCESS", {False: 0, True: 0})
    write_sample(tmp_path / "processes", images=60, photos=False, num_proc=2)
    assert digests(tmp_path / "one") == digests(tmp_path / "stretches") == digests(tmp_path / "processes")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "processes", "stretches"]


def test_seed_and_size_change_it(tmp_path: Path) -> None:
    write_sample(tmp_path / "a", images=3, photos=False)
    write_sample(tmp_path / "b", images=3, photos=False, seed=1)
    result = write_sample(tmp_path / "c", images=3, size=(320, 240))
    assert digests(tmp_path / "a") != digests(tmp_path / "b")
    assert result.images == {"train": 3}
    assert not (tmp_path / "c" / "annotations" / "captions_val2014.json").exists()
    assert len(list((tmp_path / "c" / "train2014").iterdir())) == 3


def test_a_sample_is_replaced_only_when_asked(tmp_path: Path) -> None:
    write_sample(tmp_path / "data", images=2, photos=False)
    with pytest.raises(InputError, match="--force"):
        write_sample(tmp_path / "data", images=3, photos=False)
    write_sample(tmp_path / "data", images=3, photos=False, force=True)
    assert "3 images" in (tmp_path / "data" / "README.txt").read_text()
    (tmp_path / "data" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"notes\.txt"):
        write_sample(tmp_path / "data", images=3, photos=False, force=True)
    assert (tmp_path / "data" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    "wrong",
    [
        {"images": 0},
        {"images": -5},
        {"num_proc": 0},
        {"size": (100, 100)},
        {"size": (640, 4000)},
        {"size": (1200, 400)},
    ],
)
def test_numbers_out_of_range(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"--{next(iter(wrong)).replace('_', '-')}"):
        write_sample(tmp_path / "data", **{"images": 2, "photos": False, **wrong})
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(InputError, match="is a file"):
        write_sample(tmp_path / "data", images=2, photos=False)


def test_no_space_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error goes up as it is, and nothing is there under the final name."""

    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        write_sample(tmp_path / "data", images=2, photos=False)
    assert not (tmp_path / "data").exists()


def test_a_worker_that_fails_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "_ONE_PROCESS", {False: 0, True: 0})
    work = tmp_path / ".data.partial"
    work.mkdir()
    parts.Job(20, 0, False, None, writer.metadata.version("vlit-hub")).save(work)
    (work / "parts").write_text("a file where the workers need a folder")
    with pytest.raises(VlitHubError, match="parts") as raised:
        write_sample(tmp_path / "data", images=20, photos=False, num_proc=2)
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "data").exists()


def test_a_stopped_run_leaves_nothing_and_is_gone_on_with(tmp_path: Path) -> None:
    """Interrupted as by Ctrl-C once some photos are there; the second run keeps them and ends in the same bytes."""
    command = [
        sys.executable,
        "-m",
        "vlit_hub",
        "sample",
        str(tmp_path / "data"),
        "--images",
        "60",
        "--size",
        "320x240",
    ]
    command += ["--num-proc", "2"]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    made = tmp_path / ".data.partial" / "parts"
    limit = time.monotonic() + 60
    while not (made.exists() and any(part.name.isdigit() for part in made.iterdir())):
        assert time.monotonic() < limit and run.poll() is None
        time.sleep(0.02)
    os.killpg(run.pid, signal.SIGINT)
    said = run.communicate(timeout=30)[1]
    assert run.returncode == 130
    assert "Traceback" not in said
    assert not (tmp_path / "data").exists()
    first = next(part for part in sorted(made.iterdir()) if part.name.isdigit())
    before = first.stat().st_mtime_ns
    kept = (first / "captions_train.images").read_bytes()

    again = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert again.returncode == 0, again.stderr
    assert before and kept in (tmp_path / "data" / "annotations" / "captions_train2014.json").read_bytes()
    assert not (tmp_path / ".data.partial").exists()
    write_sample(tmp_path / "other", images=60, size=(320, 240))
    assert digests(tmp_path / "data") == digests(tmp_path / "other")
