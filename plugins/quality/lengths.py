"""How long records are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from vlit_hub.publishing.measuring import count_words
from vlit_hub.quality.indicator import Individual

__all__ = ["Lengths"]


class Lengths(Individual):
    """Words that are read, words that are answered, and turns.

    instruction_words = words of the last instruction and of `input.text`; response_words = words of the last response, a word
    being what stands between spaces and line breaks; turns = 1 + earlier turns. Not in the review; what its word counts say of
    a dataset's style (a word, a sentence, a talk) is often what else differs.
    """

    name = "lengths"
    measures = (
        "Words of the instruction (with the text that goes with it) and of the response, and the number of turns."
    )
    backend = "NumPy"
    reads = ("instruction", "input.text", "response", "history")
    columns = {"instruction_words": pa.int32(), "response_words": pa.int32(), "turns": pa.int32()}

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        """Counts; a text that is null has no words."""
        return pl.DataFrame(
            {
                "instruction_words": _words(records["instruction"]) + _words(records["input.text"]),
                "response_words": _words(records["response"]),
            }
        ).with_columns(turns=1 + records["history"].list.len().fill_null(0))


def _words(texts: pl.Series) -> npt.NDArray[np.int64]:
    return count_words(texts.to_arrow().cast(pa.string())).astype(np.int64)
