"""Takes a balanced sample of a dataset."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from vlit_hub.dataset.reading import Dataset
from vlit_hub.quality.balance import Spread, balanced, spread
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.selection import Selection, check_selection, write_selection

__all__ = ["Balanced", "Side", "balance_dataset"]


@dataclass(frozen=True)
class Side:
    """Records by class, the most frequent first, and how evenly they are spread."""

    counts: dict[str, int]
    spread: Spread


@dataclass(frozen=True)
class Balanced:
    """A dataset before and after; `after` is None where no sample was asked for."""

    before: Side
    after: Side | None


def balance_dataset(
    dataset: Dataset, by: str, size: int | None, *, out: Path | None = None, seed: int = 0, force: bool = False
) -> Balanced:
    """Count, and take a sample; write it, if a folder is given.

    Args:
        dataset: It.
        by: A column that a filter could ask for: `task`, or an indicator. Null is a class of its own.
        size: How many records to take, of all splits together; none to only count.
        out: Where to write.
        seed: Draws other records.
        force: Write over a dataset that is there.

    Raises:
        UsageError: No such column, it isn't measured, there are fewer records, or `out` can't be written over.
    """
    if out is not None:
        check_selection(dataset, out, force)
    measured = Measured(dataset)
    measured.kind(by)
    classes = measured.read([by])[by]
    before = _side(classes)
    if size is None:
        return Balanced(before, None)
    keep = balanced(dataset.read(["id"])["id"], classes, size, seed)
    after = _side(classes.filter(pl.Series(keep)))
    if out is not None:
        about = {"balance": {"by": by, "size": size, "seed": seed, "counts": after.counts}}
        options = f"--by {by} --size {size} --seed {seed} --out {shlex.quote(out.name)}"
        command = f"vlit-hub balance {shlex.quote(dataset.name)} {options}"
        write_selection(measured, Selection(keep, None, about, command), out)
    return Balanced(before, after)


def _side(classes: pl.Series) -> Side:
    named = classes.cast(pl.String).fill_null("null").alias("class")
    counts = named.value_counts().sort(["count", "class"], descending=[True, False])
    return Side(dict(counts.iter_rows()), spread(counts["count"].to_list()))
