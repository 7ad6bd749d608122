"""The folder that `vlit-hub sample` writes, read as users of the official formats read it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from pycocotools.coco import COCO


def sample(folder: Path, *words: object, code: int = 0, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "vlit_hub", "sample", str(folder), *map(str, words)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == code, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    whole = tmp_path_factory.mktemp("sample") / "data"
    sample(whole, "--images", 40)
    return whole


def tree(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.mark.parametrize("split", ["train", "val"])
def test_pycocotools_reads_it_and_everything_fits(folder: Path, split: str) -> None:
    coco = COCO(str(folder / "annotations" / f"instances_{split}2014.json"))
    captions = COCO(str(folder / "annotations" / f"captions_{split}2014.json"))
    assert sorted(coco.getImgIds()) == sorted(captions.getImgIds())
    for image in coco.loadImgs(coco.getImgIds()):
        photo = next(folder.rglob(image["file_name"]))
        with Image.open(photo) as opened:
            assert opened.size == (image["width"], image["height"])
        assert len(captions.getAnnIds(imgIds=[image["id"]])) >= 5
    for thing in coco.loadAnns(coco.getAnnIds()):
        image = coco.loadImgs([thing["image_id"]])[0]
        x, y, width, height = thing["bbox"]
        assert x >= 0 and y >= 0 and x + width <= image["width"] + 0.01 and y + height <= image["height"] + 0.01
        assert abs(int(coco.annToMask(thing).sum()) - thing["area"]) <= 0.15 * thing["area"] + 60


def test_counting_questions_agree_with_the_instances(folder: Path) -> None:
    annotations = folder / "annotations"
    coco = COCO(str(annotations / "instances_train2014.json"))
    asked = json.loads((annotations / "v2_OpenEnded_mscoco_train2014_questions.json").read_text())["questions"]
    given = json.loads((annotations / "v2_mscoco_train2014_annotations.json").read_text())["annotations"]
    answers = {one["question_id"]: one for one in given}
    assert len(asked) == len(given) == len(answers)
    names = {category["name"]: category["id"] for category in coco.loadCats(coco.getCatIds())}
    compared = 0
    for question in asked:
        answer = answers[question["question_id"]]
        assert len(answer["answers"]) == 10
        words = question["question"].lower().removeprefix("how many ").split(" are ")[0]
        name = "person" if words == "people" else words.removesuffix("s")
        if question["question"].lower().startswith("how many ") and name in names:
            ids = coco.getAnnIds(imgIds=[question["image_id"]], catIds=[names[name]], iscrowd=False)
            assert answer["multiple_choice_answer"] == str(len(ids)), question
            compared += 1
    assert compared > 5


def test_the_same_seed_gives_the_same_bytes_and_a_longer_run_begins_alike(folder: Path, tmp_path: Path) -> None:
    sample(tmp_path / "again", "--images", 40, PYTHONHASHSEED="5")
    assert tree(tmp_path / "again") == tree(folder)
    sample(tmp_path / "longer", "--images", 60, "--no-photos")
    first = json.loads((folder / "annotations" / "captions_train2014.json").read_text())["annotations"]
    longer = json.loads((tmp_path / "longer" / "annotations" / "captions_train2014.json").read_text())["annotations"]
    assert longer[: len(first)] == first
    assert not list((tmp_path / "longer").rglob("*.jpg"))


def test_wrong_calls_are_one_line(tmp_path: Path) -> None:
    assert "--images" in sample(tmp_path / "none", "--images", 0, code=2)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    said = sample(tmp_path / "mine", "--images", 5, code=1)
    assert len(said.strip().splitlines()) == 1
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
