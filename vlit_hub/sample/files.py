"""The files of a sample, put together from the rows of all its images."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import msgspec

from vlit_hub.sample.catalog import ATTRIBUTES, category_rows

__all__ = ["LICENSES", "SECTIONS", "assemble"]

LICENSES: tuple[tuple[str, str], ...] = (
    ("http://creativecommons.org/licenses/by-nc-sa/2.0/", "Attribution-NonCommercial-ShareAlike License"),
    ("http://creativecommons.org/licenses/by-nc/2.0/", "Attribution-NonCommercial License"),
    ("http://creativecommons.org/licenses/by-nc-nd/2.0/", "Attribution-NonCommercial-NoDerivs License"),
    ("http://creativecommons.org/licenses/by/2.0/", "Attribution License"),
    ("http://creativecommons.org/licenses/by-sa/2.0/", "Attribution-ShareAlike License"),
    ("http://creativecommons.org/licenses/by-nd/2.0/", "Attribution-NoDerivs License"),
    ("http://flickr.com/commons/usage/", "No known copyright restrictions"),
    ("http://www.usa.gov/copyright.shtml", "United States Government Work"),
)
"""COCO's table of photo licences, by id from 1."""

_INFO = {
    "description": "Synthetic scenes drawn by vlit-hub sample; CC0-1.0",
    "url": "https://example.com/vlit-hub-sample",
    "version": "1.0",
    "year": 2014,
    "contributor": "vlit-hub",
    "date_created": "2014/01/01",
}
_CC0 = {"url": "https://creativecommons.org/publicdomain/zero/1.0/", "name": "CC0 1.0 Universal"}
_TABLE = [{"url": url, "id": i + 1, "name": name} for i, (url, name) in enumerate(LICENSES)]

_ARRAY, _OBJECT = b"[]", b"{}"  # sections whose rows come from the images


def _contents(split: str) -> dict[str, tuple[str, dict[str, object]]]:
    """Files of a split: short name (before the slash in section names) to file name and keys, in the official order."""
    vqa = {"license": _CC0, "data_subtype": f"{split}2014"}
    return {
        f"captions_{split}": (
            f"captions_{split}2014.json",
            {"info": _INFO, "images": _ARRAY, "licenses": _TABLE, "annotations": _ARRAY},
        ),
        f"instances_{split}": (
            f"instances_{split}2014.json",
            {"info": _INFO, "images": _ARRAY, "licenses": _TABLE, "annotations": _ARRAY, "categories": category_rows()},
        ),
        f"questions_{split}": (
            f"v2_OpenEnded_mscoco_{split}2014_questions.json",
            {"info": _INFO, "task_type": "Open-Ended", "data_type": "mscoco", **vqa, "questions": _ARRAY},
        ),
        f"answers_{split}": (
            f"v2_mscoco_{split}2014_annotations.json",
            {"info": _INFO, **vqa, "annotations": _ARRAY, "data_type": "mscoco"},
        ),
    }


_FILES: Mapping[str, tuple[str, dict[str, object]]] = {
    **_contents("train"),
    **_contents("val"),
    "text": ("cocotext.v2.json", {"cats": {}, "anns": _OBJECT, "imgs": _OBJECT, "imgToAnns": _OBJECT, "info": _INFO}),
    "attributes": (
        "cocottributes.json",
        {
            "attributes": [{"id": i + 1, "name": name} for i, name in enumerate(ATTRIBUTES)],
            "ann_vecs": _OBJECT,
            "patch_id_to_ann_id": _OBJECT,
            "split": _OBJECT,
        },
    ),
}

SECTIONS: tuple[str, ...] = tuple(
    f"{short}/{key}" for short, (_, keys) in _FILES.items() for key, value in keys.items() if value in (_ARRAY, _OBJECT)
)
"""Names of the sections that images fill: `captions_train/annotations`."""


def assemble(parts: Sequence[Path], folder: Path, splits: Iterable[str]) -> list[Path]:
    """Write the annotation files.

    Args:
        parts: Folders in order, each with a file a section (its slash a dot) that holds rows, separated by commas.
        folder: Where the files go.
        splits: The splits that have images; files of others are not written.
    """
    written = []
    present = tuple(splits)
    for short, (name, keys) in _FILES.items():
        if short.endswith(("_train", "_val")) and not short.endswith(present):
            continue
        path = folder / name
        with path.open("wb") as file:
            for i, (key, value) in enumerate(keys.items()):
                file.write((b"," if i else b"{") + b'"%s":' % key.encode())
                if value is _ARRAY or value is _OBJECT:
                    file.write(value[:1])
                    _copy([part / f"{short}.{key}" for part in parts], file)
                    file.write(value[1:])
                else:
                    file.write(msgspec.json.encode(value))
            file.write(b"}\n")
        written.append(path)
    return written


def _copy(parts: Sequence[Path], file: BinaryIO) -> None:
    first = True
    for part in parts:
        if part.exists():
            if not first:
                file.write(b",\n")
            with part.open("rb") as rows:
                shutil.copyfileobj(rows, file, 1 << 20)
            first = False
