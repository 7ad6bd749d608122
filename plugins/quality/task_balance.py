"""How evenly tasks are spread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import pyarrow as pa

from vlit_hub.quality.balance import spread
from vlit_hub.quality.indicator import Overall

__all__ = ["TaskBalance"]


class TaskBalance(Overall):
    """Spread of the number of records of each task, n_1 ... n_k with sum N:

        variance = 1/k * sum (n_i - N/k)^2;   CV = sqrt(variance) / (N/k);   evenness = -sum p_i ln p_i / ln k,  p_i = n_i / N

    The variance is the review's (principle 10); it grows with the size of the dataset, so compare it at equal size only. The
    coefficient of variation (0 is even) and the entropy's share of the largest possible (1 is even; null for one task) don't.
    """

    name = "task_balance"
    principle = 10
    measures = (
        "Number of tasks, and variance, coefficient of variation and evenness (entropy over its maximum) of "
        "their record counts."
    )
    backend = "Polars"
    reads = ("task",)
    columns = {
        "tasks": pa.int64(),
        "task_variance": pa.float64(),
        "task_cv": pa.float64(),
        "task_evenness": pa.float64(),
    }

    def summarise(self, records: pl.DataFrame, options: Any) -> Mapping[str, float | int | None]:
        """Of the tasks that are there."""
        found = spread(records["task"].value_counts()["count"].to_list())
        return {
            "tasks": found.classes,
            "task_variance": found.variance,
            "task_cv": found.cv,
            "task_evenness": found.evenness,
        }
