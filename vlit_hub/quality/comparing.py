"""Compares datasets at equal size: the review's Table 3 (Li et al. 2024, section 5) for any datasets, with how certain it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub import __version__, plugin_manager
from vlit_hub.dataset.reading import Dataset, find_dataset
from vlit_hub.draws import draw, salt
from vlit_hub.errors import UnknownName, UsageError
from vlit_hub.progress import progress
from vlit_hub.quality.comparison import GROUPS, Comparison, Difference, Row, Side, Value, group_of
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.resampling import bootstrap_means, images_of_records
from vlit_hub.quality.sample_numbers import Measurement, Numbers, measure_sample, plan_samples

__all__ = ["HALVES", "RESAMPLES", "compare", "find_datasets"]

_Floats = npt.NDArray[np.float64]

RESAMPLES, HALVES = 1000, 10


def find_datasets(names: Sequence[str]) -> dict[str, Dataset]:
    """Datasets by what they are called in the comparison: the last part of the folder or name, the whole where two share that.

    Raises:
        UsageError: There are fewer than two, or one is given twice.
        InputError: One isn't a dataset, nor a file that can be imported.
    """
    if len(names) < 2:
        raise UsageError("compare takes two datasets or more; of one: vlit-hub score.")
    found = {name: _find(name) for name in names}
    short = [
        found[name].path.resolve().name if Path(name).expanduser().is_dir() else name.rsplit("/", 1)[-1]
        for name in names
    ]
    called = [one if short.count(one) == 1 else name for one, name in zip(short, names, strict=True)]
    for name in called:
        if called.count(name) > 1:
            raise UsageError(f"{name} is given twice.")
    return {one: found[name] for one, name in zip(called, names, strict=True)}


def _find(name: str) -> Dataset:
    """A dataset, or a file of somebody else's, which is imported."""
    path = Path(name).expanduser()
    if not path.is_file():
        return find_dataset(name)
    from vlit_hub.importing.files import dataset_of_file

    return dataset_of_file(path)


@dataclass(frozen=True)
class _Sample:
    """The records of a dataset that are looked at.

    Attributes:
        dataset: It.
        keep: Which records they are.
        units: Their images.
        measured: What `vlit-hub score` measured.
    """

    dataset: Dataset
    keep: npt.NDArray[np.bool_]
    units: npt.NDArray[np.uint64]
    measured: Measured


def compare(
    datasets: Mapping[str, Dataset],
    *,
    size: int | None = None,
    seed: int = 0,
    indicators: Sequence[str] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    device: str = "auto",
    resamples: int = RESAMPLES,
    parts: int = HALVES,
) -> Comparison:
    """Hold datasets against the first of them, at equal size.

    Numbers of records are those that `vlit-hub score` measured. Numbers of the whole dataset, and those of records among all
    others (copies), depend on the size, so they are measured of the sample.

    Args:
        datasets: By what they are called; two at least.
        size: How many records of each to look at, drawn by hash of their ids; as many as the smallest has if None.
        seed: Of all draws.
        indicators: Those to show; all if None.
        options: Of the indicators that are measured of the sample.
        device: Where models run.
        resamples: Of the bootstrap.
        parts: Halves of the jackknife; 0 for no intervals of numbers of the whole.

    Raises:
        UsageError: The size is larger than a dataset, or nothing is measured.
        UnknownName: No indicator of a name.
    """
    smallest = min(datasets, key=lambda name: datasets[name].rows)
    size = datasets[smallest].rows if size is None else size
    if not 1 <= size <= datasets[smallest].rows:
        raise UsageError(f"--size {size:,}: {smallest} has {datasets[smallest].rows:,} records; from 1 to that many.")
    for name in indicators or ():
        if name not in plugin_manager.indicators():
            raise UnknownName("indicator", name, plugin_manager.indicators())
    samples = {name: _sample(dataset, size, seed) for name, dataset in datasets.items()}
    scored = {name for sample in samples.values() for name in sample.measured.scores["indicators"]}
    plan = plan_samples(plugin_manager.indicators(), scored, indicators, options or {})
    of_records: dict[str, dict[str, Measurement]] = {}
    of_wholes: dict[str, dict[str, Numbers]] = {}
    with progress("comparing", len(samples)) as advance:
        for name, sample in samples.items():
            among, of_wholes[name] = measure_sample(
                sample.dataset, plan, sample.keep, sample.units, seed=seed, parts=parts, device=device
            )
            of_records[name] = {**_scored(sample, indicators), **among}
            advance(1)
    rows = [*_rows_of_records(samples, of_records, resamples, seed), *_rows_of_wholes(of_wholes)]
    if not rows:
        raise UsageError(
            f"nothing of these datasets is measured. Run: vlit-hub score {next(iter(datasets.values())).path}"
        )
    rows.sort(key=lambda row: (GROUPS.index(group_of(row.principle)), row.principle or 0, row.indicator))
    return Comparison(
        size=size,
        seed=seed,
        resamples=resamples,
        halves=parts,
        datasets=tuple(_side(name, sample) for name, sample in samples.items()),
        rows=tuple(rows),
        vlit_hub=__version__,
    )


def _sample(dataset: Dataset, size: int, seed: int) -> _Sample:
    """The same records of all datasets that share them, as far as they are among those drawn."""
    records = dataset.read(["id", "source.image_ids"])
    draws = pl.DataFrame({"draw": draw(salt(seed, "sample"), records["id"]), "id": records["id"]})
    keep = np.zeros(len(records), dtype=bool)
    keep[draws.select(pl.arg_sort_by("draw", "id")).to_series()[:size].to_numpy()] = True
    drawn = records.filter(pl.Series(keep))
    return _Sample(dataset, keep, images_of_records(drawn["id"], drawn["source.image_ids"]), Measured(dataset))


