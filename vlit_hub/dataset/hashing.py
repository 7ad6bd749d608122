"""Hashes of many texts at once, by which ids and names are told apart where keeping the texts would take too much memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["contains", "distinct", "hash_lists", "hash_texts", "pairs"]

UInt64s = npt.NDArray[np.uint64]

_WORD = 8
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)


def hash_texts(texts: pa.Array | pa.ChunkedArray) -> UInt64s:
    """64 bits of each text, the same on every machine; a null has those of the empty text.

    The bytes are taken eight at a time, little-endian, each time multiplied and folded (as in FNV); the length begins the hash,
    the finaliser of splitmix64 (Steele, Lea and Flood 2014) ends it.
    """
    if isinstance(texts, pa.ChunkedArray):
        parts = [hash_texts(chunk) for chunk in texts.chunks]
        return np.concatenate(parts) if parts else np.zeros(0, np.uint64)
    _, ends, content = texts.buffers()
    kind = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    if ends is None or not len(texts):
        return np.zeros(len(texts), np.uint64)
    offsets = np.frombuffer(ends, kind)[texts.offset : texts.offset + len(texts) + 1].astype(np.int64)
    first, last = int(offsets[0]), int(offsets[-1])
    data = np.zeros(last - first + _WORD, np.uint8)
    if content is not None:
        data[: last - first] = np.frombuffer(content, np.uint8)[first:last]
    words: UInt64s = np.ndarray((last - first + 1,), "<u8", data, 0, (1,))  # the eight bytes from each byte on
    starts, left = offsets[:-1] - first, np.diff(offsets)
    hashes = left.astype(np.uint64) * _MULTIPLIER
    with np.errstate(over="ignore"):
        for step in range(int(left.min()) // _WORD):  # whole words of all texts
            hashes = _stir(hashes, words[starts + step * _WORD])
        starts += int(left.min()) // _WORD * _WORD
        left -= int(left.min()) // _WORD * _WORD
        rows = np.flatnonzero(left > 0)
        while len(rows):
            word, rest = words[starts[rows]], left[rows]
            beyond = (_WORD - np.minimum(rest, _WORD)).astype(np.uint64) * np.uint64(8)
            hashes[rows] = _stir(hashes[rows], word & (_ALL >> beyond))
            starts[rows] += _WORD
            left[rows] -= _WORD
            rows = rows[rest > _WORD]
    return _mix(hashes)


def _stir(hashes: UInt64s, word: UInt64s) -> UInt64s:
    hashes = (hashes ^ word) * _MULTIPLIER
    hashes ^= hashes >> np.uint64(32)
    return hashes


def hash_lists(lists: pa.Array | pa.ChunkedArray) -> UInt64s:
    """64 bits of each list of texts, in whatever order they stand; 0 for one without texts, or null."""
    if isinstance(lists, pa.ChunkedArray):
        parts = [hash_lists(chunk) for chunk in lists.chunks]
        return np.concatenate(parts) if parts else np.zeros(0, np.uint64)
    hashes = np.zeros(len(lists), np.uint64)
    values = _mix(hash_texts(lists.flatten()))
    if len(values) == len(lists) and not lists.null_count and pc.all(pc.equal(pc.list_value_length(lists), 1)).as_py():
        return values
    owners = pc.list_parent_indices(lists).to_numpy()
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    if len(starts):
        with np.errstate(over="ignore"):
            hashes[owners[starts]] = np.add.reduceat(values, starts)
    return hashes


def distinct(hashes: UInt64s) -> UInt64s:
    """Each hash once, sorted. (`numpy.unique` fills a hash table, which takes ten times as long where most are different.)"""
    ordered = np.sort(hashes)
    found: UInt64s = ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]
    return found


def pairs(hashes: UInt64s) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Places of hashes that are the same: each that stands at an earlier place too, and the last place before it."""
    order = np.argsort(hashes, kind="stable")
    ordered = hashes[order]
    same = np.flatnonzero(ordered[1:] == ordered[:-1])
    return order[same], order[same + 1]


def contains(known: UInt64s, hashes: UInt64s) -> npt.NDArray[np.bool_]:
    """Of each hash, whether it is among known ones, which are sorted."""
    if not len(known):
        return np.zeros(len(hashes), np.bool_)
    places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    found: npt.NDArray[np.bool_] = known[places] == hashes
    return found


def _mix(state: UInt64s) -> UInt64s:
    with np.errstate(over="ignore"):
        z = state + _MULTIPLIER
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed: UInt64s = z ^ (z >> np.uint64(31))
        return mixed
