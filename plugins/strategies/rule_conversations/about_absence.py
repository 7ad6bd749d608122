"""Turns about what isn't in the image: plain questions, false premises, choices."""

from __future__ import annotations

import polars as pl

from vlit_hub.draws import draw, salt
from vlit_hub.plugins.strategies.rule_conversations.facts import Facts
from vlit_hub.plugins.strategies.rule_conversations.turns import hashed, turns

__all__ = ["absent", "choice", "premise"]


def absent(facts: Facts) -> pl.DataFrame:
    """Whether a category that isn't there is there."""
    found = facts.likely_absent
    return turns(found, thread=hashed(found["category"]), phase=0, round=2 * pl.col("place"), outcome="no")


def premise(facts: Facts) -> pl.DataFrame:
    """A question that takes an absent object for granted."""
    return absent(facts).with_columns(pl.col("place").cast(pl.Int64()).alias("round"))


def choice(facts: Facts) -> pl.DataFrame:
    """Which of three categories is there: one is. `second_said` and `third_said` aren't; `order` says how they are listed."""
    missing = facts.likely_absent.with_columns(number="place")
    second = missing.filter(pl.col("number") % 2 == 0).select(
        "image_id", trio=pl.col("number") // 2, second_said="said", second_code="code"
    )
    third = missing.filter(pl.col("number") % 2 == 1).select("image_id", trio=pl.col("number") // 2, third_said="said")
    there = facts.present.with_columns(trio=pl.int_range(pl.len()).over("image_id"))
    trios = there.join(second, on=["image_id", "trio"], maintain_order="left").join(
        third, on=["image_id", "trio"], maintain_order="left"
    )
    numbers = draw(salt(facts.options.seed, "choice", "order"), trios["image_id"], trios["code"])
    return turns(
        trios,
        thread=hashed(trios["category"]),
        phase=0,
        outcome="one",
        order=pl.Series(numbers % 3, dtype=pl.Int64()),
    )
