"""Boxes in pixels, within their images: the last step once every image's size is known.

Some sources don't know the sizes of their images (COCO-Text's first files), or give shares of width and height (LLaVA). Another
source may know the size, or else the photo tells it.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from vlit_hub.frames import BOX, SCHEMAS, Annotations
from vlit_hub.sources.boxes import in_image

__all__ = ["in_pixels"]

# Kinds of annotations with boxes, and what the names of their columns begin with.
_PREFIXES = {
    kind: [prefix for prefix in ("", "subject_", "object_") if prefix + BOX[0] in schema]
    for kind, schema in SCHEMAS.items()
    if "normalised" in schema
}


def in_pixels(annotations: Annotations, photographed: pl.DataFrame) -> Annotations:
    """The annotations with every box in pixels, cut to its image, and without the column `normalised`.

    A box that was given in shares is null where nothing tells the image's size. Where annotations and photo tell different
    sizes, as for photos stored on their side, boxes follow the annotations.

    Args:
        annotations: As joined.
        photographed: The same images, in the same order, with the sizes of their photos.
    """
    sizes = annotations.images.select(
        "image_id", *(pl.coalesce(side, photographed[side]).alias(side) for side in ("width", "height"))
    )
    return replace(
        annotations,
        **{kind: _of_kind(getattr(annotations, kind), prefixes, sizes) for kind, prefixes in _PREFIXES.items()},
    )


def _of_kind(frame: pl.DataFrame, prefixes: list[str], sizes: pl.DataFrame) -> pl.DataFrame:
    columns = [name for name in frame.columns if name != "normalised"]
    if frame.is_empty():
        return frame.select(columns)
    # Joined by its one column, since a join copies all columns.
    sized = frame.select("image_id").join(sizes, on="image_id", how="left", maintain_order="left").drop("image_id")
    whole = pl.concat([frame, sized], how="horizontal")
    width, height = pl.col("width"), pl.col("height")
    if "normalised" in frame.columns and frame["normalised"].any():
        shares = pl.col("normalised").fill_null(False)
        edges = dict(zip(BOX, (width, height, width, height), strict=True))
        whole = whole.with_columns(
            pl.when(shares).then(pl.col(prefix + side) * edge).otherwise(prefix + side).alias(prefix + side)
            for prefix in prefixes
            for side, edge in edges.items()
        )
    boxes = [
        box for prefix in prefixes for box in in_image([pl.col(prefix + side) for side in BOX], width, height, prefix)
    ]
    return whole.with_columns(box.cast(pl.Float32()) for box in boxes).select(columns)
