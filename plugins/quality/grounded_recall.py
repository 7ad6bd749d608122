"""How much of what is annotated in the image a record speaks of."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Individual
from vlit_hub.wording.mentions import terms
from vlit_hub.wording.naming import words_of_categories
from vlit_hub.wording.nouns import forms
from vlit_hub.wording.word_search import find_words

__all__ = ["GroundedRecall"]


class GroundedRecall(Individual):
    """Share of the categories annotated in the record's images that any of its turns mentions:

        grounded_recall = |annotated and mentioned| / |annotated|, in [0, 1]

    A stand-in for the matching degree (Li et al. 2024, section 4.2.3, principle 2) that needs no model: a text about another
    photo mentions little of what is in this one. A category is mentioned by its name, the last word of its name ("glass"), or a
    common other word, as whole words, singular or plural; and in denials too. Low isn't wrong: a question about one thing
    mentions one. So compare records of one task. Null where nothing is annotated. English only.
    """

    name = "grounded_recall"
    principle = 2
    measures = "Share of the categories annotated in the image that the record mentions; null where none is annotated."
    backend = "annotations"
    reads = ("dialogue", "annotations.categories")
    columns = {"grounded_recall": pa.float32()}

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        """Null where the image isn't known."""
        rows = records.select("dialogue", annotated="annotations.categories").with_row_index("row")
        pairs = rows.select("row", category="annotated").explode("category", empty_as_null=False, keep_nulls=False)
        pairs = pairs.with_columns(pl.col("category").cast(pl.String))
        spoken = (
            rows.join(pairs.select("row").unique(), on="row", how="semi").select("row", text="dialogue").drop_nulls()
        )
        found = find_words(spoken, _words(tuple(pairs["category"].unique().sort())), longest=False).unique()
        shared = pairs.join(found, on=["row", "category"], how="semi").group_by("row").agg(mentioned=pl.len())
        share = pl.col("mentioned").fill_null(0) / pl.col("annotated").list.len()
        return rows.join(shared, on="row", how="left", maintain_order="left").select(
            grounded_recall=pl.when(pl.col("annotated").list.len() > 0).then(share)
        )


@lru_cache(maxsize=8)
def _words(categories: tuple[str, ...]) -> pl.DataFrame:
    """The words that mention categories: `word` and `category`."""
    listed = [(term, categories[code]) for term, code in terms(categories).iter_rows()]
    known = set(categories)
    listed += [(word, name) for word, names in words_of_categories().items() for name in names if name in known]
    pairs = {(said, name) for word, name in listed for said in (word, forms(word).labels.lower())}
    return pl.DataFrame(sorted(pairs), schema={"word": pl.String(), "category": pl.String()}, orient="row")
