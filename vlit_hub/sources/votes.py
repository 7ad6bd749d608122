"""Which answer most annotators gave to a question."""

from __future__ import annotations

import numpy as np
import polars as pl

__all__ = ["count_votes"]


def count_votes(answers: pl.Series, chosen: pl.Series | None = None) -> pl.DataFrame:
    """The most frequent answer to each question, how many gave it, and whether another answer has as many.

    Args:
        answers: Lists of the annotators' answers, in file order.
        chosen: The answer that the file itself settles on; it is taken where no other answer has more votes. Without it, the
            first of the most frequent ones is.

    Returns:
        Columns `answer` (null where nobody answered), `votes` and `tied`.
    """
    sizes = answers.list.len().to_numpy()
    rows = np.repeat(np.arange(len(answers)), sizes)
    flat = answers.list.explode(empty_as_null=False, keep_nulls=False)
    if chosen is None:
        votes = np.zeros(len(answers), np.int64)
    else:
        agreeing = (flat == chosen.gather(rows)).fill_null(False).to_numpy()
        votes = np.bincount(rows[agreeing], minlength=len(answers))
    found = pl.DataFrame(
        {
            "answer": pl.Series([None] * len(answers), dtype=pl.String()) if chosen is None else chosen,
            "votes": votes,
            "tied": np.zeros(len(answers), np.bool_),
        },
        schema_overrides={"votes": pl.Int32()},
    )
    # where more than half agree nothing else can have as many; that is most questions, and counting is dear
    open_ = (2 * votes <= sizes) & (sizes > 0)
    unsettled = np.flatnonzero(open_)
    if len(unsettled):
        place = open_[rows]
        modes = _modes(pl.DataFrame({"row": rows[place], "answer": flat.filter(pl.Series(place))}), found["answer"])
        found = found.with_columns(
            answer=found["answer"].scatter(modes["row"].to_numpy(), modes["answer"]),
            votes=found["votes"].scatter(modes["row"].to_numpy(), modes["votes"].cast(pl.Int32())),
            tied=found["tied"].scatter(modes["row"].to_numpy(), modes["tied"]),
        )
    nobody = pl.Series(sizes == 0)
    return found.select(
        answer=pl.when(~nobody).then("answer"),
        votes=pl.when(nobody).then(0).otherwise("votes").cast(pl.Int32()),
        tied="tied",
    )


def _modes(given: pl.DataFrame, chosen: pl.Series) -> pl.DataFrame:
    """Of each row the answer with most votes: the chosen one if it is among them, else the first."""
    counted = given.group_by("row", "answer", maintain_order=True).agg(votes=pl.len())
    most = counted.filter(pl.col("votes") == pl.col("votes").max().over("row"))
    preferred = most.with_columns(preferred=most["answer"] == chosen.gather(most["row"]))
    return preferred.group_by("row", maintain_order=True).agg(
        answer=pl.col("answer")
        .sort_by(pl.col("preferred").fill_null(False), descending=True, maintain_order=True)
        .first(),
        votes=pl.col("votes").first(),
        tied=pl.len() > 1,
    )
