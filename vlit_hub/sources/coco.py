"""COCO's captions and instances, and LVIS, in one file format (https://cocodataset.org/#format-data).

    {"images": [{"id": 9, "file_name": "COCO_train2014_000000000009.jpg", "width": 640, "height": 480, "license": 3,
                 "coco_url": "..."}],
     "licenses": [{"id": 3, "name": "...", "url": "..."}],
     "categories": [{"id": 44, "name": "bottle", "supercategory": "kitchen"}],                      instances and LVIS
     "annotations": [{"id": 1768, "image_id": 9, "caption": "..."}]                                 captions
     "annotations": [{"id": 1768, "image_id": 9, "category_id": 44, "bbox": [x, y, width, height],
                      "area": 702.1, "iscrowd": 0, "segmentation": ...}]}                           instances and LVIS

LVIS (https://www.lvisdataset.org) has no `iscrowd`, names photos by `coco_url` alone, and says of each image which categories
are certainly absent (`neg_category_ids`) and of which only some objects are annotated (`not_exhaustive_category_ids`).

`segmentation` is never looked at here, which is what makes reading fast: see `vlit_hub.sources.coco_masks`.

**Boxes** are cut to their image. One that is wholly outside, or reaches beyond it by more than a tenth of its width or
height, belongs to another picture or another size of it: that is a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl
from msgspec import Struct

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import BOX, conform, gather
from vlit_hub.source import OnError, Source
from vlit_hub.sources.checks import put_aside, repeated
from vlit_hub.sources.coco_file import Category, load
from vlit_hub.sources.lookup import places
from vlit_hub.sources.repeats import once
from vlit_hub.sources.texts import tidy

__all__ = ["COCO_CAPTIONS", "COCO_INSTANCES", "LVIS_INSTANCES"]

_OVERSHOOT = 0.1
"""How far a box may reach beyond its image, as a share of the image's width or height."""

_UNKNOWN_SIDE = 65_535  # an image of unknown size is taken for the largest that JPEG allows

CAPTIONS_NAME = "coco_captions"
INSTANCES_NAME = "coco_instances"
LVIS_NAME = "lvis_instances"

_SIDES = ("left", "top", "wide", "high")
_NO_BOX = (None,) * 4
_PAIR = ["image_id", "category_id"]
_REPEATED = "has the id of another annotation"
_UNLISTED = pl.format("names image {}, which the file doesn't list", "image_id")

_Frames = Mapping[str, pl.DataFrame]


_CAPTION: dict[str, pl.DataType] = {"caption_id": pl.Int64(), "image_id": pl.Int64(), "caption": pl.String()}
_OBJECT: dict[str, pl.DataType] = {
    **dict.fromkeys(("object_id", "image_id", "category_id"), pl.Int64()),
    "area": pl.Float64(),
    "crowd": pl.Boolean(),
    **dict.fromkeys(_SIDES, pl.Float64()),
}


class _Caption(Struct, gc=False):
    id: int
    image_id: int
    caption: str


class _Object(Struct, gc=False):
    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float] | None = None
    area: float | None = None
    iscrowd: float | bool | None = None


def _read_captions(files: Sequence[AnnotationFile], on_error: OnError) -> _Frames:
    return _read(files, on_error, _captions_of, {"captions": ("caption_id", ["caption"])})


def _read_objects(name: str, files: Sequence[AnnotationFile], on_error: OnError) -> _Frames:
    return _read(files, on_error, partial(_objects_of, name), {"objects": ("object_id", ["category", *BOX])})


def _read(
    files: Sequence[AnnotationFile],
    on_error: OnError,
    read_file: Callable[[AnnotationFile, OnError], _Frames],
    repeats: Mapping[str, tuple[str, list[str]]],
) -> _Frames:
    """The frames of all files, each image and annotation once: COCO's years overlap."""
    frames = gather(read_file(file, on_error) for file in sorted(files))
    aside = [frames.pop("rejected")]
    same = ["width", "height"]
    frames["images"], put = once(frames["images"], ["image_id"], same, pl.format("image {}", "image_id"), on_error)
    aside.append(put)
    for kind, (key, same) in repeats.items():
        what = pl.format("annotation {}", key)
        frames[kind], put = once(frames[kind], ["image_id", key], same, what, on_error)
        aside.append(put)
    if "absent" in frames:
        frames["absent"] = frames["absent"].unique(["image_id", "category"], keep="first", maintain_order=True)
    return {kind: conform(kind, frame) for kind, frame in frames.items()} | {"rejected": pl.concat(aside)}


