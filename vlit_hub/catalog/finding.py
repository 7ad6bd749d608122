"""Find entries of the catalogue by name, and filter them. Case, spaces and signs in names don't count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from vlit_hub.catalog.entries import DatasetEntry, Entry, ModelEntry, fold
from vlit_hub.catalog.reading import Catalog
from vlit_hub.errors import UnknownName, UsageError

__all__ = ["Filters", "find"]

_Work = TypeVar("_Work", DatasetEntry, ModelEntry)

_STRATEGIES = {
    **dict.fromkeys(("AA", "annotation adaption", "annotation adaptation"), "AA"),
    **dict.fromkeys(("SI", "self-instruct"), "SI"),
    **dict.fromkeys(("DM", "data mixing"), "DM"),
}
_GRANULARITIES = {
    **dict.fromkeys(("regional", "region", "R"), "regional"),
    **dict.fromkeys(("interleaved", "interleave", "I"), "interleaved"),
}
_UNKNOWN_GRANULARITY = ("global", "G")


class Filters(Struct, frozen=True, kw_only=True):
    """What entries must have, as a user writes it; None: anything.

    Attributes:
        task: A task of Table 10 by name or abbreviation, or one of `vlit_hub.tasks`: all tasks of Table 10 that ask the same.
        strategy: AA, SI or DM, or the words for it. One of the paper's places saying so is enough; AA+SI is both.
        tendency: A leaf of Figure 6's instruction tendency, a branch of it, `specific` (any leaf), or `general` (none).
        granularity: `regional` or `interleaved`.
    """

    task: str | None = None
    strategy: str | None = None
    tendency: str | None = None
    granularity: str | None = None

    def apply(self, catalog: Catalog, works: Sequence[_Work]) -> list[_Work]:
        """The datasets or models that have all of it, in order.

        Raises:
            UnknownName: A filter names what doesn't exist.
            UsageError: `granularity` is global, of which nothing is known.
        """
        tasks = _tasks(catalog, self.task) if self.task else None
        strategy = _look_up("strategy", self.strategy, _STRATEGIES) if self.strategy else None
        leaves = _look_up("tendency", self.tendency, _tendencies(catalog)) if self.tendency else None
        granularity = _granularity(self.granularity) if self.granularity else None
        return [
            work
            for work in works
            if (tasks is None or not tasks.isdisjoint(work.tasks))
            and (strategy is None or any(strategy in said for said in work.strategy.said().values()))
            and (leaves is None or not leaves.isdisjoint(work.tendency))
            and (granularity is None or granularity in work.granularity)
        ]


def find(catalog: Catalog, name: str) -> list[Entry]:
    """The datasets, models and tasks of that name; other names that the paper has for them count, and abbreviations.

    Raises:
        UnknownName: There is none.
    """
    names: dict[str, list[Entry]] = {}
    works: list[DatasetEntry | ModelEntry] = [*catalog.datasets, *catalog.models]
    for entry in works:
        for known in (entry.name, *entry.also):
            names.setdefault(known, []).append(entry)
    for task in catalog.tasks:
        for known in (task.name, *task.also, *filter(None, [task.abbreviation])):
            names.setdefault(known, []).append(task)
    found = [entry for known, entries in names.items() if fold(known) == fold(name) for entry in entries]
    if not found:
        listing = "List them with: vlit-hub catalog (--models, --tasks)."
        raise UnknownName("dataset, model or task", name, names, listing)
    return [entry for number, entry in enumerate(found) if entry not in found[:number]]


def _tasks(catalog: Catalog, name: str) -> frozenset[str]:
    words: dict[str, frozenset[str]] = {}
    for task in catalog.tasks:
        if task.vlit_task:
            words[task.vlit_task] = words.get(task.vlit_task, frozenset()) | {task.name}
    ours = {fold(word) for word in words}
    for task in catalog.tasks:
        for word in (task.name, *task.also, *filter(None, [task.abbreviation])):
            if fold(word) not in ours:
                words[word] = frozenset([task.name])
    return _look_up("task", name, words, "List them with: vlit-hub catalog --tasks")


def _tendencies(catalog: Catalog) -> dict[str, frozenset[str]]:
    leaves = [leaf for branch in catalog.branches.values() for leaf in branch]
    return {
        "general": frozenset(["general"]),
        "specific": frozenset(leaves),
        **{branch: frozenset(under) for branch, under in catalog.branches.items()},
        **{leaf: frozenset([leaf]) for leaf in leaves},
    }


def _granularity(name: str) -> str:
    if fold(name) in map(fold, _UNKNOWN_GRANULARITY):
        raise UsageError(
            "which datasets are global isn't known: Table 9 marks it by signs that the catalogue lacks. "
            "There are: interleaved, regional."
        )
    return _look_up("granularity", name, _GRANULARITIES)


_Meant = TypeVar("_Meant")


def _look_up(kind: str, name: str, words: Mapping[str, _Meant], listing: str = "") -> _Meant:
    for word, meant in words.items():
        if fold(word) == fold(name):
            return meant
    raise UnknownName(kind, name, words, listing)
