"""The kinds of things that plugins give: through which hook each comes, and what makes it fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import typer

__all__ = ["KINDS", "Kind", "command_names"]

Named = list[tuple[str, Any]]


class Kind(NamedTuple):
    """One kind.

    Attributes:
        hook: The hook that things of this kind come through.
        collect: Calls an implementation of that hook; gives the things and their names. Raises whatever the
            implementation raises, and TypeError where it gives something else than the hook says.
    """

    hook: str
    collect: Callable[[Callable[..., object]], Named]


def _sources(implementation: Callable[..., object]) -> Named:
    from vlit_hub.source import Source

    return _named(implementation(), lambda thing: isinstance(thing, Source), "a Source")


def _strategies(implementation: Callable[..., object]) -> Named:
    from vlit_hub.strategy import DatasetStrategy, Strategy

    return _named(implementation(), lambda thing: isinstance(thing, Strategy | DatasetStrategy), "a Strategy object")


def _builders(implementation: Callable[..., object]) -> Named:
    from vlit_hub.builder import VlitBuilder

    def fits(thing: object) -> bool:
        return isinstance(thing, type) and issubclass(thing, VlitBuilder)

    return _named(implementation(), fits, "a subclass of VlitBuilder")


def _backends(implementation: Callable[..., object]) -> Named:
    from vlit_hub.generation.backends import Backend

    return _named(implementation(), lambda thing: isinstance(thing, Backend), "a Backend object")


def _indicators(implementation: Callable[..., object]) -> Named:
    from vlit_hub.quality.indicator import Collective, Individual, Overall, PhotoIndicator

    kinds = (Individual, PhotoIndicator, Collective, Overall)
    return _named(implementation(), lambda thing: isinstance(thing, kinds), "an Indicator object")


def _importers(implementation: Callable[..., object]) -> Named:
    from vlit_hub.importing.importer import Importer

    return _named(implementation(), lambda thing: isinstance(thing, Importer), "an Importer")


def _exporters(implementation: Callable[..., object]) -> Named:
    from vlit_hub.export.exporter import Exporter

    return _named(implementation(), lambda thing: isinstance(thing, Exporter), "an Exporter object")


def _card_sections(implementation: Callable[..., object]) -> Named:
    from vlit_hub.publishing.sections import CardSection

    def fits(thing: object) -> bool:
        return isinstance(thing, CardSection) and re.fullmatch(r"[\w-]+", thing.name) is not None

    return _named(implementation(), fits, "a CardSection with a name of letters, digits, _ and -")


def _commands(implementation: Callable[..., object]) -> Named:
    """Each command or group as Typer holds it, with the list of an app that it belongs in.

    The plugin gets an app of its own, so that it can't change vlit-hub's, and one that fails midway leaves nothing.
    """
    import typer

    app = typer.Typer()
    implementation(app)
    named = []
    for registered in ("registered_commands", "registered_groups"):
        for info in getattr(app, registered):
            alone = typer.Typer()
            getattr(alone, registered).append(info)
            named += [(name, (registered, info)) for name in command_names(alone)]
    return named


def command_names(app: typer.Typer) -> list[str]:
    """The names of an app's commands and groups.

    Raises:
        Exception: Typer can't make a command of one of them (a parameter's type isn't supported, say).
    """
    from typer.main import get_group

    return list(get_group(app).commands)


def _named(result: object, fits: Callable[[object], bool], what: str) -> Named:
    if not isinstance(result, list | tuple):
        raise TypeError(f"it gave {result!r}, not a list")
    for thing in result:
        if not fits(thing):
            raise TypeError(f"it gave {thing!r}, which isn't {what}")
        name = getattr(thing, "name", None)
        if not isinstance(name, str) or not name:
            raise TypeError(f"it gave {thing!r}, which has no name")
    return [(thing.name, thing) for thing in result]


KINDS: Mapping[str, Kind] = {
    "source": Kind("register_sources", _sources),
    "strategy": Kind("register_strategies", _strategies),
    "builder": Kind("register_builders", _builders),
    "backend": Kind("register_backends", _backends),
    "indicator": Kind("register_indicators", _indicators),
    "importer": Kind("register_importers", _importers),
    "exporter": Kind("register_exporters", _exporters),
    "command": Kind("register_commands", _commands),
    "card section": Kind("register_card_sections", _card_sections),
}
