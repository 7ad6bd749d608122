"""Small tools on columns that several tasks share."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

__all__ = ["WHOLE_IMAGE", "Ints", "annotation_keys", "lists", "ones", "overwrite", "run_places", "run_starts"]

Ints = npt.NDArray[np.int64]

WHOLE_IMAGE = "*"  # the key of a draft about everything in its image; no category or id is named so


def run_starts(*columns: npt.NDArray[np.generic]) -> Ints:
    """Where runs of equal values begin in columns that are sorted together."""
    if not len(columns[0]):
        return np.zeros(0, np.int64)
    new = np.zeros(len(columns[0]), np.bool_)
    new[0] = True
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    return np.flatnonzero(new).astype(np.int64)


def run_places(*columns: npt.NDArray[np.generic]) -> Ints:
    """The place of each row in its run of equal values, from 0, in columns that are sorted together."""
    starts = run_starts(*columns)
    lengths = np.diff(starts, append=len(columns[0]))
    return np.arange(len(columns[0])) - np.repeat(starts, lengths)


def lists(values: pl.Series, starts: Ints) -> pl.Series:
    """A list column: the values between each start and the next; through Arrow, since it copies nothing.

    The last list goes to the end of `values`.
    """
    offsets = pa.array(np.append(starts, len(values)), pa.int64())
    array = values.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
    return pl.Series(pl.from_arrow(pa.LargeListArray.from_arrays(offsets, array)))


def ones(values: pl.Series) -> pl.Series:
    """A list column: lists of one value each."""
    return lists(values, np.arange(len(values)))


def overwrite(column: pl.Series, rows: npt.NDArray[np.int64], values: pl.Series) -> pl.Series:
    """The column with other values in these rows (`rows` may be empty)."""
    if not len(rows):
        return column
    places = np.arange(len(column))
    places[rows] = len(column) + np.arange(len(rows))
    return pl.concat([column, values])[places]


def annotation_keys(annotations: pl.DataFrame, id_column: str) -> pl.Series:
    """Drafts' keys: the annotations' ids; with the source before it where two sources use one id in an image."""
    ids = annotations[id_column].cast(pl.String())
    source = annotations["source"]
    if source.is_empty() or (source == source[0]).all():
        return ids
    shared = annotations.select(pl.struct("image_id", id_column).is_duplicated()).to_series()
    rows = shared.arg_true().to_numpy().astype(np.int64)
    clear = source[rows] + ":" + ids[rows]
    return overwrite(ids, rows, clear)
