"""Boxes of photos that are stored rotated.

A camera held upright often stores the photo on its side, with an EXIF orientation that says how to turn it. Loaders (the
`datasets` library's among them) turn the photo; boxes that were drawn on the stored pixels have to turn with it.
"""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from vlit_hub.frames import BOX, SCHEMAS, Annotations

__all__ = ["rotate_boxes", "turn"]

# Kinds of annotations with boxes, and what their columns' names begin with.
_PREFIXES = {
    kind: [prefix for prefix in ("", "subject_", "object_") if prefix + BOX[0] in schema]
    for kind, schema in SCHEMAS.items()
}


def rotate_boxes(frame: pl.DataFrame, *, prefix: str = "") -> pl.DataFrame:
    """Boxes in pixels of the stored photo, as boxes of the upright photo.

    Args:
        frame: Columns `x1`, `y1`, `x2`, `y2` (after `prefix`); `orientation`, EXIF's, 1 to 8, where null means 1; `width` and
            `height` of the upright photo in pixels.
        prefix: What the box columns' names begin with (`subject_`).
    """
    left, top, right, bottom = (pl.col(prefix + side) for side in BOX)
    orientation = pl.col("orientation").fill_null(1)
    width, height = pl.col("width"), pl.col("height")
    swapped = orientation >= 5  # the stored photo's rows are the upright one's columns
    x1, x2 = (pl.when(swapped).then(y).otherwise(x) for x, y in ((left, top), (right, bottom)))
    y1, y2 = (pl.when(swapped).then(x).otherwise(y) for x, y in ((left, top), (right, bottom)))
    mirrored = orientation.is_in([2, 3, 6, 7])  # left and right change sides
    upended = orientation.is_in([3, 4, 7, 8])  # top and bottom do
    sides = (
        pl.when(mirrored).then(width - x2).otherwise(x1),
        pl.when(upended).then(height - y2).otherwise(y1),
        pl.when(mirrored).then(width - x1).otherwise(x2),
        pl.when(upended).then(height - y1).otherwise(y2),
    )
    return frame.with_columns(
        side.cast(frame.schema[prefix + name]).alias(prefix + name) for name, side in zip(BOX, sides, strict=True)
    )


def turn(annotations: Annotations, images: pl.DataFrame) -> Annotations:
    """Annotations with these images, and with the boxes of those stored rotated turned upright.

    Args:
        annotations: As joined.
        images: The same images, from `vlit_hub.photos.attach`.
    """
    rotated = images.filter(pl.col("rotation") > 1).select("image_id", "width", "height", orientation="rotation")
    turned = {"images": images.select(annotations.images.columns)}
    for kind, prefixes in _PREFIXES.items():
        if prefixes and len(rotated):
            frame = getattr(annotations, kind)
            sized = frame.join(rotated, on="image_id", how="left", maintain_order="left")
            for prefix in prefixes:
                sized = rotate_boxes(sized, prefix=prefix)
            turned[kind] = sized.select(frame.columns)
    return replace(annotations, **turned)
