"""What is asked and what is answered, turn by turn."""

from __future__ import annotations

import polars as pl

__all__ = ["READS", "turns"]

READS = ("instruction", "input.text", "response", "history")


def turns(records: pl.DataFrame) -> pl.DataFrame:
    """A row a turn: `row`, the record's place; `question`, with the text that came with it; `answer`.

    Args:
        records: The columns `READS`.
    """
    rows = records.with_row_index("row")
    text = pl.col("input.text").replace("", None)
    last = rows.select(
        "row",
        question=pl.concat_str("instruction", text, separator="\n", ignore_nulls=True),
        answer="response",
    )
    earlier = rows.filter(pl.col("history").list.len() > 0).select("row", "history").explode("history")
    told = earlier.select(
        "row",
        question=pl.col("history").struct.field("instruction"),
        answer=pl.col("history").struct.field("response"),
    )
    return pl.concat([told, last])
