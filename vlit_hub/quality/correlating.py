"""Whether indicators of datasets go with scores of models tuned on them: the review's Table 20 and its ICC, for any scores."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pydantic

from vlit_hub.errors import InputError, UnknownName, UsageError
from vlit_hub.quality.comparison import Comparison
from vlit_hub.quality.statistics import Correlation, adjust, icc, pearson, spearman

__all__ = ["Agreement", "Cell", "Correlated", "Results", "correlate", "read_results"]

Correction = Literal["holm", "bh"]


@dataclass(frozen=True)
class Results:
    """Scores of models tuned on datasets.

    Attributes:
        datasets, models, scores: Their names, in the order of the file; a score is a benchmark or one of its tasks.
        values: By dataset and model, in the order of `scores`.
    """

    datasets: tuple[str, ...]
    models: tuple[str, ...]
    scores: tuple[str, ...]
    values: Mapping[tuple[str, str], tuple[float, ...]]


def read_results(path: Path) -> Results:
    """Read a CSV file: the columns `dataset` and `model`, and a column of numbers for each score.

    Raises:
        InputError: It can't be read, lacks a column, or a cell is wrong, missing or given twice.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(path, "isn't UTF-8", "Save it as CSV in UTF-8.") from None
    except OSError as error:
        raise InputError(path, f"can't be read ({error.strerror})") from None
    reader = csv.reader(io.StringIO(text))
    try:
        lines = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InputError(path, f"line {reader.line_num}: {error}") from None
    head = [cell.strip() for cell in lines[0][1]] if lines else []
    form = "It needs the columns dataset and model, and one for each score: dataset,model,overall"
    for column in ("dataset", "model"):
        if column not in head:
            raise InputError(path, f"has no column `{column}`", form)
    scores = tuple(name for name in head if name not in ("dataset", "model"))
    if not scores or "" in head:
        raise InputError(path, "has a column without a name" if scores else "has no column of scores", form)
    if double := [name for name, count in Counter(head).items() if count > 1]:
        raise InputError(path, f"has the column `{double[0]}` twice", "Give each score a name of its own.")
    values: dict[tuple[str, str], tuple[float, ...]] = {}
    for number, cells in lines[1:]:
        if len(cells) != len(head):
            raise InputError(path, f"line {number} has {len(cells)} cells, not {len(head)}")
        row = dict(zip(head, (cell.strip() for cell in cells), strict=True))
        place = (row["dataset"], row["model"])
        if place in values:
            raise InputError(path, f"line {number}: {place[1]} on {place[0]} is given twice", "Keep one of them.")
        values[place] = tuple(_score(path, number, name, row[name]) for name in scores)
    if not values:
        raise InputError(path, "has no scores", form)
    datasets = tuple(dict.fromkeys(dataset for dataset, _ in values))
    models = tuple(dict.fromkeys(model for _, model in values))
    for dataset in datasets:
        for model in models:
            if (dataset, model) not in values:
                raise InputError(
                    path, f"lacks {model} on {dataset}", "Means over other models can't be compared: add it."
                )
    return Results(datasets, models, scores, values)


