"""Turns about one object that is marked by a box."""

from __future__ import annotations

import polars as pl

from vlit_hub.drafting.boxes import write_boxes
from vlit_hub.plugins.strategies.rule_conversations.about_attributes import attributed
from vlit_hub.plugins.strategies.rule_conversations.about_objects import side_of
from vlit_hub.plugins.strategies.rule_conversations.facts import Facts
from vlit_hub.plugins.strategies.rule_conversations.places import place
from vlit_hub.plugins.strategies.rule_conversations.turns import OPENING, hashed, turns

__all__ = ["beside", "colour_of", "edge", "only", "order", "other", "place_of", "posture_of", "shape", "share", "what"]

_AT_EDGE, _OFF_EDGE = 0.002, 0.03  # distance from the edge as a share of the image's side
_BROAD = 1.25  # times as long as the other side
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_APART = 0.02  # of the image's width, between both the left and the right sides of neighbours


def _turns(frame: pl.DataFrame, number: int, **values: pl.Expr | pl.Series | str) -> pl.DataFrame:
    return turns(frame, object=pl.col("row"), thread=number, key=number, phase=0, **values)


def what(facts: Facts) -> pl.DataFrame:
    """What the box marks; begins every conversation."""
    marked = facts.marked
    boxes = write_boxes(marked, facts.images, facts.options.box_format)
    return _turns(marked, OPENING, round=pl.lit(-1), outcome="known", box=boxes.text).filter(boxes.fault.is_null())


def other(facts: Facts) -> pl.DataFrame:
    """Whether it is something that isn't in the image at all: a box round a rider has a part of the horse in it."""
    absent = facts.likely_absent.select("image_id", another_said="said", another_code="code")
    pairs = facts.marked.join(absent, on="image_id", maintain_order="left")
    return turns(pairs, object=pl.col("row"), thread=1, key=pl.col("another_code"), phase=0, outcome="no")


def place_of(facts: Facts) -> pl.DataFrame:
    """In which part of the picture it is."""
    return _turns(facts.marked.with_columns(part=place()).drop_nulls("part"), 2, outcome="known")


def only(facts: Facts) -> pl.DataFrame:
    """Whether it is the only one of its category."""
    counted = facts.counted.select("image_id", "code", "number", "the_only")
    found = facts.marked.join(counted, on=["image_id", "code"], maintain_order="left")
    return _turns(found, 3, outcome=pl.when("the_only").then(pl.lit("yes")).otherwise(pl.lit("no")))


def order(facts: Facts) -> pl.DataFrame:
    """Which of several it is, counted from the left; their left and right sides have to come in the same order, plainly."""
    counted = facts.counted.filter(pl.col("number").is_between(2, len(_ORDINALS))).select("image_id", "code", "number")
    all_of = facts.objects.join(counted, on=["image_id", "code"], maintain_order="left").sort(
        "image_id", "code", "source", "x1", maintain_order=True
    )
    group = ["image_id", "code", "source"]
    gaps = [(pl.col(side).diff().over(group) < _APART * pl.col("width")).fill_null(False) for side in ("x1", "x2")]
    all_of = all_of.with_columns(
        ordinal=pl.int_range(pl.len()).over(group),
        unclear=(gaps[0] | gaps[1]).any().over(group),
        there=pl.len().over(group),
    ).filter(~pl.col("unclear") & (pl.col("there") == pl.col("number")))
    ordinal = pl.col("ordinal").replace_strict(dict(enumerate(_ORDINALS)), return_dtype=pl.String())
    found = facts.marked.join(all_of.select("row", "number", ordinal), on="row", maintain_order="left")
    return _turns(found, 4, outcome="known")


def beside(facts: Facts) -> pl.DataFrame:
    """On which side of another object, the only one of its category, it is."""
    columns = ["image_id", "category", "said", "x1", "y1", "x2", "y2"]
    single = facts.singles.select(columns).rename(lambda name: name if name == "image_id" else f"other_{name}")
    pairs = facts.marked.join(single, on="image_id", maintain_order="left")
    pairs = pairs.filter(pl.col("category") != pl.col("other_category"))
    pairs = pairs.with_columns(side=side_of("other_")).drop_nulls("side")
    key = hashed(pairs["other_category"])
    return turns(pairs, object=pl.col("row"), thread=5, key=key, phase=0, outcome=pl.col("side"))


def share(facts: Facts) -> pl.DataFrame:
    """How much of the image's area the box covers, in steps of 1 percent up to 10 and of 5 above."""
    exact = pl.col("box_share") * 100
    percent = pl.when(exact < 10).then(exact.round()).otherwise((exact / 5).round() * 5).cast(pl.Int64())
    found = facts.marked.with_columns(percent=percent).filter(pl.col("percent").is_between(1, 95))
    return _turns(found, 6, outcome="known")


def edge(facts: Facts) -> pl.DataFrame:
    """Whether the box reaches one edge of the image; nothing is said of boxes that nearly do, or reach several."""
    gaps = {
        "left": pl.col("x1") / pl.col("width"),
        "right": 1 - pl.col("x2") / pl.col("width"),
        "upper": pl.col("y1") / pl.col("height"),
        "lower": 1 - pl.col("y2") / pl.col("height"),
    }
    touched = pl.concat_list(
        [pl.when(gap <= _AT_EDGE).then(pl.lit(name)) for name, gap in gaps.items()]
    ).list.drop_nulls()
    near = pl.sum_horizontal(gap.is_between(_AT_EDGE, _OFF_EDGE, closed="right") for gap in gaps.values())
    found = facts.marked.with_columns(touched=touched, near=near)
    found = found.filter((pl.col("near") == 0) & (pl.col("touched").list.len() <= 1))
    found = found.with_columns(edge=pl.col("touched").list.first().fill_null(""))
    return _turns(found, 7, outcome=pl.when(pl.col("edge") == "").then(pl.lit("no")).otherwise(pl.lit("yes")))


def shape(facts: Facts) -> pl.DataFrame:
    """Whether the box is wide or tall, where it plainly is either."""
    wide, high = pl.col("x2") - pl.col("x1"), pl.col("y2") - pl.col("y1")
    said = pl.when(wide >= _BROAD * high).then(pl.lit("wide")).when(high >= _BROAD * wide).then(pl.lit("tall"))
    return _turns(facts.marked.with_columns(shape=said).drop_nulls("shape"), 8, outcome=pl.col("shape"))


def colour_of(facts: Facts) -> pl.DataFrame:
    """What colour it is; not of people."""
    return _turns(attributed(facts, facts.marked.filter(pl.col("category") != "person"), "colour"), 9, outcome="known")


def posture_of(facts: Facts) -> pl.DataFrame:
    """Whether it stands, sits, ..."""
    alive = facts.marked.filter(pl.col("animal") | (pl.col("category") == "person"))
    return _turns(attributed(facts, alive, "posture"), 10, outcome="known")
