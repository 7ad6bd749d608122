"""Finds the plugins, calls their hooks, and says what is installed. What a plugin can do is told in `hookspecs.py`.

Plugins are looked for once a process, at the first question, and each hook is called once, when somebody asks for what
it gives.
"""

from __future__ import annotations

import difflib
import functools
import os
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution, EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar

import pluggy

from vlit_hub import hookspecs
from vlit_hub.errors import PluginError, UnknownName, UsageError
from vlit_hub.plugin_kinds import KINDS, command_names

if TYPE_CHECKING:
    import typer

    from vlit_hub.builder import VlitBuilder
    from vlit_hub.export.exporter import Exporter
    from vlit_hub.generation.backends import Backend
    from vlit_hub.importing.importer import Importer
    from vlit_hub.publishing.sections import CardSection
    from vlit_hub.quality.indicator import Indicator
    from vlit_hub.source import Source
    from vlit_hub.strategy import DatasetStrategy, Strategy

__all__ = [
    "SELECTION",
    "PluginInfo",
    "backends",
    "builders",
    "card_sections",
    "exporters",
    "get_backend",
    "get_builder",
    "get_exporter",
    "get_importer",
    "get_source",
    "get_strategy",
    "giver",
    "importers",
    "indicators",
    "installed",
    "register",
    "register_commands",
    "reset",
    "sources",
    "strategies",
]

SELECTION = "VLIT_HUB_PLUGINS"
"""The environment variable that names the plugins to load, separated by commas; empty for none, unset for all."""

_HOOKS = [kind.hook for kind in KINDS.values()]
_T = TypeVar("_T")


class PluginInfo:
    """One plugin.

    Attributes:
        name: Its entry point's name.
        module: The module that implements its hooks.
        blocked: `VLIT_HUB_PLUGINS` leaves it out.
        hooks: The hooks it implements, sorted; none where it isn't loaded.
        faults: Why it, or what a hook of it should have given, is left out. Complete once `provides` was asked for.
    """

    def __init__(self, name: str, module: str, dist: Distribution | None = None, *, blocked: bool = False) -> None:
        self.name = name
        self.module = module
        self.blocked = blocked
        self.hooks: tuple[str, ...] = ()
        self.faults: list[str] = []
        self._dist = dist

    def __str__(self) -> str:
        """How messages name it: `'my_plugin' (my-package 1.0)`."""
        return f"{self.name!r} ({self.distribution} {self.version})" if self._dist else repr(self.name)

    @property
    def distribution(self) -> str:
        """The package it is from; empty for a plugin added by `register`."""
        return self._dist.name if self._dist else ""

    @property
    def version(self) -> str:
        """That package's version; empty likewise."""
        return self._dist.version if self._dist else ""

    @functools.cached_property
    def provides(self) -> Mapping[str, tuple[str, ...]]:
        """The names of what it gives, by kind (`source`, `strategy`, ...: those of `plugin_kinds`). Calls all hooks."""
        return {kind: tuple(given.name for given in _plugins().given(kind) if given.plugin is self) for kind in KINDS}

    def fault(self, reason: str, error: BaseException | None = None) -> None:
        """Note and warn why something is left out; the error's traceback goes to the log at level DEBUG."""
        import logging  # 3 ms that only trouble has to cost

        self.faults.append(reason)
        log = logging.getLogger(__name__)
        log.warning("plugin %s: %s", self, reason)
        log.debug("plugin %s", self, exc_info=error)


class _Given(NamedTuple):
    name: str
    thing: Any
    plugin: PluginInfo


class _Plugins:
    """All plugins of this process."""

    def __init__(self) -> None:
        self.infos: dict[str, PluginInfo] = {}
        self._manager = pluggy.PluginManager(hookspecs.GROUP)
        self._manager.add_hookspecs(hookspecs)
        self._given: dict[pluggy.HookImpl, list[_Given]] = {}
        points = sorted(entry_points(group=hookspecs.GROUP), key=lambda point: point.name)
        selected = _selected(point.name for point in points)
        for point in points:
            self._load(point, blocked=selected is not None and point.name not in selected)

    def _load(self, point: EntryPoint, blocked: bool) -> None:
        info = PluginInfo(point.name, point.module, point.dist, blocked=blocked)
        if point.name in self.infos:
            other = self.infos[point.name]
            raise PluginError(f"two plugins have one name: {other} and {info}. Uninstall one of them.")
        self.infos[info.name] = info
        if blocked:
            return
        try:
            module = point.load()
        except (Exception, SystemExit) as error:
            info.fault(f"left out, it can't be imported ({_one_line(error)})", error)
        else:
            self.add(info, module)

    def add(self, info: PluginInfo, module: object) -> None:
        """Register the hooks of a module, or note why they can't be."""
        self.infos[info.name] = info
        options = {name: self._manager.parse_hookimpl_opts(module, name) for name in dir(module)}
        hooks = [found.get("specname") or name for name, found in options.items() if found]
        if not hooks:
            info.fault("left out, it implements no hook (mark its functions with @vlit_hub.hookimpl)")
        elif unknown := [hook for hook in hooks if hook not in _HOOKS]:
            near = difflib.get_close_matches(unknown[0], _HOOKS, n=1, cutoff=0)
            info.fault(f"left out, there is no hook {unknown[0]!r}; the nearest is {near[0]!r}")
        else:
            try:
                self._manager.register(module, info.name)
                info.hooks = tuple(sorted(hooks))
            except (pluggy.PluginValidationError, ValueError) as error:
                info.fault(f"left out, pluggy refuses it ({_one_line(error)})", error)

    def given(self, kind: str) -> list[_Given]:
        """Everything that plugins give of a kind, sorted by name; a name may be there more than once."""
        implementations = getattr(self._manager.hook, KINDS[kind].hook).get_hookimpls()
        for one in sorted(implementations, key=lambda one: one.plugin_name):
            if one not in self._given:
                self._given[one] = [_Given(*named, self.infos[one.plugin_name]) for named in self._call(kind, one)]
        given = [given for one in implementations for given in self._given[one]]
        return sorted(given, key=lambda given: (given.name, given.plugin.name))

    def _call(self, kind: str, implementation: pluggy.HookImpl) -> list[tuple[str, Any]]:
        try:
            return KINDS[kind].collect(implementation.function)
        except (Exception, SystemExit) as error:
            info = self.infos[implementation.plugin_name]
            info.fault(f"what its {KINDS[kind].hook} gives is left out ({_one_line(error)})", error)
            return []

    def unique(self, kind: str) -> dict[str, _Given]:
        """The same by name.

        Raises:
            PluginError: Two plugins claim one name.
        """
        by_name: dict[str, _Given] = {}
        for given in self.given(kind):
            if given.name in by_name:
                _clash(kind, given.name, f"plugin {by_name[given.name].plugin}", given.plugin)
            by_name[given.name] = given
        return by_name


