"""`vlit_hub.load_dataset` in processes of their own, as its users call it."""

import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import environment


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
    code = f"""
import vlit_hub
streamed = vlit_hub.load_dataset("vlit_hub/ocr_aa", data_dir={str(sample)!r}, streaming=True, split="train")
record = next(iter(streamed))
assert record["task"] == "text_recognition", record
print(record["input"]["images"][0].size)
"""
    done = python(home, code)
    assert done.returncode == 0, done.stderr
    assert not list((home / "hf").rglob("*.arrow"))


def test_several_processes_give_the_same(home, sample):
    code = f"""
import vlit_hub
one = vlit_hub.load_dataset("vlit_hub/coco_aa", data_dir={str(sample)!r}, cache_dir="one")
two = vlit_hub.load_dataset("vlit_hub/coco_aa", data_dir={str(sample)!r}, cache_dir="two", num_proc=2)
assert {{name: split.data.table for name, split in one.items()}} == {{name: split.data.table for name, split in two.items()}}
"""
    done = python(home, code)
    assert done.returncode == 0, done.stderr


def test_options_without_a_folder_are_refused(home):
    done = python(home, "import vlit_hub; vlit_hub.load_dataset('vlit_hub/coco_aa', tasks=['object_counting'])")
    assert "UsageError" in done.stderr
    assert "data_dir" in done.stderr
