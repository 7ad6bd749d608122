"""COCO Attributes in JSON, as frames; and its pickle, refused."""

import json
import pickle
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import BOX, SCHEMAS
from vlit_hub.sources.coco_attributes import COCO_ATTRIBUTES

# Out of order, as the list of a dataset may be: scores follow the ids.
ATTRIBUTES = [{"id": 30, "name": "wet"}, {"id": 8, "name": "red "}, {"id": 12, "name": "open", "supercategory": "x"}]


def content(**given: Any) -> dict[str, Any]:
    return {
        "attributes": ATTRIBUTES,
        "ann_vecs": {"57": [0.75, -1.0, 0.25], "58": [0.0, 1.0, 0.5]},
        "patch_id_to_ann_id": {"57": 1768, "58": 1769},
        "split": {"57": "val2014", "58": "train2014"},
        **given,
    }


def write(folder: Path, content: dict[str, Any], split: str = "") -> AnnotationFile:
    (folder / "cocottributes.json").write_text(json.dumps(content))
    return AnnotationFile(folder / "cocottributes.json", split=split)


def pairs(folder: Path, given: dict[str, Any], on_error: str = "fail") -> list[tuple[int, str]]:
    frame = COCO_ATTRIBUTES.read([write(folder, given)], on_error)["attributes"]
    return list(frame.select("object_id", "attribute").iter_rows())


def test_attributes_name_objects_of_coco(tmp_path: Path) -> None:
    frames = COCO_ATTRIBUTES.read([write(tmp_path, content())], "fail")
    assert {kind: frame.schema for kind, frame in frames.items()} == {kind: SCHEMAS[kind] for kind in frames}
    assert frames["attributes"].select("object_id", "attribute", "split").rows() == [
        (1768, "red", "validation"),
        (1769, "open", "train"),
        (1769, "wet", "train"),
    ]
    # the join knows the rest
    unknown = frames["attributes"].select("image_id", "category", *BOX)
    assert unknown.null_count().row(0) == (3,) * 6


@pytest.mark.parametrize(
    ("score", "holds"),
    [
        # all workers say so
        (1, True),
        # half of them do
        (0.5, True),
        # fewer do
        (0.49, False),
        # nobody does
        (0, False),
        # nobody was asked
        (-1, False),
    ],
)
def test_scores(tmp_path: Path, score: float, holds: bool) -> None:
    given = content(ann_vecs={"57": [score, 0, 0]})
    assert pairs(tmp_path, given) == ([(1768, "red")] if holds else [])


@pytest.mark.parametrize(
    ("of_patch", "of_file", "split"),
    [
        # the patch's own beats the file's
        ({"57": "val2014"}, "train", "validation"),
        # the file's, where the patch has none
        ({}, "train", "train"),
        ({}, "", None),
    ],
)
def test_splits(tmp_path: Path, of_patch: dict[str, str], of_file: str, split: str | None) -> None:
    file = write(tmp_path, content(ann_vecs={"57": [1, 0, 0]}, split=of_patch), of_file)
    assert COCO_ATTRIBUTES.read([file], "fail")["attributes"]["split"].to_list() == [split]


def test_two_patches_of_one_object(tmp_path: Path) -> None:
    given = content(ann_vecs={"57": [1, 1, 0], "58": [1, 0, 1]}, patch_id_to_ann_id={"57": 1768, "58": 1768})
    assert pairs(tmp_path, given) == [(1768, "red"), (1768, "open"), (1768, "wet")]


def test_more_patches_than_one_slice(tmp_path: Path) -> None:
    count = 25_000
    given = content(
        ann_vecs={str(n): [n % 2, 0, 0] for n in range(count)},
        patch_id_to_ann_id={str(n): n for n in range(count)},
    )
    assert pairs(tmp_path, given) == [(n, "red") for n in range(1, count, 2)]


