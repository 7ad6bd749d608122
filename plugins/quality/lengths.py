"""How long records are."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Individual

__all__ = ["Lengths"]

# White space that a word may follow; a regular expression takes several times as long.
_BLANKS = ("\n", "\t", "\r")


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
    backend = "Polars"
    reads = ("instruction", "input.text", "response", "history")
    columns = {"instruction_words": pa.int32(), "response_words": pa.int32(), "turns": pa.int32()}

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        """Counts; a text that is null has no words."""
        history = records["history"]
        earlier = history.list.len().fill_null(0) if history.dtype == pl.List else pl.lit(0)
        return records.select(
            instruction_words=_words("instruction") + _words("input.text"),
            response_words=_words("response"),
            turns=1 + earlier,
        )


def _words(column: str) -> pl.Expr:
    text = pl.col(column).cast(pl.String).fill_null("")
    for blank in _BLANKS:
        text = text.str.replace_all(blank, " ", literal=True)
    pieces = text.str.split(" ")
    return pieces.list.len().cast(pl.Int64) - pieces.list.count_matches("").cast(pl.Int64)
