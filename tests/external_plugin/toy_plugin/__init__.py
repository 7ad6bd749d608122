"""A plugin with one source, one strategy, one builder and one command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from vlit_hub import hookimpl

if TYPE_CHECKING:
    from vlit_hub import Source, Strategy, VlitBuilder


@hookimpl
def register_sources() -> list[Source]:
    from toy_plugin.source import TOY_SCENES

    return [TOY_SCENES]


@hookimpl
def register_strategies() -> list[Strategy]:
    from toy_plugin.strategy import toy_naming

    return [toy_naming]


@hookimpl
def register_builders() -> list[type[VlitBuilder]]:
    from toy_plugin.builder import ToyScenes

    return [ToyScenes]


@hookimpl
def register_commands(app: typer.Typer) -> None:
    from toy_plugin.command import toy_kinds

    app.command()(toy_kinds)
