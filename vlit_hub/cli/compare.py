"""`vlit-hub compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vlit_hub.cli.reports import write_report
from vlit_hub.errors import UsageError

if TYPE_CHECKING:
    from vlit_hub.quality.comparison import Comparison

__all__ = ["compare"]


def compare(
    datasets: Annotated[
        list[str],
        typer.Argument(
            help="Two or more: names of builds, folders, or files of other formats. The first is what others are held to."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Markdown file to write; .json and .png go beside it. [default: only show]"),
    ] = None,
    size: Annotated[int | None, typer.Option(help="Records of each to look at. [default: as the smallest has]")] = None,
    indicators: Annotated[
        str | None, typer.Option(help="These only, with commas. [default: all there are numbers of]")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option", metavar="INDICATOR.OPTION=VALUE", help="Of an indicator that is measured of the sample."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws other records, and other resamples.")] = 0,
    resamples: Annotated[int, typer.Option(min=0, help="Of the bootstrap, for intervals of means.")] = 1000,
    halves: Annotated[
        int, typer.Option(min=0, help="Halves of the sample, for intervals of numbers of the whole.")
    ] = 10,
    device: Annotated[str, typer.Option(help="Where models run: cpu, cuda, cuda:1, ...")] = "auto",
    json: Annotated[bool, typer.Option("--json", help="For machines: print what comparison.json has.")] = False,
) -> None:
    """Hold datasets side by side, at equal size, with how certain the differences are.

    Shows what vlit-hub score has measured of records and photos, and numbers of the whole (balance, diversity), which depend on
    the size and are measured of the sample.

    A file in a format that vlit-hub import knows (llava.json) is imported for it, without photos.

    Examples:

      vlit-hub compare coco_aa clean/

      vlit-hub compare coco_aa llava_instruct_150k.json

      vlit-hub compare coco_aa coco_prog clean/ -o comparison.md

      vlit-hub compare coco_aa clean/ --size 5000 --indicators lengths,task_balance
    """
    from vlit_hub.quality.comparing import compare as run
    from vlit_hub.quality.comparing import find_datasets
    from vlit_hub.quality.planning import parse_options

    if out is not None and (out.suffix != ".md" or out.is_dir()):
        raise UsageError(f"--out {out}: must be a Markdown file, as comparison.md.")
    names = [part.strip() for part in indicators.split(",") if part.strip()] if indicators else None
    given = find_datasets(datasets)
    found = run(
        given,
        size=size,
        seed=seed,
        indicators=names,
        options=parse_options(option or []),
        device=device,
        resamples=resamples,
        parts=halves,
    )
    if out is not None:
        _write(found, out)
    if json:
        print(found.model_dump_json(indent=2))
    else:
        _print(found, out)
        for name, one in given.items():
            if one.name.startswith("imported/"):
                print(f"{name} is imported in {one.path}, which vlit-hub score and filter take")


def _write(found: Comparison, out: Path) -> None:
    from vlit_hub.quality.comparison_report import as_markdown, draw_comparison

    picture = draw_comparison(found)
    files = {".png": picture} if picture is not None else {}
    files[".json"] = (found.model_dump_json(indent=2) + "\n").encode()
    files[""] = as_markdown(found, out.with_suffix(".png").name if picture else None).encode()
    write_report(out, files)


def _print(found: Comparison, out: Path | None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from vlit_hub.quality.comparison import group_of
    from vlit_hub.quality.comparison_report import value_text

    table = Table("", box=None, pad_edge=False)
    table.columns[0].no_wrap = True
    for side in found.datasets:
        table.add_column(Text(side.name), justify="right", overflow="fold")
    group = ""
    for row in found.rows:
        if group_of(row.principle) != group:
            group = group_of(row.principle)
            table.add_row(Text(group, style="bold"))
        cells = []
        for side in found.datasets:
            told = side.name in row.differences and row.differences[side.name].told
            cells.append(value_text(row, row.values[side.name]) + ("*" if told else " "))
        table.add_row("  " + row.column, *cells)
    console = Console()
    console.print(table, "")
    for row in found.rows:
        if row.note:
            console.print(f"{row.column}: {row.note}", highlight=False, markup=False, soft_wrap=True)
    tests = sum(one.low is not None for row in found.rows for one in row.differences.values())
    chance = f" (about {max(1, round(tests / 20))} of {tests} would by chance)" if tests else ""
    console.print(
        f"{found.size:,} records of each. ±: 95 %, by resampling images. *: differs from {found.datasets[0].name}{chance};"
        " by how much: -o comparison.md",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    if out is not None:
        console.print(
            f"written to {out}, {out.with_suffix('.json').name} and the picture beside it",
            highlight=False,
            markup=False,
        )