def _score(path: Path, number: int, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(path, f"line {number}: {name} is {text!r}, which is no number", "Write it as 28.3.")
    return value


class _Frozen(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True)


class Cell(_Frozen):
    """An indicator and a score.

    Attributes:
        indicator: The column of the comparison.
        score: The column of the results.
        r, low, high, p, n: The correlation, its 95 % interval, its p-value, over how many datasets.
        corrected: p corrected for the number of correlations computed.
        why: Why it can't be computed.
    """

    indicator: str
    score: str
    n: int
    r: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    corrected: float | None = None
    why: str | None = None


class Agreement(_Frozen):
    """How far models agree on what a dataset is good for: ICC over its scores.

    Attributes:
        dataset: It.
        single, single_low, single_high: ICC(1,1), one-way random, of a single model, with its 95 % interval.
        mean, mean_low, mean_high: ICC(1,k), of the mean of all.
        why: Why it can't be computed.
    """

    dataset: str
    single: float | None = None
    single_low: float | None = None
    single_high: float | None = None
    mean: float | None = None
    mean_low: float | None = None
    mean_high: float | None = None
    why: str | None = None


class Correlated(_Frozen):
    """What `vlit-hub correlate` found.

    Attributes:
        datasets, models, scores: What went in.
        method: `pearson` or `spearman`.
        correction: `holm` or `bh` (Benjamini and Hochberg).
        rounded: To how many decimals the models' mean was rounded first; None for not at all.
        tests: How many correlations were computed.
        cells: The correlations, by indicator and score.
        agreement: Of the models, by dataset.
    """

    format: Literal[1] = 1
    datasets: tuple[str, ...]
    models: tuple[str, ...]
    scores: tuple[str, ...]
    method: Literal["pearson", "spearman"]
    correction: Correction
    rounded: int | None
    tests: int
    cells: tuple[Cell, ...]
    agreement: tuple[Agreement, ...]


def correlate(
    comparison: Comparison,
    results: Results,
    *,
    method: Literal["pearson", "spearman"] = "pearson",
    correction: Correction = "holm",
    decimals: int | None = None,
    indicators: Sequence[str] | None = None,
) -> Correlated:
    """Correlate each indicator with the models' mean of each score, over datasets.

    Args:
        comparison: Of the datasets; what the results don't name is left out.
        results: Scores of models tuned on them.
        method: Of correlation.
        correction: Of the p-values.
        decimals: Round the models' mean first, as the review did to one decimal.
        indicators: Columns of the comparison; all if None.

    Raises:
        UnknownName: The results name a dataset that wasn't compared, or no column has a name in `indicators`.
        UsageError: There is one dataset only.
    """
    compared = [side.name for side in comparison.datasets]
    for name in results.datasets:
        if name not in compared:
            raise UnknownName("compared dataset", name, compared)
    if len(results.datasets) < 2:
        raise UsageError(
            f"the results are of {results.datasets[0]} only: a correlation takes several datasets, three at least."
        )
    rows = {row.column: row for row in comparison.rows}
    for name in indicators or ():
        if name not in rows:
            raise UnknownName("column of the comparison", name, rows)
    means = {name: _means(results, name, decimals) for name in results.datasets}
    cells = []
    for column in indicators or list(rows):
        values = rows[column].values
        known = [name for name in results.datasets if name in values and values[name].value is not None]
        x = [float(values[name].value or 0.0) for name in known]
        for place, score in enumerate(results.scores):
            found = _correlation(x, [means[name][place] for name in known], method)
            missing = len(results.datasets) - len(known)
            why = f"{found.why} ({missing} without a number)" if found.why and missing else found.why
            cells.append(
                Cell(
                    indicator=column,
                    score=score,
                    n=found.n,
                    r=found.r,
                    low=found.low,
                    high=found.high,
                    p=found.p,
                    why=why,
                )
            )
    computed = [place for place, cell in enumerate(cells) if cell.p is not None]
    for place, p in zip(computed, adjust([cells[place].p or 0.0 for place in computed], correction), strict=True):
        cells[place] = cells[place].model_copy(update={"corrected": p})
    return Correlated(
        datasets=results.datasets,
        models=results.models,
        scores=results.scores,
        method=method,
        correction=correction,
        rounded=decimals,
        tests=len(computed),
        cells=tuple(cells),
        agreement=tuple(_agreement(results, name) for name in results.datasets),
    )


def _correlation(x: list[float], y: list[float], method: Literal["pearson", "spearman"]) -> Correlation:
    return pearson(x, y) if method == "pearson" else spearman(x, y)


def _means(results: Results, dataset: str, decimals: int | None) -> list[float]:
    scores = np.array([results.values[dataset, model] for model in results.models])
    means = scores.mean(axis=0) if decimals is None else np.round(scores.mean(axis=0), decimals)
    return [float(one) for one in means]


def _agreement(results: Results, dataset: str) -> Agreement:
    if len(results.models) < 2 or len(results.scores) < 2:
        return Agreement(dataset=dataset, why="it takes two models and two scores at least")
    found = icc(np.array([results.values[dataset, model] for model in results.models]).T)
    if found is None:
        return Agreement(dataset=dataset, why="all scores are the same")
    single, mean = found["ICC(1,1)"], found["ICC(1,k)"]
    return Agreement(
        dataset=dataset,
        single=single.value,
        single_low=single.low,
        single_high=single.high,
        mean=mean.value,
        mean_low=mean.low,
        mean_high=mean.high,
    )
