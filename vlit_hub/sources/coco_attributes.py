"""COCO Attributes: 204 attributes of objects of COCO instances, as crowd workers voted.

    {"attributes": [{"id": 8, "name": "horse", ...}, ...],
     "ann_vecs": {"57": [0.33, -1.0, 0.66, ...]},        one score an attribute, in the order of the attributes' ids
     "patch_id_to_ann_id": {"57": 1768},                 the annotation in COCO instances
     "split": {"57": "val2014"}}

A score is the share of workers who said that the attribute holds; a negative one says that nobody was asked. **An attribute
holds where its score is at least 0.5**, as those who train on this dataset take it.

The dataset is published as a Python pickle, which can run any code when it is loaded: it has to be made JSON first, by
somebody who trusts it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from msgspec import Raw, Struct

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import conform, empty
from vlit_hub.json_reading.files import decode
from vlit_hub.json_reading.records import decode_records
from vlit_hub.source import OnError, Source
from vlit_hub.sources.checks import put_aside, rejected
from vlit_hub.sources.numbers import Id

__all__ = ["COCO_ATTRIBUTES"]

HOLDS = 0.5
"""The least score of an attribute that holds."""

_NAME = "coco_attributes"
_SPLITS = {"train2014": "train", "val2014": "validation"}
_PICKLES = (".jbl", ".joblib", ".pkl", ".pickle")


class _Attribute(Struct):
    id: int
    name: str


class _File(Struct):
    attributes: list[_Attribute]
    ann_vecs: dict[str, Raw]
    patch_id_to_ann_id: dict[str, Id]
    split: dict[str, str] = {}


def _read(files: Sequence[AnnotationFile], on_error: OnError) -> Mapping[str, pl.DataFrame]:
    found, aside = [empty("attributes")], [empty("rejected")]
    for file in sorted(files):
        _read_file(file, on_error, found, aside)
    # Two patches may show one object.
    attributes = pl.concat(found).unique(["object_id", "attribute"], keep="first", maintain_order=True)
    return {"attributes": attributes, "rejected": pl.concat(aside)}


def _read_file(file: AnnotationFile, on_error: OnError, found: list[pl.DataFrame], aside: list[pl.DataFrame]) -> None:
    """Add what a file says to `found` and what it has of no use to `aside`."""
    if file.base_name.endswith(_PICKLES):
        raise InputError(file.name, "is a Python pickle, which could run any code", _conversion(file))
    content = decode(file, _File)
    attributes = sorted(content.attributes, key=lambda attribute: attribute.id)
    if len({attribute.id for attribute in attributes}) < len(attributes):
        raise InputError(file.name, "lists an attribute id twice", "Give the file as published.")
    names = pl.Series("attribute", [attribute.name.strip() for attribute in attributes], dtype=pl.String())
    for vectors, faults in decode_records(file, content.ann_vecs, list[float], noun="patch", on_error=on_error):
        aside.append(rejected(faults, _NAME, file.split or None))
        patches, put = put_aside(
            _patches(vectors, content, file),
            pl.format("patch {}", "patch"),
            [
                (pl.col("object_id").is_null(), "has no COCO annotation in `patch_id_to_ann_id`"),
                (pl.col("scores") != len(names), pl.format("has {} scores for {} attributes", "scores", len(names))),
            ],
            on_error,
        )
        aside.append(put)
        scores = np.array([vectors[patch] for patch in patches["patch"]]).reshape(-1, len(names))
        rows, columns = np.nonzero(scores >= HOLDS)
        found.append(conform("attributes", patches[rows].with_columns(names.gather(columns))))


def _patches(vectors: Mapping[str, Sequence[float]], content: _File, file: AnnotationFile) -> pl.DataFrame:
    splits = [_SPLITS.get(content.split.get(patch, ""), file.split or None) for patch in vectors]
    return pl.DataFrame(
        {
            "patch": list(vectors),
            "object_id": [content.patch_id_to_ann_id.get(patch) for patch in vectors],
            "scores": [len(vector) for vector in vectors.values()],
            "split": splits,
            "source": [_NAME] * len(vectors),
            "file": [file.name] * len(vectors),
        },
        schema_overrides={"object_id": pl.Int64(), "split": pl.String()},
    )


def _conversion(file: AnnotationFile) -> str:
    if file.member:
        return "Unpack it first."
    joblib = file.base_name.endswith((".jbl", ".joblib"))
    load = (
        f"joblib.load({str(file.path)!r})"
        if joblib
        else f"pickle.load(open({str(file.path)!r}, 'rb'), encoding='latin1')"
    )
    module = "joblib" if joblib else "pickle"
    dump = (
        f"json.dump({load}, open({str(file.path.with_suffix('.json'))!r}, 'w'), default=lambda value: value.tolist())"
    )
    return f'If you trust whoever made it, make it JSON: python -c "import {module}, json; {dump}"'


def _is_coco_attributes(head: FileHead) -> bool:
    return {"attributes", "ann_vecs", "patch_id_to_ann_id"} <= head.keys


COCO_ATTRIBUTES = Source(
    name=_NAME,
    read=_read,
    gives=("attributes", "rejected"),
    patterns=("cocottributes*.json", "coco_attributes*.json", *(f"cocottributes*{suffix}" for suffix in _PICKLES)),
    sniff=_is_coco_attributes,
    url="https://github.com/genp/cocottributes",
    citation="""\
@inproceedings{patterson2016coco,
  title={{COCO} Attributes: Attributes for People, Animals, and Objects},
  author={Patterson, Genevieve and Hays, James},
  booktitle={European Conference on Computer Vision},
  pages={85--100},
  year={2016},
  organization={Springer}
}""",
)
