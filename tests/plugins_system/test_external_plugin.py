"""Somebody else's package, really installed, from its own annotation files to a dataset."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vlit_hub import load_dataset, plugin_manager
from vlit_hub.errors import InputError, PluginError, UnknownName

SCENES = {
    "toy_scenes": 1,
    "pictures": [
        {
            "name": "7.png",
            "size": [64, 48],
            "things": [
                {"kind": "ball", "box": [1, 2, 9, 10]},
                {"kind": "ball", "box": [20, 2, 29, 10]},
                {"kind": "cup", "box": [30, 20, 40, 40]},
            ],
        },
        {"name": "8.png", "size": [64, 48], "things": [{"kind": "cup", "box": [0, 0, 64, 48]}]},
    ],
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "toy_scenes_train.json").write_text(json.dumps(SCENES))
    return folder


def test_builds_and_loads_without_the_plugin(vlit_hub, toy: Path, data: Path, tmp_path: Path) -> None:
    done = vlit_hub("build", "toy_scenes", "--data-dir", data, "--num-proc", 2, path=[toy])
    assert done.returncode == 0, done.stderr
    code = (
        "import json; from datasets import load_dataset\n"
        "print(json.dumps(load_dataset('vlit_hub/toy_scenes', split='train').to_list()))"
    )
    env = {**os.environ, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_OFFLINE": "1"}
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True, cwd=tmp_path
    )
    records = {record["id"]: record for record in json.loads(loaded.stdout)}
    assert {id: record["response"] for id, record in records.items()} == {
        "region_classification-7-0": "ball",
        "region_classification-7-1": "ball",
        "region_classification-7-2": "cup",
        "object_counting-7-ball": "2",
        "object_counting-7-cup": "1",
        "region_classification-8-0": "cup",
        "object_counting-8-cup": "1",
    }
    cup = records["region_classification-7-2"]
    assert cup["regions"] == [{"image": 0, "bbox": [30, 20, 40, 40], "label": "cup"}]
    assert (cup["strategy"], cup["granularity"]) == ("toy_naming", "region")
    assert cup["source"]["datasets"] == ["toy_scenes"]
    assert cup["source"]["license"] == "CC0-1.0"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"box": [0, 0, 65, 48]},
            InputError,
            "toy_scenes_train.json: picture '8': the cup lies outside. Mend its box.",
        ),
        (
            {"kind": " "},
            PluginError,
            "strategy 'toy_naming' of plugin 'toy' (vlit-hub-toy 1.2.3), image 8: "
            "Draft.response: Value error, is blank (given: ' ')",
        ),
    ],
)
def test_what_goes_wrong_in_it_is_told_in_one_line(
    toy: Path, data: Path, tmp_path: Path, select, change: dict, error: type[Exception], message: str
) -> None:
    scenes = json.loads(json.dumps(SCENES))
    scenes["pictures"][1]["things"][0] |= change
    (data / "toy_scenes_train.json").write_text(json.dumps(scenes))
    select("toy", toy)
    with pytest.raises(error) as caught:
        load_dataset("toy_scenes", data_dir=data, cache_dir=str(tmp_path / "cache"))
    assert str(caught.value) == message


def test_without_the_package_the_builder_is_unknown() -> None:
    with pytest.raises(UnknownName, match="no builder 'toy_scenes'"):
        plugin_manager.get_builder("toy_scenes")
