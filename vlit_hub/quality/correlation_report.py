"""Correlations as Markdown."""

from __future__ import annotations

import math

from vlit_hub.quality.correlating import Agreement, Cell, Correlated

__all__ = ["CORRECTIONS", "agreement_text", "as_markdown", "cell_text", "remarks"]

CORRECTIONS = {"holm": "Holm", "bh": "Benjamini and Hochberg"}


def cell_text(cell: Cell) -> str:
    """r, its interval and corrected p; why not, where it can't be computed."""
    if cell.r is None:
        return f"can't be computed: {cell.why}"
    interval = f" [{cell.low:+.2f}, {cell.high:+.2f}]" if cell.low is not None and cell.high is not None else ""
    return f"{cell.r:+.3f}{interval} p {_p(cell.p)} ({_p(cell.corrected)})"


def _p(value: float | None) -> str:
    if value is None:
        return "-"
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def agreement_text(one: Agreement) -> tuple[str, str]:
    """ICC(1,1) and ICC(1,k), each with its interval."""
    if one.single is None or one.mean is None:
        return f"can't be computed: {one.why}", ""
    return (
        f"{one.single:.4f} [{one.single_low:.2f}, {one.single_high:.2f}]",
        f"{one.mean:.4f} [{one.mean_low:.2f}, {one.mean_high:.2f}]",
    )


def remarks(found: Correlated) -> list[str]:
    """What the numbers are and how far they carry, a sentence or two each."""
    counts = sorted({cell.n for cell in found.cells if cell.r is not None})
    below = sum(cell.corrected is not None and cell.corrected < 0.05 for cell in found.cells)
    name = found.method.capitalize()
    over = f" over {' to '.join(str(count) for count in sorted({counts[0], counts[-1]}))} datasets" if counts else ""
    rounded = (
        ""
        if found.rounded is None
        else f", which was rounded to {found.rounded} decimal{'s' * (found.rounded != 1)} first"
    )
    correction = CORRECTIONS[found.correction]
    texts = [
        f"{name}'s correlation of each indicator with the mean score of {len(found.models)} models{rounded}{over}:"
        f" r [95 % interval] p (p corrected for {found.tests} correlations by {correction})."
        f" Corrected p is below 0.05 for {below} of {found.tests}."
    ]
    if counts and found.method == "pearson":
        texts.append(
            "p is exact where values are normal; with four datasets it is 1 - |r|, so that |r| must pass 0.95 for p below 0.05."
            if counts == [4]
            else "p is by Student's t, exact where values are normal."
        )
    if counts and found.method == "spearman" and counts[0] <= 8:
        least = _p(2 / math.factorial(counts[0]))
        texts.append(f"p is exact, by all orders of the ranks: with {counts[0]} datasets it can't be below {least}.")
    if counts and counts[-1] < 10:
        texts.append(
            "So few datasets can't tell chance from cause: an indicator that goes with the scores here may not elsewhere."
            " Datasets made from one another (filtered, ablated) aren't independent, which makes every p here too small."
        )
    return texts


def as_markdown(found: Correlated) -> str:
    """The report."""
    lines = ["# Indicators and the scores of tuned models", ""]
    for text in remarks(found):
        lines += [text, ""]
    lines += [f"| indicator | {' | '.join(found.scores)} |", f"| --- |{' --- |' * len(found.scores)}"]
    cells: dict[str, list[Cell]] = {}
    for cell in found.cells:
        cells.setdefault(cell.indicator, []).append(cell)
    for indicator, row in cells.items():
        lines.append(f"| `{indicator}` | {' | '.join(cell_text(cell) for cell in row)} |")
    lines += ["", "## Do the models agree?", ""]
    lines.append(
        f"Intraclass correlation, one-way random, of {len(found.scores)} scores by {len(found.models)} models, with its 95 %"
        " interval: how much of what differs between scores is the same for all models. It says nothing of differences between"
        " datasets."
    )
    lines += ["", "| dataset | ICC(1,1), one model | ICC(1,k), the mean of all |", "| --- | --- | --- |"]
    for one in found.agreement:
        single, mean = agreement_text(one)
        lines.append(f"| {one.dataset} | {single} | {mean} |")
    return "\n".join(lines) + "\n"
