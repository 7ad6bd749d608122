"""Yes here and no there, to the same question of the same image."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from vlit_hub.plugins.quality.yes_no import questions
from vlit_hub.quality.indicator import Collective

__all__ = ["YesNoContradicted"]


class YesNoContradicted(Collective):
    """Whether another record of the same image answers the same question the other way: one of the two is wrong.

    Questions are the same where their words are. Null for records that aren't answered by yes or no.
    """

    name = "yes_no_contradicted"
    principle = 2
    measures = (
        "Whether another record of the image answers the same question by no where this one says yes, or the "
        "reverse; null for other records."
    )
    backend = "Polars"
    reads = ("instruction", "input.text", "response", "source.image_ids")
    columns = {"yes_no_contradicted": pa.bool_()}

    def compare(self, records: pl.DataFrame, options: Any) -> pl.DataFrame:
        """False where the question is asked once."""
        found = questions(records).select(
            "row",
            yes_no_contradicted=pl.col("image").is_not_null()
            & (pl.col("yes").n_unique().over("image", "question") > 1),
        )
        rows = pl.DataFrame({"row": np.arange(len(records))})
        return rows.join(found, on="row", how="left", maintain_order="left").select("yes_no_contradicted")
