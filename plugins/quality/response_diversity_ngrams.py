"""Diversity of responses by their words: the cheap stand-in for clusters of sentence embeddings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.quality.indicator import Overall, SampleOptions
from vlit_hub.quality.words import Words, split_words

__all__ = ["ResponseDiversityNgrams"]

_SIZE = 512  # hashed n-grams are folded into so many numbers
_BLOCK = 4096


class _Options(SampleOptions):
    sample: pydantic.PositiveInt | None = pydantic.Field(
        20_000, description="Look at so many records, drawn by hash of their ids; the numbers depend on it."
    )


class ResponseDiversityNgrams(Overall):
    """How different the responses of a sample are, by single words and pairs of words:

        distinct_1, distinct_2 = different / all single words, pairs of words (Li et al. 2016)
        effective = exp(-sum l ln l), l the eigenvalues of X'X / n   (Vendi score, Friedman and Dieng 2023)
        distance = mean of 1 - cos(x_i, x_j) over all pairs

    where x_i is a response's counts of words and pairs of words, hashed with signs into 512 numbers (Weinberger et al. 2009) and
    scaled to length 1. `effective` reads as a number of wholly different responses, at most 512. distinct_n falls as the sample
    grows, so compare datasets at one sample size. Words alone: two ways to say one thing count as two, so this isn't
    `response_diversity`.
    """

    name = "response_diversity_ngrams"
    principle = 5
    measures = (
        "Diversity of a sample's responses by hashed words and word pairs: distinct shares, Vendi score, mean"
        " cosine distance."
    )
    backend = "NumPy"
    reads = ("response",)
    columns = {
        "response_distinct_1": pa.float64(),
        "response_distinct_2": pa.float64(),
        "response_effective_ngrams": pa.float64(),
        "response_distance_ngrams": pa.float64(),
    }
    Options = _Options

    def summarise(self, records: pl.DataFrame, options: _Options) -> Mapping[str, float | int | None]:
        """None where no response has the words for it."""
        words = split_words(records["response"])
        ones, twos = words.hashes, words.ngrams(2)[0]
        vectors = _vectors(words)
        filled = vectors[np.abs(vectors).sum(axis=1) > 0]
        return {
            "response_distinct_1": len(np.unique(ones)) / len(ones) if len(ones) else None,
            "response_distinct_2": len(np.unique(twos)) / len(twos) if len(twos) else None,
            "response_effective_ngrams": _vendi(filled) if len(filled) else None,
            "response_distance_ngrams": _distance(filled) if len(filled) > 1 else None,
        }


def _vectors(words: Words) -> npt.NDArray[np.float32]:
    """Each text's hashed counts, of length 1; of a text without words zeros."""
    texts = len(words.counts)
    vectors = np.zeros((texts, _SIZE), np.float32)
    for n in (1, 2):
        grams, owners = words.ngrams(n)
        sign = np.where(grams >> np.uint64(63), np.float32(1), np.float32(-1))
        np.add.at(vectors, (owners, (grams % np.uint64(_SIZE)).astype(np.int64)), sign)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.divide(vectors, lengths, out=vectors, where=lengths > 0)
    return vectors


def _vendi(vectors: npt.NDArray[np.float32]) -> float:
    gram = np.zeros((_SIZE, _SIZE))
    for first in range(0, len(vectors), _BLOCK):
        block = vectors[first : first + _BLOCK]
        gram += block.T @ block
    shares = np.linalg.eigvalsh(gram / len(vectors))
    shares = shares[shares > 1e-9]
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _distance(vectors: npt.NDArray[np.float32]) -> float:
    """By the length of the sum: sum over pairs of x_i x_j = |sum x|^2 - n."""
    count = len(vectors)
    together = float(np.square(vectors.sum(axis=0, dtype=np.float64)).sum())
    return 1 - (together - count) / (count * (count - 1))
