"""Work on sequences of different lengths: batches of nearly equal length waste little on padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = ["by_length"]


def by_length(lengths: Sequence[int], cells: int, most: int = 256) -> Iterator[list[int]]:
    """Places of sequences in batches, longest first, so that what has no room fails at once.

    Args:
        lengths: Of the sequences.
        cells: A batch's number of sequences times the length of its longest is at most this (a longer one goes alone).
        most: At most so many sequences in a batch.
    """
    order = sorted(range(len(lengths)), key=lambda place: (-lengths[place], place))
    first = 0
    while first < len(order):
        size = max(1, min(most, cells // max(1, lengths[order[first]])))
        yield order[first : first + size]
        first += size
