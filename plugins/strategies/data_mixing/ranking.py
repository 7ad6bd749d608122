"""The records with the smallest draws: which those are depends on no order."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["first_of_each", "smallest"]

_UInt64s = npt.NDArray[np.uint64]
_Ints = npt.NDArray[np.int64]


def smallest(draws: _UInt64s, count: int) -> _Ints:
    """The places of the `count` smallest draws; all, where there are fewer."""
    if count >= len(draws):
        return np.arange(len(draws))
    if count <= 0:
        return np.zeros(0, np.int64)
    found: _Ints = np.argpartition(draws, count - 1)[:count]
    return found


def first_of_each(groups: _UInt64s, draws: _UInt64s, count: int) -> _Ints:
    """The places of the `count` smallest draws of each group."""
    order = np.lexsort((draws, groups))
    ordered = groups[order]
    starts = (
        np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(order) else np.zeros(0, np.int64)
    )
    sizes = np.diff(np.append(starts, len(order)))
    rank = np.arange(len(order)) - np.repeat(starts, sizes)
    found: _Ints = order[rank < count]
    return found
