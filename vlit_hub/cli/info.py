"""`vlit-hub info`."""

from __future__ import annotations

import json as json_module
from typing import Annotated, Any

import typer

__all__ = ["info"]


def info(
    name: Annotated[str | None, typer.Argument(help="A builder: what it reads, and its options.")] = None,
    json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Say what is built and where, or what a builder reads and which options it has.

    Examples:

      vlit-hub info

      vlit-hub info coco_aa
    """
    found = _builder(name) if name else _builds()
    if json:
        print(json_module.dumps(found, indent=2, ensure_ascii=False))
    elif name:
        _print_builder(found)
    else:
        _print_builds(found)


def _builds() -> dict[str, Any]:
    from dataclasses import asdict

    from vlit_hub import __version__, plugin_manager
    from vlit_hub.paths import cache_folder
    from vlit_hub.registry import builds

    return {
        "vlit_hub": __version__,
        "cache": str(cache_folder()),
        "builders": list(plugin_manager.builders()),
        "built": [{**asdict(build), "exists": build.exists} for build in builds()],
    }


def _builder(name: str) -> dict[str, Any]:
    from vlit_hub import plugin_manager
    from vlit_hub.strategy import DatasetStrategy

    builder = plugin_manager.get_builder(name)
    strategy = plugin_manager.get_strategy(builder.strategy)
    sources = plugin_manager.sources()
    options = strategy.Options.model_fields
    return {
        "name": name,
        "description": " ".join((builder.__doc__ or "").split()),
        "version": str(builder.VERSION),
        "strategy": strategy.name,
        "tasks": [] if isinstance(strategy, DatasetStrategy) else list(strategy.tasks),
        "sources": [
            {"name": source, "files": list(sources[source].patterns), "license": sources[source].license}
            for source in builder.sources
            if source in sources
        ],
        "options": [
            {
                "name": key,
                "default": builder.defaults.get(key, field.get_default()),
                "description": field.description or "",
            }
            for key, field in options.items()
        ],
        "downloads": {**builder.urls, **builder.photo_urls},
    }


def _print_builds(found: dict[str, Any]) -> None:
    from rich.console import Console

    console = Console()
    console.print(f"vlit-hub {found['vlit_hub']}, cache in {found['cache']}", highlight=False)
    console.print(f"builders: {', '.join(found['builders'])}  (vlit-hub info NAME tells more)\n", highlight=False)
    if not found["built"]:
        console.print("Nothing is built yet. Run: vlit-hub build coco_aa --data-dir DIR", highlight=False)
        return
    table = _table("dataset", "records", "where")
    for build in found["built"]:
        records = ", ".join(f"{split} {count:,}" for split, count in build["splits"].items())
        table.add_row(build["repo_id"], records, build["folder"] + ("" if build["exists"] else "  (gone)"))
    console.print(table)


def _print_builder(found: dict[str, Any]) -> None:
    from rich.console import Console

    console = Console()
    console.print(f"{found['name']} {found['version']}: {found['description']}\n", highlight=False)
    if found["sources"]:
        table = _table("source", "files", "licence")
        for source in found["sources"]:
            table.add_row(source["name"], ", ".join(source["files"]), source["license"])
        console.print(table)
        console.print("")
    tasks = f", which makes {', '.join(found['tasks'])}" if found["tasks"] else ""
    console.print(f"strategy: {found['strategy']}{tasks}\n", highlight=False)
    table = _table("option", "default", "what it does")
    for option in found["options"]:
        table.add_row(option["name"], str(option["default"]), option["description"])
    console.print(table)
    if found["downloads"]:
        console.print("")
        table = _table("--download fetches", "from")
        for what, url in found["downloads"].items():
            table.add_row(what, url)
        console.print(table)


def _table(*columns: str) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
