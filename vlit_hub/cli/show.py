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
    from rich.console import Console, Group
    from rich.panel import Panel
    from rich.text import Text

    source = record["source"]
    images = [image["path"] or f"{len(image['bytes'])} bytes" for image in record["input"]["images"]]
    names = [name or key for name, key in zip(source["file_names"], source["image_ids"], strict=True)]
    lines = [_line("image", ", ".join(images) or f"{', '.join(names)} (no photo)", "dim")]
    turns = [*record["history"], {"instruction": record["instruction"], "response": record["response"]}]
    for number, turn in enumerate(turns):
        asked = turn["instruction"]
        if number == len(turns) - 1 and record["input"]["text"]:
            asked += "\n" + record["input"]["text"]
        lines += [_line("user", asked, "bold"), _line("assistant", turn["response"], "green")]
    for region in record["regions"]:
        box = ", ".join(f"{side:.0f}" for side in region["bbox"])
        lines.append(_line("region", f"[{box}] {region['label'] or ''}", "dim"))
    if (agreement := record["quality"]["annotator_agreement"]) is not None:
        lines.append(_line("agreement", f"{agreement:.0%} of the annotators", "dim"))
    body = Group(*(Text.assemble(*line) for line in lines))
    Console().print(Panel(body, title=record["id"], subtitle=f"{record['task']} · {', '.join(source['datasets'])}"))


def _print_rejected(row: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    lines = [_line(label, str(row[label]), "") for label in ("reason", "instruction", "text", "response") if row[label]]
    Console().print(
        Panel(Text("\n").join(Text.assemble(*line) for line in lines), title=row["id"], subtitle=row["task"])
    )


def _line(label: str, text: str, style: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (f"{label:<10} ", "cyan"), (text, style)
