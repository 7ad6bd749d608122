"""Markdown from the card's templates: how numbers, names and texts of the data are written there."""

from __future__ import annotations

import functools
import html
from collections.abc import Iterable, Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from vlit_hub.publishing.summary import Counted, Range

__all__ = ["cell", "code", "number", "percent", "pipes", "render_blocks", "render_template"]


def number(value: float, digits: int = 0) -> str:
    """`1,234` or `0.50`."""
    return f"{value:,.{digits}f}"


def percent(share: float) -> str:
    """`33%`, `4.2%`; never 0% or 100% for what is a little more or less."""
    if 0 < share < 0.001:
        return "under 0.1%"
    if 0.995 <= share < 1:
        return "over 99%"
    return f"{share:.1%}" if 0 < share < 0.0995 else f"{share:.0%}"


def counted(rows: Iterable[Counted]) -> str:
    """`global` 960 (80%), `region` 240 (20%)."""
    return ", ".join(f"{code(row.name)} {number(row.count)} ({percent(row.share)})" for row in rows)


def code(value: object) -> str:
    """A text of the data as inline code: one line, not over 120 characters."""
    text = " ".join(str(value).split()).replace("`", "'")
    return f"`{text if len(text) <= 120 else text[:119] + '…'}`"


def pipes(markdown: str) -> str:
    """Markdown for a table cell."""
    return markdown.replace("|", "\\|")


def cell(value: object) -> str:
    """A text of the data as plain text of a table cell."""
    return pipes(html.escape(" ".join(str(value).split()), quote=False))


def in_html(value: object) -> str:
    """A text of the data within HTML; blank lines would end it there."""
    return html.escape(str(value)).replace("\r", "").replace("\n", "<br>")


def range_row(label: str, values: Range) -> str:
    """A table row of a distribution."""
    numbers = [number(values.mean, 1)] + [number(one) for one in (values.p5, values.median, values.p95, values.largest)]
    return f"| {label} | {' | '.join(numbers)} |"


def render_blocks(template: str, context: Mapping[str, Any]) -> dict[str, str]:
    """The blocks of a template, by name, in its order."""
    loaded = _environment().get_template(template)
    return {name: "".join(block(loaded.new_context(dict(context)))) for name, block in loaded.blocks.items()}


def render_template(template: str, context: Mapping[str, Any]) -> str:
    """A whole template."""
    return _environment().get_template(template).render(context)


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("vlit_hub.cards", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # Markdown; what comes from the data goes through code, cell or html
    )
    environment.filters |= {
        "number": number,
        "percent": percent,
        "counted": counted,
        "code": code,
        "pipes": pipes,
        "cell": cell,
        "html": in_html,
    }
    environment.globals["range_row"] = range_row
    return environment
