"""Clusters by density (DBSCAN, Ester et al. 1996) of vectors of length 1, exact, at several distances in one go.

All pairs are compared, block by block, by matrix products of torch: several times as fast as looking neighbours up in a tree,
which is of no use in hundreds of dimensions, and no more than a block of them is ever in memory. Where bfloat16 is fast, a first
product in it leaves out pairs that can't be near; what it leaves is compared in float32, so the clusters are the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vlit_hub.quality.groups import connected

__all__ = ["dbscan"]

_BLOCK = 2048
_MARGIN = 0.015  # the products of vectors of length 1 in bfloat16 are off by less
_FEW = 1 / 32  # of a block's pairs; more are compared by a whole product
_SLACK = 1e-6  # products in float32 are off by less, so that equal vectors are at distance 0

_Ints = npt.NDArray[np.int64]


class _Near(NamedTuple):
    """Pairs of a block that are within the largest distance: rows, columns (numbers of vectors) and their cosines."""

    left: _Ints
    right: _Ints
    cosine: npt.NDArray[np.float32]


def dbscan(
    vectors: npt.NDArray[np.float32],
    distances: Sequence[float],
    least: int,
    counts: npt.NDArray[np.int64] | None = None,
    *,
    bfloat16: bool = False,
) -> list[_Ints]:
    """The cluster of each vector, at each distance.

    A vector with at least `least` vectors (itself counted) within the distance is a core; cores within the distance of each other
    are in one cluster; any other vector is in the cluster of the core that is nearest to it within the distance, or in none.

    Args:
        vectors: Of length 1, a row each.
        distances: 1 - cosine up to which two vectors are near, 0 to 2.
        least: How many vectors near it make a core.
        counts: How often each vector is there; once, if none.
        bfloat16: Sift pairs in bfloat16 first; for machines where that is fast.

    Returns:
        For each distance the vectors' labels: 0, 1, ... in the order of their first core; -1 for those in no cluster.
    """
    size = len(vectors)
    weights = np.ones(size, np.int64) if counts is None else counts
    limits = [1 - distance - _SLACK for distance in distances]
    pairs = _Pairs(vectors, min(limits), bfloat16)
    near = [np.zeros(size, np.int64) for _ in limits]
    for block in pairs.blocks():
        for total, limit in zip(near, limits, strict=True):
            left, right, _ = _within(block, limit)
            total += np.bincount(left, weights[right], size).astype(np.int64)
            apart = left // _BLOCK != right // _BLOCK  # a block beside the diagonal stands for its mirror image too
            total += np.bincount(right[apart], weights[left[apart]], size).astype(np.int64)
    levels = [_Level(total >= least, limit) for total, limit in zip(near, limits, strict=True)]
    for block in pairs.blocks():
        for level in levels:
            level.add(block)
    return [level.finish() for level in levels]


class _Pairs:
    """All pairs of vectors that are near."""

    def __init__(self, vectors: npt.NDArray[np.float32], limit: float, bfloat16: bool) -> None:
        import torch

        self._size = len(vectors)
        self._vectors = torch.from_numpy(np.ascontiguousarray(vectors))
        self._limit = limit
        self._coarse = self._vectors.bfloat16() if bfloat16 else None

    def blocks(self) -> Iterator[_Near]:
        """By blocks of rows and columns on and above the diagonal; the latter's mirror images are left out."""
        for first in range(0, self._size, _BLOCK):
            for second in range(first, self._size, _BLOCK):
                yield self._near(first, second)

    def _near(self, first: int, second: int) -> _Near:
        import torch

        rows = self._vectors[first : first + _BLOCK]
        columns = self._vectors[second : second + _BLOCK]
        if self._coarse is not None:
            coarse = self._coarse[first : first + _BLOCK] @ self._coarse[second : second + _BLOCK].T
            candidates = torch.nonzero(coarse >= self._limit - _MARGIN)
            if len(candidates) <= _FEW * coarse.numel():
                left, right = candidates.T
                return self._found(left, right, (rows[left] * columns[right]).sum(1), first, second)
        cosines = rows @ columns.T
        left, right = torch.nonzero(cosines >= self._limit).T
        return self._found(left, right, cosines[left, right], first, second)

    def _found(self, left: Any, right: Any, cosines: Any, first: int, second: int) -> _Near:
        return _Near(left.numpy() + first, right.numpy() + second, cosines.numpy())


def _within(block: _Near, limit: float) -> _Near:
    inside = block.cosine >= limit
    return block if inside.all() else _Near(*(part[inside] for part in block))


class _Level:
    """The clusters at one distance, while blocks come in."""

    def __init__(self, core: npt.NDArray[np.bool_], limit: float) -> None:
        self._core = core
        self._limit = limit
        self._labels = np.arange(len(core))  # of cores: the smallest number in their cluster, as far as is known
        self._nearest = np.full(len(core), -1)  # of the others: the nearest core
        self._cosine = np.full(len(core), -np.inf, np.float32)

    def add(self, block: _Near) -> None:
        left, right, cosine = _within(block, self._limit)
        cores = self._core[left], self._core[right]
        self._link(left[cores[0] & cores[1]], right[cores[0] & cores[1]])
        for edge, core, is_edge in ((right, left, cores[0] & ~cores[1]), (left, right, cores[1] & ~cores[0])):
            self._attach(edge[is_edge], core[is_edge], cosine[is_edge])

    def _link(self, left: _Ints, right: _Ints) -> None:
        one, other = self._labels[left], self._labels[right]
        apart = one != other
        if apart.any():
            edges = np.unique(np.stack([one[apart], other[apart]]), axis=1)
            self._labels = connected(len(self._labels), edges[0], edges[1])[self._labels]

    def _attach(self, edge: _Ints, core: _Ints, cosine: npt.NDArray[np.float32]) -> None:
        """Of the cores near a vector the nearest counts; of equally near ones that with the smallest number."""
        order = np.lexsort((core, -cosine, edge))
        first = order[np.unique(edge[order], return_index=True)[1]]
        edge, core, cosine = edge[first], core[first], cosine[first]
        old = self._cosine[edge]
        better = (cosine > old) | ((cosine == old) & (core < self._nearest[edge]))
        self._nearest[edge[better]], self._cosine[edge[better]] = core[better], cosine[better]

    def finish(self) -> _Ints:
        place = np.where(self._core, np.arange(len(self._core)), self._nearest)
        labels = np.where(place >= 0, self._labels[place], -1)
        names = np.unique(labels[self._core])
        return np.where(labels >= 0, np.searchsorted(names, labels), -1)
