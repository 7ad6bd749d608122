"""The frames that annotation sources give, and all of them together: `Annotations`.

Each kind of annotation is one Polars frame with one schema, whichever format it was read from. All frames join on
`image_id`, an Int64 (see `image_ids.py` for images whose ids aren't integers). Boxes are `x1, y1, x2, y2` in pixels of
the upright image, `0 <= x1 <= x2 <= width`. A source that doesn't know the image's size (LLaVA), or measures in a copy
of another size (Visual Genome's copies of COCO's photos), gives shares of width and height in [0, 1] instead and marks
the row `normalised`; null means pixels. `vlit_hub.building.pixels` makes them pixels and takes that column away.

`source` names the annotation source that a row is from (`coco_captions`, `vqa`, ...); `split` is `train`,
`validation`, `test`, or null where the files don't say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace

import polars as pl

__all__ = ["BOX", "SCHEMAS", "Annotations", "conform", "empty", "gather"]

BOX: tuple[str, str, str, str] = ("x1", "y1", "x2", "y2")
_NORMALISED = {"normalised": pl.Boolean()}
_BOX = {**dict.fromkeys(BOX, pl.Float32()), **_NORMALISED}
_ROW = {"source": pl.String(), "split": pl.String()}

SCHEMAS: Mapping[str, pl.Schema] = {
    # One row an image a source lists. `image_key` is the id as the files write it ("9", "0a1b2c..."), `license` the photo's
    # own licence (an SPDX id where there is one), `exhaustive` whether all objects of the source's categories are annotated,
    # so that what isn't annotated isn't there.
    "images": pl.Schema(
        {
            "image_id": pl.Int64(),
            "image_key": pl.String(),
            "file_name": pl.String(),
            "width": pl.Int32(),
            "height": pl.Int32(),
            "license": pl.String(),
            "url": pl.String(),
            "exhaustive": pl.Boolean(),
            **_ROW,
        }
    ),
    "captions": pl.Schema({"image_id": pl.Int64(), "caption_id": pl.Int64(), "caption": pl.String(), **_ROW}),
    # `crowd` marks a group that stands for an unknown number of objects; `exhaustive` is false where other objects of this
    # category in this image may be unannotated (LVIS, Visual Genome).
    "objects": pl.Schema(
        {
            "image_id": pl.Int64(),
            "object_id": pl.Int64(),
            "category": pl.String(),
            "supercategory": pl.String(),
            **_BOX,
            "area": pl.Float32(),
            "crowd": pl.Boolean(),
            "exhaustive": pl.Boolean(),
            **_ROW,
        }
    ),
    # Categories that annotators verified to be absent from an image (LVIS).
    "absent": pl.Schema({"image_id": pl.Int64(), "category": pl.String(), **_ROW}),
    # `answers` are all annotators' answers in file order (empty for test splits), `answer` the most frequent one (the file's
    # own choice among equals), `votes` how many gave it, `tied` whether another answer has as many.
    "questions": pl.Schema(
        {
            "image_id": pl.Int64(),
            "question_id": pl.Int64(),
            "question": pl.String(),
            "answer": pl.String(),
            "votes": pl.Int32(),
            "tied": pl.Boolean(),
            "answers": pl.List(pl.String()),
            "answer_type": pl.String(),
            "question_type": pl.String(),
            **_ROW,
        }
    ),
    # Text seen in the image. `text` is null where it wasn't transcribed; `text_type` is `machine printed`, `handwritten`, ...
    "texts": pl.Schema(
        {
            "image_id": pl.Int64(),
            "text_id": pl.Int64(),
            "text": pl.String(),
            "legible": pl.Boolean(),
            "language": pl.String(),
            "text_type": pl.String(),
            **_BOX,
            **_ROW,
        }
    ),
    # One row an attribute of an object. COCO Attributes names objects of COCO instances only by `object_id`: image, category
    # and box are null until the join fills them.
    "attributes": pl.Schema(
        {
            "image_id": pl.Int64(),
            "object_id": pl.Int64(),
            "category": pl.String(),
            "attribute": pl.String(),
            **_BOX,
            **_ROW,
        }
    ),
    "relationships": pl.Schema(
        {
            "image_id": pl.Int64(),
            "relationship_id": pl.Int64(),
            "subject": pl.String(),
            "predicate": pl.String(),
            "object": pl.String(),
            **{f"subject_{side}": pl.Float32() for side in BOX},
            **{f"object_{side}": pl.Float32() for side in BOX},
            **_NORMALISED,
            **_ROW,
        }
    ),
    # A phrase that describes a region.
    "regions": pl.Schema({"image_id": pl.Int64(), "region_id": pl.Int64(), "phrase": pl.String(), **_BOX, **_ROW}),
    # What a source left out, with the reason: `what` names the annotation ("annotation 1768").
    "rejected": pl.Schema({"image_id": pl.Int64(), "what": pl.String(), "reason": pl.String(), **_ROW}),
}


_PHOTO = {"photo": pl.String(), "photo_fault": pl.String()}
_JOINED = {
    kind: pl.Schema({name: dtype for name, dtype in schema.items() if name not in _NORMALISED})
    for kind, schema in SCHEMAS.items()
}
_JOINED["images"] = pl.Schema({**SCHEMAS["images"], **_PHOTO})


def _schema(kind: str, frame: pl.DataFrame) -> pl.Schema:
    """What a joined frame must have; boxes may still be marked as shares."""
    marks = {name: dtype for name, dtype in _NORMALISED.items() if kind != "images" and name in frame.columns}
    return pl.Schema({**_JOINED[kind], **marks})


def empty(kind: str) -> pl.DataFrame:
    """A frame of this kind without rows."""
    return pl.DataFrame(schema=SCHEMAS[kind])


def conform(kind: str, frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with exactly the columns of its kind, in order: those that it lacks are null, others are left out."""
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in SCHEMAS[kind].items()
    )


