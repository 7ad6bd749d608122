"""The card's plots, as PNG: what there is of each task, how long texts are, how quality is distributed.

Drawn on a white ground, so that they read on the Hub's dark pages too, and without date or version inside: the same data gives
the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from vlit_hub.publishing.summary import Range, Summary, TaskSummary

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["plot_lengths", "plot_quality", "plot_tasks"]

_WIDTH = 8.0  # inches; at _DPI this is what the Hub shows without scaling up
_DPI = 130
_INK, _FAINT = "#333a45", "#8a93a0"
_SHADES = ("#2f6db5", "#e08a2c", "#4a9d6e", "#9a6fb0", "#c8554f")
_BINS = 20
_MOST = 12  # plots of indicators


def plot_tasks(summary: Summary) -> bytes:
    """Records by task, a shade a split."""
    tasks, splits = summary.tasks[::-1], summary.splits
    figure, (axes,) = _figure(1, 1, 0.9 + 0.36 * len(tasks))
    left = np.zeros(len(tasks))
    for number, split in enumerate(splits):
        counts = np.array([task.by_split[number] for task in tasks])
        axes.barh(_names(tasks), counts, left=left, height=0.68, color=_shade(number), label=split.name)
        left += counts
    for place, task in enumerate(tasks):
        axes.text(left[place], place, f"  {task.records:,}  ({_percent(task.share)})", va="center", color=_INK)
    axes.set_xlim(0, left.max() * 1.28)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    _title(axes, "Records by task")
    if len(splits) > 1:
        axes.legend(frameon=False, loc="lower right", labelcolor=_INK)
    return _png(figure)


def plot_lengths(summary: Summary) -> bytes:
    """Words of instructions and responses by task: the median, and from the 5th to the 95th percentile."""
    tasks = summary.tasks[::-1]
    figure, panels = _figure(1, 2, 1.1 + 0.36 * len(tasks), sharey=True)
    for axes, title, color, ranges in (
        (panels[0], "Words of the instruction", _SHADES[0], [task.asked for task in tasks]),
        (panels[1], "Words of the response", _SHADES[1], [task.answered for task in tasks]),
    ):
        _ranges(axes, ranges, color)
        axes.set_yticks(range(len(tasks)), _names(tasks))
        axes.set_ylim(-0.6, len(tasks) - 0.4)
        axes.tick_params(axis="y", length=0)
        _title(axes, title)
    figure.supxlabel("dot: median; line: 5th to 95th percentile", fontsize=9, color=_FAINT)
    return _png(figure)


def plot_quality(summary: Summary, numbers: pl.DataFrame) -> bytes | None:
    """The values of each indicator that is a number and known for some record; None where none is."""
    measured = [indicator for indicator in summary.indicators if indicator.values is not None][:_MOST]
    if not measured:
        return None
    columns = min(3, len(measured))
    rows = -(-len(measured) // columns)
    figure, panels = _figure(rows, columns, 0.4 + 2.3 * rows)
    for axes, indicator in zip(panels, measured, strict=False):
        _distribution(axes, numbers[f"quality.{indicator.name}"].drop_nulls())
        axes.yaxis.set_major_formatter(lambda count, _: f"{count:,.0f}")
        axes.locator_params(axis="y", nbins=4)
        _title(axes, indicator.name)
        axes.set_xlabel(f"{_percent(indicator.share)} of the records have it", fontsize=9, color=_FAINT)
    for axes in panels[len(measured) :]:
        axes.set_visible(False)
    return _png(figure)


def _figure(rows: int, columns: int, height: float, **options: Any) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, height), layout="constrained", facecolor="white")
    panels = figure.subplots(rows, columns, squeeze=False, **options).ravel().tolist()
    for axes in panels:
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(_FAINT)
        axes.tick_params(colors=_INK, labelsize=10)
    return figure, panels


def _ranges(axes: Axes, ranges: Sequence[Range], color: str) -> None:
    """A row each, on a logarithmic axis of words; no words counts as half a word, to have a place on it."""
    low, middle, high = (np.maximum([getattr(one, name) for one in ranges], 0.5) for name in ("p5", "median", "p95"))
    places = np.arange(len(ranges))
    axes.hlines(places, low, high, color=color, linewidth=6, alpha=0.35)
    axes.plot(middle, places, "o", color=color, markersize=7)
    axes.set_xscale("log")
    top = max(10.0, float(high.max()))
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if tick <= top * 1.5]
    axes.set_xlim(min(0.8, float(low.min()) * 0.8), top * 1.5)
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.grid(axis="x", color="#e3e6ea", linewidth=0.8)
    axes.set_axisbelow(True)


def _distribution(axes: Axes, values: pl.Series) -> None:
    """A bar a value where there are few, as of the shares of ten annotators; else a histogram."""
    if values.n_unique() > _BINS:
        axes.hist(values.to_numpy(), bins=_BINS, color=_SHADES[2], rwidth=0.9)
        return
    counts = values.value_counts(name="count").sort(values.name)
    places = counts[values.name].cast(pl.Float64).to_numpy()
    gap = float(np.diff(places).min()) if len(places) > 1 else 0.1
    axes.bar(places, counts["count"].to_numpy(), width=0.8 * gap, color=_SHADES[2])


def _names(tasks: Sequence[TaskSummary]) -> list[str]:
    return [task.name.replace("_", " ") for task in tasks]


def _title(axes: Axes, text: str) -> None:
    axes.set_title(text, loc="left", fontsize=11, fontweight="bold", color=_INK, pad=8)


def _shade(number: int) -> str:
    return _SHADES[number % len(_SHADES)]


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, metadata={"Software": None})
    return buffer.getvalue()
