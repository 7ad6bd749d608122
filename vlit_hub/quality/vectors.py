"""Vectors of length 1 in columns, and how varied a set of them is."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["Distinct", "column_of", "distinct", "mean_distance", "rows_of", "vendi_score"]

_Vectors = npt.NDArray[np.float32]
_BLOCK = 1 << 14


class Distinct(NamedTuple):
    """Vectors that are all different, and how often each was there."""

    vectors: _Vectors
    counts: npt.NDArray[np.int64]


def rows_of(column: pl.Series) -> tuple[npt.NDArray[np.int64], _Vectors]:
    """Of a column of vectors: the rows that have one, and these vectors."""
    rows = np.flatnonzero(column.is_not_null().to_numpy())
    if not len(rows):
        return rows, np.zeros((0, 0), np.float32)
    flat = column.drop_nulls().explode(empty_as_null=False).to_numpy()
    return rows, flat.reshape(len(rows), -1).astype(np.float32, copy=False)


def column_of(rows: npt.NDArray[np.int64], vectors: _Vectors, length: int) -> pl.Series:
    """A column of so many rows with vectors in these rows, and null in the others."""
    if not len(rows):
        return pl.Series([None] * length, dtype=pl.List(pl.Float32))
    places = np.full(length, -1)
    places[rows] = np.arange(len(rows))
    return pl.Series(vectors).arr.to_list().gather(pl.Series(places).replace(-1, None))


def distinct(vectors: _Vectors) -> Distinct:
    """Equal vectors as one; in an order that doesn't depend on theirs."""
    if not len(vectors):
        return Distinct(vectors, np.zeros(0, np.int64))
    whole = np.ascontiguousarray(vectors)
    as_bytes = whole.view(np.dtype((np.void, whole.shape[1] * whole.itemsize))).ravel()
    _, first, counts = np.unique(as_bytes, return_index=True, return_counts=True)
    return Distinct(whole[first], counts)


def vendi_score(found: Distinct) -> float | None:
    """exp of the entropy of the eigenvalues of X'X / n (Friedman and Dieng 2023, with the cosine as kernel).

    As many wholly different vectors are as varied; at most the number of dimensions.
    """
    if not len(found.vectors):
        return None
    size = found.vectors.shape[1]
    gram = np.zeros((size, size))
    for first in range(0, len(found.vectors), _BLOCK):
        block = found.vectors[first : first + _BLOCK].astype(np.float64)
        gram += (block * found.counts[first : first + _BLOCK, None]).T @ block
    shares = np.linalg.eigvalsh(gram / found.counts.sum())
    shares = shares[shares > 1e-9]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def mean_distance(found: Distinct) -> float | None:
    """Mean of 1 - cosine over all pairs, by the length of the sum: the sum of x_i x_j over pairs i != j is |sum x|^2 - n."""
    count = int(found.counts.sum())
    if count < 2:
        return None
    together = found.counts.astype(np.float64) @ found.vectors.astype(np.float64)
    return 1 - (float(together @ together) - count) / (count * (count - 1))
