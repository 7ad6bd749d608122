"""Yes and no among the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import pyarrow as pa

from vlit_hub.plugins.quality.yes_no import questions
from vlit_hub.quality.indicator import Overall

__all__ = ["YesNoBalance"]


class YesNoBalance(Overall):
    """How many records are answered by yes or no, how many of these by yes, and how consistently:

        yes_share = yes / (yes + no);   consistency = share of questions asked again of the same image that always get one answer

    A model tuned on data that mostly says yes says yes to things that aren't there; POPE (Li et al. 2023) asks both in equal
    numbers. None where there are no such records, or where none is asked twice.
    """

    name = "yes_no_balance"
    principle = 10
    measures = (
        "Records answered by yes or no, the share of yes, and the share of repeated questions that always get"
        " the same answer."
    )
    backend = "Polars"
    reads = ("instruction", "input.text", "response", "source.image_ids")
    columns = {"yes_no_records": pa.int64(), "yes_share": pa.float64(), "yes_no_consistency": pa.float64()}

    def summarise(self, records: pl.DataFrame, options: Any) -> Mapping[str, float | int | None]:
        """Of the records that begin with yes or no."""
        found = questions(records)
        again = (
            found.drop_nulls("image")
            .group_by("image", "question")
            .agg(asked=pl.len(), answers=pl.col("yes").n_unique())
            .filter(pl.col("asked") > 1)
        )
        return {
            "yes_no_records": len(found),
            "yes_share": int(found["yes"].sum()) / len(found) if len(found) else None,
            "yes_no_consistency": int((again["answers"] == 1).sum()) / len(again) if len(again) else None,
        }
