"""A dry run, as a person reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vlit_hub.generation.preview import Preview

__all__ = ["print_preview"]


def print_preview(preview: Preview, *, as_json: bool) -> None:
    """Print the examples, then what each group comes to; as JSON, the same in one object."""
    if as_json:
        import msgspec

        print(msgspec.json.format(msgspec.json.encode(preview), indent=2).decode())
        return
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    console = Console()
    for number, request in enumerate(preview.examples, 1):
        shown = Text()
        for message in request.messages:
            shown.append(f"{message['role']}\n", "bold cyan")
            shown.append(_said(message) + "\n\n")
        shown.rstrip()
        title = f"prompt {number} of {len(preview.examples)}: {request.group}"
        console.print(Panel(shown, title=Text(title), subtitle=Text(_parameters(request.model, request.temperature))))
    _print_totals(preview, console)


def _said(message: Mapping[str, Any]) -> str:
    if isinstance(message["content"], str):
        return message["content"]
    return "\n".join(part["text"] if part["type"] == "text" else _picture(part) for part in message["content"])


def _picture(part: Mapping[str, Any]) -> str:
    if part["type"] != "photo":
        return "[picture]"
    box = f", box [{', '.join(f'{side:.0f}' for side in part['box'])}] drawn in" if part["box"] else ""
    return f"[photo {part['path']}, longer edge at most {part['edge']} pixels{box}]"


def _parameters(model: str, temperature: float | None) -> str:
    return model if temperature is None else f"{model}, temperature {temperature:g}"


def _print_totals(preview: Preview, console: Any) -> None:
    from rich.table import Table

    table = Table(title=None, box=None, pad_edge=False)
    for column in ("kind", "requests", "answered before", "prompt tokens", "answer tokens", "cost"):
        table.add_column(column, justify="left" if column == "kind" else "right")
    for name, group in preview.groups.items():
        table.add_row(name, *_numbers(group))
    if len(preview.groups) > 1:
        table.add_section()
        table.add_row("all", *_numbers(preview.total))
    console.print(table)
    if preview.total.cost is None:
        console.print(
            f"{preview.model} has no price here (a local model costs nothing): give one with -o prices=FILE.",
            highlight=False,
        )
    console.print("Nothing was sent. Tokens and cost are estimates.", highlight=False)


def _numbers(group: Any) -> tuple[str, ...]:
    cost = "unknown" if group.cost is None else f"${group.cost:,.2f}"
    counts = (group.requests, group.stored, group.prompt_tokens, group.completion_tokens)
    return (*(f"{count:,}" for count in counts), cost)
