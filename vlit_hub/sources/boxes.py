"""Boxes as the formats write them, made `x1, y1, x2, y2` within the image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
import polars as pl

from vlit_hub.frames import BOX

__all__ = ["LARGEST", "enclosing", "in_image", "quads"]

LARGEST = 3.4e38
"""The largest side of a box that a Float32 holds; JSON knows larger numbers."""

_NONE = (float("nan"),) * 4


def quads(boxes: Iterable[Sequence[float] | None], names: Sequence[str] = BOX) -> pl.DataFrame:
    """Boxes of four numbers each as four columns; null where there is none."""
    flat = np.fromiter(chain.from_iterable(box or _NONE for box in boxes), dtype=np.float64)
    return _columns(flat.reshape(-1, 4), names)


def enclosing(polygons: Sequence[Sequence[float] | None]) -> pl.DataFrame:
    """The box around each polygon `[x, y, x, y, ...]`, as columns `x1, y1, x2, y2`.

    Null where there is none, and where its numbers don't pair up.
    """
    # reduceat gives nonsense for empty pieces, so polygons without a point get one that is no number.
    whole = [polygon if polygon and len(polygon) % 2 == 0 else _NONE[:2] for polygon in polygons]
    if not whole:
        return _columns(np.empty((0, 4)), BOX)
    points = np.fromiter(chain.from_iterable(whole), dtype=np.float64).reshape(-1, 2)
    counts = np.fromiter(map(len, whole), dtype=np.int64) // 2
    starts = np.cumsum(counts) - counts
    return _columns(np.hstack((np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts))), BOX)


def in_image(sides: Sequence[pl.Expr], width: pl.Expr, height: pl.Expr, prefix: str = "") -> list[pl.Expr]:
    """The part of a box that lies in its image, as columns `x1, y1, x2, y2` (`<prefix>x1, ...`).

    Null where the box has no area in the image: it shows nothing. A null width or height sets no bound.
    """
    # To add 0 makes 0 of -0, which some files have and no reader wants.
    x1, x2 = (side.clip(0, width) + 0 for side in (sides[0], sides[2]))
    y1, y2 = (side.clip(0, height) + 0 for side in (sides[1], sides[3]))
    shows = (x1 < x2) & (y1 < y2)
    return [pl.when(shows).then(side).alias(prefix + name) for side, name in zip((x1, y1, x2, y2), BOX, strict=True)]


def _columns(numbers: np.ndarray[tuple[int, int], np.dtype[np.float64]], names: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(numbers, schema=list(names), orient="row").fill_nan(None)
