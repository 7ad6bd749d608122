"""Which records are taken, and how often.

A source whose part is fixed (by a proportion, a number of records, a temperature) is a pool of its own; all others are one pool
together. Within a pool, `balance` or a temperature over tasks says how many records each class gives. Records are drawn by hash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from vlit_hub.errors import UsageError
from vlit_hub.plugins.strategies.data_mixing.candidates import Candidates
from vlit_hub.plugins.strategies.data_mixing.ranking import smallest
from vlit_hub.plugins.strategies.data_mixing.recipe import Recipe
from vlit_hub.plugins.strategies.data_mixing.shares import apportion, largest_size, tempered
from vlit_hub.quality.balance import quotas

__all__ = ["Copies", "Names", "asked_shares", "choose"]

Copies = npt.NDArray[np.int32]
"""Of each record of a source, how often it is taken."""


Names = Mapping[str, Sequence[str]]
"""The names of tasks and of granularities, as `tasks` and `granularities`."""


@dataclass(frozen=True)
class _Pool:
    """Sources that are drawn from together, and how many records."""

    sources: tuple[Candidates, ...]
    size: int

    @property
    def upsample(self) -> bool:
        return all(one.source.upsample for one in self.sources)


def asked_shares(recipe: Recipe, sources: Sequence[Candidates]) -> list[Fraction] | None:
    """The share of the mix that each source was asked for; None where its part isn't a share."""
    if recipe.shares is not None:
        return recipe.shares
    if recipe.temperature is not None and recipe.temperature.over == "sources":
        return tempered([one.left for one in sources], recipe.temperature.value)
    return None


def choose(recipe: Recipe, sources: Sequence[Candidates], names: Names) -> list[Copies]:
    """How often each record of each source is taken.

    Args:
        recipe: It.
        sources: What may be chosen from.
        names: The names of their tasks and granularities.

    Raises:
        UsageError: A source or a task has fewer records than its part, or nothing says how many to take.
    """
    copies = {id(one): np.zeros(len(one.keep), np.int32) for one in sources}
    for pool in _pools(recipe, sources, names):
        _draw(recipe, pool, names, [copies[id(one)] for one in pool.sources])
    return [copies[id(one)] for one in sources]


def _pools(recipe: Recipe, sources: Sequence[Candidates], names: Names) -> list[_Pool]:
    shares = asked_shares(recipe, sources)
    if shares is not None:
        return _shared(recipe, sources, shares)
    alone = [one for one in sources if one.source.recipe.records is not None]
    pools = [_Pool((one,), one.source.recipe.records or 0) for one in alone]
    for pool, one in zip(pools, alone, strict=True):
        if pool.size > one.left and not one.source.upsample:
            raise _short(one, f"records: {pool.size:,}", pool.size)
    rest = tuple(one for one in sources if one.source.recipe.records is None)
    if rest:
        pools.append(_Pool(rest, _size_of_rest(recipe, rest, len(names["tasks"]))))
    return pools


def _shared(recipe: Recipe, sources: Sequence[Candidates], shares: Sequence[Fraction]) -> list[_Pool]:
    for one, share in zip(sources, shares, strict=True):
        if not one.left and (share or len(sources) == 1):
            raise _short(one, f"its share of {float(share):g}", 1)
    there = [None if one.source.upsample else one.left for one in sources]
    largest = largest_size(shares, there)
    size = recipe.size or largest
    if not size:
        raise UsageError(
            "no size is given, and every source may be repeated, so nothing bounds the mix. Pass --size N."
        )
    pools = [_Pool((one,), part) for one, part in zip(sources, apportion(size, shares), strict=True)]
    for pool, share, count in zip(pools, shares, there, strict=True):
        if count is not None and pool.size > count:
            asked = f"its share of {float(share):.4g} of {size:,} is {pool.size:,}"
            raise _short(pool.sources[0], asked, pool.size, largest)
    return pools


