"""The file format that COCO's captions, its instances and LVIS share, as frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import polars as pl

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile
from vlit_hub.json_reading.slices import Reader
from vlit_hub.source import OnError
from vlit_hub.sources.checks import put_aside, repeated
from vlit_hub.sources.growing import GrowingFrame
from vlit_hub.sources.photo_licenses import license_id

__all__ = ["Category", "CocoFile", "load"]

T = TypeVar("T")

_LARGEST_SIDE = 65_535  # of a photo in pixels: what JPEG allows


_IMAGE: dict[str, pl.DataType] = {
    "image_id": pl.Int64(),
    "file_name": pl.String(),
    "width": pl.Float64(),
    "height": pl.Float64(),
    "license": pl.String(),
    "url": pl.String(),
    "neg_category_ids": pl.List(pl.Int64()),
    "not_exhaustive_category_ids": pl.List(pl.Int64()),
}


class _Image(msgspec.Struct, gc=False):
    id: int
    file_name: str | None = None
    width: float | None = None
    height: float | None = None
    license: int | str | None = None
    coco_url: str | None = None
    flickr_url: str | None = None
    neg_category_ids: list[int] | None = None
    not_exhaustive_category_ids: list[int] | None = None


class Category(msgspec.Struct, gc=False):
    """A category that a file lists."""

    id: int
    name: str
    supercategory: str | None = None


@dataclass(frozen=True, kw_only=True)
class CocoFile:
    """A file's content, with its faults not yet looked for beyond its images.

    Attributes:
        images: One row an image, as in `vlit_hub.frames`, and LVIS's `neg_category_ids` and `not_exhaustive_category_ids`.
        rows: The annotations, in the columns that they were asked for.
        categories: The categories, in file order.
        rejected: Images that were put aside.
    """

    images: pl.DataFrame
    rows: pl.DataFrame
    categories: list[Category]
    rejected: pl.DataFrame


def load(
    file: AnnotationFile,
    type: type[T],
    schema: Mapping[str, pl.DataType],
    columns: Callable[[Sequence[T]], dict[str, list[Any]]],
    source: str,
    on_error: OnError,
) -> CocoFile:
    """Read a file.

    All frames get the columns `file`, `source` and `split`.

    Args:
        file: The file.
        type: What an annotation is.
        schema: The columns of annotations.
        columns: The columns of a slice of the annotations, as lists.
        source: The source's name.
        on_error: See `vlit_hub.source.Source`.

    Raises:
        InputError: The file has another shape, or lists an image twice.
    """
    images, rows = GrowingFrame(_IMAGE, file), GrowingFrame(schema, file)
    categories: list[Category] = []
    licenses: Any = None
    missing = ["images", "annotations"]
    reader = Reader(file)
    for key in reader.members():
        if key in missing:
            missing.remove(key)
        if key == "images":
            for part in reader.array(_Image, "$.images"):
                images.add(_image_columns(part))
        elif key == "annotations":
            for annotations in reader.array(type, "$.annotations"):
                rows.add(columns(annotations))
        elif key == "categories":
            categories += reader.value(list[Category], "$.categories")
        elif key == "licenses":
            licenses = reader.value(object, "$.licenses")
        else:
            reader.skip()
    reader.finish()
    if missing:
        raise InputError(file.name, f"lacks `{missing[0]}`", "Give a file in COCO's format.")
    origin = {
        "file": pl.lit(file.name).cast(pl.Categorical()),
        "source": pl.lit(source),
        "split": pl.lit(file.split or None, dtype=pl.String()),
    }
    listed = images.frame().with_columns(**origin)
    known, rejected = put_aside(
        listed,
        pl.format("image {}", "image_id"),
        [(repeated(listed["image_id"]), "is listed twice")],
        on_error,
    )
    sides = [  # a size of 0 says that nobody looked
        pl.when(pl.col(side).is_between(1, _LARGEST_SIDE)).then(side).round().cast(pl.Int32()).alias(side)
        for side in ("width", "height")
    ]
    code = pl.col("license").replace_strict(_license_ids(licenses), default=None, return_dtype=pl.String())
    return CocoFile(
        images=known.with_columns(*sides, license=code, image_key=pl.col("image_id").cast(pl.String())),
        rows=rows.frame().with_columns(**origin),
        categories=categories,
        rejected=rejected,
    )


def _image_columns(images: Sequence[_Image]) -> dict[str, list[Any]]:
    return {
        "image_id": [image.id for image in images],
        "file_name": [image.file_name or _base_name(image.coco_url) for image in images],
        "width": [image.width for image in images],
        "height": [image.height for image in images],
        "license": [None if image.license is None else str(image.license) for image in images],
        "url": [image.coco_url or image.flickr_url for image in images],
        "neg_category_ids": [image.neg_category_ids for image in images],
        "not_exhaustive_category_ids": [image.not_exhaustive_category_ids for image in images],
    }


def _base_name(url: str | None) -> str | None:
    return PurePosixPath(urlsplit(url).path).name or None if url else None


def _license_ids(licenses: Any) -> dict[str, str | None]:
    """The SPDX id of each licence by the id that images name it by; what isn't as COCO's is no licence."""
    listed = [one for one in licenses if isinstance(one, dict)] if isinstance(licenses, list) else []
    texts = [{key: one[key] for key in ("url", "name") if isinstance(one.get(key), str)} for one in listed]
    return {
        str(one.get("id")): license_id(text.get("url"), text.get("name"))
        for one, text in zip(listed, texts, strict=True)
    }
