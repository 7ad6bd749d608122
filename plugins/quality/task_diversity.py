"""Diversity of tasks, by labels from a language model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from vlit_hub.plugins.quality.task_labelling import OTHER
from vlit_hub.quality.indicator import Overall

__all__ = ["TaskDiversity"]


class TaskDiversity(Overall):
    """How many kinds of things instructions ask for, by the labels of `task_labelling`:

        task_diversity = number of labels that records have
        task_diversity_entropy = -sum p log2 p, p a label's share of the records that have one; in bits
        task_diversity_other = share of the labelled records that no label fits, which count for neither

    The labels are made up from the dataset, so the number says how finely the model divided it as well: compare datasets by the
    same model and options, and at the same size. The entropy is the steadier of the two.

    Li et al. 2024, sections 4.1 and 4.2.3, principle 3, which uses TagGPT.
    """

    name = "task_diversity"
    principle = 3
    measures = (
        "Labels of what instructions ask for, by a language model: their number, entropy in bits, and share of others."
    )
    backend = "language model"
    reads = ("task_labelled",)
    columns = {
        "task_diversity": pa.int64(),
        "task_diversity_entropy": pa.float64(),
        "task_diversity_other": pa.float64(),
    }

    def summarise(self, records: pl.DataFrame, options: Any) -> Mapping[str, float | int | None]:
        """None where nothing is labelled."""
        labels = records["task_labelled"].drop_nulls()
        if not len(labels):
            return dict.fromkeys(self.columns)
        counts = labels.filter(labels != OTHER).value_counts()["count"].sort().to_numpy()
        shares = counts / max(1, counts.sum())
        return {
            "task_diversity": len(counts),
            "task_diversity_entropy": float(-(shares * np.log2(shares)).sum()) + 0.0,
            "task_diversity_other": float(1 - counts.sum() / len(labels)),
        }
