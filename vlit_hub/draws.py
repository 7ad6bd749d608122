"""Draws by hash: what a record gets depends on the seed and on its own id, never on order, process or PYTHONHASHSEED.

The hash is splitmix64 (Steele, Lea and Flood 2014), written out here, because engines' own `hash()` may change between their
versions.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

__all__ = ["draw", "keys_to_uint64", "salt"]

_UInt64s = npt.NDArray[np.uint64]


def salt(seed: int, *names: str) -> int:
    """A 64-bit salt for one kind of draw (`salt(seed, "image_captioning", "instruction")`)."""
    return xxhash.xxh3_64_intdigest("\x1f".join((str(seed), *names)).encode())


def keys_to_uint64(keys: pl.Series) -> _UInt64s:
    """64 bits of each key: integers as they are, text by its hash."""
    if keys.dtype.is_integer():
        return keys.cast(pl.Int64).to_numpy().view(np.uint64)
    distinct = keys.unique()
    hashes = pl.Series([xxhash.xxh3_64_intdigest(str(key).encode()) for key in distinct], dtype=pl.UInt64)
    found = keys.replace_strict(distinct, hashes, return_dtype=pl.UInt64)
    return found.cast(pl.UInt64).to_numpy()  # an empty series comes back without a type


def draw(salt: int, *keys: pl.Series) -> _UInt64s:
    """One uniform 64-bit number a row, from the salt and the row's keys (as many keys as make the row its own)."""
    state = np.uint64(salt)
    numbers: _UInt64s = np.full(len(keys[0]), state, dtype=np.uint64)
    for key in keys:
        numbers = _splitmix64(numbers ^ keys_to_uint64(key))
    return numbers


def _splitmix64(state: _UInt64s) -> _UInt64s:
    with np.errstate(over="ignore"):
        z = state + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))
