"""The categories of all images together, and the words that speak of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from vlit_hub.drafting.groups import exhaustive_sources
from vlit_hub.frames import Annotations
from vlit_hub.plugins.strategies.rule_conversations.profiles import profile
from vlit_hub.wording.mentions import terms
from vlit_hub.wording.nouns import forms

__all__ = ["Vocabulary", "vocabulary_of"]


@dataclass(frozen=True)
class Vocabulary:
    """What the sources can speak of.

    Attributes:
        categories: All that occur, in the order of the alphabet; a category's code is its place.
        annotated: For each source that annotates all objects of its categories, the codes of those that it has.
        read_words: Texts seen in images, in lower case, that are words of captions, questions or answers, or were read in
            several images: what only one annotator read is often a misreading (`DAKLEY`).
    """

    categories: pl.Series
    annotated: Mapping[str, tuple[int, ...]]
    read_words: pl.Series

    @cached_property
    def coarse(self) -> pl.DataFrame:
        """Words that may mean a category, each with its code: what they mention isn't called absent."""
        return terms(self.categories.to_list())

    @cached_property
    def tagged(self) -> pl.DataFrame:
        """Columns `term`, `code`, `tag`: coarse words (`any`), words that do mean the category (`name`), plurals (`plural`)."""
        coarse = self.coarse
        names, plurals = [], []
        for code, category in enumerate(self.categories):
            own = profile(category)
            label = forms(own.said).label.lower()
            names += [(word.lower(), code) for word in own.words or (label, forms(label).labels.lower())]
        for term, code in coarse.iter_rows():
            said = forms(term)
            plural = said.labels if said.countable else term
            if plural != said.label or (not said.countable and said.are == "are"):
                plurals.append((plural, code))
        schema = {"term": pl.String(), "code": pl.Int64()}
        return pl.concat(
            [
                coarse.with_columns(tag=pl.lit("any")),
                pl.DataFrame(names, schema=schema, orient="row").with_columns(tag=pl.lit("name")),
                pl.DataFrame(plurals, schema=schema, orient="row").with_columns(tag=pl.lit("plural")),
            ]
        ).unique(maintain_order=True)

    @cached_property
    def frame(self) -> pl.DataFrame:
        """A row a category: its code and its profile."""
        listed = [profile(category) for category in self.categories]
        return pl.DataFrame(
            {
                "category": self.categories,
                "code": pl.int_range(len(listed), eager=True),
                "said": [one.said for one in listed],
                "needs_word": [bool(one.words) for one in listed],
                "count": [one.count for one in listed],
                "countable": [forms(one.said).countable for one in listed],
                "striking": [one.striking for one in listed],
                "setting": [one.setting for one in listed],
                "heap": [one.heap for one in listed],
                "animal": [one.animal for one in listed],
                "confused": [list(one.confused) for one in listed],
            },
            schema_overrides={
                **dict.fromkeys(("category", "said", "setting"), pl.String()),
                **dict.fromkeys(("needs_word", "countable", "striking", "heap", "animal"), pl.Boolean()),
                "count": pl.Int64(),
                "confused": pl.List(pl.String()),
            },
        )


def vocabulary_of(annotations: Annotations) -> Vocabulary:
    """The vocabulary of all images."""
    objects = annotations.objects
    categories = pl.concat([objects["category"], annotations.absent["category"]]).drop_nulls().unique().sort()
    code = {category: number for number, category in enumerate(categories)}
    annotated = {}
    for source in exhaustive_sources(annotations):
        own = objects.filter(pl.col("source") == source)["category"].unique().sort()
        annotated[source] = tuple(code[category] for category in own)
    return Vocabulary(categories, annotated, _read_words(annotations))


def _read_words(annotations: Annotations) -> pl.Series:
    texts = annotations.texts.filter("legible").drop_nulls("text")
    read = texts.select("image_id", word=pl.col("text").str.to_lowercase().str.strip_chars())
    if read.is_empty():
        return read["word"]
    often = read.group_by("word").agg(images=pl.col("image_id").n_unique()).filter(pl.col("images") > 1)["word"]
    questions = annotations.questions
    written = [annotations.captions["caption"], questions["question"], questions["answer"]]
    words = pl.concat([_words(texts) for texts in written])
    distinct = read["word"].unique()
    return pl.concat([often, distinct.filter(distinct.is_in(words.implode()))]).unique().sort()


def _words(texts: pl.Series) -> pl.Series:
    return (
        texts.drop_nulls()
        .str.to_lowercase()
        .str.extract_all(r"[\p{L}\p{N}]+(?:['\x{2019}.&-][\p{L}\p{N}]+)*")
        .explode()
        .drop_nulls()
        .unique()
    )
