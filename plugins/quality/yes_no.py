"""Questions that are answered by yes or no: what the two indicators of them share."""

from __future__ import annotations

import polars as pl

__all__ = ["questions"]

_ANSWER = r"(?i)^\W*(yes|no)\b"


def questions(records: pl.DataFrame) -> pl.DataFrame:
    """The records that are answered by yes or no: `row`, `image`, the `question` in small letters without punctuation, and `yes`.

    The question is `input.text` where there is one, since the instruction then comes from a pool; else the instruction.
    """
    asked = (
        pl.when(pl.col("input.text").cast(pl.String).fill_null("") != "").then("input.text").otherwise("instruction")
    )
    ids = records["source.image_ids"]
    images = ids.list.join("\x1f") if ids.dtype == pl.List else pl.lit(None, pl.String)
    return (
        records.with_columns(image=images)
        .select(
            "image",
            row=pl.int_range(pl.len()),
            question=asked.cast(pl.String).str.to_lowercase().str.extract_all(r"[\p{L}\p{N}]+").list.join(" "),
            yes=pl.col("response").str.extract(_ANSWER).str.to_lowercase() == "yes",
        )
        .drop_nulls("yes")
    )
