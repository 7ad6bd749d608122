"""`vlit-hub score`."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated, Any

import typer

from vlit_hub.errors import UsageError

__all__ = ["score"]


def score(
    name: Annotated[str, typer.Argument(help="A dataset built here, or a dataset's folder.")],
    indicators: Annotated[str | None, typer.Option(help="These only, with commas. [default: all that can run]")] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", metavar="INDICATOR.OPTION=VALUE", help="An option of an indicator."),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="The folder of the images' annotation files, for indicators that look at these."),
    ] = None,
    device: Annotated[str, typer.Option(help="Where models run: cpu, cuda, cuda:1, ...")] = "auto",
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove what was measured of records that are gone, or with other options.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print scores.json.")] = False,
) -> None:
    """Measure the quality of a dataset's records, photos and tasks.

    What is measured is kept in the dataset's folder, in quality/. A later call measures only what is missing; one that was
    stopped goes on where it was. Nothing is removed from the dataset: see vlit-hub filter.

    Examples:

      vlit-hub score coco_aa

      vlit-hub score built/coco_aa --indicators lengths,image_sharpness

      vlit-hub score coco_aa --data-dir demo/data

      vlit-hub score coco_aa -o response_diversity_ngrams.sample=5000
    """
    from vlit_hub.dataset.reading import find_dataset
    from vlit_hub.quality.annotations import find_annotations
    from vlit_hub.quality.engine import score as run
    from vlit_hub.quality.planning import parse_options

    names = None if indicators is None else [part.strip() for part in indicators.split(",") if part.strip()]
    if names == []:
        raise UsageError("--indicators names none. Leave it out to measure all that can run here.")
    dataset = find_dataset(name)
    images = find_annotations(data_dir) if data_dir is not None else None
    scores = run(dataset, names, parse_options(option or []), device, images, prune)
    if json:
        print(json_module.dumps(scores, indent=2, ensure_ascii=False))
    else:
        _print(scores, names)


def _print(scores: dict[str, Any], names: list[str] | None) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    found = {name: scores["indicators"][name] for name in scores["fresh"]}
    numbers = _table("records", "mean", "5 %", "50 %", "95 %", "null", "by")
    texts: list[str] = []
    for name, entry in found.items():
        for column, summary in entry.get("columns", {}).items():
            cells = [_cell(summary.get(key)) for key in ("mean", "p5", "p50", "p95")]
            if summary["type"] == "yes or no" and summary["mean"] is not None:
                cells[0] = f"{summary['mean']:.1%} yes"
            nulls = f"{summary['nulls']:,}" if summary["nulls"] else ""
            numbers.add_row(column, *cells, nulls, entry["backend"])
        if lacking := entry.get("records_lack"):
            texts.append(f"{name}: the records lack {', '.join(lacking)}")
        if all(column["nulls"] == scores["records"] for column in entry.get("columns", {"": {"nulls": -1}}).values()):
            texts.append(f"{name}: null for all records, nothing that it looks at is there")
        if why := entry.get("why_null"):
            texts.append(
                f"{name}: " + ", ".join(f"{count:,} {reason.replace('_', ' ')}" for reason, count in why.items())
            )
    whole = _table("the dataset as a whole", "value", "records", "options", "by")
    for entry in found.values():
        sampled = (entry["options"].get("sample") or entry.get("records", 0)) < scores["records"]
        options = ", ".join(f"{key} {value}" for key, value in entry["options"].items()) if sampled else ""
        for column, value in entry.get("numbers", {}).items():
            whole.add_row(column, _cell(value), f"{entry['records']:,}", options, entry["backend"])
    for table in (numbers, whole):
        if table.row_count:
            console.print(table, "")
    for line in texts:
        console.print(line, highlight=False)
    if names is None and scores["left_out"]:
        absent = _table("not measured", "why")
        for name, reason in scores["left_out"].items():
            absent.add_row(name, Text(reason))  # as markup, it would lose the extra's brackets
        console.print(absent, "")
    if pruned := scores["pruned"]:
        console.print(f"pruned: {pruned['files']:,} files, {pruned['bytes'] / 1e6:,.1f} MB", highlight=False)
    console.print(f"{scores['records']:,} records. What each number means: docs/quality.md", highlight=False)


def _cell(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _table(first: str, *columns: str) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column(first, no_wrap=True, min_width=27)
    for column in columns:
        words = column in ("by", "why", "options")
        table.add_column(column, justify="left" if words else "right", overflow="fold", no_wrap=not words)
    return table
