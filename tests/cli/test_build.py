import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import environment, run, run_apart
from vlit_hub import plugin_manager
from vlit_hub.records import features, schema, validate

PYTHON = sys.executable


def python(home: Path, code: str, **more: str) -> str:
    done = subprocess.run(
        [PYTHON, "-c", code], env={**environment(home), **more}, cwd=home, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def tree(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_the_folder_holds_valid_records(built):
    folder = built / "built" / "coco_aa"
    summary = json.loads((folder / "build.json").read_text())
    for split in ("train", "validation"):
        files = sorted((folder / "data").glob(f"{split}-*.parquet"))
        table = pq.read_table(files)
        assert table.schema.remove_metadata() == schema()
        validate(table)
        assert table.num_rows == summary["splits"][split]["records"] > 0
        assert all(len(record["images"]) == 1 for record in table["input"].to_pylist())
    assert not list(folder.parent.glob(".*"))
    assert str(built) not in (folder / "build.json").read_text()


def test_the_plain_load_dataset_opens_it_and_its_folder_in_another_process_offline(built):
    code = """
import json
from datasets import load_dataset
whole = load_dataset("vlit_hub/coco_aa")
record = whole["train"][0]
streamed = next(iter(load_dataset("vlit_hub/coco_aa", split="train", streaming=True)))
image = record["input"]["images"][0]
counts = {name: len(split) for name, split in whole.items()}
folder = load_dataset("built/coco_aa", split="train")[0]["id"]
print(json.dumps([counts, image.size, record["id"], streamed["id"], folder, str(whole["train"].features)]))
"""
    counts, size, first, streamed, folder, found = json.loads(python(built, code).splitlines()[-1])
    summary = json.loads((built / "built/coco_aa/build.json").read_text())
    assert counts == {name: split["records"] for name, split in summary["splits"].items()}
    assert all(side > 0 for side in size)
    assert first == streamed == folder
    assert found == str(features())


def test_same_inputs_same_bytes_whatever_the_hash_seed_and_the_number_of_processes(built, sample, home):
    done = run_apart(home, "build", "coco_aa", "--data-dir", sample, "--num-proc", "2", PYTHONHASHSEED="7")
    assert (done.code, done.err) == (0, "")
    assert tree(home / "built/coco_aa") == tree(built / "built/coco_aa")


def test_another_seed_gives_other_instructions_of_the_same_records(built, sample, home):
    assert run(home, "build", "coco_aa", "--data-dir", sample, "--seed", "1", "--tasks", "image_captioning").code == 0
    ours, theirs = (
        pl.read_parquet(one / "built/coco_aa/data/train-*.parquet").filter(pl.col("task") == "image_captioning")
        for one in (home, built)
    )
    assert ours["id"].to_list() == theirs["id"].to_list()
    assert ours["instruction"].to_list() != theirs["instruction"].to_list()


def test_embedded_photos_are_the_files_bytes(sample, home):
    done = run(home, "build", "ocr_aa", "--data-dir", sample, "--embed-images", "--per-image", "1")
    assert done.code == 0, done.err
    table = pl.read_parquet(home / "built/ocr_aa/data/train-*.parquet")
    for record in table.head(20).to_dicts():
        (image,), (name,) = record["input"]["images"], record["source"]["file_names"]
        assert image["path"] == name
        assert image["bytes"] == next(sample.rglob(name)).read_bytes()


def test_tasks_and_per_image_are_kept_to(sample, home):
    tasks = "object_counting,image_captioning"
    assert run(home, "build", "coco_aa", "--data-dir", sample, "--tasks", tasks, "--per-image", "2").code == 0
    table = pl.read_parquet(home / "built/coco_aa/data/train-*.parquet")
    assert sorted(table["task"].unique()) == ["image_captioning", "object_counting"]
    image = pl.col("source").struct.field("image_ids").list.first()
    assert table.group_by(image, "task").len()["len"].max() == 2


def test_a_second_build_is_up_to_date(built, sample):
    done = run(built, "build", "coco_aa", "--data-dir", sample)
    assert done.code == 0
    assert "up to date" in done.out


STRATEGY = """
from vlit_hub import Draft, VlitBuilder, hookimpl, per_image


@per_image(name="quiz", tasks=["image_captioning"])
def quiz(image):
    for key in range({each}):
        yield Draft(task="image_captioning", key=str(key), instruction="What is it?", response="A picture.")


class Quiz(VlitBuilder):
    \"\"\"A quiz.\"\"\"

    name = "quiz"
    sources = ("coco_captions",)
    strategy = "quiz"


@hookimpl
def register_strategies():
    return [quiz]


@hookimpl
def register_builders():
    return [Quiz]
"""


def test_a_strategy_that_was_edited_is_built_anew_by_force(sample, home, monkeypatch):
    plugin = home / "plugin"
    (plugin / "quiz-1.dist-info").mkdir(parents=True)
    (plugin / "quiz-1.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: quiz\nVersion: 1\n")
    (plugin / "quiz-1.dist-info/entry_points.txt").write_text("[vlit_hub]\nquiz = quiz\n")
    monkeypatch.syspath_prepend(str(plugin))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # its age is told in seconds
    for each in (1, 2):
        (plugin / "quiz.py").write_text(STRATEGY.format(each=each))
        plugin_manager.reset()
        done = run(home, "build", "quiz", "--data-dir", sample, "--force")
        assert done.code == 0, done.err
        del sys.modules["quiz"]
        assert len(pl.read_parquet(home / "built/quiz/data/*.parquet")) == 24 * each
    monkeypatch.undo()
    plugin_manager.reset()


def test_an_interrupted_build_leaves_nothing_and_goes_on(sample, home, tmp_path):
    started = subprocess.Popen(
        [PYTHON, "-m", "vlit_hub", "build", "coco_aa", "--data-dir", str(sample)],
        env=environment(home),
        cwd=home,
        stderr=subprocess.PIPE,
        text=True,
    )
    work = home / "built" / ".coco_aa.partial"
    until = time.monotonic() + 60
    while not (work / "state").exists() and time.monotonic() < until:
        time.sleep(0.01)
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=60)
    assert started.returncode == 130, said
    assert "stopped" in said
    assert "Traceback" not in said
    assert not (home / "built" / "coco_aa").exists()
    assert not list((home / "hf").rglob("dataset_info.json"))
    assert run(home, "build", "coco_aa", "--data-dir", sample).code == 0


def copied(sample: Path, home: Path) -> Path:
    shutil.copytree(sample, home / "data")
    return home / "data"


def edited(folder: Path, name: str, change) -> Path:
    file = next(folder.rglob(name))
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    return folder


BAD_ANNOTATIONS = [
    # an annotation of an image that the file doesn't list
    (lambda file: file["annotations"][3].update(image_id=999_999_999), ["999999999", "--on-error=skip"]),
    # two annotations with one id
    (lambda file: file["annotations"][1].update(id=file["annotations"][0]["id"]), [" id", "--on-error=skip"]),
    # a box that turns inside out
    (lambda file: file["annotations"][2].update(bbox=[5, 5, -3, 4]), ["box", "--on-error=skip"]),
    # a box far beyond the photo
    (lambda file: file["annotations"][2].update(bbox=[5, 5, 1e6, 4]), ["box", "--on-error=skip"]),
]


@pytest.mark.parametrize(("change", "said"), BAD_ANNOTATIONS)
def test_a_broken_annotation_stops_the_build_or_is_set_aside(sample, home, change, said):
    folder = edited(copied(sample, home), "instances_train2014.json", change)
    done = run(home, "build", "coco_aa", "--data-dir", folder)
    assert done.code == 1, done.err
    assert "instances_train2014.json" in done.line
    for words in said:
        assert words in done.line
    assert not (home / "built" / "coco_aa").exists()
    skipped = run(home, "build", "coco_aa", "--data-dir", folder, "--on-error", "skip")
    assert skipped.code == 0, skipped.err
    left_out = json.loads((home / "built/coco_aa/build.json").read_text())["left_out"]
    assert sum(left_out.values()) >= 1
    assert len(pl.read_parquet(home / "built/coco_aa/rejected/annotations.parquet")) == sum(left_out.values())


BAD_FILES = [
    # broken JSON: file, line, column
    (b'{"images": [\n {"id": 1,,}', ["line 2", "column"]),
    # JSON Lines under .json
    (b'{"id": 1}\n{"id": 2}\n', ["JSON Lines"]),
    # nothing in it
    (b"", ["empty"]),
    # a photo
    (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + b"\x00" * 64, ["JSON"]),
    # another kind of JSON
    (b'{"weather": "fine"}', ["captions_train2014.json"]),
]


@pytest.mark.parametrize(("content", "said"), BAD_FILES)
def test_a_broken_file_is_named(sample, home, content, said):
    folder = copied(sample, home)
    next(folder.rglob("captions_train2014.json")).write_bytes(content)
    done = run(home, "build", "coco_aa", "--data-dir", folder)
    assert done.code == 1
    for words in ["captions_train2014.json", *said]:
        assert words in done.line


BAD_CALLS = [
    (["build", "coco_aa", "--data-dir", "nowhere"], 1, ["nowhere", "no such folder"]),
    (["build", "coco_aa", "--data-dir", "."], 1, ["captions_*.json"]),
    (["build", "coco_ab", "--data-dir", "."], 2, ["coco_aa"]),
    (["build", "coco_aa", "--num-proc", "0"], 2, ["--num-proc 0"]),
    (["build", "coco_aa", "--on-error", "maybe"], 2, ["fail", "skip"]),
    (["build", "coco_aa", "--tasks", "image_captoning"], 2, ["image_captioning"]),
    (["build", "coco_aa", "-o", "box_fromat=unit"], 2, ["box_format"]),
    (["build", "coco_aa", "-o", "box_format=furlongs"], 2, ["box_format", "furlongs"]),
    (["build", "coco_aa", "--per-image", "0"], 2, ["per_image"]),
    (["build", "coco_aa", "--file", "captions.json"], 2, ["KEY=VALUE"]),
    (["build", "coco_aa", "--file", "coco_caption=x.json"], 2, ["coco_captions"]),
    (["build", "coco_aa", "--file", "coco_captions=x.json"], 1, ["x.json"]),
    (["show", "coco_aa"], 2, ["vlit-hub build coco_aa"]),
    (["info", "coco_ab"], 2, ["coco_aa"]),
]


@pytest.mark.parametrize(
    ("words", "code", "said"), BAD_CALLS, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_a_wrong_call_is_one_line_that_says_what_to_do(vlit_hub, home, words, code, said):
    (home / "data").mkdir()
    done = vlit_hub(*words)
    assert done.code == code, done.err
    for part in said:
        assert part.lower() in done.line.lower()


def test_a_split_that_isn_t_there_is_named(sample, home):
    done = run_apart(home, "build", "coco_aa", "--data-dir", sample, "--split", "tset")
    assert done.code == 1
    assert "train" in done.line


def test_what_isn_t_a_build_is_not_overwritten(sample, home, vlit_hub):
    (home / "mine").mkdir()
    (home / "mine" / "thesis.txt").write_text("years of work")
    done = vlit_hub("build", "coco_aa", "--data-dir", sample, "--out", "mine")
    assert done.code == 2
    assert "isn't a build" in done.line
    assert (home / "mine" / "thesis.txt").read_text() == "years of work"


def test_no_space_left_is_one_line(sample, home, tmp_path):
    # a file size limit stands in for a full disk: the same OSError, from the same calls
    limited = f"""
import resource, signal, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from vlit_hub.cli import main
sys.argv = ["vlit-hub", "build", "coco_aa", "--data-dir", {str(sample)!r}]
main()
"""
    done = subprocess.run([PYTHON, "-c", limited], env=environment(home), cwd=home, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert not (home / "built" / "coco_aa").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="as another user the folder is simply not writable")
def test_a_path_that_can_t_be_written_is_one_line(sample, vlit_hub, home):
    (home / "file").write_text("")
    done = vlit_hub("build", "coco_aa", "--data-dir", sample, "--out", "file/coco_aa")
    assert done.code in (1, 2)
    assert "file" in done.line