FAULTS = [
    # a score too few
    ({"58": [1, 0]}, "patch 58", "has 2 scores for 3 attributes"),
    # a patch of no object
    ({"59": [1, 0, 0]}, "patch 59", "has no COCO annotation in `patch_id_to_ann_id`"),
    # a score that is no number
    ({"58": [1, 0, "yes"]}, "patch 58", "`$[2]` is text, where a number was expected"),
]


@pytest.mark.parametrize(("vectors", "what", "reason"), FAULTS)
def test_a_fault_stops_the_reading(tmp_path: Path, vectors: dict[str, Any], what: str, reason: str) -> None:
    file = write(tmp_path, content(ann_vecs={"57": [1, 0, 0], **vectors}))
    with pytest.raises(InputError) as raised:
        COCO_ATTRIBUTES.read([file], "fail")
    assert str(raised.value).replace(": `", " `").startswith(f"cocottributes.json: {what} {reason}")


@pytest.mark.parametrize(("vectors", "what", "reason"), FAULTS)
def test_a_fault_can_be_put_aside(tmp_path: Path, vectors: dict[str, Any], what: str, reason: str) -> None:
    file = write(tmp_path, content(ann_vecs={"57": [1, 0, 0], **vectors}))
    frames = COCO_ATTRIBUTES.read([file], "skip")
    assert frames["attributes"]["object_id"].to_list() == [1768]
    assert frames["rejected"].select("what", "reason", "source").rows() == [(what, reason, "coco_attributes")]


def test_an_attribute_id_twice(tmp_path: Path) -> None:
    file = write(tmp_path, content(attributes=[*ATTRIBUTES[:2], {"id": 8, "name": "blue"}]))
    with pytest.raises(InputError, match=r"cocottributes.json: lists an attribute id twice"):
        COCO_ATTRIBUTES.read([file], "skip")


def test_a_pickle_is_refused_with_a_command_that_makes_it_json(tmp_path: Path) -> None:
    original = content(ann_vecs={57: np.array([0.75, -1.0, 0.25]), 58: np.array([0.0, 1.0, 0.5])})
    path = tmp_path / "cocottributes_eccv_version.pkl"
    path.write_bytes(pickle.dumps(original))
    with pytest.raises(InputError, match="is a Python pickle, which could run any code") as raised:
        COCO_ATTRIBUTES.read([AnnotationFile(path)], "fail")
    assert "\n" not in str(raised.value)
    command = shlex.split(str(raised.value).split("make it JSON: ")[1])
    assert command[:2] == ["python", "-c"]
    subprocess.run([sys.executable, *command[1:]], check=True)
    frames = COCO_ATTRIBUTES.read([AnnotationFile(path.with_suffix(".json"))], "fail")
    assert frames["attributes"].select("object_id", "attribute").rows() == [
        (1768, "red"),
        (1769, "open"),
        (1769, "wet"),
    ]


def test_a_joblib_pickle_names_joblib(tmp_path: Path) -> None:
    path = tmp_path / "cocottributes_eccv_version.jbl"
    path.write_bytes(b"\x80\x02")
    with pytest.raises(InputError, match=r"import joblib, json; .*joblib.load\('.*cocottributes_eccv_version.jbl'\)"):
        COCO_ATTRIBUTES.read([AnnotationFile(path)], "skip")


def test_order_does_not_matter(tmp_path: Path) -> None:
    given = content()
    expected = sorted(pairs(tmp_path, given))
    given["ann_vecs"] = dict(reversed(given["ann_vecs"].items()))
    given["attributes"] = given["attributes"][::-1]
    assert sorted(pairs(tmp_path, given)) == expected


def test_sniffing() -> None:
    assert COCO_ATTRIBUTES.sniff(FileHead(frozenset(content()), {}, "object"))
    assert not COCO_ATTRIBUTES.sniff(FileHead(frozenset({"attributes", "image_id"}), {}, "list"))


def test_no_files_give_empty_frames() -> None:
    frames = COCO_ATTRIBUTES.read([], "fail")
    assert all(frame.is_empty() and frame.schema == SCHEMAS[kind] for kind, frame in frames.items())
