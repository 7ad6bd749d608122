"""Checks of annotations: what would corrupt records stops the reading, or is put aside with its reason."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from vlit_hub.errors import InputError
from vlit_hub.frames import conform, empty
from vlit_hub.source import OnError

__all__ = ["MEND", "all_distinct", "put_aside", "rejected", "repeated"]

MEND = "Fix the file, or pass --on-error=skip."


def all_distinct(ids: pl.Series) -> bool:
    """Whether no integer stands twice."""
    # Sorting in NumPy takes a fifth of what hashing takes, of which only files with repeats are worth.
    ordered = np.sort(ids.to_numpy())
    return not (ordered[1:] == ordered[:-1]).any()


def repeated(ids: pl.Series) -> pl.Expr:
    """The rows of a frame whose id stands in an earlier row, too; of the frame that the ids are from."""
    return pl.lit(False) if all_distinct(ids) else ~pl.col(ids.name).is_first_distinct()


def put_aside(
    frame: pl.DataFrame,
    what: pl.Expr,
    faults: Sequence[tuple[pl.Expr, str | pl.Expr]],
    on_error: OnError,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows without fault, and the others as rows of `rejected`.

    Args:
        frame: Annotations, with a column `file` that names the file of each.
        what: Names a row: `annotation 1768`.
        faults: Where a row is at fault, and how (`names image 99, which the file doesn't list`). A row with several has
            the first for its reason.
        on_error: See `vlit_hub.source.Source`.

    Raises:
        InputError: Under `"fail"`, for the first row at fault.
    """
    marks = {f"fault {n}": where for n, (where, _) in enumerate(faults)}
    found = frame.select(**marks).fill_null(False)
    at_fault = found.select(pl.any_horizontal(pl.all())).to_series()
    if not at_fault.any():  # the common case: no reason is worded, nothing is copied
        return frame, empty("rejected")
    reasons = [
        pl.when(mark).then(pl.lit(how) if isinstance(how, str) else how)
        for mark, (_, how) in zip(marks, faults, strict=True)
    ]
    bad = frame.with_columns(found).filter(at_fault).with_columns(what=what, reason=pl.coalesce(*reasons))
    if on_error == "fail":
        first = bad.row(0, named=True)
        more = f" (first of {len(bad)})" if len(bad) > 1 else ""
        raise InputError(first["file"], f"{first['what']} {first['reason']}{more}", MEND)
    return frame.filter(~at_fault), conform("rejected", bad)


def rejected(faults: Sequence[tuple[str, str]], source: str, split: str | None) -> pl.DataFrame:
    """`rejected` rows of records that have no image because their shape is wrong.

    Args:
        faults: What each is, and what is wrong with it (`vlit_hub.json_reading.records.decode_records`).
        source: The source's name.
        split: The split of their file.
    """
    rows = pl.DataFrame(faults, schema={"what": pl.String(), "reason": pl.String()}, orient="row")
    return conform("rejected", rows.with_columns(source=pl.lit(source), split=pl.lit(split)))
