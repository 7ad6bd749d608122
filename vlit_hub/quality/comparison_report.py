"""A comparison as Markdown and as a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from vlit_hub.quality.comparison import GROUPS, Comparison, Difference, Row, Value, group_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["as_markdown", "difference_text", "draw_comparison", "number_text", "value_text"]

_INK, _FAINT = "#333a45", "#8a93a0"
_SHADES = ("#2f6db5", "#e08a2c", "#4a9d6e", "#9a6fb0", "#c8554f")


def number_text(value: float | None) -> str:
    """Four significant digits; `-` for none."""
    if value is None:
        return "-"
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def value_text(row: Row, value: Value) -> str:
    """A share in percent, another number with half its interval."""
    if value.value is None:
        return "-"
    half = None if value.low is None or value.high is None else (value.high - value.low) / 2
    if row.kind == "share":
        return f"{value.value:.1%}" + ("" if half is None else f" ± {half:.1%}")
    return number_text(value.value) + ("" if half is None else f" ± {half:.2g}")


def difference_text(row: Row, difference: Difference | None) -> str:
    """With its sign and interval; a star where the interval leaves 0 out."""
    if difference is None:
        return "-"

    def signed(value: float) -> str:
        return f"{value:+.1%}" if row.kind == "share" else f"{value:+.3g}"

    low, high = difference.low, difference.high
    interval = "" if low is None or high is None else f" [{signed(low)}, {signed(high)}]"
    return signed(difference.value) + interval + ("*" if difference.told else "")


def as_markdown(found: Comparison, plot: str | None = None) -> str:
    """The report.

    Args:
        found: The comparison.
        plot: Name of the picture's file, if there is one.
    """
    first, *others = (side.name for side in found.datasets)
    lines = [
        "# Comparison of datasets",
        "",
        f"{found.size:,} records of each dataset, drawn by hash of their ids (seed {found.seed}). ± is half a 95 % interval.",
        "",
        *_table(
            ["dataset", "records", "looked at", "tasks"],
            [
                [side.name, f"{side.records:,}", f"{found.size / side.records:.0%}", str(len(side.tasks))]
                for side in found.datasets
            ],
        ),
    ]
    if plot:
        lines += ["", f"![The numbers of each dataset]({plot})"]
    for group in GROUPS:
        rows = [row for row in found.rows if group_of(row.principle) == group]
        if rows:
            head = [
                "P",
                "",
                *(side.name for side in found.datasets),
                *(f"{name} less {first}" for name in others),
                "by",
            ]
            lines += ["", f"## {group}", "", *_table(head, [_cells(found, row) for row in rows])]
    tasks = dict.fromkeys(task for side in found.datasets for task in side.tasks)
    shares = [[task, *(f"{side.tasks.get(task, 0) / found.size:.1%}" for side in found.datasets)] for task in tasks]
    lines += ["", "## Tasks", "", *_table(["task", *(side.name for side in found.datasets)], shares)]
    lines += ["", "## How to read it", "", *(f"- {text}" for text in _notes(found))]
    lines += ["", "| column | what it means |", "| --- | --- |"]
    lines += [f"| `{row.column}` | {_cell(row.measures)} |" for row in found.rows]
    return "\n".join(lines) + "\n"


def _cells(found: Comparison, row: Row) -> list[str]:
    differences = [difference_text(row, row.differences.get(side.name)) for side in found.datasets[1:]]
    values = [value_text(row, row.values[side.name]) for side in found.datasets]
    return [str(row.principle or ""), f"`{row.column}`", *values, *differences, row.backend]


def _notes(found: Comparison) -> list[str]:
    tests = sum(one.low is not None for row in found.rows for one in row.differences.values())
    told = sum(one.told for row in found.rows for one in row.differences.values())
    notes = [
        "P is the review's principle. Higher isn't always better: see what each number means, below.",
        f"Means and shares: 95 % intervals by a bootstrap of images with all their records ({found.resamples:,} resamples);"
        " images that two datasets share are drawn alike, so a difference can be certain where the intervals overlap.",
        f"Numbers of the whole sample: measured of the sample, intervals by {found.halves} random halves of its images"
        " (delete-half jackknife). They depend on the sample's size.",
        f"A star marks a difference whose interval leaves 0 out: {told} of {tests}. Where no dataset differed, about"
        f" {max(1, round(tests / 20))} of {tests} would have one.",
        "No ±: all values are alike, from which nothing can be said of other samples.",
        "The intervals say how far the draw of images moves the numbers, not whether an indicator measures what matters.",
    ]
    notes += [f"`{row.column}`: {row.note}." for row in found.rows if row.note]
    few = [
        f"`{row.column}` of {name}: known of {value.known:,} records"
        for row in found.rows
        for name, value in row.values.items()
        if row.kind != "whole" and 0 < value.known < found.size
    ]
    return notes + few


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Markdown whose columns line up as text too."""
    cells = [[_cell(cell) for cell in row] for row in (head, *rows)]
    widths = [max(3, *(len(row[place]) for row in cells)) for place in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    return [lines[0], "| " + " | ".join("-" * width for width in widths) + " |", *lines[1:]]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def draw_comparison(found: Comparison) -> bytes | None:
    """A panel a column that differs, a dot a dataset with its interval, as PNG; None where none differ."""
    from matplotlib.figure import Figure

    rows = [row for row in found.rows if len({value.value for value in row.values.values()} - {None}) > 1]
    if not rows:
        return None
    across = 3
    down = -(-len(rows) // across)
    height = 0.55 + 0.22 * len(found.datasets)
    figure = Figure(figsize=(10.5, 0.5 + down * (height + 0.35)), layout="constrained", facecolor="white")
    panels: list[Axes] = figure.subplots(down, across, squeeze=False).ravel().tolist()
    for place, (axes, row) in enumerate(zip(panels, rows, strict=False)):
        _panel(axes, found, row, names=place % across == 0)
    for axes in panels[len(rows) :]:
        axes.set_visible(False)
    sink = io.BytesIO()
    figure.savefig(sink, format="png", dpi=110, metadata={"Software": None})
    return sink.getvalue()


def _panel(axes: Axes, found: Comparison, row: Row, names: bool) -> None:
    count = len(found.datasets)
    for place, side in enumerate(found.datasets):
        value = row.values[side.name]
        if value.value is None:
            continue
        height, shade = count - 1 - place, _SHADES[place % len(_SHADES)]
        if value.low is not None and value.high is not None:
            axes.hlines(height, value.low, value.high, color=shade, linewidth=4, alpha=0.35)
        axes.plot([value.value], [height], "o", color=shade, markersize=6)
    axes.set_ylim(-0.6, count - 0.4)
    axes.set_yticks(range(count), [side.name for side in reversed(found.datasets)] if names else [""] * count)
    axes.margins(x=0.15)
    axes.locator_params(axis="x", nbins=4)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(_FAINT)
    axes.tick_params(axis="both", length=0, labelsize=8, colors=_INK)
    axes.set_title(row.column, loc="left", fontsize=9, fontweight="bold", color=_INK, pad=4)
