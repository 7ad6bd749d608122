"""What each instruction asks for, as a column."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Collective

__all__ = ["TaskLabel"]


class TaskLabel(Collective):
    """The label that `task_labelling` gives the instruction, to look at, to filter and to balance by."""

    name = "task_label"
    principle = 3
    measures = "What the instruction asks for, by a language model that made the labels up from the dataset."
    backend = "language model"
    reads = ("task_labelled",)
    columns = {"task_label": pa.string()}

    @property
    def inputs(self) -> tuple[str, ...]:
        """Texts: the label is of one."""
        return ("text",)

    def compare(self, records: pl.DataFrame, options: Any) -> pl.DataFrame:
        """Null where there is no label."""
        return records.select(task_label="task_labelled")
