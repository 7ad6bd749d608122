"""Frames as Python objects, an image at a time, for strategies written with `@per_image`.

Columns become objects when a strategy first looks at their kind, a thousand images at a time: what it never looks at
costs nothing, and memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

import numpy as np
import polars as pl

from vlit_hub.frames import Annotations
from vlit_hub.image_by_image.annotations import (
    Absent,
    Attribute,
    Caption,
    ImageAnnotations,
    Object,
    Phrase,
    Question,
    Relationship,
    Text,
)

__all__ = ["images_of", "sources_looked_at"]

IMAGES_AT_ONCE = 1000

_Row = TypeVar("_Row")


def images_of(annotations: Annotations) -> Iterator[ImageAnnotations]:
    """The images of joined annotations one by one, in order of their ids."""
    ids = annotations.images["image_id"]
    for start in range(0, len(ids), IMAGES_AT_ONCE):
        last = min(start + IMAGES_AT_ONCE, len(ids)) - 1
        yield from _images_of_part(annotations.between(ids[start], ids[last]))


def sources_looked_at(image: ImageAnnotations) -> list[str]:
    """The sources, sorted, of all kinds of annotation that were looked at in an image of `images_of`."""
    rows = [value for value in vars(image).values() if isinstance(value, _Rows) and value.looked_at]
    return sorted({row.source for some in rows for row in some})


_KINDS: dict[str, type[Any]] = {
    "captions": Caption,
    "objects": Object,
    "absent": Absent,
    "questions": Question,
    "texts": Text,
    "attributes": Attribute,
    "relationships": Relationship,
    "regions": Phrase,
}
_OF_IMAGE = ["image_id", "image_key", "file_name", "width", "height", "split", "photo", "exhaustive", "source"]


class _Table(Generic[_Row]):
    """The rows of one kind, made of its frame at the first look."""

    def __init__(self, frame: pl.DataFrame, make: Callable[[Iterable[Any]], _Row]) -> None:
        self._frame = frame
        self._make = make
        self._rows: list[_Row] | None = None

    def rows(self) -> list[_Row]:
        if self._rows is None:
            self._rows = [self._make(row) for row in self._frame.iter_rows()]
        return self._rows


class _Rows(Sequence[_Row]):
    """One image's rows of a table; knows whether anybody looked."""

    __slots__ = ("_start", "_stop", "_table", "looked_at")

    def __init__(self, table: _Table[_Row], start: int, stop: int) -> None:
        self._table, self._start, self._stop = table, start, stop
        self.looked_at = False

    def __len__(self) -> int:
        self.looked_at = True
        return self._stop - self._start

    def __iter__(self) -> Iterator[_Row]:
        self.looked_at = True
        return iter(self._own() if self._stop > self._start else ())

    @overload
    def __getitem__(self, index: int) -> _Row: ...
    @overload
    def __getitem__(self, index: slice) -> list[_Row]: ...
    def __getitem__(self, index: int | slice) -> _Row | list[_Row]:
        self.looked_at = True
        return self._own()[index]

    def __repr__(self) -> str:
        return repr(self._own())

    def _own(self) -> list[_Row]:
        return self._table.rows()[self._start : self._stop]


def _images_of_part(annotations: Annotations) -> Iterator[ImageAnnotations]:
    ids = annotations.images["image_id"].to_numpy()
    names, tables, bounds = list(_KINDS), list[_Table[Any]](), list[Any]()
    for name, row in _KINDS.items():
        frame = getattr(annotations, name)
        at = frame["image_id"].to_numpy()
        bounds.append(zip(np.searchsorted(at, ids).tolist(), np.searchsorted(at, ids, "right").tolist(), strict=True))
        if name == "objects":
            tables.append(_Table(_with_attributes(frame, annotations.attributes), _object))
        else:
            tables.append(_Table(frame.select(row._fields), row._make))
    for of_image, *spans in zip(annotations.images.select(_OF_IMAGE).iter_rows(), *bounds, strict=True):
        kinds: dict[str, Any] = {
            name: _Rows(table, *span) for name, table, span in zip(names, tables, spans, strict=True)
        }
        yield ImageAnnotations(**dict(zip(_OF_IMAGE, of_image, strict=True)), **kinds)


def _with_attributes(objects: pl.DataFrame, attributes: pl.DataFrame) -> pl.DataFrame:
    """Objects with the list of their attributes, which COCO Attributes and Visual Genome give in files of their own."""
    keys = ["image_id", "object_id", "category"]
    lists = attributes.group_by(keys, maintain_order=True).agg(
        attributes=pl.col("attribute").unique(maintain_order=True)
    )
    return objects.join(lists, on=keys, how="left", maintain_order="left").select(Object._fields)


def _object(row: Iterable[Any]) -> Object:
    *columns, attributes = row
    return Object._make([*columns, tuple(attributes or ())])
