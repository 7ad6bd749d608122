"""Integer image ids, on which everything joins.

COCO's ids are integers. Other datasets name images by text (Open Images: `0a1b2c3d4e5f6071`, Visual Genome's own ids beside
COCO's): such a key becomes a negative 63-bit hash, so that it never meets a real integer id.
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
import xxhash

from vlit_hub.errors import InputError

__all__ = ["image_id", "image_id_series"]

_MAX_DIGITS = 18  # what fits an Int64 for certain
_PLAIN = rf"^[0-9]{{1,{_MAX_DIGITS}}}$"


def image_id(key: str) -> int:
    """The integer id of an image that a file names `key`.

    >>> image_id("000000296284")
    296284
    >>> image_id("0a1b2c3d4e5f6071") < 0
    True
    """
    if key.isascii() and key.isdigit() and len(key) <= _MAX_DIGITS:
        return int(key)
    return -1 - (xxhash.xxh3_64_intdigest(key.encode()) >> 1)


def image_id_series(keys: Iterable[str], file: object) -> pl.Series:
    """Integer ids of many keys.

    Raises:
        InputError: Two different keys have one id (about one chance in 10^9 for 100,000 images).
    """
    series = pl.Series("image_id", keys, dtype=pl.String())
    if series.str.contains(_PLAIN).all():
        return series.cast(pl.Int64())
    ids: list[int] = []
    owners: dict[int, str] = {}
    for key in series:
        number = image_id(key)
        if number < 0 and owners.setdefault(number, key) != key:
            raise InputError(file, f"images {owners[number]!r} and {key!r} have the same id", "Rename one of them.")
        ids.append(number)
    return pl.Series("image_id", ids, dtype=pl.Int64)
