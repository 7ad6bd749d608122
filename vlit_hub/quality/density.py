"""Clusters by density (DBSCAN, Ester et al. 1996) of vectors of length 1, at several distances in one go.

All pairs are compared, block by block, by matrix products of torch: several times as fast as looking neighbours up in a tree,
which is of no use in hundreds of dimensions, and no more than a block of them is ever in memory. Where bfloat16 is fast, a first
product in it leaves out pairs that can't be near; what it leaves is compared in float32, so the clusters are the same.

The work grows with the square of the vectors. With more than `exact_up_to` of them only blocks of neighbouring cells are compared
(`vlit_hub.quality.cells`), which misses some pairs, so that clusters may be split and vectors be in none; the result says which
share of the pairs was compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vlit_hub.quality.cells import Neighbourhood, neighbourhood
from vlit_hub.quality.groups import connected

__all__ = ["EXACT_UP_TO", "Clusters", "dbscan"]

EXACT_UP_TO = 150_000

_BLOCK = 2048
_MARGIN = 0.015  # the products of vectors of length 1 in bfloat16 are off by less
_FEW = 1 / 32  # of a block's pairs: so few that are near are listed; more are looked at as a whole block
_KEPT = 1 << 24  # so many pairs are kept for the second pass; others are found again
_SLACK = 1e-6  # products in float32 are off by less, so that equal vectors are at distance 0

_Ints = npt.NDArray[np.int64]
_Bools = npt.NDArray[np.bool_]


class _Near(NamedTuple):
    """The pairs of a block that are within the largest distance: rows, columns (numbers of vectors) and their cosines."""

    left: _Ints
    right: _Ints
    cosine: npt.NDArray[np.float32]


class _Whole(NamedTuple):
    """A block with many near pairs: the first of its rows and columns, and all cosines."""

    first: int
    second: int
    cosine: Any


class Clusters(NamedTuple):
    """Attributes:
    labels: For each distance the vectors' labels: 0, 1, ... in the order of their first core; -1 for those in no cluster.
    compared: The share of all pairs that was compared; 1 if the labels are exact.
    """

    labels: list[_Ints]
    compared: float


def dbscan(
    vectors: npt.NDArray[np.float32],
    distances: Sequence[float],
    least: int,
    counts: npt.NDArray[np.int64] | None = None,
    *,
    bfloat16: bool = False,
    exact_up_to: int = EXACT_UP_TO,
) -> Clusters:
    """The cluster of each vector, at each distance.

    A vector with at least `least` vectors (itself counted) within the distance is a core; cores within the distance of each other
    are in one cluster; any other vector is in the cluster of the core that is nearest to it within the distance, or in none.

    Args:
        vectors: Of length 1, a row each.
        distances: 1 - cosine up to which two vectors are near, 0 to 2.
        least: How many vectors near it make a core.
        counts: How often each vector is there; once, if none.
        bfloat16: Sift pairs in bfloat16 first; for machines where that is fast.
        exact_up_to: With more vectors than that, those of neighbouring cells alone are compared.
    """
    size = len(vectors)
    weights = np.ones(size, np.int64) if counts is None else counts
    around = neighbourhood(vectors, _BLOCK) if size > exact_up_to else None
    order = np.arange(size) if around is None else around.order
    levels = [_Level(1 - distance - _SLACK, weights[order]) for distance in distances]
    pairs = _Pairs(vectors, min(level.limit for level in levels), bfloat16, around)
    for block in pairs.blocks():
        for level in levels:
            level.count(block)
    for level in levels:
        level.core = level.total >= least
    for block in pairs.blocks():
        for level in levels:
            level.link(block)
    return Clusters([level.finish(order) for level in levels], pairs.share)


class _Pairs:
    """All pairs of vectors that are near."""

    def __init__(
        self, vectors: npt.NDArray[np.float32], limit: float, bfloat16: bool, around: Neighbourhood | None
    ) -> None:
        import torch

        self._size = len(vectors)
        self._vectors = torch.from_numpy(np.ascontiguousarray(vectors))
        self._limit = limit
        self._order = None if around is None else torch.from_numpy(around.order)
        self._around = around
        blocks = range(0, self._size, _BLOCK)
        self._coarse = torch.cat([self._block(first).bfloat16() for first in blocks]) if bfloat16 and blocks else None
        self._product = torch.empty(_BLOCK * _BLOCK)
        self._mask = np.empty(_BLOCK * _BLOCK, np.bool_)
        self._kept: dict[tuple[int, int], _Near] = {}
        self._room = _KEPT

    @property
    def share(self) -> float:
        """Of all pairs of blocks, those that are compared."""
        return 1.0 if self._around is None else float(self._around.compared.mean())

    def _room_for(self, rows: int, columns: int) -> Any:
        """Memory for a product, the same each time: new memory costs time, and leaves holes between the pairs that are kept."""
        return self._product[: rows * columns].view(rows, columns)

    def _block(self, first: int) -> Any:
        """The vectors from a place on; in the order of the cells, if they are in cells."""
        if self._order is None:
            return self._vectors[first : first + _BLOCK]
        return self._vectors[self._order[first : first + _BLOCK]]

    def blocks(self) -> Iterator[_Near | _Whole]:
        """By blocks of rows and columns on and above the diagonal; the latter's mirror images are left out."""
        for first in range(0, self._size, _BLOCK):
            for second in range(first, self._size, _BLOCK):
                if self._around is not None and not self._around.compared[first // _BLOCK, second // _BLOCK]:
                    continue
                block = self._kept.get((first, second)) or self._near(first, second)
                if isinstance(block, _Near) and (first, second) not in self._kept:
                    self._room -= len(block.left)
                    if self._room >= 0:
                        self._kept[first, second] = block
                yield block

    def _near(self, first: int, second: int) -> _Near | _Whole:
        import torch

        rows, columns = self._block(first), self._block(second)
        few = _FEW * len(rows) * len(columns)
        if self._coarse is not None:
            coarse = self._coarse[first : first + _BLOCK] @ self._coarse[second : second + _BLOCK].T
            maybe = (coarse >= self._limit - _MARGIN).numpy()
            if np.count_nonzero(maybe) <= few:
                left, right = _places(maybe)
                found = (rows[left] * columns[right]).sum(1).numpy()
                return _Near(left + first, right + second, found)
        cosines = self._room_for(len(rows), len(columns))
        torch.mm(rows, columns.T, out=cosines)
        whole = cosines.numpy()
        near = np.greater_equal(whole, self._limit, out=self._mask[: whole.size].reshape(whole.shape))
        if np.count_nonzero(near) > few:  # many times as fast as torch's sum
            return _Whole(first, second, cosines.clone())
        left, right = _places(near)
        return _Near(left + first, right + second, whole[left, right])


def _places(mask: _Bools) -> tuple[_Ints, _Ints]:
    left, right = np.divmod(np.flatnonzero(mask), mask.shape[1])
    return left, right


def _within(block: _Near, limit: float) -> _Near:
    inside = block.cosine >= limit
    return _Near(block.left[inside], block.right[inside], block.cosine[inside])


class _Level:
    """The clusters at one distance, while blocks come in: first to count neighbours, then to link them."""

    def __init__(self, limit: float, weights: _Ints) -> None:
        size = len(weights)
        self.limit = limit
        self.total = np.zeros(size, np.int64)
        self.core: _Bools = np.zeros(size, np.bool_)
        self._weights = weights
        self._labels = np.arange(size)  # of cores: the smallest number in their cluster, as far as is known
        self._nearest = np.full(size, -1)  # of the others: the nearest core
        self._cosine = np.full(size, -np.inf, np.float32)

    def count(self, block: _Near | _Whole) -> None:
        """A block beside the diagonal stands for its mirror image too."""
        if isinstance(block, _Near):
            left, right, _ = _within(block, self.limit)
            self.total += np.bincount(left, self._weights[right], len(self.total)).astype(np.int64)
            apart = left // _BLOCK != right // _BLOCK
            left, right = left[apart], right[apart]
            self.total += np.bincount(right, self._weights[left], len(self.total)).astype(np.int64)
            return
        near = (block.cosine.numpy() >= self.limit).astype(np.float32)
        rows, columns = self._places(block)
        self.total[rows] += (near @ self._weights[columns].astype(np.float32)).astype(np.int64)
        if block.first != block.second:
            self.total[columns] += (self._weights[rows].astype(np.float32) @ near).astype(np.int64)

    def link(self, block: _Near | _Whole) -> None:
        """Cores with cores, others with the nearest core."""
        if isinstance(block, _Near):
            left, right, cosine = _within(block, self.limit)
            one, other = self.core[left], self.core[right]
            self._join(left[one & other], right[one & other])
            self._attach(right[one & ~other], left[one & ~other], cosine[one & ~other])
            self._attach(left[other & ~one], right[other & ~one], cosine[other & ~one])
            return
        rows, columns = self._places(block)
        cosine = block.cosine.numpy()
        near: _Bools = cosine >= self.limit
        near &= self.core[rows, None] & self.core[columns]
        while True:  # each row and each column with one of another cluster, till there is none: a few rounds
            near &= self._labels[rows, None] != self._labels[columns]
            some = np.flatnonzero(near.any(axis=1))
            if not len(some):
                break
            facing = np.flatnonzero(near.any(axis=0))
            left = np.concatenate([some, near[:, facing].argmax(axis=0)])
            right = np.concatenate([near[some].argmax(axis=1), facing])
            self._join(rows[left], columns[right])
        self._attach_rows(rows, columns, cosine)
        self._attach_rows(columns, rows, cosine.T)

    def _places(self, block: _Whole) -> tuple[_Ints, _Ints]:
        height, width = block.cosine.shape
        return np.arange(block.first, block.first + height), np.arange(block.second, block.second + width)

    def _join(self, left: _Ints, right: _Ints) -> None:
        one, other = self._labels[left], self._labels[right]
        apart = one != other
        if apart.any():
            edges = np.unique(one[apart] * len(self._labels) + other[apart])
            self._labels = connected(len(self._labels), *np.divmod(edges, len(self._labels)))[self._labels]

    def _attach_rows(self, rows: _Ints, columns: _Ints, cosine: npt.NDArray[np.float32]) -> None:
        edges, cores = np.flatnonzero(~self.core[rows]), np.flatnonzero(self.core[columns])
        if len(edges) and len(cores):
            part = cosine[np.ix_(edges, cores)]
            best = part.argmax(axis=1)
            found = part[np.arange(len(edges)), best]
            near = found >= self.limit
            self._attach(rows[edges[near]], columns[cores[best[near]]], found[near])

    def _attach(self, edge: _Ints, core: _Ints, cosine: npt.NDArray[np.float32]) -> None:
        """Of the cores near a vector the nearest counts; of equally near ones that with the smallest number."""
        order = np.lexsort((core, -cosine, edge))
        first = order[np.unique(edge[order], return_index=True)[1]]
        edge, core, cosine = edge[first], core[first], cosine[first]
        old = self._cosine[edge]
        better = (cosine > old) | ((cosine == old) & (core < self._nearest[edge]))
        self._nearest[edge[better]], self._cosine[edge[better]] = core[better], cosine[better]

    def finish(self, order: _Ints) -> _Ints:
        """The labels of the vectors as they were given; `order` has the place there of each."""
        place = np.where(self.core, np.arange(len(self.core)), self._nearest)
        labels, core = np.empty_like(place), np.empty_like(self.core)
        labels[order] = np.where(place >= 0, self._labels[place], -1)
        core[order] = self.core
        found, firsts = np.unique(labels[core], return_index=True)
        names = np.full(len(labels), -1)
        names[found[np.argsort(firsts)]] = np.arange(len(found))
        return np.where(labels >= 0, names[labels], -1)
