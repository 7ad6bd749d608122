"""Questions that are answered by yes or no: what the two indicators of them share."""

from __future__ import annotations

import polars as pl

__all__ = ["questions"]

_ANSWER = r"(?i)^\W*(yes|no)\b"


def questions(records: pl.DataFrame) -> pl.DataFrame:
    """The records that are answered by yes or no: `row`, `image`, the `question` in small letters without punctuation, and `yes`.

    The question is `input.text` where there is one, since the instruction then comes from a pool; else the instruction.
    """
    text = pl.col("input.text")
    asked = pl.when(text.fill_null("") != "").then(text).otherwise("instruction")
    return records.select(
        row=pl.int_range(pl.len()),
        image=pl.col("source.image_ids").list.join("\x1f"),
        question=asked.str.to_lowercase().str.extract_all(r"[\p{L}\p{N}]+").list.join(" "),
        yes=pl.col("response").str.extract(_ANSWER).str.to_lowercase() == "yes",
    ).drop_nulls("yes")
