"""Annotations that several files of one source have, as COCO's years do: used once."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from vlit_hub.frames import empty
from vlit_hub.source import OnError
from vlit_hub.sources.checks import all_distinct, put_aside

__all__ = ["once"]


def once(
    frame: pl.DataFrame, keys: Sequence[str], same: Sequence[str], what: pl.Expr, on_error: OnError
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of one key once, from the first file that has them, and repeats that say something else as rows of `rejected`.

    Args:
        frame: Rows of all files, one file below the other, with a column `file`; within a file each key stands once.
        keys: What identifies a row; the last key does mostly alone.
        same: What a repeat must agree in; null agrees with everything.
        what: Names a row: `annotation 1768`.
        on_error: See `vlit_hub.source.Source`.

    Raises:
        InputError: Under `"fail"`, a repeat says something else.
    """
    if frame["file"].n_unique() < 2 or all_distinct(frame[keys[-1]]):
        return frame, empty("rejected")
    is_first = frame.select(pl.struct(keys).is_first_distinct()).to_series()
    if is_first.all():
        return frame, empty("rejected")
    first = frame.filter(is_first)
    repeats = frame.filter(~is_first).join(
        first.select(*keys, *same, "file"), on=keys, how="left", suffix=" first", maintain_order="left"
    )
    differs = pl.any_horizontal((pl.col(name) != pl.col(f"{name} first")).fill_null(False) for name in same)
    reason = pl.format("isn't the same as in {}", "file first")
    _, rejected = put_aside(repeats, what, [(differs, reason)], on_error)
    return first, rejected
