"""The order of a mix: how many records of each source come next, and how they lie among each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["BLOCK", "in_turn", "interleaved"]

BLOCK = 1 << 14  # records that are put in order at once

Turn = tuple[list[int], npt.NDArray[np.int64]]
"""How many records of each source come next, and in which order, as places in the sources' records one source after the other."""


def interleaved(counts: Sequence[int], block: int = BLOCK) -> Iterator[Turn]:
    """An order in which every stretch has the sources in their shares.

    Record k of n of a source stands at (k + 1/2) / n of the mix. So among any w records in a row, a source with the share p has
    p·w, give or take 1 + p·(number of sources); and only the block that is being made is looked at.
    """
    whole = sum(counts)
    blocks = max(1, -(-whole // block))
    done = [0] * len(counts)
    for number in range(1, blocks + 1):
        # records with (k + 1/2) / n <= number / blocks, in whole numbers
        ends = [(2 * count * number + blocks) // (2 * blocks) for count in counts]
        places = [
            (np.arange(first, end) * 2 + 1) / (2 * count or 1)
            for first, end, count in zip(done, ends, counts, strict=True)
        ]
        taken = [end - first for first, end in zip(done, ends, strict=True)]
        yield taken, np.argsort(np.concatenate(places), kind="stable")
        done = ends


def in_turn(counts: Sequence[int], block: int = BLOCK) -> Iterator[Turn]:
    """One source after the other."""
    for place, count in enumerate(counts):
        for first in range(0, count, block):
            taken = [0] * len(counts)
            taken[place] = min(block, count - first)
            yield taken, np.arange(taken[place])
