"""Data mixing: datasets become one, in shares that a recipe names (Li et al. 2024, section 3.3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vlit_hub.hookspecs import hookimpl

if TYPE_CHECKING:
    import typer

    from vlit_hub.strategy import DatasetStrategy


@hookimpl
def register_strategies() -> list[DatasetStrategy]:
    """The strategy `data_mixing`."""
    from vlit_hub.plugins.strategies.data_mixing.strategy import DataMixing

    return [DataMixing()]


@hookimpl
def register_commands(app: typer.Typer) -> None:
    """`vlit-hub mix`."""
    from vlit_hub.plugins.strategies.data_mixing.command import mix

    app.command("mix")(mix)
