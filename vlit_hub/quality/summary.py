"""What a dataset's indicators come to: the numbers of the summary table."""

from __future__ import annotations

from typing import Any

import polars as pl

__all__ = ["summarise_columns"]

_TOP = 5


def summarise_columns(values: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Mean and 5th, 50th and 95th percentile of each column, and how many nulls; of booleans the share that is true; of texts the
    most frequent. All of the values that aren't null; None where all are."""
    return {name: _summary(values[name]) for name in values.columns}


def _summary(column: pl.Series) -> dict[str, Any]:
    known = column.drop_nulls()
    found: dict[str, Any] = {"type": _type(column.dtype), "nulls": column.null_count()}
    if column.dtype == pl.Boolean:
        return {**found, "mean": _rounded(known.mean())}
    if column.dtype == pl.String:
        counts = known.value_counts().sort(["count", known.name], descending=[True, False]).head(_TOP)
        return {**found, "top": dict(counts.iter_rows())}
    numbers = known.cast(pl.Float64)
    percentiles = {f"p{share}": _rounded(numbers.quantile(share / 100, "linear")) for share in (5, 50, 95)}
    return {**found, "mean": _rounded(numbers.mean()), **percentiles}


def _type(dtype: pl.DataType) -> str:
    kinds = {"String": "text", "Boolean": "yes or no"}
    return kinds.get(str(dtype), "number")


def _rounded(value: Any) -> float | None:
    return None if value is None else float(f"{value:.6g}")
