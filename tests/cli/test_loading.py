"""`vlit_hub.load_dataset`, as its users call it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import environment, started
from vlit_hub import load_dataset
from vlit_hub.errors import UsageError


def python(home: Path, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env=environment(home), cwd=home, capture_output=True, text=True, timeout=120
    )


def test_it_builds_what_isn_t_there_and_loads_it_the_next_time(home, sample):
    code = f"""
import datasets, vlit_hub
options = dict(data_dir={str(sample)!r}, tasks=["object_counting"], split="train")
first = vlit_hub.load_dataset("vlit_hub/coco_aa", **options)
cache = vlit_hub.load_dataset("vlit_hub/coco_aa", **options).cache_files
assert cache == first.cache_files and len(first) > 0
assert set(first["task"]) == {{"object_counting"}}
assert first.features["input"]["images"] == datasets.List(datasets.Image())
plain = datasets.load_dataset("vlit_hub/coco_aa", split="train")
assert plain["id"] == first["id"]
assert vlit_hub.load_dataset("coco_aa", split="train")["id"] == first["id"]
"""
    done = python(home, code)
    assert done.returncode == 0, done.stderr


def test_streaming_makes_records_without_keeping_them(home, sample):
    with started(home):
        record = next(iter(load_dataset("vlit_hub/ocr_aa", data_dir=str(sample), streaming=True, split="train")))
    assert record["task"] == "text_recognition"
    assert min(record["input"]["images"][0].size) > 0
    assert not list((home / "hf").rglob("*.arrow"))


def test_several_processes_give_the_same(home, sample):
    with started(home):
        one = load_dataset("vlit_hub/coco_aa", data_dir=str(sample), cache_dir="one")
        two = load_dataset("vlit_hub/coco_aa", data_dir=str(sample), cache_dir="two", num_proc=2)
    tables = [{name: split.data.table for name, split in whole.items()} for whole in (one, two)]
    assert tables[0] == tables[1]


def test_options_without_a_folder_are_refused(home):
    with started(home), pytest.raises(UsageError, match="data_dir"):
        load_dataset("vlit_hub/coco_aa", tasks=["object_counting"])
