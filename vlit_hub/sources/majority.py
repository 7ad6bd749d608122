"""The answer that most annotators gave."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["majority"]

_ROWS = 8192  # questions at a time, which stay in a core's cache


def majority(answers: pl.Series, counts: npt.NDArray[np.int64], preferred: pl.Series | None = None) -> pl.DataFrame:
    """The most frequent answer to each question.

    Args:
        answers: All answers, one question's after the other's.
        counts: How many answers each question has.
        preferred: The answer to take among equally frequent ones, by question; without it, or where it isn't one of them, the
            first in the order of `answers` is taken.

    Returns:
        Columns as in the frame `questions`: `answer`, `votes` (how many gave it) and `tied` (whether another has as many); all
        null for a question without answers.

    >>> majority(pl.Series(["red", "blue", "blue", "red"]), np.array([3, 1]))["answer"].to_list()
    ['blue', 'red']
    """
    # Answers are compared by 64-bit hashes: a collision among one question's answers has a chance of about 10^-18.
    hashes = answers.hash().to_numpy()
    wanted = None if preferred is None else preferred.hash().to_numpy()
    starts = np.cumsum(counts) - counts
    best, votes, tied = np.zeros_like(starts), np.zeros(len(starts), np.int32), np.zeros(len(starts), np.bool_)
    for count in np.unique(counts[counts > 0]):
        of_count = np.flatnonzero(counts == count)
        for rows in np.split(of_count, range(_ROWS, len(of_count), _ROWS)):
            # One column a question, so that every comparison below runs over many questions at once.
            asked = hashes[starts[rows] + np.arange(count)[:, None]]
            same = _counts(asked)
            most = same.max(axis=0)
            winners = same == most
            pick = winners.argmax(axis=0)
            if wanted is not None:
                liked = winners & (asked == wanted[rows])
                pick = np.where(liked.any(axis=0), liked.argmax(axis=0), pick)
            best[rows] = starts[rows] + pick
            votes[rows] = most
            tied[rows] = winners.sum(axis=0) > most  # each winner stands there as often as it has votes
    answered = pl.Series(counts > 0)
    chosen = pl.Series(best).set(~answered, None)
    frame = pl.DataFrame({"answer": answers.gather(chosen), "votes": votes, "tied": tied})
    return frame.with_columns(pl.when(answered).then(pl.col("votes", "tied")))


def _counts(asked: npt.NDArray[np.uint64]) -> npt.NDArray[np.unsignedinteger]:
    """How often each answer stands in its column."""
    same = np.ones(asked.shape, dtype=np.min_scalar_type(len(asked)))
    for one in range(len(asked)):
        for other in range(one + 1, len(asked)):
            equal = (asked[one] == asked[other]).view(np.uint8)
            same[one] += equal
            same[other] += equal
    return same
