"""`vlit-hub show`."""

from __future__ import annotations

import json as json_module
from typing import Annotated, Any

import typer

from vlit_hub.errors import UsageError

__all__ = ["show"]


def show(
    name: Annotated[str, typer.Argument(help="A dataset built here, or its folder.")],
    n: Annotated[int, typer.Option("-n", help="How many records.")] = 3,
    split: Annotated[str | None, typer.Option(help="Of this split. [default: the first]")] = None,
    task: Annotated[str | None, typer.Option(help="Of this task only.")] = None,
    seed: Annotated[int, typer.Option(help="Other records.")] = 0,
    rejected: Annotated[bool, typer.Option("--rejected", help="What was rejected instead, with the reason.")] = False,
    json: Annotated[bool, typer.Option("--json", help="As JSON Lines.")] = False,
) -> None:
    """Show records as a person reads them.

    Examples:

      vlit-hub show coco_aa -n 3

      vlit-hub show built/coco_aa --task object_detection --seed 7
    """
    from vlit_hub.reading import draw_records, draw_rejected

    if n < 1:
        raise UsageError(f"-n {n}: there must be at least one record.")
    draw = draw_rejected if rejected else draw_records
    rows = draw(name, n, split=split, task=task, seed=seed)
    for row in rows:
        if json:
            print(json_module.dumps(row, ensure_ascii=False))
        elif rejected:
            _print_rejected(row)
        else:
            _print(row)


def _print(record: dict[str, Any]) -> None:
    source = record["source"]
    photos = [image["path"] or f"{len(image['bytes'])} bytes" for image in record["input"]["images"]]
    names = [name or key for name, key in zip(source["file_names"], source["image_ids"], strict=True)]
    lines = [("image", ", ".join(photos) or f"{', '.join(names)} (no photo)", "dim")]
    for turn in record["history"]:
        lines += [("user", turn["instruction"], "bold"), ("assistant", turn["response"], "green")]
    lines.append(("user", record["instruction"], "bold"))
    if record["input"]["text"]:
        lines.append(("", record["input"]["text"], "bold"))
    lines.append(("assistant", record["response"], "green"))
    for region in record["regions"]:
        box = ", ".join(f"{side:.0f}" for side in region["bbox"])
        lines.append(("region", f"[{box}] {region['label'] or ''}", "dim"))
    if (agreement := record["quality"]["annotator_agreement"]) is not None:
        lines.append(("agreement", f"{agreement:.0%} of the annotators", "dim"))
    if (claims := record["quality"]["unsupported_mentions"]) is not None:
        lines.append(("unsupported", f"categories that no annotation supports: {claims}", "dim"))
    if (generation := record["generation"]) is not None:
        lines.append(("written by", f"{generation['model']}, prompt {generation['prompt']}", "dim"))
    _panel(record["id"], f"{record['task']} · {', '.join(source['datasets'])}", lines)


def _print_rejected(row: dict[str, Any]) -> None:
    lines = [(label, row[label], "") for label in ("reason", "instruction", "text", "response") if row[label]]
    _panel(row["id"], row["task"], lines)


def _panel(title: str, subtitle: str, lines: list[tuple[str, str, str]]) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(style="cyan", width=11)
    table.add_column(overflow="fold")
    for label, said, style in lines:
        table.add_row(label, Text(said, style))
    Console().print(Panel(table, title=Text(title), subtitle=Text(subtitle)))
