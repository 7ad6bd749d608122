"""Groups of things that are linked in pairs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["connected"]

_Ints = npt.NDArray[np.int64]


def connected(size: int, left: _Ints, right: _Ints) -> _Ints:
    """For each of `size` things the smallest number in its group: those that the pairs `left[i]`, `right[i]` link, at any remove.

    Labels spread along the links and jump to their own label's label, so that the rounds are few however long a chain is.
    """
    labels = np.arange(size)
    while True:
        before = labels.copy()
        np.minimum.at(labels, left, before[right])
        np.minimum.at(labels, right, before[left])
        labels = labels[labels]
        if np.array_equal(labels, before):
            return labels
