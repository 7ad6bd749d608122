"""Seeded draws for one image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TypeVar

import xxhash

__all__ = ["Chance"]

T = TypeVar("T")


class Chance:
    """Draws that depend only on the seed, the image's number and what they are for.

    Everything goes through `Random.random()`, whose sequence Python keeps the same between versions.
    """

    def __init__(self, seed: int, image: int, purpose: str) -> None:
        self._next = Random(xxhash.xxh64_intdigest(f"{seed} {image} {purpose}".encode())).random

    def between(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self._next()

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self._next() * (high - low + 1))

    def happens(self, probability: float) -> bool:
        """True with this probability."""
        return self._next() < probability

    def one(self, items: Sequence[T]) -> T:
        """One of the items, each as likely."""
        return items[int(self._next() * len(items))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """One of the keys, as likely as its weight."""
        left = self._next() * sum(weights.values())
        for item, weight in weights.items():
            left -= weight
            if left < 0:
                return item
        return item

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """`count` different items (all, if there are fewer), in drawn order."""
        rest = list(items)
        return [rest.pop(int(self._next() * len(rest))) for _ in range(min(count, len(rest)))]
