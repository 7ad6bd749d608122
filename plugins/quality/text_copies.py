"""Records that say nearly the same."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.draws import keys_to_uint64
from vlit_hub.quality.groups import connected
from vlit_hub.quality.indicator import Collective, IndicatorOptions
from vlit_hub.quality.words import split_words

__all__ = ["TextCopies"]

_HASHES, _ROWS = 64, 4
_BLOCK = 1 << 17
_UInt32s = npt.NDArray[np.uint32]
_Ints = npt.NDArray[np.int64]


class _Options(IndicatorOptions):
    similarity: float = pydantic.Field(
        0.8, gt=0, le=1, description="Texts that share this much of their word pairs are copies."
    )
    within: Literal["image", "dataset"] = pydantic.Field(
        "image",
        description="Compare the records of one image, or all: the same answer to two images is no copy for most.",
    )


class TextCopies(Collective):
    """Records of nearly the same text, by MinHash over the pairs of neighbouring words of all their turns.

    text_copies = other records in the group; text_copy_rank = 0 for one record of each group (the one with the smallest id), 1,
    2, ... for the others, so that `text_copy_rank == 0` keeps one of each. The Jaccard similarity of two texts' word pairs is
    estimated from 64 hashes (Broder 1997), to about 0.05 at 0.8, for texts that agree in one of 16 bands of 4 hashes (a pair of
    similarity 0.8 does with a probability of 0.9998), each with the first of its band. Groups are chains of pairs.
    """

    name = "text_copies"
    principle = 5
    measures = (
        "Other records of the same image with nearly the same text, and the record's rank among them (0 for "
        "one of each group), by MinHash."
    )
    backend = "NumPy"
    reads = ("id", "dialogue", "source.image_ids")
    columns = {"text_copies": pa.int32(), "text_copy_rank": pa.int32()}
    Options = _Options

    def compare(self, records: pl.DataFrame, options: _Options) -> pl.DataFrame:
        """Every record has values; one without words is a copy of the others without."""
        order = records["id"].arg_sort().to_numpy()  # so that the order of the files changes nothing
        texts = records["dialogue"].gather(order)
        scopes = np.zeros(len(records), np.uint64)
        if options.within == "image":
            images = records["source.image_ids"].gather(order)
            scopes = keys_to_uint64(images.list.join("\x1f").fill_null(""))
        signatures = np.concatenate([_signatures(texts.slice(first, _BLOCK)) for first in range(0, len(texts), _BLOCK)])
        groups = connected(len(texts), *_pairs(signatures, scopes, options.similarity))
        ranked = pl.DataFrame({"row": order, "group": groups}).with_columns(
            text_copies=pl.len().over("group") - 1, text_copy_rank=pl.int_range(pl.len()).over("group")
        )
        return ranked.sort("row").select("text_copies", "text_copy_rank")


def _signatures(texts: pl.Series) -> _UInt32s:
    """64 minima of hashed word pairs of each text; of a text of one word that word's."""
    words = split_words(texts)
    grams, owners = words.ngrams(2)
    alone = np.flatnonzero(words.counts == 1)
    grams = np.concatenate([grams, words.hashes[words.offsets[alone]]])
    owners = np.concatenate([owners, alone])
    order = np.argsort(owners, kind="stable")
    grams, owners = grams[order], owners[order]
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    found = np.full((len(texts), _HASHES), np.iinfo(np.uint32).max, np.uint32)
    if len(grams):
        short = (grams >> np.uint64(32)).astype(np.uint32)  # half the bytes, half the time
        factors = np.random.default_rng(0).integers(0, 1 << 32, (2, _HASHES), dtype=np.uint32) | np.uint32(1)
        hashed = np.empty_like(short)
        with np.errstate(over="ignore"):
            for number in range(_HASHES):
                np.multiply(short, factors[0, number], out=hashed)
                np.add(hashed, factors[1, number], out=hashed)
                found[owners[starts], number] = np.minimum.reduceat(hashed, starts)
    return found


def _pairs(signatures: _UInt32s, scopes: npt.NDArray[np.uint64], similarity: float) -> tuple[_Ints, _Ints]:
    """Texts of one scope, each with the first that it agrees with in a band, where enough of their hashes are the same."""
    left, right = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for first in range(0, _HASHES, _ROWS):
        band = scopes.copy()
        with np.errstate(over="ignore"):
            for row in range(first, first + _ROWS):
                band = (band ^ signatures[:, row]) * np.uint64(0x9E3779B97F4A7C15)
                band ^= band >> np.uint64(32)
        _, firsts, places = np.unique(band, return_index=True, return_inverse=True)
        members = np.arange(len(band))
        heads = firsts[places]
        linked = members[members != heads]
        heads = heads[linked]
        near = (signatures[linked] == signatures[heads]).mean(axis=1) >= similarity
        near &= scopes[linked] == scopes[heads]
        left.append(heads[near])
        right.append(linked[near])
    return np.concatenate(left), np.concatenate(right)
