"""How evenly records are spread over classes (tasks, say), and samples that are spread more evenly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.draws import draw, salt
from vlit_hub.errors import UsageError

__all__ = ["Spread", "balanced", "quotas", "spread"]


@dataclass(frozen=True)
class Spread:
    """How evenly counts are spread (Li et al. 2024, principle 10).

    Attributes:
        classes: How many classes have records.
        variance: Of their counts (over all classes, not n - 1); grows with the size of the dataset.
        cv: Coefficient of variation, standard deviation over mean; 0 is even.
        evenness: Entropy of the shares over ln(classes), in [0, 1]; 1 is even; None of one class.
    """

    classes: int
    variance: float
    cv: float
    evenness: float | None


def spread(counts: Sequence[int]) -> Spread:
    """How evenly these counts are spread; at least one is above 0."""
    there = np.sort(np.array([count for count in counts if count], dtype=np.float64))
    shares = there / there.sum()
    variance = float(there.var())
    entropy = float(-(shares * np.log(shares)).sum())
    return Spread(
        len(there),
        variance,
        math.sqrt(variance) / float(there.mean()),
        entropy / math.log(len(there)) if len(there) > 1 else None,
    )


def quotas(counts: Mapping[str, int], size: int) -> dict[str, int]:
    """How many to take of each class, so that `size` are taken and the counts are as even as they can be.

    Every class gives the same number; one that has fewer gives all, and the others share what it lacks. What doesn't divide
    goes to the largest classes.

    Raises:
        UsageError: There are fewer than `size`.
    """
    if size > sum(counts.values()):
        raise UsageError(f"--size {size:,}: there are {sum(counts.values()):,} records. Ask for fewer.")
    taken: dict[str, int] = {}
    left, classes = size, sorted(counts, key=lambda name: (counts[name], name))
    for place, name in enumerate(classes):
        taken[name] = min(counts[name], left // (len(classes) - place))
        left -= taken[name]
    return {name: taken[name] for name in sorted(taken)}


def balanced(ids: pl.Series, classes: pl.Series, size: int, seed: int) -> npt.NDArray[np.bool_]:
    """Which records to take: so many of each class as `quotas` says, drawn by hash of their ids.

    Args:
        ids: Of the records.
        classes: The class of each; null is a class of its own.
        size: How many records to take.
        seed: Draws others.

    Raises:
        UsageError: There are fewer records.
    """
    named = classes.cast(pl.String).fill_null("null")
    wanted = quotas(dict(named.value_counts().iter_rows()), size)
    frame = pl.DataFrame({"class": named, "draw": draw(salt(seed, "balance"), ids), "id": ids})
    rank = pl.struct("draw", "id").rank("ordinal").over("class")
    quota = pl.col("class").replace_strict(list(wanted), list(wanted.values()), return_dtype=pl.Int64)
    keep: npt.NDArray[np.bool_] = frame.select(rank <= quota).to_series().to_numpy()
    return keep
