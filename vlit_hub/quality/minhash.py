"""MinHash over the pairs of neighbouring words of texts: which say nearly the same.

The Jaccard similarity of two texts' word pairs is estimated from 64 hashes (Broder 1997), to about 0.05 at 0.8.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.quality.words import split_words

__all__ = ["HASHES", "Signatures", "near_pairs", "sign"]

HASHES, _ROWS = 64, 4
_BLOCK = 1 << 15  # texts whose words are split at a time
_FEW = 1 << 10  # texts whose hashes are taken at a time: they stay in the processor's cache
_ODD = np.uint64(0x9E3779B97F4A7C15)
_Ints = npt.NDArray[np.int64]
Signatures = npt.NDArray[np.uint32]
"""A row a text, of `HASHES` numbers."""


def sign(texts: pl.Series) -> Signatures:
    """The signature of each text; the same for all texts without words."""
    parts = [_sign(texts.slice(first, _BLOCK)) for first in range(0, len(texts), _BLOCK)]
    return np.concatenate(parts) if parts else np.zeros((0, HASHES), np.uint32)


def _sign(texts: pl.Series) -> Signatures:
    """64 minima of hashed word pairs of each text; of a text of one word that word's."""
    words = split_words(texts)
    grams, owners = words.ngrams(2)
    alone = np.flatnonzero(words.counts == 1)
    grams = np.concatenate([grams, words.hashes[words.offsets[alone]]])
    owners = np.concatenate([owners, alone])
    order = np.argsort(owners, kind="stable")
    short = (grams[order] >> np.uint64(32)).astype(np.uint32)  # half the bytes, half the time
    counts = np.bincount(owners, minlength=len(texts))
    return _minima(short, np.cumsum(counts) - counts, counts)


def _minima(numbers: Signatures, starts: _Ints, counts: _Ints) -> Signatures:
    """The least of each hash of each text's numbers, which lie from `starts` on; the largest number for a text of none."""
    factors = np.random.default_rng(0).integers(0, 1 << 32, (2, HASHES), dtype=np.uint32) | np.uint32(1)
    times, plus = factors[0][:, None], factors[1][:, None]
    found = np.empty((len(starts), HASHES), np.uint32)
    by_length = np.argsort(-counts, kind="stable")
    for first in range(0, len(starts), _FEW):
        some = by_length[first : first + _FEW]
        least = np.full((HASHES, len(some)), np.iinfo(np.uint32).max, np.uint32)
        hashed = np.empty_like(least)
        for step in range(counts[some[0]]):  # the first number of all, the second of those that have one, ...
            long = int(np.searchsorted(-counts[some], -step))
            part = hashed[:, :long]
            np.multiply(times, numbers[starts[some[:long]] + step], out=part)
            np.add(part, plus, out=part)
            np.minimum(least[:, :long], part, out=least[:, :long])
        found[some] = least.T
    return found


def near_pairs(
    signatures: Signatures, scopes: npt.NDArray[np.uint64], similarity: float, places: _Ints | None = None
) -> tuple[_Ints, _Ints]:
    """Texts of one scope that are at least so similar.

    Compared are texts that agree in one of 16 bands of 4 hashes (a pair of similarity 0.8 does with a probability of 0.9998),
    each with the first of its band.

    Args:
        signatures: Of `sign`.
        scopes: Of each text.
        similarity: Share of equal word pairs.
        places: The row of each text's signature, where texts that are there often have one for all; their own place if none.
    """
    of = np.arange(len(scopes)) if places is None else places
    left, right = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for first in range(0, HASHES, _ROWS):
        hashed = np.zeros(len(signatures), np.uint64)
        with np.errstate(over="ignore"):
            for row in range(first, first + _ROWS):
                hashed = (hashed ^ signatures[:, row]) * _ODD
                hashed ^= hashed >> np.uint64(32)
            band = (hashed[of] ^ scopes) * _ODD
        part = (band >> np.uint64(42)).astype(np.int64)
        linked = np.flatnonzero(
            np.bincount(part)[part] > 1
        )  # most are alone: sorting the rest takes a third of the time
        _, firsts, groups = np.unique(band[linked], return_index=True, return_inverse=True)
        heads = linked[firsts[groups]]
        linked, heads = linked[linked != heads], heads[linked != heads]
        for start in range(0, len(linked), _BLOCK):
            some, head = linked[start : start + _BLOCK], heads[start : start + _BLOCK]
            near = (signatures[of[some]] == signatures[of[head]]).mean(axis=1) >= similarity
            near &= scopes[some] == scopes[head]
            left.append(head[near])
            right.append(some[near])
    return np.concatenate(left), np.concatenate(right)
