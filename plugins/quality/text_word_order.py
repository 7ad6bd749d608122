"""Whether words stand in an order that the rest of the dataset knows."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Collective
from vlit_hub.quality.words import mean_by_text, split_words

__all__ = ["TextWordOrder"]

_PRIOR = 0.5  # how often a pair counts as seen, on top of what is expected by chance


class TextWordOrder(Collective):
    """Mean association of neighbouring words, counted in the dataset's own texts:

        order = 1/M * sum over neighbours (a, b) of ln [ (c(ab) - 1 + k) / (e(ab) + k) ],   e(ab) = c(a) c(b) / N,   k = 0.5

    the smoothed pointwise mutual information of the pair (Church and Hanks 1990), each text's own pair left out of the count.
    Above 0 where neighbours follow each other more often than chance puts them together; around 0 and below for shuffled words.
    What a unigram model is blind to. It needs a dataset large enough to know its own phrases: under some hundred texts it says
    little, and rare topics score lower than stock phrases. English and other languages that put spaces between words.
    """

    name = "text_word_order"
    principle = 1
    measures = (
        "Mean smoothed mutual information of neighbouring words of the response, by the dataset's own counts;"
        " shuffled words are near 0 or below. Null under two words."
    )
    backend = "NumPy"
    reads = ("response",)
    columns = {"text_word_order": pa.float32()}

    def compare(self, records: pl.DataFrame, options: Any) -> pl.DataFrame:
        """Null where a response has fewer than two words."""
        words = split_words(records["response"])
        if len(words.codes) < 2:
            return pl.DataFrame({"text_word_order": np.full(len(records), np.nan)})
        size = len(words.vocabulary)
        within = words.owners[1:] == words.owners[:-1]
        left, right = words.codes[:-1][within].astype(np.int64), words.codes[1:][within].astype(np.int64)
        pairs, places, counts = np.unique(left * size + right, return_inverse=True, return_counts=True)
        firsts, seconds = np.bincount(left, minlength=size), np.bincount(right, minlength=size)
        expected = firsts[pairs // size] * seconds[pairs % size] / max(len(left), 1)
        scores = np.log((counts - 1 + _PRIOR) / (expected + _PRIOR))
        return pl.DataFrame({"text_word_order": mean_by_text(scores[places], words.owners[1:][within], len(records))})
