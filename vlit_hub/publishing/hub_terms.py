"""The Hub's own words for a dataset: which values a card's YAML may have, and what it calls our tasks.

The lists are vendored in `cards/hub_terms.json`, which says where each is from; the mapping is `cards/tasks.yaml`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files

import yaml

__all__ = ["HubTerms", "TaskTerms", "size_category", "task_terms", "terms"]


@dataclass(frozen=True)
class HubTerms:
    """The values that the Hub knows.

    Attributes:
        task_categories: Whether each shows as a filter for datasets.
        task_ids: All task ids.
        licenses: Licence ids; `annotations_creators`, ..., `size_categories` likewise.
    """

    task_categories: dict[str, bool]
    task_ids: frozenset[str]
    licenses: frozenset[str]
    annotations_creators: tuple[str, ...]
    language_creators: tuple[str, ...]
    multilinguality: tuple[str, ...]
    size_categories: tuple[str, ...]


@dataclass(frozen=True)
class TaskTerms:
    """What the Hub calls a set of tasks: categories, task ids and tags, each sorted and once."""

    categories: tuple[str, ...]
    ids: tuple[str, ...]
    tags: tuple[str, ...]


@functools.cache
def terms() -> HubTerms:
    """The vendored lists."""
    found = json.loads(files("vlit_hub.cards").joinpath("hub_terms.json").read_text())
    categories = found["task_categories"]
    return HubTerms(
        task_categories={name: category["shown"] for name, category in categories.items()},
        task_ids=frozenset(name for category in categories.values() for name in category["task_ids"]),
        licenses=frozenset(found["licenses"]),
        annotations_creators=tuple(found["annotations_creators"]),
        language_creators=tuple(found["language_creators"]),
        multilinguality=tuple(found["multilinguality"]),
        size_categories=tuple(found["size_categories"]),
    )


def task_terms(tasks: Iterable[str]) -> TaskTerms:
    """The Hub's words for these tasks.

    `image-text-to-text` fits every record and comes first; the categories beside it are ones that the Hub shows as filters.
    """
    mapping = yaml.safe_load(files("vlit_hub.cards").joinpath("tasks.yaml").read_text())
    entries = [mapping.get(task, mapping["default"]) for task in tasks]

    def all_of(key: str) -> list[str]:
        return sorted({value for entry in entries for value in entry.get(key, [])})

    return TaskTerms(("image-text-to-text", *all_of("categories")), tuple(all_of("ids")), tuple(all_of("tags")))


def size_category(records: int) -> str:
    """The Hub's size category: `10K<n<100K`."""
    edges = (1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12)
    sizes = [size for size in terms().size_categories if size != "unknown"]
    return sizes[sum(records >= edge for edge in edges)]
