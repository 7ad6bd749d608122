"""In which part of the picture a box lies, said only where it lies there wholly."""

from __future__ import annotations

import polars as pl

__all__ = ["place"]

_HALF = 0.49  # a box in the left half ends here, as a share of the width: boxes aren't exact
_THIRD = 0.34
_AROUND = 0.15  # what is near the middle keeps this distance from the edges
_MIDDLE = (0.42, 0.58)  # and its centre is within these shares of width and height


def place() -> pl.Expr:
    """`in the upper left quarter` for a box x1, y1, x2, y2 in an image of `width` and `height`; null where it lies
    across.
    """
    left, right = pl.col("x1") / pl.col("width"), pl.col("x2") / pl.col("width")
    top, bottom = pl.col("y1") / pl.col("height"), pl.col("y2") / pl.col("height")
    lefts, rights = right <= _HALF, left >= 1 - _HALF
    uppers, lowers = bottom <= _HALF, top >= 1 - _HALF
    amid = (left >= _AROUND) & (right <= 1 - _AROUND) & (top >= _AROUND) & (bottom <= 1 - _AROUND)
    centre = ((left + right) / 2).is_between(*_MIDDLE) & ((top + bottom) / 2).is_between(*_MIDDLE)
    halves = (
        (uppers & lefts, "in the upper left quarter"),
        (uppers & rights, "in the upper right quarter"),
        (lowers & lefts, "in the lower left quarter"),
        (lowers & rights, "in the lower right quarter"),
        (right <= _THIRD, "in the left third"),
        (left >= 1 - _THIRD, "in the right third"),
        (lefts, "in the left half"),
        (rights, "in the right half"),
        (bottom <= _THIRD, "in the upper third"),
        (top >= 1 - _THIRD, "in the lower third"),
        (uppers, "in the upper half"),
        (lowers, "in the lower half"),
    )
    cases = ((amid & centre, "near the middle"), *halves)
    return pl.coalesce([pl.when(holds).then(pl.lit(words)) for holds, words in cases])
