"""Turns about colour and posture, as annotators voted; of other attributes nothing is said."""

from __future__ import annotations

import polars as pl

from vlit_hub.plugins.strategies.rule_conversations.facts import Facts
from vlit_hub.plugins.strategies.rule_conversations.profiles import colours, postures
from vlit_hub.plugins.strategies.rule_conversations.turns import hashed, turns

__all__ = ["attributed", "colour", "posture"]

_COLOURED, _POSED = 1, 6  # phases of the category's thread
_MOST_COLOURS = 2


def attributed(facts: Facts, objects: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Those of these objects that have a colour (one or two) or a posture (one): with a column of that name."""
    known = list(colours()) if kind == "colour" else list(postures())
    said = pl.col("attribute").str.to_lowercase().str.strip_chars()
    listed = (
        facts.annotations.attributes.with_columns(attribute=said)
        .filter(pl.col("attribute").is_in(known))
        .group_by("image_id", "object_id")
        .agg(pl.col("attribute").unique().sort(), attribute_source=pl.col("source").first())
    )
    if kind == "colour":
        usable = listed.filter(pl.col("attribute").list.len() <= _MOST_COLOURS)
        words = pl.col("attribute").list.join(" and ")
    else:
        usable = listed.filter(pl.col("attribute").list.len() == 1)
        words = pl.col("attribute").list.first().replace_strict(postures(), return_dtype=pl.String())
    usable = usable.select("image_id", "object_id", "attribute_source", words.alias(kind))
    return objects.join(usable, on=["image_id", "object_id"], maintain_order="left").with_columns(
        source=pl.col("attribute_source")
    )


def colour(facts: Facts) -> pl.DataFrame:
    """What colour the only object of its category is. Not of people: it would be their clothes' or their skin's."""
    coloured = attributed(facts, facts.singles.filter(pl.col("category") != "person"), "colour")
    return turns(coloured, thread=hashed(coloured["category"]), phase=_COLOURED, clear=True, outcome="known")


def posture(facts: Facts) -> pl.DataFrame:
    """Whether the only person or animal of its kind stands, sits, ..."""
    posed = attributed(facts, facts.singles.filter(pl.col("animal") | (pl.col("category") == "person")), "posture")
    return turns(posed, thread=hashed(posed["category"]), phase=_POSED, clear=True, outcome="known")
