"""All turns of a record as one text."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["dialogue"]


def dialogue(instruction: pl.Series, text: pl.Series, response: pl.Series, history: pa.Array) -> pl.Series:
    """All turns of each record as one text, oldest first, a line each."""
    last = pl.DataFrame({"instruction": instruction, "text": text.replace("", None), "response": response}).select(
        pl.concat_str("instruction", "text", "response", separator="\n", ignore_nulls=True)
    )
    whole = last.to_series().alias("dialogue")
    turns = history.flatten()
    if not len(turns):
        return whole
    earlier = (
        pl.DataFrame(
            {
                "owner": pl.Series(pc.list_parent_indices(history)).cast(pl.Int64),
                "turn": pl.Series(
                    pc.binary_join_element_wise(turns.field("instruction"), turns.field("response"), "\n")
                ),
            }
        )
        .group_by("owner", maintain_order=True)
        .agg(pl.col("turn").str.join("\n"))
    )
    told = pl.DataFrame({"owner": np.arange(len(whole)), "last": whole}).join(
        earlier, on="owner", how="left", maintain_order="left"
    )
    return told.select(pl.concat_str("turn", "last", separator="\n", ignore_nulls=True).alias("dialogue")).to_series()
