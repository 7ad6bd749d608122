"""Diversity of tasks by rules: the cheap stand-in for labels from a language model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.plugins.quality.task_label_rules import TaskLabelRules
from vlit_hub.plugins.quality.task_rules import OTHER
from vlit_hub.quality.indicator import Overall, SampleOptions

__all__ = ["TaskDiversityRules"]


class _Options(SampleOptions):
    least: float = pydantic.Field(
        0.005, ge=0, lt=1, description="Share of the records that a label must have to be counted."
    )
    similarity: float = pydantic.Field(0.35, ge=0, le=1, description="As of task_label_rules.")


class TaskDiversityRules(Overall):
    """How many kinds of things instructions ask for, by the labels of `task_label_rules`:

        labels = those of at least `least` of the records;   effective = exp(-sum p ln p), p the labels' shares   (Hill number)

    The first is the review's index (principle 3: the number of labels that are frequent enough), on labels by rules, of which
    there are 18 and no more; the second reads as that many equally frequent ones. What no rule knows isn't counted: `unknown` is
    its share.
    """

    name = "task_diversity_rules"
    principle = 3
    measures = "Labels of what instructions ask for, by rules: frequent ones, equally frequent ones as varied, and share unknown."
    backend = "rules"
    reads = ("instruction", "input.text")
    columns = {
        "task_labels_rules": pa.int64(),
        "task_labels_rules_effective": pa.float64(),
        "task_labels_rules_unknown": pa.float64(),
    }
    Options = _Options

    def summarise(self, records: pl.DataFrame, options: _Options) -> Mapping[str, float | int | None]:
        """Effective is None where no label is known."""
        labelling = TaskLabelRules()
        settings = labelling.Options(similarity=options.similarity)
        found = labelling.measure(records, settings, labelling.load(settings, "cpu"))["task_label_rules"]
        counts = found.filter(found != OTHER).value_counts()["count"].sort().to_numpy()
        shares = counts / counts.sum() if len(counts) else counts
        return {
            "task_labels_rules": int((counts >= options.least * len(records)).sum()),
            "task_labels_rules_effective": float(np.exp(-(shares * np.log(shares)).sum())) if len(counts) else None,
            "task_labels_rules_unknown": 1 - int(counts.sum()) / len(records),
        }
