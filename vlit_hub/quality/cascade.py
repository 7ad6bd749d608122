"""Filters from cheap to dear: a dear indicator is measured only of the records that cheaper conditions left.

What a condition rejects is hidden from the indicators of the conditions after it: nothing is known of it there, and how many
records each condition hid from which indicator is counted. What is measured this way isn't noted in scores.json, so that it
can't pass for a measurement of the dataset; it is kept by record, so that another run measures only what it needs beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from vlit_hub import plugin_manager
from vlit_hub.quality.engine import measure_some
from vlit_hub.quality.expressions import parse, split
from vlit_hub.quality.indicator import Collective, Indicator, Overall, PhotoIndicator
from vlit_hub.quality.measured import Measured, kind_of
from vlit_hub.quality.planning import Plan, make_plan
from vlit_hub.quality.recipes import Recipe, understand
from vlit_hub.quality.survival import Survival, Survivors, survive

__all__ = ["Cascade", "run_cascade"]

_Options = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Cascade:
    """What a cascade came to.

    Attributes:
        survival: The conditions in the order in which they were applied, each to the records that the ones before left.
        left_out: Conditions that couldn't be applied, with the reason.
        measured: Of each indicator that was measured meanwhile: its options, and how many records each condition hid from it.
    """

    survival: Survival
    left_out: dict[str, str]
    measured: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Step:
    """One condition, and the indicators to be measured for it."""

    text: str
    columns: tuple[str, ...]
    plans: tuple[Plan, ...]

    @property
    def cost(self) -> int:
        """Its place: 0 for what is there already, else as `_cost`."""
        return max((_cost(plan) for plan in self.plans), default=0)


def run_cascade(measured: Measured, recipe: Recipe, options: _Options, device: str) -> Cascade:
    """Apply a recipe's conditions, and measure what they need.

    Args:
        measured: What is there already of the dataset; gets the columns that are measured, null for hidden records.
        recipe: The conditions.
        options: Of indicators; one that has some is measured with these, whatever is there.
        device: Where models run.

    Raises:
        UsageError: A condition is wrong, or an indicator can't be measured here.
    """
    steps, left_out = _steps(measured, recipe, options)
    dataset = measured.dataset
    first_against = np.full(dataset.rows, -1)  # the condition that rejected a record
    survivors: list[Survivors] = []
    done: dict[str, dict[str, Any]] = {}
    for place, step in enumerate(steps):
        for plan in step.plans:
            _measure(measured, plan, first_against, survivors, done, device)
        rows = np.flatnonzero(first_against < 0)
        [condition] = parse(step.text, measured.kind, measured.quantile)
        frame = measured.read(condition.columns) if condition.columns else pl.DataFrame({"": first_against})
        found = survive(frame[rows], [condition], recipe.unknown == "keep")
        first_against[rows[~found.keep]] = place
        [one] = found.conditions
        survivors.append(Survivors(one.condition, one.kept, one.rejected, one.unknown, None))
    texts = pl.Series([one.condition for one in survivors], dtype=pl.String)
    reasons = texts.gather(pl.Series(first_against).replace(-1, None))
    return Cascade(Survival(tuple(survivors), first_against < 0, reasons), left_out, done)


def _measure(
    measured: Measured,
    plan: Plan,
    first_against: np.ndarray[Any, np.dtype[np.int64]],
    survivors: list[Survivors],
    done: dict[str, dict[str, Any]],
    device: str,
) -> None:
    """One indicator of a step, of the records that are left."""
    [planned] = (one for one in plan.chosen if not one.indicator.feature)
    if planned.name in done:
        return
    one = planned.indicator
    among = isinstance(one, Collective) and not one.by_itself  # its values are about all records
    keep = np.ones(len(first_against), np.bool_) if among else first_against < 0
    values, about = measure_some(measured.dataset, plan, keep, device)
    measured.add(planned.name, values, one.columns, about[planned.name])
    hidden = (
        {} if among else {other.condition: int((first_against == place).sum()) for place, other in enumerate(survivors)}
    )
    done[planned.name] = {
        "options": about[planned.name]["options"],
        "measured": int(keep.sum()),
        "hidden_by": {condition: count for condition, count in hidden.items() if count},
    }


def _steps(measured: Measured, recipe: Recipe, options: _Options) -> tuple[list[_Step], dict[str, str]]:
    """The conditions, cheap before dear; those of one cost as they were written."""
    steps, left_out = understand(
        recipe, lambda text: [_step(measured, part, options) for part in split(text)], lambda fault: str(fault)
    )
    return sorted(steps, key=lambda step: step.cost), left_out


def _step(measured: Measured, text: str, options: _Options) -> _Step:
    known = plugin_manager.indicators()
    makers: dict[str, Indicator] = {
        column: one
        for one in known.values()
        if not one.feature and not isinstance(one, Overall)
        for column in one.columns
        if column not in measured.names or one.name in options
    }

    def kind(name: str) -> str:
        return kind_of(makers[name].columns[name]) if name in makers else measured.kind(name)

    [condition] = parse(text, kind, lambda name, share: 0.0)
    names = dict.fromkeys(makers[column].name for column in condition.columns if column in makers)
    return _Step(text, condition.columns, tuple(make_plan(known, [name], options) for name in names))


def _cost(plan: Plan) -> int:
    """1 each record's text, 2 all texts among each other, 3 photos, 4 a model here, 5 one on a server."""
    costs = [1]
    for planned in plan.chosen:
        if getattr(planned.options, "model", None):
            costs.append(5 if hasattr(planned.options, "base_url") else 4)
        elif isinstance(planned.indicator, PhotoIndicator):
            costs.append(3)
        elif isinstance(planned.indicator, Collective):
            costs.append(2)
    return max(costs)
