"""Boxes as text, in the format that the user chose.

`pixel`: whole pixels from the top left corner. `unit`: shares of the image's width and height in [0, 1], three decimals.
`thousand`: the same, times 1,000. A side pair that rounding would make equal is rounded outwards instead: the written box is
then the smallest of its grid that holds the object.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.frames import BOX
from vlit_hub.plugins.strategies.annotation_adaption.columns import overwrite

__all__ = ["BoxFormat", "Boxes", "region_structs", "write_boxes"]

BoxFormat = Literal["pixel", "unit", "thousand"]
_Floats = npt.NDArray[np.float64]

_UNWRITABLE = "[]"  # what a rejected draft shows in a box's place


@dataclass(frozen=True)
class Boxes:
    """The boxes of many rows.

    Attributes:
        text: `[x1, y1, x2, y2]` in the chosen format.
        fault: Why it can't be written; null where it can.
        width: Pixels, not rounded; NaN where there is no box.
        height: Pixels, not rounded; NaN where there is no box.
    """

    text: pl.Series
    fault: pl.Series
    width: _Floats
    height: _Floats


def write_boxes(frame: pl.DataFrame, images: pl.DataFrame, box_format: BoxFormat, prefix: str = "") -> Boxes:
    """Write the boxes of a frame with `image_id` and the columns x1, y1, x2, y2.

    Args:
        frame: Sorted by `image_id`.
        images: Has each image's width and height, sorted by `image_id`.
        box_format: How numbers are given.
        prefix: What stands before the names of the box's columns (`subject_`).
    """
    sides = [pl.col(prefix + side).cast(pl.Float64()).fill_null(float("nan")) for side in BOX]
    x1, y1, x2, y2 = (side.to_numpy() for side in frame.select(sides))
    width, height = x2 - x1, y2 - y1
    per_x: _Floats | float = 1.0
    per_y: _Floats | float = 1.0
    unsized = np.zeros(len(frame), np.bool_)
    if box_format != "pixel":
        image = images["image_id"].search_sorted(frame["image_id"]).to_numpy()
        per_x, per_y = (
            1000 / images[edge].cast(pl.Float64()).fill_null(float("nan"))[image].to_numpy()
            for edge in ("width", "height")
        )
        unsized = np.isnan(per_x) | np.isnan(per_y)
    with np.errstate(invalid="ignore"):
        faults = [(np.isnan(width + height), "has no box"), (~((width > 0) & (height > 0)), "the box is empty")]
    faults.append((unsized, "the image's size is unknown"))
    fault = _first_fault(faults, len(frame))
    bad = unsized.copy()
    for which, _ in faults:
        bad |= which
    left, right = _round(np.where(bad, 0, x1 * per_x), np.where(bad, 1, x2 * per_x))
    top, bottom = _round(np.where(bad, 0, y1 * per_y), np.where(bad, 1, y2 * per_y))
    largest = max((int(side.max()) for side in (right, bottom) if len(side)), default=0)
    first, middle, last = _pieces(box_format, 1 << max(largest, 1000).bit_length())
    pieces = [first[left], middle[top], middle[right], last[bottom]]
    text = pl.select(pl.concat_str(pieces)).to_series()
    rows = np.flatnonzero(bad)
    text = overwrite(text, rows, pl.Series([_UNWRITABLE]).new_from_index(0, len(rows)))
    return Boxes(text, fault, width, height)


def region_structs(frame: pl.DataFrame, labels: pl.Series, prefix: str = "") -> pl.Series:
    """Boxes as the regions of drafts, in pixels, not rounded."""
    corners = frame.select(pl.col(prefix + side).fill_null(0).cast(pl.Float32()) for side in BOX).to_numpy(order="c")
    return pl.DataFrame(
        {
            "image": pl.zeros(len(frame), pl.Int32(), eager=True),
            "bbox": pl.Series(corners, dtype=pl.Array(pl.Float32(), 4)),
            "label": labels,
        }
    ).to_struct()


def _first_fault(faults: list[tuple[npt.NDArray[np.bool_], str]], rows: int) -> pl.Series:
    number = np.zeros(rows, np.int64)
    for place in range(len(faults), 0, -1):
        number[faults[place - 1][0]] = place
    return pl.Series([None, *(reason for _, reason in faults)], dtype=pl.String())[number]


def _round(low: _Floats, high: _Floats) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    rounded_low, rounded_high = np.rint(low), np.rint(high)
    equal = rounded_low == rounded_high
    if equal.any():
        rounded_low[equal], rounded_high[equal] = np.floor(low[equal]), np.ceil(high[equal])
    return rounded_low.astype(np.int64), rounded_high.astype(np.int64)


@lru_cache(maxsize=8)
def _pieces(box_format: BoxFormat, numbers: int) -> tuple[pl.Series, pl.Series, pl.Series]:
    """The text of every number, as first, middle and last of a box; gathered instead of written anew for each box."""
    texts = [f"{number / 1000:.3f}" if box_format == "unit" else str(number) for number in range(numbers)]
    first, middle, last = ([form.format(text) for text in texts] for form in ("[{}, ", "{}, ", "{}]"))
    return pl.Series(first), pl.Series(middle), pl.Series(last)
