"""`vlit-hub correlate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vlit_hub.cli.reports import write_report
from vlit_hub.errors import UsageError

if TYPE_CHECKING:
    from vlit_hub.quality.correlating import Correlated

__all__ = ["correlate"]


def correlate(
    comparison: Annotated[Path, typer.Argument(help="comparison.json, from vlit-hub compare.")],
    results: Annotated[Path, typer.Argument(help="CSV of scores: dataset, model, and a column for each score.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Markdown file to write; .json goes beside it. [default: only show]"),
    ] = None,
    method: Annotated[str, typer.Option(help="pearson, or spearman (of ranks).")] = "pearson",
    correction: Annotated[
        str, typer.Option(help="Of p for the number of correlations: holm, or bh (Benjamini-Hochberg).")
    ] = "holm",
    round: Annotated[
        int | None,
        typer.Option(min=0, help="Round the models' mean to so many decimals first, as the review did to 1."),
    ] = None,
    indicators: Annotated[
        str | None, typer.Option(help="These columns only, with commas: fewer tests. [default: all]")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Correlate indicators of datasets with the scores of models that you tuned on them, and say how far to trust it.

    Of each indicator and score: the correlation over datasets, its interval, n, p, and p corrected for the number of
    correlations. Of each dataset: whether the models agree (ICC). Name the few indicators that you mean to test before you
    look: every other one makes the correction stronger.

    Examples:

      vlit-hub correlate comparison.json results.csv

      vlit-hub correlate comparison.json results.csv --indicators task_evenness,response_words -o correlations.md
    """
    from vlit_hub.quality.comparison import load_comparison
    from vlit_hub.quality.correlating import correlate as run
    from vlit_hub.quality.correlating import read_results

    if method not in ("pearson", "spearman"):
        raise UsageError(f"--method {method}: there are pearson and spearman.")
    if correction not in ("holm", "bh"):
        raise UsageError(f"--correction {correction}: there are holm and bh.")
    if out is not None and (out.suffix != ".md" or out.is_dir()):
        raise UsageError(f"--out {out}: must be a Markdown file, as correlations.md.")
    names = [part.strip() for part in indicators.split(",") if part.strip()] if indicators else None
    found = run(
        load_comparison(comparison),
        read_results(results),
        method="pearson" if method == "pearson" else "spearman",
        correction="holm" if correction == "holm" else "bh",
        decimals=round,
        indicators=names,
    )
    if out is not None:
        _write(found, out)
    if json:
        print(found.model_dump_json(indent=2))
    else:
        _print(found, out)


def _write(found: Correlated, out: Path) -> None:
    from vlit_hub.quality.correlation_report import as_markdown

    json = (found.model_dump_json(indent=2) + "\n").encode()
    write_report(out, {".json": json, "": as_markdown(found).encode()})


def _print(found: Correlated, out: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from vlit_hub.quality.correlation_report import agreement_text, cell_text, remarks

    console = Console()
    table = Table("indicator", "score", "correlation", box=None, pad_edge=False)
    for cell in found.cells:
        table.add_row(Text(cell.indicator), Text(cell.score), Text(cell_text(cell)))
    agreement = Table("dataset", "ICC(1,1), one model", "ICC(1,k), mean of all", box=None, pad_edge=False)
    for one in found.agreement:
        agreement.add_row(Text(one.dataset), *(Text(text) for text in agreement_text(one)))
    console.print(table, "", agreement, "")
    for text in remarks(found):
        console.print(text, highlight=False, markup=False)
    if out is not None:
        console.print(f"written to {out} and {out.with_suffix('.json').name}", highlight=False, markup=False)
