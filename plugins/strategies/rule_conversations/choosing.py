"""Which turns a conversation has, and in which order."""

from __future__ import annotations

import numpy as np
import polars as pl

from vlit_hub.drafting.columns import run_places
from vlit_hub.draws import draw, salt
from vlit_hub.plugins.strategies.rule_conversations.options import Kind, RuleConversationsOptions
from vlit_hub.plugins.strategies.rule_conversations.turns import OPENING

__all__ = ["CONVERSATION", "choose"]

_NOUNS = ("picture", "image")  # not "photo": some are drawn or rendered

CONVERSATION = ["image_id", "object"]
_DRAWN_BY = ["image_id", "object_id"]  # `object` is a row: it depends on which images are worked on together


def choose(candidates: pl.DataFrame, kind: Kind, options: RuleConversationsOptions) -> pl.DataFrame:
    """The turns of conversations of one kind, conversation after conversation and in order.

    Turns of different makers are chosen in turn, so that a conversation has as many kinds of questions as it can; turns of one
    thread follow one another.

    Args:
        candidates: Columns of `TURN_COLUMNS`, `object_id`, `maker` (its number), `row` (in the maker's frame), `pool` (the
            number of the wordings).
        kind: Of the conversations.
        options: How many turns.

    Returns:
        Those of the candidates that are chosen, with `wording` (drawn, to choose wordings by), `nth` (the place among the
        turns of its pool in the conversation), `picture` (what it calls the image) and `following` (whether the turn before
        leaves no doubt what is meant).
    """
    keys = [candidates[name] for name in (*_DRAWN_BY, "maker", "thread", "key")]
    numbers = draw(salt(options.seed, kind, "turn"), *keys)
    drawn = candidates.with_columns(drawn=numbers).sort(*CONVERSATION, "thread", "phase", "drawn")
    drawn = drawn.filter(_place(drawn, *CONVERSATION, "thread", "phase") == 0).sort(*CONVERSATION, "maker", "drawn")
    drawn = drawn.with_columns(pl.coalesce("round", _place(drawn, *CONVERSATION, "maker")).alias("round"))
    drawn = drawn.sort(*CONVERSATION, "round", "drawn")
    lengths = draw(salt(options.seed, kind, "length"), *(drawn[name] for name in _DRAWN_BY))
    wanted = options.least + pl.Series(lengths % (options.most - options.least + 1)).cast(pl.Int64())
    return _ordered(drawn.filter(_place(drawn, *CONVERSATION) < wanted), kind, options)


def _place(turns: pl.DataFrame, *columns: str) -> pl.Series:
    """The place of each row among those that have the same values in these columns, by which `turns` is sorted."""
    return pl.Series(run_places(*(turns[name].to_numpy() for name in columns)), dtype=pl.Int64())


def _ordered(chosen: pl.DataFrame, kind: Kind, options: RuleConversationsOptions) -> pl.DataFrame:
    threads = draw(salt(options.seed, kind, "thread"), *(chosen[name] for name in (*_DRAWN_BY, "thread")))
    opening = (
        pl.when(pl.col("thread") == OPENING).then(pl.lit(0, dtype=pl.UInt64)).otherwise(pl.lit(pl.Series(threads)))
    )
    ordered = chosen.with_columns(order=opening).sort(*CONVERSATION, "order", "phase", "drawn")
    starts = draw(salt(options.seed, kind, "wording"), *(ordered[name] for name in (*_DRAWN_BY, "pool")))
    nouns = draw(salt(options.seed, kind, "noun"), *(ordered[name] for name in _DRAWN_BY))
    same = pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in (*CONVERSATION, "thread"))
    return ordered.with_columns(
        wording=pl.Series(starts >> 1).cast(pl.Int64()),
        nth=pl.int_range(pl.len()).over(*CONVERSATION, "pool"),
        picture=pl.Series(_NOUNS)[(nouns % len(_NOUNS)).astype(np.int64)],
        following=(same & pl.col("clear").shift(1)).fill_null(False),
    )
