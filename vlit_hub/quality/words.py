"""Texts as words, in arrays: what the indicators of texts count."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from vlit_hub.draws import keys_to_uint64

__all__ = ["Turns", "Words", "distinct_texts", "mean_by_text", "split_words", "turns"]

_UInt64s = npt.NDArray[np.uint64]
_Ints = npt.NDArray[np.int64]

_EDGES = r"^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$"


@dataclass(frozen=True)
class Words:
    """The words of texts, one text after the other.

    Attributes:
        codes: Each word, as its place in `vocabulary`.
        offsets: Where each text's words begin; one more than there are texts.
        vocabulary: The different words, in lower case.
    """

    codes: npt.NDArray[np.int32]
    offsets: _Ints
    vocabulary: pl.Series

    @cached_property
    def counts(self) -> _Ints:
        """How many words each text has."""
        return np.diff(self.offsets)

    @cached_property
    def hashes(self) -> _UInt64s:
        """A 64-bit hash of each word, the same in every dataset."""
        return keys_to_uint64(self.vocabulary)[self.codes] if len(self.codes) else np.zeros(0, np.uint64)

    @cached_property
    def owners(self) -> _Ints:
        """The text that each word is of."""
        return np.repeat(np.arange(len(self.counts)), self.counts)

    def ngrams(self, n: int) -> tuple[_UInt64s, _Ints]:
        """Hashes of all runs of `n` words within a text, and the text that each is of."""
        if len(self.codes) < n:
            return np.zeros(0, np.uint64), np.zeros(0, np.int64)
        last = len(self.codes) - n + 1
        grams = np.zeros(last, np.uint64)
        with np.errstate(over="ignore"):
            for step in range(n):
                grams = (grams ^ self.hashes[step : step + last]) * np.uint64(0x9E3779B97F4A7C15)
                grams ^= grams >> np.uint64(29)
        whole = self.owners[:last] == self.owners[n - 1 :]
        return grams[whole], self.owners[:last][whole]


def split_words(texts: pl.Series) -> Words:
    """Words in lower case: what stands between white space, without the punctuation around it. Null has no words."""
    lower = texts.fill_null("").str.to_lowercase().to_arrow().cast(pa.large_string())
    pieces = pc.ascii_split_whitespace(lower)  # a third of the time that regular expressions take
    found = pc.dictionary_encode(pieces.values)
    offsets = np.asarray(pieces.offsets, dtype=np.int64)
    bare = pl.Series(found.dictionary).str.replace_all(_EDGES, "")
    words = pc.dictionary_encode(bare.to_arrow())
    codes = np.asarray(words.indices, dtype=np.int32)[np.asarray(found.indices)] if len(bare) else np.zeros(0, np.int32)
    vocabulary = pl.Series("word", words.dictionary, dtype=pl.String)
    nothing = vocabulary.eq("").arg_true()
    if len(nothing):  # white space beside white space, and punctuation on its own
        filled = codes != nothing[0]
        offsets = np.concatenate([[0], np.cumsum(filled)])[offsets]
        codes = codes[filled]
        codes = codes - (codes > nothing[0])
        vocabulary = vocabulary.filter(vocabulary != "")
    return Words(codes.astype(np.int32), offsets, vocabulary)


def distinct_texts(texts: pl.Series) -> tuple[pl.Series, _Ints]:
    """Each different text once, in the order of their first, and the place of each among them; null is the empty text.

    Instructions are drawn from pools, and answers are often the same word: what is counted in a text is counted once.
    """
    found = pc.dictionary_encode(texts.fill_null("").to_arrow().cast(pa.large_string()))
    return pl.Series("text", found.dictionary, dtype=pl.String), np.asarray(found.indices, dtype=np.int64)


@dataclass(frozen=True)
class Turns:
    """All that is said in records, text by text.

    Attributes:
        texts: The different ones.
        places: Each text of a record, as its place in `texts`.
        owners: The record that each is of.
        records: How many there are.
    """

    READS: ClassVar[tuple[str, ...]] = ("instruction", "input.text", "response", "history")

    texts: pl.Series
    places: _Ints
    owners: _Ints
    records: int

    def sums(self, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Of a value of each different text, each record's sum over its texts."""
        found: npt.NDArray[np.float64] = np.bincount(
            self.owners, weights=values[self.places], minlength=self.records
        ).astype(np.float64)
        return found


def turns(records: pl.DataFrame) -> Turns:
    """The texts of records, of which the columns `Turns.READS` are given: the last turn with its text, and earlier ones."""
    parts = [records[name] for name in Turns.READS[:3]]
    rows = np.arange(len(records))
    owners = [rows] * len(parts)
    lengths = records["history"].list.len().fill_null(0).to_numpy()
    if lengths.any():
        earlier = records["history"].explode(empty_as_null=False, keep_nulls=False).struct.unnest()
        parts += earlier.get_columns()
        owners += [rows.repeat(lengths)] * earlier.width
    texts, places = distinct_texts(pl.concat(part.rename("text") for part in parts))
    return Turns(texts, places, np.concatenate(owners), len(records))


def mean_by_text(values: npt.NDArray[np.floating], owners: _Ints, texts: int) -> npt.NDArray[np.float64]:
    """The mean of the values of each text; NaN where it has none."""
    counts = np.bincount(owners, minlength=texts)
    sums = np.bincount(owners, weights=values, minlength=texts)
    means: npt.NDArray[np.float64] = np.divide(sums, counts, out=np.full(texts, np.nan), where=counts > 0)
    return means
