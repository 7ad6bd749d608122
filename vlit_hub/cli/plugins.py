"""`vlit-hub plugins`."""

from __future__ import annotations

import json as json_module
from typing import Annotated, Any

import typer

__all__ = ["plugins"]


def plugins(json: Annotated[bool, typer.Option("--json", help="For machines.")] = False) -> None:
    """List the plugins: the package each is from, which hooks it implements, and what it provides.

    A plugin that something is wrong with is listed with the reason. VLIT_HUB_PLUGINS=a,b loads only the plugins a and b.

    Examples:

      vlit-hub plugins

      vlit-hub plugins --json
    """
    from vlit_hub import plugin_manager

    rows = [
        {
            "name": plugin.name,
            "distribution": plugin.distribution,
            "version": plugin.version,
            "module": plugin.module,
            "hooks": list(plugin.hooks),
            "provides": {kind: list(names) for kind, names in plugin.provides.items()},
            "blocked": plugin.blocked,
            "faults": plugin.faults,
        }
        for plugin in plugin_manager.installed()
    ]
    if json:
        print(json_module.dumps(rows, indent=2, ensure_ascii=False))
    else:
        _print_table(rows)
    for ask in (
        plugin_manager.sources,
        plugin_manager.strategies,
        plugin_manager.builders,
        plugin_manager.backends,
        plugin_manager.indicators,
        plugin_manager.exporters,
        plugin_manager.card_sections,
    ):
        ask()  # where two plugins claim one name, say so here too


def _print_table(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("plugin", "from", "hooks", "provides", box=None, pad_edge=False, padding=(0, 2, 1, 0))
    for row in rows:
        provides = [f"{kind}: {', '.join(names)}" for kind, names in row["provides"].items() if names]
        if row["blocked"]:
            provides.append("not loaded: VLIT_HUB_PLUGINS leaves it out")
        cell = Text("\n".join(provides))
        for fault in row["faults"]:
            cell.append(("\n" if cell else "") + fault, "red")
        table.add_row(
            Text(row["name"], "bold"),
            Text(f"{row['distribution']} {row['version']}"),
            Text("\n".join(row["hooks"])),
            cell,
        )
    Console().print(table)