def _captions_of(file: AnnotationFile, on_error: OnError) -> _Frames:
    content = load(file, _Caption, _CAPTION, _caption_columns, CAPTIONS_NAME, on_error)
    known = pl.col("image_id").is_in(content.images["image_id"].implode())
    faults: list[tuple[pl.Expr, str | pl.Expr]] = [
        (~known, _UNLISTED),
        (repeated(content.rows["caption_id"]), _REPEATED),
    ]
    captions, put = put_aside(content.rows, pl.format("annotation {}", "caption_id"), faults, on_error)
    return {
        "images": content.images.with_columns(exhaustive=pl.lit(False)),
        "captions": captions.with_columns(tidy(captions["caption"])),
        "rejected": pl.concat([content.rejected, put]),
    }


def _caption_columns(captions: Sequence[_Caption]) -> dict[str, list[Any]]:
    return {
        "caption_id": [caption.id for caption in captions],
        "image_id": [caption.image_id for caption in captions],
        "caption": [caption.caption for caption in captions],
    }


def _objects_of(name: str, file: AnnotationFile, on_error: OnError) -> _Frames:
    content = load(file, _Object, _OBJECT, _object_columns, name, on_error)
    categories = _categories(file, content.categories)
    sizes = content.images.select("image_id", "width", "height", listed=True)
    rows = _beside(_beside(content.rows, sizes, "image_id"), categories, "category_id")
    kept, put = put_aside(rows, pl.format("annotation {}", "object_id"), _object_faults(rows["object_id"]), on_error)
    aside = [content.rejected, put]
    images = content.images.with_columns(exhaustive=pl.lit(False))
    frames: dict[str, pl.DataFrame] = {}
    if name == LVIS_NAME:
        some = _pairs(images, "not_exhaustive_category_ids").select(_PAIR).unique()
        kept = kept.join(some.with_columns(partial=True), on=_PAIR, how="left", maintain_order="left")
        frames["absent"], put = _absent(images, categories, on_error)
        aside.append(put)
    else:
        kept = kept.with_columns(partial=None)
        put_ids = pl.concat(aside)["image_id"].drop_nulls().unique()
        images = images.with_columns(exhaustive=pl.lit(len(kept) > 0) & ~pl.col("image_id").is_in(put_ids.implode()))
    width, height = pl.col("width").fill_null(_UNKNOWN_SIDE), pl.col("height").fill_null(_UNKNOWN_SIDE)
    objects = kept.with_columns(
        # To add 0 makes 0 of -0.
        x1=pl.col("left").clip(0, width) + 0,
        y1=pl.col("top").clip(0, height) + 0,
        x2=(pl.col("left") + pl.col("wide")).clip(0, width),
        y2=(pl.col("top") + pl.col("high")).clip(0, height),
        exhaustive=pl.col("partial").is_null(),
    )
    return {"images": images, "objects": objects, **frames, "rejected": pl.concat(aside)}


def _object_columns(objects: Sequence[_Object]) -> dict[str, list[Any]]:
    boxes = [one.bbox or _NO_BOX for one in objects]
    return {
        "object_id": [one.id for one in objects],
        "image_id": [one.image_id for one in objects],
        "category_id": [one.category_id for one in objects],
        "area": [one.area for one in objects],
        "crowd": [one.iscrowd == 1 for one in objects],
        **{side: [box[place] for box in boxes] for place, side in enumerate(_SIDES)},
    }


def _object_faults(ids: pl.Series) -> list[tuple[pl.Expr, str | pl.Expr]]:
    left, top, wide, high = (pl.col(side) for side in _SIDES)
    width, height = pl.col("width").fill_null(_UNKNOWN_SIDE), pl.col("height").fill_null(_UNKNOWN_SIDE)
    right, bottom = left + wide, top + high
    far_x, far_y = _OVERSHOOT * width, _OVERSHOOT * height
    box = pl.format("[{}, {}, {}, {}]", left, top, wide, high)
    size = pl.format("{}x{}", "width", "height").fill_null("of unknown size")
    return [
        (repeated(ids), _REPEATED),
        (pl.col("listed").is_null(), _UNLISTED),
        (
            pl.col("category").is_null(),
            pl.format("names category {}, which the file doesn't list", "category_id"),
        ),
        (left.is_null(), "has no box"),
        ((wide < 0) | (high < 0), pl.format("has a box of negative size: {}", box)),
        (
            (left > width) | (top > height) | (right < 0) | (bottom < 0),
            pl.format("has a box outside its image, {}: {}", size, box),
        ),
        (
            (left < -far_x) | (top < -far_y) | (right > width + far_x) | (bottom > height + far_y),
            pl.format("has a box that reaches far beyond its image, {}: {}", size, box),
        ),
    ]


