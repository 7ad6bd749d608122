"""Annotation adaption: annotations become records by instruction pools and templates (Li et al. 2024, section 3.3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vlit_hub.hookspecs import hookimpl

if TYPE_CHECKING:
    import typer

    from vlit_hub.strategy import Strategy


@hookimpl
def register_strategies() -> list[Strategy]:
    """The strategy `annotation_adaption`."""
    from vlit_hub.plugins.strategies.annotation_adaption.strategy import AnnotationAdaption

    return [AnnotationAdaption()]


@hookimpl
def register_commands(app: typer.Typer) -> None:
    """`vlit-hub pool`."""
    from vlit_hub.plugins.strategies.annotation_adaption.expansion.command import pool

    app.add_typer(pool, name="pool", help="List instruction pools, or have a language model expand one.")
