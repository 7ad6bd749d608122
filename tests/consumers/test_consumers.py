"""Exports, read by the programs that they are for: each in an environment of its own, since what they need conflicts.

`make verify-exports` makes the environments (`tests/consumers/*.txt` say what is in them) and runs these tests, which are skipped
otherwise. The checks are the modules `check_*`: they run in there, and have nothing of vlit-hub.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.cli.conftest import environment, run_apart
from tests.consumers.samples import MARK, Sample, sample, write
from tests.quality import making

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / ".venv-consumers"
FORMATS = ("llava", "llama-factory", "swift", "trl", "qwen", "openai", "webdataset")

pytestmark = pytest.mark.skipif(
    "VERIFY_EXPORTS" not in os.environ,
    reason="trainers' own environments, some gigabytes: `make verify-exports` makes them and runs this",
)

STRANGE = 'Say "hi":null, \\ \u2028 نعم 🦊 </s> <|im_end|> [INST] {"a":null}\n\tand <b>stop</b>.'
# Records that a format can't hold: their ids. All others it must hold, as they are.
LEFT_OUT = {
    "llava": {"two", "between", "later", "mark"},
    "llama-factory": {"mark", "media"},
    "swift": {"mark", "media", "boxes"},
    "trl": {"mark"},
    "qwen": {"mark", "media"},
    "openai": set(),
    "webdataset": {"mark"},
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("consumers")


@pytest.fixture(scope="module")
def datasets(home: Path) -> list[Path]:
    """Two builds of the sample, one of single questions and one of conversations; and what is odd."""
    run(home, "sample", "data", "--images", 12)
    for name in ("coco_aa", "coco_prog"):
        run(home, "build", name, "--data-dir", "data", "--out", name)
    odd = odd_records(home / "photos")
    making.write(home / "odd", {"train": [odd[:5], odd[5:]]})
    return [home / name for name in ("coco_aa", "coco_prog", "odd")]


def odd_records(folder: Path) -> list[dict[str, Any]]:
    photos = [
        making.save(making.scene(1, 90, 70), folder / "a" / "tram.png"),
        making.save(making.scene(2, 70, 90), folder / "b" / "tram.png"),
        making.save(making.scene(3, 64, 64), folder / "with space.v2 (1).png"),
        making.save(making.scene(4, 50, 60).convert("P"), folder / "palette.png"),
    ]
    grey = [making.save(making.scene(5, 60, 40).convert("L"), folder / "grey.jpg")]

    def made(name: str, shown: list[Path], **changes: Any) -> dict[str, Any]:
        changes.setdefault("image_ids", [str(number) for number in range(len(shown))])
        return {**making.record(0, shown, **changes), "id": name}

    def turn(instruction: str, response: str) -> dict[str, str]:
        return {"instruction": instruction, "response": response}

    return [
        made("plain", photos[:1]),
        made("text", [], instruction="How much is two and two?", response="Four.", image_ids=[]),
        made("strange", photos[2:3], instruction=STRANGE, response=STRANGE[::-1], text=STRANGE),
        made("palette", photos[3:4], history=[turn("What is it?", "A drawing."), turn("Of what?", "Of boxes.")]),
        made("two", photos[:2], instruction="Which of them is higher?"),
        made("between", photos[1:3], granularity="interleaved", instruction=f"Is {MARK} larger than {MARK}?"),
        made(
            "later",
            photos[:2],
            granularity="interleaved",
            instruction=f"And {MARK}?",
            history=[turn(f"See {MARK}?", "Yes.")],
        ),
        made("unmarked", photos[:1], granularity="interleaved"),
        made("mark", photos[:1], response=f"One writes {MARK} for a photo."),
        made("media", photos[:1], instruction="What do <video> and <audio> mean?"),
        made("boxes", photos[:1], instruction="What do <bbox> and <ref-object> mean?"),
        made("grey", grey),
    ]


def run(home: Path, *words: object) -> str:
    done = run_apart(home, *words)
    assert done.code == 0, done.err
    return done.out


def expected(dataset: Path, split: str, left_out: set[str]) -> list[Sample]:
    """What must be read, from the records themselves."""
    found = []
    for file in sorted((dataset / "data").glob(f"{split}-*.parquet")):
        for record in pl.read_parquet(file).to_dicts():
            if record["id"] in left_out:
                continue
            photos = [one["path"] for one in record["input"]["images"] or []]
            last = "\n".join(text for text in (record["instruction"], record["input"]["text"]) if text)
            said = [(one["instruction"], one["response"]) for one in record["history"]] + [(last, record["response"])]
            marked = record["granularity"] == "interleaved" and any(MARK in user for user, _ in said)
            if not marked:
                said[0] = (MARK * len(photos) + said[0][0], said[0][1])
            found.append(sample(said, photos))
    return found


def exported(home: Path, dataset: Path, name: str, *options: object) -> tuple[Path, Path]:
    """An export, and the file of what it must hold."""
    out = home / "-".join([name, dataset.name, *(str(option).strip("-") for option in options)])
    if not out.exists():
        run(home, "export", dataset, "--to", name, "-o", out, *options)
        write(expected(dataset, "train", LEFT_OUT[name]), out.with_suffix(".json"))
    return out, out.with_suffix(".json")


def all_of(home: Path, datasets: list[Path], name: str) -> list[Path]:
    """The exports of all datasets, each followed by the file of what it must hold."""
    return [path for dataset in datasets for path in exported(home, dataset, name)]


def check(home: Path, consumer: str, module: str, *words: object) -> str:
    """Run a check in its environment."""
    python = ENVIRONMENTS / consumer / "bin" / "python"
    if not python.exists():
        pytest.fail(f"{python} isn't there: run `make verify-exports`")
    paths = [ROOT, ROOT / "tests" / "consumers" / "stubs"] if consumer == "llamafactory" else [ROOT]
    variables = {
        **environment(home),
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "HF_HOME": str(home / f"hf-{consumer}"),
        "MODELSCOPE_CACHE": str(home / "modelscope"),
        "USE_HF": "1",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [python, "-m", f"tests.consumers.{module}", *map(str, words)],
        env=variables,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-4000:] + done.stdout[-2000:]
    print(done.stdout)
    return done.stdout


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "trl"])
def test_datasets(name: str, home: Path, datasets: list[Path]) -> None:
    told = check(home, "datasets", "check_datasets", name, *all_of(home, datasets, name))
    assert told.count("as they should be") == len(datasets)


@pytest.mark.parametrize("name", ["trl", "llama-factory", "swift"])
def test_trainers(name: str, home: Path, datasets: list[Path], tmp_path: Path) -> None:
    consumer = name.replace("-", "")
    told = check(home, consumer, f"check_{consumer}", tmp_path, *all_of(home, datasets, name))
    assert told.count("as they should be") == told.count("a step of training") == len(datasets)


def test_swift_fills_in_boxes(home: Path, datasets: list[Path], tmp_path: Path) -> None:
    files = exported(home, datasets[0], "swift", "--boxes", "objects")
    assert "boxes filled in" in check(home, "swift", "check_swift", "--boxes", tmp_path, *files)
