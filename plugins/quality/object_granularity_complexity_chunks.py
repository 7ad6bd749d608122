"""Elements of an instruction, by runs of content words: the cheap stand-in for semantic roles."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from vlit_hub.plugins.quality.stop_words import stop_words
from vlit_hub.quality.indicator import Individual
from vlit_hub.quality.words import distinct_texts, split_words

__all__ = ["ObjectGranularityComplexityChunks"]

_MARKS = r"[^\p{L}\p{N}\s'\u2019_-]+"
_BREAK = rf"(^|\s){_MARKS}|{_MARKS}(\s|$)"  # punctuation at the edge of a word, not within (3:30, box/bag)


class ObjectGranularityComplexityChunks(Individual):
    """How many elements an instruction speaks of: runs of words between function words and punctuation.

        "What color is the car in the background?"   ->   color | car | background   ->   3

    The review (principle 8) counts the elements that a parser of semantic dependencies finds; this knows neither roles nor word
    classes: a verb beside its object ("describe people") is one element with it, two objects without a comma are one. It orders
    short requests before long ones, as a parser does. English only.
    """

    name = "object_granularity_complexity_chunks"
    principle = 8
    measures = "Elements of the instruction: runs of words between function words and punctuation (English)."
    backend = "word list"
    reads = ("instruction", "input.text")
    columns = {"instruction_elements_chunks": pa.int32()}

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        """Of the instruction with the text that goes with it; 0 where there are function words only."""
        told, places = distinct_texts(pl.concat([records["instruction"], records["input.text"].alias("instruction")]))
        # `the` ends a run and counts for nothing itself, which is what punctuation is to do
        words = split_words(told.str.replace_all(_BREAK, " the ").str.replace_all("\n", " the "))
        content = (~words.vocabulary.is_in(sorted(stop_words()))).to_numpy()[words.codes]
        begins = content.copy()
        begins[1:] &= ~(content[:-1] & (words.owners[1:] == words.owners[:-1]))
        counts = np.bincount(words.owners[begins], minlength=len(told))[places]
        return pl.DataFrame({"instruction_elements_chunks": counts[: len(records)] + counts[len(records) :]})
