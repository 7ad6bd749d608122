"""What has to be measured of a sample itself, since it depends on how many records there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.dataset.reading import Dataset
from vlit_hub.draws import draw, salt
from vlit_hub.quality.engine import inputs_of
from vlit_hub.quality.fragments import conform
from vlit_hub.quality.indicator import Collective, Indicator, Overall
from vlit_hub.quality.planning import Plan, Planned, make_plan
from vlit_hub.quality.resampling import halves

__all__ = ["Measurement", "Numbers", "measure_sample", "plan_samples"]

_Bools = npt.NDArray[np.bool_]
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measurement:
    """Numbers of a sample's records.

    Attributes:
        indicator, principle, measures, backend: What measured them.
        settings: Hash of how; numbers of other settings can't be held against these.
        share: Whether they are of what is true or false.
        values: 1 for true; NaN where nothing is known.
    """

    indicator: str
    principle: int | None
    measures: str
    backend: str
    settings: str
    share: bool
    values: _Floats

    @classmethod
    def of(
        cls, values: pl.Series, indicator: str, principle: int | None, measures: str, backend: str, settings: str
    ) -> Measurement:
        """Of a column."""
        numbers = values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
        return cls(indicator, principle, measures, backend, settings, values.dtype == pl.Boolean, numbers)


@dataclass(frozen=True)
class Numbers:
    """A number of a whole sample.

    Attributes:
        indicator: What gives it.
        values: Of the sample, then of its halves; NaN where it can't be computed.
        records: Of how many records, where the indicator looks at some only.
    """

    indicator: Overall
    values: _Floats
    records: int


def plan_samples(
    known: Mapping[str, Indicator],
    scored: set[str],
    wanted: Sequence[str] | None,
    options: Mapping[str, Mapping[str, Any]],
) -> Plan:
    """Which indicators are measured of samples: those that are named; else numbers of the whole that the records' own fields
    give, and what was scored.

    Raises:
        UsageError: An option is wrong, or an indicator that is named can't be measured here.
    """
    able = {name: one for name, one in known.items() if one.feature or isinstance(one, Overall | Collective)}
    if wanted is not None:
        names = [name for name in wanted if name in able and not able[name].feature]
    else:
        own = {name for name, one in able.items() if isinstance(one, Overall) and "embedding" not in one.inputs}
        chosen = make_plan(able, None, {name: given for name, given in options.items() if name in able}).chosen
        names = [one.name for one in chosen if not one.indicator.feature and one.name in own | scored]
    if not names:
        return Plan((), {})
    return make_plan(able, names, {name: given for name, given in options.items() if name in able})


def measure_sample(
    dataset: Dataset,
    plan: Plan,
    keep: _Bools,
    units: npt.NDArray[np.uint64],
    *,
    seed: int,
    parts: int,
    device: str,
) -> tuple[dict[str, Measurement], dict[str, Numbers]]:
    """What is measured of records among the others of the sample, and of the sample as a whole; by column.

    Args:
        dataset: It.
        plan: From `plan_samples`.
        keep: Which records are the sample.
        units: The images of these, that halves are made of.
        seed: Of the halves.
        parts: How many halves.
        device: Where models run.
    """
    among: dict[str, Measurement] = {}
    whole: dict[str, Numbers] = {}
    chosen = [planned for planned in plan.chosen if not planned.indicator.feature]
    records = inputs_of(dataset, plan, keep, device) if chosen else pl.DataFrame()
    for planned in chosen:
        if isinstance(planned.indicator, Overall):
            whole |= _summaries(planned.indicator, planned.options, records, units, seed, parts)
        elif isinstance(planned.indicator, Collective):
            among |= _comparisons(planned.indicator, planned, records)
    return among, whole


def _comparisons(one: Collective, planned: Planned, records: pl.DataFrame) -> dict[str, Measurement]:
    table = conform(one, one.compare(records.select(one.reads), planned.options), len(records))
    values = pl.DataFrame(pl.from_arrow(table))
    about = (one.name, one.principle, one.measures, one.backend, planned.settings)
    return {name: Measurement.of(values[name], *about) for name in one.columns if values[name].dtype != pl.String}


def _summaries(
    one: Overall, options: Any, records: pl.DataFrame, units: npt.NDArray[np.uint64], seed: int, parts: int
) -> dict[str, Numbers]:
    cap = getattr(options, "sample", None)
    if cap is not None and cap < len(records):
        draws = draw(salt(getattr(options, "seed", 0), "sample"), records["id"])
        kept = np.sort(np.argsort(draws, kind="stable")[:cap])
        records, units = records[kept], units[kept]
    chosen = [np.ones(len(records), dtype=bool), *halves(units, parts, seed)]
    found = []
    for half in chosen:
        part = records.filter(pl.Series(half)).select(one.reads)
        found.append(one.summarise(part, options) if len(part) else dict.fromkeys(one.columns))
    return {
        name: Numbers(one, np.array([_float(numbers[name]) for numbers in found]), len(records)) for name in one.columns
    }


def _float(value: float | int | None) -> float:
    return float("nan") if value is None else float(value)
