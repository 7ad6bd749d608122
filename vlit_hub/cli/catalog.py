"""`vlit-hub catalog`."""

from __future__ import annotations

import json as json_module
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vlit_hub.errors import UsageError

if TYPE_CHECKING:
    from vlit_hub.catalog import DatasetEntry, Entry, ModelEntry, TaskEntry

__all__ = ["catalog"]

_LAST = ("tasks", "quality", "link", "code", "disagreements", "notes")
"""What stands at the end of an entry; the rest in the order of its fields."""


def catalog(
    name: Annotated[str | None, typer.Argument(help="A dataset, a model or a task: all that is known of it.")] = None,
    task: Annotated[str | None, typer.Option(help="With this task: ocr, vqa, 'detailed description', ...")] = None,
    strategy: Annotated[str | None, typer.Option(help="Made so: AA, SI or DM.")] = None,
    tendency: Annotated[
        str | None, typer.Option(help="For this: general, specific, region, interleave, video, text, medicine, ...")
    ] = None,
    granularity: Annotated[str | None, typer.Option(help="regional or interleaved.")] = None,
    models: Annotated[bool, typer.Option("--models", help="The models instead of the datasets.")] = False,
    tasks: Annotated[bool, typer.Option("--tasks", help="The tasks.")] = False,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """List the published instruction data and models that the review by Li et al. 2024 covers.

    What exists, how it was made, how large it is, and where. Names may be written without case, spaces and signs.

    Examples:

      vlit-hub catalog --task ocr --strategy SI

      vlit-hub catalog --tendency medicine --json

      vlit-hub catalog LLaVA-Instruct-150K

      vlit-hub catalog --models --task "detailed description"
    """
    from vlit_hub.catalog import Filters, read_catalog
    from vlit_hub.catalog.finding import find

    whole = read_catalog()
    filters = Filters(task=task, strategy=strategy, tendency=tendency, granularity=granularity)
    found: Any  # entries of one kind, or of several where a name has several
    if (name is not None) + models + tasks > 1 or ((name is not None or tasks) and filters != Filters()):
        raise UsageError("give one of NAME, --models and --tasks; filters go with --models or alone.")
    if name is not None:
        found = find(whole, name)
    elif tasks:
        found = list(whole.tasks)
    else:
        found = filters.apply(whole, whole.models) if models else filters.apply(whole, whole.datasets)
    if json:
        from msgspec import to_builtins

        print(json_module.dumps(to_builtins(found), indent=2, ensure_ascii=False))
    elif name is not None:
        for number, entry in enumerate(found):
            _print_entry(entry, number)
    elif tasks:
        _print_tasks(found)
    elif models:
        _print_models(found)
    else:
        _print_datasets(found)


def _print_datasets(found: list[DatasetEntry]) -> None:
    table = _table("dataset", "model", "made by", "images", "videos", "pairs", "for")
    for entry in found:
        made = entry.strategy.table_9 or entry.strategy.figure_6 or entry.strategy.table_1 or "-"
        counts = [count.printed if count else "-" for count in (entry.images, entry.videos, entry.pairs)]
        tendency = ", ".join(entry.tendency) or "-"
        table.add_row(*_texts(entry.name, entry.model, made + _mark(entry), *counts, tendency))
    _print(table, found, "dataset")


def _print_models(found: list[ModelEntry]) -> None:
    table = _table("model", "visual encoder", "projector", "language model", "stages", "data by")
    for entry in found:
        row = entry.table_1
        parts = (row.encoder, row.projector, row.llm) if row else (None, None, None)
        stages = row.stages if row else entry.table_8.stages if entry.table_8 else None
        table.add_row(*_texts(entry.name, *parts, f"{stages or '-'}{_mark(entry)}", entry.strategy.table_1))
    _print(table, found, "model")


def _print_tasks(found: list[TaskEntry]) -> None:
    table = _table("task", "short", "datasets", "task of vlit-hub")
    for task in found:
        table.add_row(*_texts(task.name, task.abbreviation, str(len(task.datasets)), task.vlit_task))
    _print(table, found, "task")


def _print(table: Any, found: list[Any], what: str) -> None:
    from rich.console import Console

    console = Console()
    if found:
        console.print(table, "")
    lines = [f"{len(found)} {what}{'' if len(found) == 1 else 's'}, after Li et al. 2024 (docs/catalog.md)."]
    if found:
        lines[0] += " More of one: vlit-hub catalog NAME"
    if any(getattr(entry, "strategy", None) for entry in found):
        lines.append("AA: annotation adaption, SI: self-instruct, DM: data mixing.")
    if any(getattr(entry, "disagreements", None) for entry in found):
        lines.append("* The paper's tables differ here.")
    for line in lines:
        console.print(line, highlight=False)


def _print_entry(entry: Entry, number: int) -> None:
    from msgspec import to_builtins
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    fields = to_builtins(entry)
    kind, name = fields.pop("kind"), fields.pop("name")
    console = Console()
    if number:
        console.print("")
    console.print(Text(f"{name}, a {kind}", "bold"))
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for key, value in sorted(fields.items(), key=lambda field: field[0] in _LAST and 1 + _LAST.index(field[0])):
        if text := _told(value):
            table.add_row(key.replace("_", " "), Text(text))
    console.print(Padding(table, (0, 0, 0, 2), expand=False))


def _told(value: Any) -> str:
    """A field in words; nothing where nothing is known."""
    if isinstance(value, dict):
        if "printed" in value:
            return f"{value['printed']} ({value['number']:,})"
        pairs = ((key.replace("_", " "), _told(part)) for key, part in value.items())
        return "; ".join(f"{key}: {text}" for key, text in pairs if text)
    if isinstance(value, (list, tuple)):
        return "\n".join(value) if any(len(part) > 60 for part in value) else ", ".join(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or ""


def _mark(entry: DatasetEntry | ModelEntry) -> str:
    return " *" if entry.disagreements else ""


def _texts(*cells: str | None) -> list[Any]:
    from rich.text import Text

    return [Text(cell or "-") for cell in cells]  # as markup, a name would lose its brackets


def _table(first: str, *columns: str) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column(first, overflow="fold")
    for column in columns:
        number = column in ("images", "videos", "pairs", "datasets")
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    return table
