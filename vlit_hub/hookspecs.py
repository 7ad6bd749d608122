"""The hooks: everything that a plugin can give vlit-hub. This module is the plugin manual.

A plugin is a module that implements one hook or several, in a package that names it in the entry point group
`vlit_hub`:

    # my_package/plugin.py
    from vlit_hub import hookimpl

    @hookimpl
    def register_strategies():
        from my_package.strategy import MyStrategy

        return [MyStrategy()]

    # pyproject.toml
    [project.entry-points.vlit_hub]
    my_plugin = "my_package.plugin"

vlit-hub's own sources, strategies and builders come in the same way, and can do nothing that yours can't.

- **Names.** `my_plugin` above is the plugin's name: `vlit-hub plugins` lists it, `VLIT_HUB_PLUGINS=my_plugin` loads it
  alone. What hooks return has names too, and no two plugins may claim one: that is an error which names both.
- **Implement what you need.** Every hook is optional. A function marked with `@hookimpl` whose name is no hook makes
  the plugin a broken one, so that a misspelled hook can't go unnoticed.
- **Import late.** The module is imported at every start of the command line, `vlit-hub --help` too. What takes long to
  import (`polars`, `datasets`, your own models) belongs inside the hooks; all but `register_commands` are called only
  when somebody asks for what they give.
- **Trouble.** A broken plugin never stops vlit-hub. One that can't be imported is left out, and so is what a hook
  should have given that raises or returns something else than it says; a warning names the plugin and its package.

`docs/hooks/` has one page a hook, with an example that is run as a test. `vlit-hub new-plugin` writes a package to
start from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

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
    "GROUP",
    "hookimpl",
    "hookspec",
    "register_backends",
    "register_builders",
    "register_card_sections",
    "register_commands",
    "register_exporters",
    "register_importers",
    "register_indicators",
    "register_sources",
    "register_strategies",
]

GROUP = "vlit_hub"
"""The entry point group that plugins are found by, and pluggy's name for these hooks."""

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)
"""Marks a function of a plugin as an implementation of the hook of its name."""


@hookspec
def register_sources() -> list[Source]:  # type: ignore[empty-body]
    """Annotation formats that can be read.

    Called at most once a process, when annotation files are looked for: by `vlit-hub build`, `vlit_hub.load_dataset`
    and `vlit-hub plugins`.

    Returns:
        Sources, each with a `name` of its own.
    """


@hookspec
def register_strategies() -> list[Strategy | DatasetStrategy]:  # type: ignore[empty-body]
    """Ways to make records from the annotations of images, or from other datasets.

    Called at most once a process, when a builder looks for its strategy by name, and by `vlit-hub plugins`.

    Returns:
        Strategy objects (not classes), each with a `name` of its own: made by `@vlit_hub.image_by_image` from a function of
        one image, or instances of a subclass of `vlit_hub.Strategy`, which works on the frames of many images, or of
        `vlit_hub.strategy.DatasetStrategy`, which works on datasets of records. A strategy keeps no state between calls:
        worker processes have copies of it.
    """


@hookspec
def register_backends() -> list[Backend]:  # type: ignore[empty-body]
    """Ways to run a language model.

    Called at most once a process, when the first request is to be sent, and by `vlit-hub plugins`.

    Returns:
        `vlit_hub.generation.backends.Backend` objects, each with a `name` of its own: users choose one with `-o backend=NAME`.
    """


@hookspec
def register_indicators() -> list[Indicator]:  # type: ignore[empty-body]
    """Ways to measure the quality of records.

    Called at most once a process, when a dataset is scored, and by `vlit-hub plugins`.

    Returns:
        Objects (not classes) of subclasses of `Individual`, `PhotoIndicator`, `Collective` or `Overall` of
        `vlit_hub.quality.indicator`,
        each with a `name` of its own: `vlit-hub score DATASET --indicators NAME` measures it.
    """


@hookspec
def register_builders() -> list[type[VlitBuilder]]:  # type: ignore[empty-body]
    """Named datasets, which `vlit-hub build NAME` builds.

    Called at most once a process, when a builder is looked for by name, and by `vlit-hub plugins`.

    Returns:
        Builder classes, each with a `name` of its own: the dataset is `load_dataset("vlit_hub/<name>")` afterwards.
    """


@hookspec
def register_importers() -> list[Importer]:  # type: ignore[empty-body]
    """Formats of instruction data that can be imported.

    Called at most once a process, by `vlit-hub import`, `vlit-hub plugins`, and where a file's format has to be told.

    Returns:
        `vlit_hub.importing.importer.Importer` objects, each with a `name` of its own: `vlit-hub import NAME FILE`.
    """


@hookspec
def register_exporters() -> list[Exporter]:  # type: ignore[empty-body]
    """Formats of trainers that datasets can be exported to.

    Called at most once a process, by `vlit-hub export` and `vlit-hub plugins`.

    Returns:
        Objects (not classes) of subclasses of `vlit_hub.export.exporter.Exporter`, or of
        `vlit_hub.export.json_files.JsonExporter` where the format is JSON, each with a `name` of its own:
        `vlit-hub export DATASET --to NAME`.
    """


@hookspec
def register_commands(app: typer.Typer) -> None:
    """Commands of the `vlit-hub` command line.

    Called at every start of the command line, `vlit-hub --help` too: import inside the commands, not beside them. A
    command that another plugin or vlit-hub itself has is an error.

    Args:
        app: An empty command line; the commands and groups that `app.command()` and `app.add_typer()` add to it become
            those of `vlit-hub`.
    """


@hookspec
def register_card_sections() -> list[CardSection]:  # type: ignore[empty-body]
    """Sections of dataset cards.

    Called at most once a process, when a card is written, and by `vlit-hub plugins`.

    Returns:
        `vlit_hub.CardSection` objects, each with a `name` of its own and a function that writes the section from the dataset's
        folder and the numbers that the card has of it. They stand below the card's limits and biases, sorted by name.
    """