def _size_of_rest(recipe: Recipe, rest: tuple[Candidates, ...], tasks: int) -> int:
    left = sum(one.left for one in rest)
    upsample = all(one.source.upsample for one in rest)
    if recipe.size is not None:
        if recipe.size > left and not upsample:
            raise UsageError(
                f"--size {recipe.size:,}: the sources have {left:,} records. Pass --upsample to repeat records, or a "
                f"--size of at most {left:,}."
            )
        return recipe.size
    if recipe.temperature is None:
        return left
    counts = _counts(rest, tasks)
    size = largest_size(tempered(counts, recipe.temperature.value), [None if upsample else count for count in counts])
    if size is None:
        raise UsageError(
            "no size is given, and every source may be repeated, so nothing bounds the mix. Pass --size N."
        )
    return size


def _short(one: Candidates, asked: str, wanted: int, largest: int | None = None) -> UsageError:
    left = f"{one.source.name} has {one.left:,} records"
    if one.removed:
        left += f" left of {one.source.rows:,} ({', '.join(f'{why} {count:,}' for why, count in one.removed.items())})"
    if not one.left:
        return UsageError(f"{left}, so it can't give {asked}. Loosen what leaves them out, or take the source out.")
    smaller = f", or a --size of at most {largest:,}" if largest else ""
    return UsageError(
        f"{left}, and {asked}: {wanted - one.left:,} too few. Pass --upsample to repeat records{smaller}."
    )


def _counts(sources: Sequence[Candidates], tasks: int) -> list[int]:
    """Records left of each task."""
    total = np.zeros(tasks, np.int64)
    for one in sources:
        total += np.bincount(one.tasks[one.keep], minlength=tasks)
    return [int(count) for count in total]


def _draw(recipe: Recipe, pool: _Pool, names: Names, copies: Sequence[Copies]) -> None:
    """Take a pool's records: as many copies of all as go into its size, and the rest by class and draw."""
    left = sum(one.left for one in pool.sources)
    if not left or not pool.size:
        return
    owners = np.concatenate([np.full(one.left, place, np.int32) for place, one in enumerate(pool.sources)])
    rows = np.concatenate([np.flatnonzero(one.keep) for one in pool.sources])
    draws = np.concatenate([one.draws(np.flatnonzero(one.keep)) for one in pool.sources])
    taken = np.zeros(left, np.int32)
    field = "granularities" if recipe.balance == "granularity" else "tasks"
    classes = np.concatenate([getattr(one, field)[one.keep] for one in pool.sources])
    for code, part in _parts(recipe, pool, names[field], classes):
        where = np.flatnonzero(classes == code) if code is not None else np.arange(left)
        whole, rest = divmod(part, len(where))
        taken[where] += whole
        taken[where[smallest(draws[where], rest)]] += 1
    for place, found in enumerate(copies):
        own = owners == place
        found[rows[own]] = taken[own]


def _parts(
    recipe: Recipe, pool: _Pool, names: Sequence[str], classes: npt.NDArray[np.int16]
) -> list[tuple[int | None, int]]:
    """How many records of each class, by its place in `names`; None is all classes together."""
    by_tasks = recipe.temperature is not None and recipe.temperature.over == "tasks"
    if recipe.balance is None and not by_tasks:
        return [(None, pool.size)]
    codes = sorted(
        np.unique(classes).tolist(), key=lambda code: names[code]
    )  # by name, so that the order of files is no matter
    counts = {names[code]: int((classes == code).sum()) for code in codes}
    if recipe.balance is not None:
        whole, rest = divmod(pool.size, len(classes))
        even = quotas(counts, rest)
        return [(code, even[names[code]] + whole * counts[names[code]]) for code in codes]
    assert recipe.temperature is not None
    parts = apportion(pool.size, tempered(list(counts.values()), recipe.temperature.value))
    for (name, count), part in zip(counts.items(), parts, strict=True):
        if part > count and not pool.upsample:
            where = ", ".join(one.source.name for one in pool.sources)
            raise UsageError(
                f"the task {name} has {count:,} records in {where}, and temperature {recipe.temperature.value:g} over "
                f"tasks asks for {part:,}. Pass --upsample to repeat records, a smaller --size, or a temperature nearer to 1."
            )
    return list(zip(codes, parts, strict=True))
