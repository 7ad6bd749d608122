"""Boxes as text, in the format that the user chose.

`pixel`: whole pixels from the top left corner. `unit`: shares of the image's width and height in [0, 1], three decimals.
`thousand`: the same, times 1,000. A side pair that rounding would make equal is rounded outwards instead: the written box is
then the smallest of its grid that holds the object.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
import yaml

from vlit_hub.drafting.columns import Ints, overwrite
from vlit_hub.drafting.pool_files import YAML_LOADER
from vlit_hub.frames import BOX

__all__ = ["BoxFormat", "Boxes", "box_format_wordings", "region_structs", "write_boxes"]

BoxFormat = Literal["pixel", "unit", "thousand"]
_Floats = npt.NDArray[np.float64]

_FAULTS = (None, "has no box", "the box is empty", "the image's size is unknown")
_TABLE = 1 << 16  # numbers under this are gathered from a table of texts

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
    grid, wide, high = 1, np.ones(len(frame)), np.ones(len(frame))
    if box_format != "pixel":
        grid = 1000
        image = images["image_id"].search_sorted(frame["image_id"])
        sizes = images.select(pl.col("width", "height").cast(pl.Float64()).fill_null(float("nan")))[image]
        wide, high = sizes["width"].to_numpy(), sizes["height"].to_numpy()
    unsized = np.isnan(wide) | np.isnan(high)
    with np.errstate(invalid="ignore"):
        empty = ~((width > 0) & (height > 0))
    # The first of these holds; so they are set in reverse.
    number = np.zeros(len(frame), np.int64)
    for place, which in ((3, unsized), (2, empty), (1, np.isnan(width + height))):
        number[which] = place
    bad = number > 0
    left, right = _round(*(np.where(bad, side, x * grid / wide) for side, x in ((0, x1), (1, x2))))
    top, bottom = _round(*(np.where(bad, side, y * grid / high) for side, y in ((0, y1), (1, y2))))
    text = _join(left, top, right, bottom, box_format)
    rows = np.flatnonzero(bad)
    text = overwrite(text, rows, pl.Series([_UNWRITABLE]).new_from_index(0, len(rows)))
    return Boxes(text, pl.Series(_FAULTS, dtype=pl.String())[number], width, height)


@lru_cache
def box_format_wordings(box_format: BoxFormat) -> tuple[str, ...]:
    """The ways of saying how boxes are written: what follows "as" in "Boxes are given as"."""
    text = (files("vlit_hub.drafting") / "box_formats.yaml").read_text(encoding="utf-8")
    return tuple(yaml.load(text, YAML_LOADER)[box_format])


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


def _round(low: _Floats, high: _Floats) -> tuple[Ints, Ints]:
    rounded_low, rounded_high = np.rint(low), np.rint(high)
    equal = rounded_low == rounded_high
    if equal.any():
        rounded_low[equal], rounded_high[equal] = np.floor(low[equal]), np.ceil(high[equal])
    return rounded_low.astype(np.int64), rounded_high.astype(np.int64)


def _join(left: Ints, top: Ints, right: Ints, bottom: Ints, box_format: BoxFormat) -> pl.Series:
    largest = max(int(side.max(initial=0)) for side in (right, bottom))
    if largest >= _TABLE:
        return pl.select(pl.format("[{}, {}, {}, {}]", *map(pl.Series, (left, top, right, bottom)))).to_series()
    first, middle, last = _pieces(box_format, 1 << largest.bit_length())
    return pl.select(pl.concat_str([first[left], middle[top], middle[right], last[bottom]])).to_series()


@lru_cache(maxsize=8)
def _pieces(box_format: BoxFormat, numbers: int) -> tuple[pl.Series, pl.Series, pl.Series]:
    """The text of every number, as first, middle and last of a box; gathered instead of written anew for each box."""
    texts = [f"{number / 1000:.3f}" if box_format == "unit" else str(number) for number in range(numbers)]
    first, middle, last = ([form.format(text) for text in texts] for form in ("[{}, ", "{}, ", "{}]"))
    return pl.Series(first), pl.Series(middle), pl.Series(last)