@functools.cache
def _plugins() -> _Plugins:
    return _Plugins()


def sources() -> dict[str, Source]:
    """All annotation sources by name, sorted.

    Raises:
        PluginError: Two plugins claim one name; likewise in the functions below.
    """
    return _things("source")


def strategies() -> dict[str, Strategy | DatasetStrategy]:
    """All strategies by name, sorted."""
    return _things("strategy")


def builders() -> dict[str, type[VlitBuilder]]:
    """All builders by name, sorted."""
    return _things("builder")


def backends() -> dict[str, Backend]:
    """All backends of language models by name, sorted."""
    return _things("backend")


def indicators() -> dict[str, Indicator]:
    """All indicators of quality by name, sorted."""
    return _things("indicator")


def importers() -> dict[str, Importer]:
    """All importers by name, sorted."""
    return _things("importer")


def exporters() -> dict[str, Exporter]:
    """All formats that datasets can be exported to, by name, sorted."""
    return _things("exporter")


def card_sections() -> dict[str, CardSection]:
    """All sections that plugins add to cards, by name, sorted."""
    return _things("card section")


def get_source(name: str) -> Source:
    """The source of this name.

    Raises:
        UnknownName: There is none; the message has the nearest name. Likewise in the functions below.
    """
    return _named("source", name, sources())


def get_strategy(name: str) -> Strategy | DatasetStrategy:
    """The strategy of this name."""
    return _named("strategy", name, strategies())


def get_backend(name: str) -> Backend:
    """The backend of this name."""
    return _named("backend", name, backends())


def get_builder(name: str) -> type[VlitBuilder]:
    """The builder of this name."""
    return _named("builder", name, builders())


def get_importer(name: str) -> Importer:
    """The importer of this name."""
    return _named("importer", name, importers())


def get_exporter(name: str) -> Exporter:
    """The exporter of this name."""
    return _named("exporter", name, exporters())


def register_commands(app: typer.Typer) -> None:
    """Add the plugins' commands to the command line; vlit-hub's own are in `app` already.

    Raises:
        PluginError: A plugin claims a command that another plugin or `app` has.
    """
    given = _plugins().unique("command")
    own = set(command_names(app)) if given else ()
    for name, (_, (registered, info), plugin) in given.items():
        if name in own:
            _clash("command", name, "vlit-hub itself", plugin)
        if info not in getattr(app, registered):  # a group without a name is there under each of its commands'
            getattr(app, registered).append(info)


def installed() -> list[PluginInfo]:
    """All plugins, loaded or not, sorted by name."""
    return [info for _, info in sorted(_plugins().infos.items())]


def giver(kind: str, name: str) -> PluginInfo | None:
    """The plugin that gives the thing of this kind and name; none where no plugin does."""
    given = _plugins().unique(kind).get(name)
    return given.plugin if given else None


def register(module: object, name: str) -> None:
    """Add a plugin that no package names, in a notebook or a test: a module, or any object with hook implementations.

    Raises:
        PluginError: A plugin has this name already.
    """
    plugins = _plugins()
    if name in plugins.infos:
        raise PluginError(f"there is a plugin {plugins.infos[name]} already. Give this one another name.")
    plugins.add(PluginInfo(name, getattr(module, "__name__", type(module).__name__)), module)


def reset() -> None:
    """Forget all plugins, so that the next question looks for them again."""
    _plugins.cache_clear()


def _selected(installed: Iterable[str]) -> set[str] | None:
    value = os.environ.get(SELECTION)
    if value is None:
        return None
    known = sorted(installed)
    selected = {name.strip() for name in value.split(",")} - {""}
    if unknown := sorted(selected.difference(known)):
        raise UsageError(f"{SELECTION} names {unknown[0]!r}, which isn't installed. There are: {', '.join(known)}.")
    return selected


def _things(kind: str) -> dict[str, Any]:
    return {name: given.thing for name, given in _plugins().unique(kind).items()}


def _named(kind: str, name: str, known: Mapping[str, _T]) -> _T:
    if name not in known:
        raise UnknownName(kind, name, known)
    return known[name]


def _clash(kind: str, name: str, first: str, second: PluginInfo) -> NoReturn:
    raise PluginError(
        f"the {kind} {name!r} is claimed twice: by {first} and by plugin {second}. "
        f"Uninstall one of them, or name the plugins to load in {SELECTION}."
    )


def _one_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