def _side(name: str, sample: _Sample) -> Side:
    tasks = sample.dataset.read(["task"])["task"].filter(pl.Series(sample.keep)).value_counts()
    counts = dict(tasks.sort(["count", "task"], descending=[True, False]).iter_rows())
    return Side(name=name, records=sample.dataset.rows, digest=sample.dataset.digest, tasks=counts)


def _scored(sample: _Sample, wanted: Sequence[str] | None) -> dict[str, Measurement]:
    """What was measured of the records, by column; texts have no mean."""
    found = sample.measured
    columns = [name for name in found.indicators if found.kind(name) != "text"]
    columns = [name for name in columns if wanted is None or found.indicator_of(name) in wanted]
    frame = found.read(columns).filter(pl.Series(sample.keep)) if columns else pl.DataFrame()
    made = {}
    for name in columns:
        indicator = found.indicator_of(name)
        about = found.scores["indicators"][indicator]
        if about["kind"] == "comparison":  # depends on how many others there are
            continue
        backend = " ".join(filter(None, (about["backend"], about["revision"])))
        about = (indicator, about["principle"], about["measures"], backend, about["settings"])
        made[name] = Measurement.of(frame[name], *about)
    return made


def _rows_of_records(
    samples: Mapping[str, _Sample], found: Mapping[str, Mapping[str, Measurement]], resamples: int, seed: int
) -> Iterator[Row]:
    """Means and shares, by bootstrap."""
    means: dict[str, dict[str, _Floats]] = {}
    for name, columns in found.items():
        if columns:
            values = np.stack([one.values for one in columns.values()], axis=1)
            resampled = bootstrap_means(values, samples[name].units, resamples, seed)
            means[name] = {column: resampled[:, place] for place, column in enumerate(columns)}
    for column in dict.fromkeys(column for columns in found.values() for column in columns):
        yield _row_of_records(column, {name: columns.get(column) for name, columns in found.items()}, means)


def _row_of_records(
    column: str, found: Mapping[str, Measurement | None], means: Mapping[str, Mapping[str, _Floats]]
) -> Row:
    there = {name: one for name, one in found.items() if one is not None}
    values = {name: Value(value=None) for name in found}
    for name, measured in there.items():
        known = measured.values[np.isfinite(measured.values)]
        varied = len(known) > 1 and np.ptp(known) > 0  # of 0 of 100 resampling can't say how far it might be from 0
        low, high = _interval(means[name][column]) if varied else (None, None)
        values[name] = Value(value=float(known.mean()) if len(known) else None, low=low, high=high, known=len(known))
    note = None
    differences = {}
    first, *others = found
    if len({one.settings for one in there.values()}) > 1:
        note = "measured with different options or models, so no differences: score them alike"
        others = []
    elif len(there) < len(found):
        note = "not scored: " + ", ".join(name for name in found if name not in there)
    for name in others:
        one, other = values[first].value, values[name].value
        if one is not None and other is not None:
            certain = values[first].low is None and values[name].low is None
            low, high = (None, None) if certain else _interval(means[name][column] - means[first][column])
            differences[name] = Difference(value=other - one, low=low, high=high)
    some = next(iter(there.values()))
    return Row(
        column=column,
        indicator=some.indicator,
        principle=some.principle,
        kind="share" if some.share else "mean",
        measures=some.measures,
        backend=some.backend,
        values=values,
        differences=differences,
        note=note,
    )


def _interval(values: _Floats) -> tuple[float | None, float | None]:
    """From the 2.5th to the 97.5th percentile."""
    known = values[np.isfinite(values)]
    if len(known) < 2:
        return None, None
    low, high = np.quantile(known, (0.025, 0.975))
    return float(low), float(high)


def _rows_of_wholes(found: Mapping[str, Mapping[str, Numbers]]) -> Iterator[Row]:
    """Numbers of the whole, by the spread of halves."""
    first, *others = found
    for column, one in found[first].items():
        numbers = {name: _levelled(columns[column].values) for name, columns in found.items()}
        values = {name: _of_halves(numbers[name], columns[column].records) for name, columns in found.items()}
        differences = {}
        for name in others:
            apart = _of_halves(numbers[name] - numbers[first], 0)
            if apart.value is not None:
                differences[name] = Difference(value=apart.value, low=apart.low, high=apart.high)
        if any(value.value is not None for value in values.values()):
            indicator = one.indicator
            yield Row(
                column=column,
                indicator=indicator.name,
                principle=indicator.principle,
                kind="whole",
                measures=indicator.measures,
                backend=indicator.backend,
                values=values,
                differences=differences,
            )


def _levelled(numbers: _Floats) -> _Floats:
    """Halves brought to the level of the whole, which counts (and their variances) of fewer records aren't on."""
    whole, parts = numbers[0], numbers[1:]
    mean = np.nanmean(parts) if np.isfinite(parts).any() else 0.0
    if not np.isfinite(whole) or mean * whole <= 0 or np.nanmin(parts * np.sign(whole)) < 0:
        return numbers
    return np.concatenate([[whole], parts * (whole / mean)])


def _of_halves(numbers: _Floats, records: int) -> Value:
    """The number of the whole, with Student's interval by the standard deviation of the halves' numbers."""
    from scipy.special import stdtrit

    if not np.isfinite(numbers[0]):
        return Value(value=None, known=records)
    whole, parts = float(numbers[0]), numbers[1:][np.isfinite(numbers[1:])]
    if len(parts) < 2:
        return Value(value=whole, known=records)
    if np.ptp(parts) == 0:
        return Value(value=whole, known=records)
    half = float(parts.std(ddof=1) * stdtrit(len(parts) - 1, 0.975))
    return Value(value=whole, low=whole - half, high=whole + half, known=records)