def _categories(file: AnnotationFile, categories: Sequence[Category]) -> pl.DataFrame:
    """The categories' names as people write them (`baseball_bat` becomes `baseball bat`), one row an id."""
    ids = [category.id for category in categories]
    names = [" ".join(category.name.replace("_", " ").split()) for category in categories]
    for number, name in zip(ids, names, strict=True):
        if not name:
            raise InputError(file.name, f"category {number} has no name", "Fix the file.")
    if len(set(ids)) < len(ids):
        number = next(number for number in ids if ids.count(number) > 1)
        raise InputError(file.name, f"lists category {number} twice", "Fix the file.")
    return pl.DataFrame(
        {
            "category_id": pl.Series(ids, dtype=pl.Int64()),
            "category": pl.Series(names, dtype=pl.String()),
            "supercategory": pl.Series([category.supercategory for category in categories], dtype=pl.String()),
        }
    )


def _absent(images: pl.DataFrame, categories: pl.DataFrame, on_error: OnError) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The categories that annotators verified to be absent."""
    rows = _beside(_pairs(images, "neg_category_ids"), categories, "category_id")
    unknown = pl.format("names category {}, which the file doesn't list, as absent", "category_id")
    return put_aside(rows, pl.format("image {}", "image_id"), [(pl.col("category").is_null(), unknown)], on_error)


def _pairs(images: pl.DataFrame, ids: str) -> pl.DataFrame:
    """One row an image and category."""
    columns = ["image_id", "file", "source", "split"]
    return images.select(*columns, category_id=ids).explode("category_id").drop_nulls("category_id")


def _beside(frame: pl.DataFrame, other: pl.DataFrame, on: str) -> pl.DataFrame:
    """`frame` with the other columns of `other`, whose ids are distinct, where it has the id."""
    place = places(frame[on], other[on])
    return frame.hstack(other.drop(on).select(pl.all().gather(place)))


def _is_captions(head: FileHead) -> bool:
    return head.shape == "object" and {"id", "image_id", "caption"} <= head.first.get("annotations", frozenset())


def _is_objects(head: FileHead) -> bool:
    return (
        head.shape == "object"
        and "categories" in head.keys
        and {"id", "image_id", "category_id", "bbox"} <= head.first.get("annotations", frozenset())
    )


def _is_instances(head: FileHead) -> bool:
    # Keypoint files have boxes of persons alone: nothing is known of what else is in their photos.
    return _is_objects(head) and "keypoints" not in head.first["annotations"] and not _is_lvis(head)


def _is_lvis(head: FileHead) -> bool:
    return _is_objects(head) and "neg_category_ids" in head.first.get("images", frozenset())


_COCO = """\
@inproceedings{lin2014microsoft,
  title={Microsoft {COCO}: Common Objects in Context},
  author={Lin, Tsung-Yi and Maire, Michael and Belongie, Serge and Hays, James and Perona, Pietro and Ramanan, Deva and
    Doll{\\'a}r, Piotr and Zitnick, C. Lawrence},
  booktitle={European Conference on Computer Vision},
  pages={740--755},
  year={2014}
}"""

COCO_CAPTIONS = Source(
    name=CAPTIONS_NAME,
    read=_read_captions,
    patterns=("captions_*.json",),
    sniff=_is_captions,
    gives=("images", "captions", "rejected"),
    license="CC-BY-4.0",
    url="https://cocodataset.org/#captions-2015",
    citation="""\
@article{chen2015microsoft,
  title={Microsoft {COCO} Captions: Data Collection and Evaluation Server},
  author={Chen, Xinlei and Fang, Hao and Lin, Tsung-Yi and Vedantam, Ramakrishna and Gupta, Saurabh and Doll{\\'a}r, Piotr and
    Zitnick, C. Lawrence},
  journal={arXiv preprint arXiv:1504.00325},
  year={2015}
}""",
)

COCO_INSTANCES = Source(
    name=INSTANCES_NAME,
    read=partial(_read_objects, INSTANCES_NAME),
    patterns=("instances_*.json",),
    sniff=_is_instances,
    gives=("images", "objects", "rejected"),
    license="CC-BY-4.0",
    url="https://cocodataset.org/#detection-2015",
    citation=_COCO,
)

LVIS_INSTANCES = Source(
    name=LVIS_NAME,
    read=partial(_read_objects, LVIS_NAME),
    patterns=("lvis_v*_train*.json", "lvis_v*_val*.json", "lvis_v*_minival*.json"),
    sniff=_is_lvis,
    gives=("images", "objects", "absent", "rejected"),
    license="CC-BY-4.0",
    url="https://www.lvisdataset.org",
    citation="""\
@inproceedings{gupta2019lvis,
  title={{LVIS}: A Dataset for Large Vocabulary Instance Segmentation},
  author={Gupta, Agrim and Doll{\\'a}r, Piotr and Girshick, Ross},
  booktitle={IEEE/CVF Conference on Computer Vision and Pattern Recognition},
  pages={5356--5364},
  year={2019}
}""",
)
