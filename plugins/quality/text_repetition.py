"""Texts that go round in circles."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Individual
from vlit_hub.quality.words import distinct_texts, split_words

__all__ = ["TextRepetition"]


class TextRepetition(Individual):
    """Share of a response's word trigrams that it has said before:

        repetition = 1 - (different trigrams) / (all trigrams), in [0, 1)

    0 where nothing is said twice; a model caught in a loop comes near 1. Lists and box coordinates repeat too: compare within a
    task. A fixed length of n-gram, as in Rae et al. 2021 (MassiveText's repetition filters, which use several).
    """

    name = "text_repetition"
    principle = 1
    measures = "Share of the response's runs of three words that it says again, in [0, 1); null under three words."
    backend = "NumPy"
    reads = ("response",)
    columns = {"text_repetition": pa.float32()}

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        """Null where a response has no trigram."""
        texts, places = distinct_texts(records["response"])
        grams, owners = split_words(texts).ngrams(3)
        # text and trigram in one number, which sorts several times faster than two: 24 bits and 40
        keys = np.sort((owners.astype(np.uint64) << np.uint64(40)) | (grams >> np.uint64(24)))
        again = keys[1:][keys[1:] == keys[:-1]] >> np.uint64(40)
        whole = np.bincount(owners, minlength=len(texts))
        repeated = np.bincount(again.astype(np.int64), minlength=len(texts))
        share = np.divide(repeated, whole, out=np.full(len(texts), np.nan), where=whole > 0)
        return pl.DataFrame({"text_repetition": share[places]})
