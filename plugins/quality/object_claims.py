"""Which objects a record's responses name, and which of these aren't in the image: what the two CHAIR indicators share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Individual
from vlit_hub.quality.turns import READS, turns
from vlit_hub.wording.claims import claims
from vlit_hub.wording.naming import words_of_categories
from vlit_hub.wording.word_search import find_words

__all__ = ["ObjectClaims"]


class ObjectClaims(Individual):
    """The categories of COCO that the responses of all turns name, and those that they claim and no annotation supports.

    Categories are found by COCO's names and common synonyms, as in CHAIR (Rohrbach et al. 2018, Object Hallucination in Image
    Captioning, section 2.1): whole words, singular and plural, the longest name first. As there, what supports an object are
    the annotated objects and the captions; here also all other annotations in words. Otherwise than there, not every mention of
    what isn't supported is an error: it must be claimed to be there, not denied, supposed, asked or compared with, and the words
    around it must leave it its meaning ("bus stop" is no bus). A word with several meanings ("bike") counts against the record
    only where none of them is supported.

    Only categories that were looked for exhaustively count (COCO's instances, not LVIS or Visual Genome). Null for images of
    which nothing was.
    """

    name = "object_claims"
    feature = True
    principle = 2
    measures = "Categories that responses name, and those that they claim and no annotation supports."
    backend = "annotations"
    reads = (*READS, "annotations.looked_for", "annotations.supported")
    columns = {"objects_named": pa.int32(), "objects_unsupported": pa.list_(pa.string())}

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        """Null where the image isn't known or annotated exhaustively."""
        rows = records.with_row_index("row").select("row", "annotations.looked_for", "annotations.supported")
        judged = rows.filter(pl.col("annotations.looked_for").list.len() > 0)
        said = turns(records.select(READS)).select("row", text="answer").drop_nulls()
        said = said.join(judged.select("row"), on="row", how="semi")
        texts = said.select("text").unique(maintain_order=True).with_row_index("place")
        named = (
            find_words(texts, _words(), longest=True)
            .unique()
            .join(said.join(texts, on="text").select("row", "place"), on="place")
        )
        weighed = _weigh(named, judged)
        doubtful = weighed.filter(~pl.col("is_supported"))
        claimed = _claimed(texts, doubtful["place"])
        unsupported = doubtful.join(claimed, on=["place", "meaning"], how="semi")
        lists = unsupported.group_by("row").agg(objects_unsupported=pl.col("category").unique().sort())
        counts = weighed.group_by("row").agg(objects_named=pl.col("category").n_unique())
        found = judged.select("row").join(counts, on="row", how="left").join(lists, on="row", how="left")
        found = found.with_columns(
            pl.col("objects_named").fill_null(0),
            pl.col("objects_unsupported").fill_null(pl.lit([], pl.List(pl.String))),
        )
        return rows.select("row").join(found, on="row", how="left", maintain_order="left").drop("row")


@cache
def _meanings() -> tuple[tuple[str, ...], ...]:
    """What words may stand for, each once."""
    return tuple(sorted(set(words_of_categories().values())))


@cache
def _words() -> pl.DataFrame:
    """`word`, and the place of its meaning."""
    places = {categories: place for place, categories in enumerate(_meanings())}
    words = words_of_categories()
    return pl.DataFrame({"word": list(words), "meaning": [places[categories] for categories in words.values()]})


def _weigh(named: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    """Of what records name (`row`, `place`, `meaning`) that which was looked for: its likeliest `category`, and whether any
    that it may mean `is_supported`."""
    listed = pl.DataFrame({"meaning": range(len(_meanings())), "any_of": [list(names) for names in _meanings()]})
    likeliest = listed.select("meaning", category=pl.col("any_of").list.first())
    kind = judged["annotations.looked_for"].dtype.inner  # type: ignore[attr-defined]
    each = listed.explode("any_of").with_columns(pl.col("any_of").cast(kind, strict=False))
    return (
        named.join(each, on="meaning")
        .join(judged, on="row")
        .with_columns(
            looked_for=pl.col("annotations.looked_for").list.contains(pl.col("any_of")).fill_null(False),
            is_supported=pl.col("annotations.supported").list.contains(pl.col("any_of")).fill_null(False),
        )
        .group_by("row", "place", "meaning")
        .agg(pl.col("looked_for").all(), pl.col("is_supported").any())
        .filter("looked_for")
        .join(likeliest, on="meaning")
    )


def _claimed(texts: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    """What these texts claim: pairs of `place` and `meaning`. Sentence by sentence, so only texts in doubt come here."""
    meaning: dict[Sequence[str], int] = {categories: place for place, categories in enumerate(_meanings())}
    found = [
        (place, meaning[categories])
        for place, text in texts.filter(pl.col("place").is_in(places.unique().implode())).iter_rows()
        for categories in claims(text)
    ]
    schema = {"place": texts.schema["place"], "meaning": pl.Int64()}
    return pl.DataFrame(found, schema=schema, orient="row").unique()
