"""Turns about what is in the image: presence, number, place, sides, size."""

from __future__ import annotations

import polars as pl

from vlit_hub.plugins.strategies.rule_conversations.facts import Facts
from vlit_hub.plugins.strategies.rule_conversations.places import place
from vlit_hub.plugins.strategies.rule_conversations.turns import hashed, turns

__all__ = [
    "count",
    "count_people",
    "higher",
    "larger",
    "more",
    "pairs_of_singles",
    "position",
    "present",
    "side",
    "side_check",
]

# Phases of a category's thread.
_STATED, _PLACED, _BESIDE, _COMPARED, _SIZED = 0, 2, 3, 4, 5

PEOPLE = "person"

# Shares of the image's width or height by which boxes must be apart for left and right, and higher and lower.
_APART = 0.02
# How many times larger, by mask and by box, what "takes up more" must be.
_LARGER = 2.0
# So many more there must be for "more": one may have been missed.
_MORE = 2


def present(facts: Facts) -> pl.DataFrame:
    """Whether a category that is there is there."""
    found = facts.present
    outcome = pl.when(pl.col("crowd") | (pl.col("sure_number") > 1)).then(pl.lit("several")).otherwise(pl.lit("one"))
    return turns(found, thread=hashed(found["category"]), phase=_STATED, clear=pl.col("the_only"), outcome=outcome)


def count(facts: Facts) -> pl.DataFrame:
    """How many of a category there are; people have a pool of their own."""
    return _count(facts.counted.filter(pl.col("category") != PEOPLE))


def count_people(facts: Facts) -> pl.DataFrame:
    """How many people there are. Annotators mark a person of whom only a hand is visible, so the wording says so."""
    return _count(facts.counted.filter(pl.col("category") == PEOPLE))


def _count(counted: pl.DataFrame) -> pl.DataFrame:
    outcome = pl.when("the_only").then(pl.lit("one")).otherwise(pl.lit("several"))
    return turns(counted, thread=hashed(counted["category"]), phase=_STATED, clear=pl.col("the_only"), outcome=outcome)


def position(facts: Facts) -> pl.DataFrame:
    """Where the only object of its category is, if that is plainly in one part of the picture."""
    placed = facts.singles.with_columns(part=place()).drop_nulls("part")
    outcome = pl.when(pl.col("category") == PEOPLE).then(pl.lit("person")).otherwise(pl.lit("known"))
    return turns(placed, thread=hashed(placed["category"]), phase=_PLACED, clear=True, outcome=outcome)


def pairs_of_singles(facts: Facts) -> pl.DataFrame:
    """Two objects of an image, each the only one of its category: the columns of one, and `other_...` of the other."""
    columns = [
        "image_id",
        "code",
        "category",
        "said",
        "share",
        "box_share",
        "width",
        "height",
        "source",
        "x1",
        "y1",
        "x2",
        "y2",
    ]
    single = facts.singles.select(columns)
    other = single.drop("width", "height", "source").rename(
        lambda name: name if name == "image_id" else f"other_{name}"
    )
    return single.join(other, on="image_id", maintain_order="left").filter(pl.col("code") != pl.col("other_code"))


def _sided(facts: Facts) -> pl.DataFrame:
    pairs = pairs_of_singles(facts)
    return pairs.with_columns(side=side_of("other_")).drop_nulls("side")


def side_of(prefix: str) -> pl.Expr:
    """`left` or `right` where one box is plainly on that side of the other, else null."""
    apart = _APART * pl.col("width")
    left = pl.col("x2") + apart < pl.col(f"{prefix}x1")
    right = pl.col(f"{prefix}x2") + apart < pl.col("x1")
    return pl.when(left).then(pl.lit("left")).when(right).then(pl.lit("right"))


def side(facts: Facts) -> pl.DataFrame:
    """On which side of another object an object is, for the viewer."""
    sided = _sided(facts)
    return turns(
        sided,
        thread=hashed(sided["category"]),
        phase=_BESIDE,
        key=_pair_key(sided),
        clear=False,
        outcome=pl.col("side"),
    )


def side_check(facts: Facts) -> pl.DataFrame:
    """Whether an object is on the side that is claimed; both claims are there to be drawn."""
    sided = _sided(facts)
    opposite = pl.when(pl.col("side") == "left").then(pl.lit("right")).otherwise(pl.lit("left"))
    both = pl.concat(
        [
            sided.with_columns(claimed=pl.col("side"), opposite=opposite, outcome=pl.lit("yes"), claim=0),
            sided.with_columns(claimed=opposite, opposite=pl.col("side"), outcome=pl.lit("no"), claim=1),
        ]
    )
    return turns(
        both, thread=hashed(both["category"]), phase=_BESIDE, key=_pair_key(both) * 2 + both["claim"], clear=False
    )


def higher(facts: Facts) -> pl.DataFrame:
    """Which of two objects is higher up in the picture: `said`, of which nothing reaches as low as the top of `other_said`."""
    pairs = pairs_of_singles(facts)
    pairs = pairs.filter(pl.col("y2") + _APART * pl.col("height") < pl.col("other_y1"))
    return turns(pairs, thread=hashed(pairs["category"]), phase=_COMPARED, key=_pair_key(pairs), outcome="known")


def larger(facts: Facts) -> pl.DataFrame:
    """Which of two objects takes up more of the picture: `said` does, plainly."""
    pairs = pairs_of_singles(facts)
    by_mask = pl.col("share") >= _LARGER * pl.col("other_share")
    by_box = pl.col("box_share") >= _LARGER * pl.col("other_box_share")
    pairs = pairs.filter(by_mask & by_box)
    return turns(pairs, thread=hashed(pairs["category"]), phase=_SIZED, key=_pair_key(pairs), outcome="known")


def more(facts: Facts) -> pl.DataFrame:
    """Of which of two categories there are plainly more: of `said`."""
    columns = ["image_id", "code", "category", "said", "number", "source"]
    counted = facts.counted.select(columns)
    other = counted.drop("source").rename(lambda name: name if name == "image_id" else f"other_{name}")
    pairs = counted.join(other, on="image_id", maintain_order="left")
    pairs = pairs.filter(pl.col("number") >= pl.col("other_number") + _MORE)
    return turns(pairs, thread=hashed(pairs["category"]), phase=_SIZED + 1, key=_pair_key(pairs), outcome="known")


def _pair_key(pairs: pl.DataFrame) -> pl.Series:
    return pairs["code"].cast(pl.Int64()) * (1 << 20) + pairs["other_code"]
