"""Turns that could be said, as frames: what the makers of turns give, and small tools for them.

A frame of turns has the columns of `TURN_COLUMNS`, and those that its pool's wordings need: `said` (a category as it is named),
`other_said`, `number`, ...
"""

from __future__ import annotations

import polars as pl

from vlit_hub.draws import keys_to_uint64

__all__ = ["OPENING", "TURN_COLUMNS", "hashed", "turns"]

OPENING = 0  # the thread that opens its conversation

# `object`: the row of the object that a region conversation is about, else -1. `thread`: what the turn is about; turns of one
# thread follow one another. `phase`: their order in the thread; a conversation has one turn of a thread and phase. `key`: with
# the others tells the turns of a pool apart. `clear`: after this turn "it" can only mean what the thread is about. `round`: turns
# of a lower round are chosen first; null to draw. `outcome`: which of the pool's answers. `source`: whose annotation it is.
TURN_COLUMNS = {
    "image_id": pl.Int64(),
    "object": pl.Int64(),
    "thread": pl.Int64(),
    "phase": pl.Int64(),
    "key": pl.Int64(),
    "clear": pl.Boolean(),
    "round": pl.Int64(),
    "outcome": pl.String(),
    "source": pl.String(),
}
_DEFAULTS = {"object": -1, "phase": 0, "clear": False, "round": None}


def hashed(names: pl.Series) -> pl.Series:
    """Names as numbers, to draw by and to tell threads by."""
    return pl.Series(names.name, keys_to_uint64(names).view("int64"), dtype=pl.Int64())


def turns(frame: pl.DataFrame, **values: pl.Expr | pl.Series | str | int | bool) -> pl.DataFrame:
    """A frame of turns: `values` are columns to add or set, and what is left out gets its default."""
    given = {name: value if isinstance(value, pl.Expr | pl.Series) else pl.lit(value) for name, value in values.items()}
    frame = frame.with_columns(**given)
    missing = {name: pl.lit(value) for name, value in _DEFAULTS.items() if name not in frame.columns}
    if "key" not in frame.columns:
        missing["key"] = pl.col("thread")
    frame = frame.with_columns(**missing)
    return frame.with_columns(pl.col(name).cast(dtype) for name, dtype in TURN_COLUMNS.items())
