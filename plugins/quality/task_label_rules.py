"""What each instruction asks for, by rules."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.plugins.quality.task_rules import Rules, labels, load_rules
from vlit_hub.quality.indicator import IndicatorOptions, Individual

__all__ = ["TaskLabelRules"]


class _Options(IndicatorOptions):
    similarity: float = pydantic.Field(
        0.35,
        ge=0,
        le=1,
        description="Instructions that no pattern knows and that are less like any example are `other`.",
    )


class TaskLabelRules(Individual):
    """A label of what the instruction asks for (counting, locating, describing, ...), whatever task the dataset says it is.

    The review labels instructions by TagGPT (Li et al. 2023), which asks a language model; this takes the first of the patterns
    of `task_rules.yaml` that the instruction matches, and for one that matches none the label of the nearest of the examples
    there, by the cosine of their words and word pairs. English, and coarse: an instruction that asks for two things has the label
    of one. Good for balancing (`vlit-hub balance --by task_label_rules`) and for seeing what a task consists of.
    """

    name = "task_label_rules"
    principle = 3
    measures = "What the instruction asks for (counting, locating, describing, ...), by patterns and nearest examples (English)."
    backend = "rules"
    reads = ("instruction", "input.text")
    columns = {"task_label_rules": pa.string()}
    Options = _Options

    def load(self, options: _Options, device: str) -> Rules:
        """The rules."""
        return load_rules()

    def measure(self, records: pl.DataFrame, options: _Options, loaded: Rules) -> pl.DataFrame:
        """Of the text that goes with the instruction where that is a question, else of the instruction."""
        asked = pl.col("input.text").str.contains(r"\?\s*$")
        texts = records.select(pl.when(asked).then("input.text").otherwise("instruction")).to_series()
        return pl.DataFrame({"task_label_rules": labels(texts, loaded, options.similarity)})
