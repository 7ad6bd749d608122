"""Which blocks of vectors are worth comparing: vectors in cells around centres, and the cells nearest to each other.

The inverted file of approximate nearest neighbour search (Jégou et al. 2011), on blocks: centres by a few rounds of k-means on a
sample, each vector in the cell of its nearest centre, and only blocks that have neighbouring cells compared. Near vectors are in
one cell or in neighbouring ones as a rule, not always: a pair that is in neither isn't found.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Neighbourhood", "neighbourhood"]

_ROUNDS = 5
_SAMPLED = 64  # vectors a cell that centres are made of
_PROBED = 24  # neighbours of a cell, itself among them
_ROWS = 1 << 14


class Neighbourhood(NamedTuple):
    """An order of vectors in which those of a cell follow each other.

    Attributes:
        order: The vectors' places, in this order.
        compared: Of blocks of it, which pairs are worth comparing; symmetric.
    """

    order: npt.NDArray[np.int64]
    compared: npt.NDArray[np.bool_]


def neighbourhood(vectors: npt.NDArray[np.float32], block: int) -> Neighbourhood:
    """Order vectors by cells of about half a block, and find neighbouring blocks.

    Args:
        vectors: Of length 1, a row each; the centres are drawn from them by their places.
        block: Vectors in a block.
    """
    import torch

    size = len(vectors)
    cells = max(1, -(-2 * size // block))
    draws = np.random.default_rng(0).permutation(size)[: _SAMPLED * cells]
    centres = torch.from_numpy(vectors[draws[:cells]])
    sample = torch.from_numpy(vectors[np.sort(draws)])
    for _ in range(_ROUNDS):
        nearest = _nearest(sample, centres)
        sums = torch.zeros_like(centres).index_add_(0, nearest, sample)
        lengths = sums.norm(dim=1, keepdim=True)
        centres = torch.where(lengths > 0, sums / lengths.clamp_min(1e-12), centres)
    cell = _nearest(torch.from_numpy(vectors), centres).numpy()
    order = np.argsort(cell, kind="stable")
    probed = (centres @ centres.T).topk(min(_PROBED, cells), dim=1).indices.numpy()
    blocks = -(-size // block)
    here = np.zeros((cells, blocks), np.bool_)
    here[cell[order], np.arange(size) // block] = True
    compared = np.zeros((blocks, blocks), np.bool_)
    for one in range(cells):
        around = here[probed[one]].any(axis=0)
        compared[np.ix_(here[one], around)] = True
    return Neighbourhood(order, compared | compared.T)


def _nearest(vectors: Any, centres: Any) -> Any:
    """The nearest centre of each vector."""
    import torch

    parts = [(vectors[first : first + _ROWS] @ centres.T).argmax(dim=1) for first in range(0, len(vectors), _ROWS)]
    return torch.cat(parts)
