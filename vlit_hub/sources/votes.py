"""Which answer most annotators gave to a question."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

__all__ = ["count_votes"]

_ROWS = 8192  # questions at a time, which stay in a core's cache


def count_votes(answers: pl.Series, chosen: pl.Series | None = None) -> pl.DataFrame:
    """The most frequent answer to each question, how many gave it, and whether another answer has as many.

    Args:
        answers: Lists of the annotators' answers, in file order.
        chosen: The answer that the file itself settles on, taken where no other has more votes; without it, or where it is
            none of the most frequent ones, the first of those is.

    Returns:
        Columns `answer` (null where nobody answered), `votes` and `tied`.

    >>> count_votes(pl.Series([["red", "blue", "blue"], ["no", "yes"]]), pl.Series([None, "yes"])).rows()
    [('blue', 2, False), ('yes', 1, True)]
    """
    flat = answers.list.explode(empty_as_null=False, keep_nulls=False)
    sizes = answers.list.len().fill_null(0).cast(pl.Int64).to_numpy()
    # Compared by 64-bit hashes: that two of ten answers collide has a chance of about 10^-18.
    hashes = flat.hash().to_numpy()
    wanted = None if chosen is None else chosen.hash().to_numpy()
    starts = np.cumsum(sizes) - sizes
    best, votes, tied = np.zeros_like(starts), np.zeros(len(starts), np.int32), np.zeros(len(starts), np.bool_)
    for size in np.unique(sizes[sizes > 0]):
        of_size = np.flatnonzero(sizes == size)
        for rows in np.split(of_size, range(_ROWS, len(of_size), _ROWS)):
            # One column a question, so that every comparison runs over many questions at once.
            given = hashes[starts[rows] + np.arange(size)[:, None]]
            alike = _count_alike(given)
            most = alike.max(axis=0)
            winners = alike == most
            place = winners.argmax(axis=0)
            if wanted is not None:
                liked = winners & (given == wanted[rows])
                place = np.where(liked.any(axis=0), liked.argmax(axis=0), place)
            best[rows] = starts[rows] + place
            votes[rows] = most
            tied[rows] = winners.sum(axis=0) > most  # a winner stands there as often as it has votes
    answered = pl.Series(sizes > 0)
    return pl.DataFrame(
        {"answer": flat.gather(pl.Series(best).set(~answered, None)), "votes": votes, "tied": tied},
        schema={"answer": pl.String(), "votes": pl.Int32(), "tied": pl.Boolean()},
    )


def _count_alike(given: npt.NDArray[np.uint64]) -> npt.NDArray[np.unsignedinteger]:
    """How often each answer stands in its column."""
    alike = np.ones(given.shape, dtype=np.min_scalar_type(len(given)))
    for place in range(len(given) - 1):
        equal = (given[place] == given[place + 1 :]).view(np.uint8)
        alike[place] += equal.sum(axis=0, dtype=alike.dtype)
        alike[place + 1 :] += equal
    return alike
