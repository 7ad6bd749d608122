"""Yes and no to questions whether something is in the image, against the annotations: what two indicators share."""

from __future__ import annotations

from functools import cache
from typing import Any

import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Individual
from vlit_hub.quality.turns import READS, turns
from vlit_hub.wording.naming import words_of_categories
from vlit_hub.wording.word_search import find_words, mark_words

__all__ = ["PresenceClaims"]

_ANSWER = r"(?i)^\W*(yes|no)\b"

_PICTURE = r"(?:(?:the|this|that|a|an) )?(?:given )?(?:image|picture|photo|photograph|pic|scene)"

# All that a question whether a category is in the image is made of, beside the category (`@`). Any other word may narrow it down
# ("a red car", "a dog on the couch"), turn it ("no", "only"), or make it a question about something else ("is it a dog?").
_PARTS = "|".join(
    [
        rf"{_PICTURE}(?: (?:shows?|contains?|have|has|got|includes?|features?|depicts?|display(?:s|ed)?))?",
        r"(?:you|i|we|one) (?:can )?(?:see|spot|find|notice|identify|detect|make out)",
        r"(?:be|to be|being) (?:seen|found|spotted|noticed|detected|made out)",
        r"is|are|does|do|can|could|has|have|there|here|any|some|an?|the|anywhere|visible|present|depicted|shown|appears?|exists?",
        r"(?:an? )?(?:pairs?|pieces?) of|in it|in view|at all|in",
        r"(?:an? |any )?objects? of (?:the|this|that) (?:given )?category(?: (?:named )?below)?",
        r"(?:the|this|that) (?:given )?category(?: (?:named )?below)?",
        r"am i right that|would you say that|i wonder|tell me|say|write|check|look at|whether|if|for|that says|and|please",
        # how to answer
        r"(?:just |only )?(?:with )?(?:an? )?yes or no(?: only)?|without explanation|briefly|concisely",
        r"(?:based|going) (?:on|by)|by looking at|given|about|using|with|use|read|keep|to|respond|as briefly as you can",
        r"(?:only )?give(?: only)?|not in a full sentence|here is",
        r"(?:an? |one )?(?:(?:single |short )?(?:word|phrase)(?: or (?:an? )?(?:short )?phrase)?|few words)(?: is enough)?",
        r"(?:what is )?(?:an? |the |this |following |short |brief )*(?:question|answer|reply|response)s?(?: to| below)*",
        r"an? (?:full |complete )?sentence(?: that says)?",
    ]
)
_WHETHER_THERE = rf"^ (?:(?:{_PARTS}) )*@ (?:(?:{_PARTS}) )*$"


class PresenceClaims(Individual):
    """How often a record's turns say rightly and wrongly, by yes and by no, whether a category of COCO is in the image.

    The questions are those that POPE asks (Li et al. 2023, Evaluating Object Hallucination in Large Vision-Language Models):
    whether a category is there, by its name or a common synonym, with nothing that narrows it down. The answer is the response's
    first word. What is annotated is there. What isn't, isn't there where annotators verified that or looked for all of the
    category, and no other annotation may mention it. Else nobody knows, and the answer doesn't count.
    """

    name = "presence_claims"
    feature = True
    principle = 2
    measures = "Questions whether a category is in the image, by answer and by whether the annotations agree."
    backend = "annotations"
    reads = (
        *READS,
        "annotations.categories",
        "annotations.looked_for",
        "annotations.absent",
        "annotations.supported",
    )
    columns = {
        "presence_yes_right": pa.int32(),
        "presence_yes_wrong": pa.int32(),
        "presence_no_right": pa.int32(),
        "presence_no_wrong": pa.int32(),
    }

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        """All 0 where nothing of the kind is asked; null where the image isn't known."""
        known = records.select(name for name in self.reads if name not in READS).with_row_index("row")
        known = known.drop_nulls("annotations.categories")
        found = _whether_there(_asked(records.select(READS)), known)
        right, yes = pl.col("yes") == pl.col("there"), pl.col("yes")
        counts = found.group_by("row").agg(
            presence_yes_right=(yes & right).sum(),
            presence_yes_wrong=(yes & ~right).sum(),
            presence_no_right=(~yes & right).sum(),
            presence_no_wrong=(~yes & ~right).sum(),
        )
        values = known.select("row").join(counts, on="row", how="left").with_columns(pl.exclude("row").fill_null(0))
        rows = records.select(row=pl.int_range(pl.len(), dtype=pl.get_index_type()))
        return rows.join(values, on="row", how="left", maintain_order="left").select(*self.columns)


def _asked(records: pl.DataFrame) -> pl.DataFrame:
    """The turns that ask whether a category is there: `row`, `yes`, and the `names` of what the word may stand for."""
    said = (
        turns(records)
        .select("row", "question", yes=pl.col("answer").str.extract(_ANSWER).str.to_lowercase() == "yes")
        .drop_nulls()
    )
    words = _words()
    marked = mark_words(pl.col("question"), words["word"]).str.replace_all("  ", " ", literal=True)
    questions = said.select("question").unique(maintain_order=True).filter(marked.str.contains(_WHETHER_THERE))
    named = find_words(questions.with_columns(text="question"), words, longest=True)
    return said.join(named, on="question", maintain_order="left").drop("question")


def _whether_there(asked: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """What is asked and known: `row`, `yes`, and whether any of the names is `there`."""
    kind = known["annotations.categories"].dtype.inner  # type: ignore[attr-defined]
    each = asked.with_row_index("turn").explode("names").with_columns(pl.col("names").cast(kind, strict=False))

    def among(column: str) -> pl.Expr:
        return pl.col(f"annotations.{column}").list.contains(pl.col("names")).fill_null(False)

    return (
        each.join(known, on="row", maintain_order="left")
        .with_columns(present=among("categories"), gone=among("absent") | (among("looked_for") & ~among("supported")))
        .group_by("turn", maintain_order=True)
        .agg(pl.col("row", "yes").first(), there=pl.col("present").any(), gone=pl.col("gone").all())
        .filter(pl.col("there") | pl.col("gone"))
        .select("row", "yes", "there")
    )


@cache
def _words() -> pl.DataFrame:
    """`word`, and the `names` of the categories that it may stand for."""
    words = words_of_categories()
    return pl.DataFrame({"word": list(words), "names": [list(names) for names in words.values()]})
