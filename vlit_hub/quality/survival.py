"""Which records survive conditions: each alone, and all together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.quality.expressions import Condition

__all__ = ["Survival", "Survivors", "survive"]


@dataclass(frozen=True)
class Survivors:
    """What one condition does.

    Attributes:
        condition: Its text.
        kept: Records that it keeps by itself.
        rejected: Records for which it doesn't hold.
        unknown: Records of which it can't be said, since something is null; `kept` or `rejected` has them too.
        alone: Records that it rejects and no other condition does; None in a cascade, which doesn't show all of them to all.
    """

    condition: str
    kept: int
    rejected: int
    unknown: int
    alone: int | None


@dataclass(frozen=True)
class Survival:
    """What a filter does.

    Attributes:
        conditions: Each by itself.
        keep: Of each record, whether all conditions keep it.
        reasons: Of each record, the conditions that reject it; null where it is kept.
    """

    conditions: tuple[Survivors, ...]
    keep: npt.NDArray[np.bool_]
    reasons: pl.Series


def survive(records: pl.DataFrame, conditions: Sequence[Condition], keep_unknown: bool) -> Survival:
    """Apply conditions.

    Args:
        records: The columns that they look at; a row a record.
        conditions: At least one.
        keep_unknown: Keep records of which a condition can't be said.
    """
    found = records.with_columns(
        condition.expression.alias(f"condition {place}") for place, condition in enumerate(conditions)
    ).select(f"condition {place}" for place in range(len(conditions)))
    names = found.columns
    held = found.select(pl.all().fill_null(keep_unknown))
    failures = held.select(pl.sum_horizontal(~pl.all()).alias("failures")).to_series()
    reasons = held.select(
        pl.concat_str(
            [pl.when(~pl.col(name)).then(pl.lit(one.text)) for name, one in zip(names, conditions, strict=True)],
            separator="; ",
            ignore_nulls=True,
        ).alias("reason")
    ).to_series()
    survivors = tuple(
        Survivors(
            condition=condition.text,
            kept=int(held[name].sum()),
            rejected=len(held) - int(held[name].sum()),
            unknown=found[name].null_count(),
            alone=int((~held[name] & (failures == 1)).sum()),
        )
        for name, condition in zip(names, conditions, strict=True)
    )
    return Survival(survivors, (failures == 0).to_numpy(), reasons.replace("", None))
