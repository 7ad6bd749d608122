"""The catalogue's entries: what its files say of a dataset, a model or a task, put together."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

from vlit_hub.catalog.schema import Table1, Table8

__all__ = ["Count", "DatasetEntry", "Entry", "ModelEntry", "Strategy", "TaskEntry", "fold"]

_SCALE = {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}


def fold(name: str) -> str:
    """A name without case, spaces and signs, to compare by.

    >>> fold("LLaVA 1.5"), fold("llava_1-5")
    ('llava15', 'llava15')
    """
    return re.sub(r"[\W_]", "", name.casefold())


class Count(Struct, frozen=True):
    """A count as the paper prints it, and as a number: `158K`, 158000."""

    printed: str
    number: int

    @classmethod
    def of(cls, printed: str | int | None) -> Count | None:
        """The count that is printed, or None where the paper prints a dash."""
        if printed is None:
            return None
        text = str(printed)
        digits = text.rstrip("KMB")
        return cls(text, round(float(digits) * _SCALE[text[len(digits) :]]))


class Strategy(Struct, frozen=True):
    """How data were made, by each place that says: AA, SI, DM; AA+SI where both. None where it says nothing."""

    table_1: str | None
    table_9: str | None = None
    figure_6: str | None = None

    def said(self) -> dict[str, str]:
        """What each place says that says something."""
        said = {"Table 1": self.table_1, "Table 9": self.table_9, "Figure 6": self.figure_6}
        return {place: value for place, value in said.items() if value}

    def agreed(self) -> bool:
        """Whether all say the same; both is mixing (section 3.3.1: data mixing uses the two methods at the same time)."""
        return len({value.replace("AA+SI", "DM") for value in self.said().values()}) < 2


class _Entry(Struct, frozen=True, kw_only=True):
    name: str
    also: tuple[str, ...]


class _Work(_Entry, frozen=True, kw_only=True):
    paper: str
    arxiv: str | None
    strategy: Strategy
    tendency: tuple[str, ...]
    granularity: tuple[str, ...]
    tasks: tuple[str, ...]
    quality: tuple[str, ...]
    code: str | None
    disagreements: tuple[str, ...]
    notes: tuple[str, ...]


class DatasetEntry(_Work, frozen=True, kw_only=True):
    """A dataset.

    Attributes:
        tendency: The leaves of Figure 6's instruction tendency that it stands under; `general` where it stands in the figure, but
            under none of them; empty where it isn't in the figure.
        granularity: `regional`, `interleaved`, where its tendency says so.
        tasks: Those of its model; empty where Table 10 lacks it.
        quality: What was done for its quality; empty where the paper's text says nothing.
        disagreements: Where the paper's tables and figure differ on a value here.
    """

    kind: Literal["dataset"] = "dataset"
    model: str | None
    images: Count | None
    videos: Count | None
    pairs: Count | None
    link: str | None


class ModelEntry(_Work, frozen=True, kw_only=True):
    """A model; `tendency` and `granularity` are those of its data. The rest is as in `vlit_hub.catalog.schema.Model`."""

    kind: Literal["model"] = "model"
    data: tuple[str, ...]
    table_1: Table1 | None
    table_8: Table8 | None
    tuned: tuple[str, ...]


class TaskEntry(_Entry, frozen=True, kw_only=True):
    """A task, with the models and datasets that have it."""

    kind: Literal["task"] = "task"
    abbreviation: str | None
    description: str
    vlit_task: str | None
    models: tuple[str, ...]
    datasets: tuple[str, ...]


Entry = DatasetEntry | ModelEntry | TaskEntry
