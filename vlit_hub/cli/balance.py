"""`vlit-hub balance`."""

from __future__ import annotations

import json as json_module
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from vlit_hub.errors import UsageError

__all__ = ["balance"]


def balance(
    name: Annotated[str, typer.Argument(help="A dataset built here, or a dataset's folder.")],
    by: Annotated[str, typer.Option(help="task, granularity, strategy, or an indicator.")] = "task",
    size: Annotated[int | None, typer.Option(help="Records to take. [default: only count]")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder to write. [default: only count]")] = None,
    seed: Annotated[int, typer.Option(help="Draws other records.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Write over a dataset that is there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Say how evenly records are spread over tasks, and take a sample that is spread as evenly as can be.

    Every task gives the same number of records; one that has fewer gives all, and the others share what it lacks.

    Examples:

      vlit-hub balance coco_aa

      vlit-hub balance coco_aa --by task --size 50000 -o balanced/
    """
    from vlit_hub.dataset.reading import find_dataset
    from vlit_hub.quality.balancing import balance_dataset

    if size is not None and size < 1:
        raise UsageError(f"--size {size}: there must be at least one record.")
    if out is not None and size is None:
        raise UsageError("--out needs --size N.")
    found = balance_dataset(find_dataset(name), by, size, out=out, seed=seed, force=force)
    if json:
        print(json_module.dumps(asdict(found), indent=2, ensure_ascii=False))
    else:
        _print(asdict(found), by, out)


def _print(found: dict[str, Any], by: str, out: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    sides = [found[side] for side in ("before", "after") if found[side]]
    table = Table(by, box=None, pad_edge=False)
    for title in ("records", "sample")[: len(sides)]:
        table.add_column(title, justify="right")
    for value in found["before"]["counts"]:
        table.add_row(Text(value), *(f"{side['counts'].get(value, 0):,}" for side in sides))
    table.add_section()
    for title, key in (
        ("variance", "variance"),
        ("coefficient of variation", "cv"),
        ("evenness (entropy / maximum)", "evenness"),
    ):
        cells = [side["spread"][key] for side in sides]
        table.add_row(title, *("-" if cell is None else f"{cell:,.3f}" for cell in cells))
    console = Console()
    console.print(table)
    if out is not None:
        console.print(f"written to {out}: {sum(found['after']['counts'].values()):,} records", highlight=False)
    else:
        console.print("nothing was written; to write a balanced sample: --size N -o DIR", highlight=False)