@dataclass(frozen=True)
class Annotations:
    """Everything that the sources say of a set of images: a frame a kind, each sorted by `image_id`.

    `vlit_hub.building.joining` makes them from the sources' frames: `images` has one row an image, its `split` is never null, and
    two columns more than the sources give: `photo` (absolute path; null where there is none) and `photo_fault` (why the
    photo can't be used; null where it can).
    """

    images: pl.DataFrame
    captions: pl.DataFrame
    objects: pl.DataFrame
    absent: pl.DataFrame
    questions: pl.DataFrame
    texts: pl.DataFrame
    attributes: pl.DataFrame
    relationships: pl.DataFrame
    regions: pl.DataFrame
    rejected: pl.DataFrame

    @classmethod
    def of(cls, frames: Mapping[str, pl.DataFrame]) -> Annotations:
        """From frames by kind; kinds left out are empty, and so are the photos of images that nobody looked for.

        Raises:
            pl.exceptions.SchemaError: A frame hasn't the columns of its kind.
        """
        whole = {kind: frames.get(kind, empty(kind)) for kind in SCHEMAS}
        unsought = [
            pl.lit(None, dtype=pl.String()).alias(name) for name in _PHOTO if name not in whole["images"].columns
        ]
        whole["images"] = whole["images"].with_columns(unsought)
        return cls(**{kind: frame.match_to_schema(_schema(kind, frame)) for kind, frame in whole.items()})

    def frames(self) -> dict[str, pl.DataFrame]:
        """All frames by kind."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def between(self, first: int, last: int) -> Annotations:
        """The annotations of images with `first <= image_id <= last`."""
        inside = pl.col("image_id").is_between(first, last)
        return replace(self, **{kind: frame.filter(inside) for kind, frame in self.frames().items()})

    def of_splits(self, *splits: str) -> Annotations:
        """The annotations of the images in these splits."""
        inside = self.images["split"].is_in(splits)
        if inside.all():
            return self
        ids = self.images["image_id"]
        others = {  # both sides are sorted: looking up is faster than joining
            kind: frame.filter(inside[ids.search_sorted(frame["image_id"])]) if len(frame) else frame
            for kind, frame in self.frames().items()
            if kind not in ("images", "rejected")
        }
        return replace(self, **{**others, "images": self.images.filter(inside)})


def gather(parts: Iterable[Mapping[str, pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    """The frames of several files or sources, one below the other, by kind."""
    by_kind: dict[str, list[pl.DataFrame]] = {}
    for part in parts:
        for kind, frame in part.items():
            by_kind.setdefault(kind, []).append(frame)
    return {kind: pl.concat(frames, how="diagonal") for kind, frames in by_kind.items()}
