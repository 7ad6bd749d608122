from __future__ import annotations

import logging
import subprocess
import sys
import types
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from vlit_hub import hookimpl, per_image, plugin_manager
from vlit_hub.errors import PluginError, UnknownName, UsageError
from vlit_hub.plugin_manager import PluginInfo


def info(name: str) -> PluginInfo:
    return {plugin.name: plugin for plugin in plugin_manager.installed()}[name]


def plugin(**hooks) -> types.SimpleNamespace:
    return types.SimpleNamespace(**{name: hookimpl(function) for name, function in hooks.items()})


def strategy(name: str):
    return per_image(name=name, tasks=["conversation"])(lambda image: [])


# what is found


def test_first_party_plugins_come_through_the_entry_points() -> None:
    found = {plugin.name: plugin for plugin in plugin_manager.installed()}
    assert {"sources", "annotation_adaption", "builders"} <= set(found)
    assert list(found) == sorted(found)
    assert found["sources"].distribution == "vlit-hub"
    assert found["sources"].provides["source"] == tuple(plugin_manager.sources())
    assert all(not plugin.faults for plugin in found.values())


def test_an_installed_package_is_found(toy: Path, select) -> None:
    select("toy", toy)
    assert str(info("toy")) == "'toy' (vlit-hub-toy 1.2.3)"
    assert info("toy").module == "toy_plugin"
    assert info("toy").hooks == ("register_builders", "register_commands", "register_sources", "register_strategies")
    assert {kind: names for kind, names in info("toy").provides.items() if names} == {
        "source": ("toy_scenes",),
        "strategy": ("toy_naming",),
        "builder": ("toy_scenes",),
        "command": ("toy-kinds",),
    }
    assert info("toy").faults == []


def test_hooks_are_called_once() -> None:
    calls = []
    plugin_manager.register(plugin(register_strategies=lambda: calls.append(1) or [strategy("once")]), "counting")
    assert plugin_manager.get_strategy("once") is plugin_manager.get_strategy("once")
    plugin_manager.register(plugin(register_strategies=lambda: [strategy("another")]), "later")
    assert {"another", "once"} <= set(plugin_manager.strategies())
    assert calls == [1]


def test_names_are_sorted() -> None:
    plugin_manager.register(plugin(register_strategies=lambda: [strategy("z"), strategy("b")]), "later")
    plugin_manager.register(plugin(register_strategies=lambda: [strategy("c"), strategy("_")]), "last")
    names = list(plugin_manager.strategies())
    assert names == sorted(names)
    assert {"z", "b", "c", "_"} <= set(names)


def test_giver_is_the_plugin() -> None:
    plugin_manager.register(plugin(register_strategies=lambda: [strategy("given")]), "generous")
    assert plugin_manager.giver("strategy", "given") is info("generous")
    assert plugin_manager.giver("strategy", "no such") is None


def test_an_unknown_name_suggests_the_nearest() -> None:
    plugin_manager.register(plugin(register_strategies=lambda: [strategy("storytelling")]), "stories")
    with pytest.raises(UnknownName, match=r"no strategy 'story_telling'. Did you mean 'storytelling'?"):
        plugin_manager.get_strategy("story_telling")


def test_unknown_source_and_builder() -> None:
    with pytest.raises(UnknownName, match=r"no source 'qqq'. There are: .*coco_captions"):
        plugin_manager.get_source("qqq")
    with pytest.raises(UnknownName, match=r"Did you mean 'coco_aa'?"):
        plugin_manager.get_builder("coco-aa")


# VLIT_HUB_PLUGINS


def test_selection_blocks_the_others(toy: Path, select) -> None:
    select(" toy ,sources", toy)
    assert {plugin.name for plugin in plugin_manager.installed() if not plugin.blocked} == {"sources", "toy"}
    assert info("builders").blocked
    assert info("builders").hooks == ()
    assert info("builders").faults == []
    assert list(plugin_manager.strategies()) == ["toy_naming"]


def test_empty_selection_loads_nothing(select) -> None:
    select("")
    assert all(plugin.blocked for plugin in plugin_manager.installed())
    assert plugin_manager.sources() == plugin_manager.strategies() == plugin_manager.builders() == {}


def test_selection_of_what_isnt_installed(select) -> None:
    select("sources,sauces")
    with pytest.raises(
        UsageError,
        match=r"VLIT_HUB_PLUGINS names 'sauces', which isn't installed. There are: .*builders.*, sources",
    ):
        plugin_manager.installed()


# plugins with faults: left out, with a warning that names plugin and package

FAULTS = [
    (
        "absent_module",
        "left out, it can't be imported (ModuleNotFoundError: No module named 'a_module_that_is_not_there')",
    ),
    ("quits", "left out, it can't be imported (SystemExit: I quit)"),
    ("raises", "what its register_sources gives is left out (ValueError: no coffee)"),
    ("misspelled", "left out, there is no hook 'register_source'; the nearest is 'register_sources'"),
    ("unmarked", "left out, it implements no hook (mark its functions with @vlit_hub.hookimpl)"),
    ("wrong_argument", "left out, pluggy refuses it"),
    ("wrong_things", "what its register_sources gives is left out (TypeError: it gave 'coco', which isn't a Source)"),
    ("wrong_things", "which has no name"),
    ("wrong_things", "what its register_commands gives is left out (NameError: name 'Nowhere' is not defined)"),
]


@pytest.mark.parametrize(("name", "reason"), FAULTS, ids=[name for name, _ in FAULTS])
def test_a_broken_plugin_is_skipped_with_a_warning(
    toy: Path, trouble: Path, select, caplog: pytest.LogCaptureFixture, name: str, reason: str
) -> None:
    select(f"toy,trouble_{name}", toy, trouble)
    broken = info(f"trouble_{name}")
    assert broken.provides["source"] == ()
    assert any(reason in fault for fault in broken.faults)
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == [f"plugin 'trouble_{name}' (vlit-hub-trouble 0.5): {fault}" for fault in broken.faults]
    assert not any("\n" in text for text in warnings)
    assert list(plugin_manager.sources()) == ["toy_scenes"]  # the other plugin is there


def test_what_a_sound_hook_of_a_broken_plugin_gives_stays(trouble: Path, select) -> None:
    select("trouble_raises", trouble)
    assert plugin_manager.sources() == {}
    assert list(plugin_manager.strategies()) == ["from_raises"]


def test_the_traceback_is_in_the_log(trouble: Path, select, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="vlit_hub.plugin_manager")
    select("trouble_raises", trouble)
    plugin_manager.sources()
    assert 'raise ValueError("no coffee' in caplog.text


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (None, "it gave None, not a list"),
        ({"a": 1}, "it gave {'a': 1}, not a list"),
        ([type(strategy("a"))], "which isn't a Strategy object"),  # a class
        ([strategy("")], "which has no name"),
    ],
)
def test_a_hook_that_gives_something_else(given: object, reason: str) -> None:
    plugin_manager.register(plugin(register_strategies=lambda: given), "odd")
    assert info("odd").provides["strategy"] == ()
    assert reason in info("odd").faults[0]


# two plugins that claim one name


@pytest.mark.parametrize(
    ("kind", "name"),
    [("source", "toy_scenes"), ("strategy", "toy_naming"), ("builder", "toy_scenes"), ("command", "toy-kinds")],
)
def test_a_name_claimed_twice_names_both(toy: Path, trouble: Path, select, kind: str, name: str) -> None:
    select("toy,rival", toy, trouble)
    ask = {
        "source": plugin_manager.sources,
        "strategy": plugin_manager.strategies,
        "builder": plugin_manager.builders,
        "command": lambda: plugin_manager.register_commands(typer.Typer()),
    }[kind]
    with pytest.raises(PluginError) as caught:
        ask()
    assert str(caught.value) == (
        f"the {kind} '{name}' is claimed twice: by plugin 'rival' (vlit-hub-rival 0.5) "
        "and by plugin 'toy' (vlit-hub-toy 1.2.3). "
        "Uninstall one of them, or name the plugins to load in VLIT_HUB_PLUGINS."
    )
    select("toy", toy)
    ask()  # as the message says


def test_a_command_of_vlit_hub_itself_cant_be_claimed(toy: Path, select) -> None:
    select("toy", toy)
    app = typer.Typer()
    app.command("toy-kinds")(lambda: None)
    with pytest.raises(PluginError, match=r"'toy-kinds' is claimed twice: by vlit-hub itself and by plugin 'toy'"):
        plugin_manager.register_commands(app)


def test_two_plugins_of_one_name(toy: Path, select, tmp_path: Path) -> None:
    double = tmp_path / "another_toy-3.dist-info"
    double.mkdir()
    (double / "METADATA").write_text("Metadata-Version: 2.1\nName: another-toy\nVersion: 3\n")
    (double / "entry_points.txt").write_text("[vlit_hub]\ntoy = elsewhere\n")
    select("toy", toy, tmp_path)
    with pytest.raises(PluginError, match=r"two plugins have one name: .*another-toy 3.*Uninstall one of them"):
        plugin_manager.installed()


def test_register_refuses_a_name_that_is_taken() -> None:
    with pytest.raises(PluginError, match=r"there is a plugin 'sources' .* already"):
        plugin_manager.register(plugin(register_strategies=lambda: []), "sources")


def test_a_plugin_cant_change_vlit_hubs_own_commands(select) -> None:
    select("")

    def register_commands(app: typer.Typer) -> None:
        app.registered_commands.clear()
        app.command("mine")(lambda: None)
        raise RuntimeError("half-way")

    plugin_manager.register(plugin(register_commands=register_commands), "vandal")
    app = typer.Typer()
    app.command("own")(lambda: None)
    plugin_manager.register_commands(app)
    assert [command.name for command in app.registered_commands] == ["own"]


def test_a_group_and_a_group_without_a_name(select) -> None:
    select("")

    def register_commands(app: typer.Typer) -> None:
        for name in ("named", None):
            group = typer.Typer()
            group.command(f"one-{name}")(lambda: None)
            group.command(f"two-{name}")(lambda: None)
            app.add_typer(group, name=name)

    plugin_manager.register(plugin(register_commands=register_commands), "grouping")
    assert info("grouping").provides["command"] == ("named", "one-None", "two-None")
    app = typer.Typer()
    plugin_manager.register_commands(app)
    assert len(app.registered_groups) == 2
    assert CliRunner().invoke(app, ["named", "one-named"]).exit_code == 0
    assert CliRunner().invoke(app, ["one-None"]).exit_code == 0


# cost


def test_loading_plugins_imports_nothing_heavy() -> None:
    code = (
        "import sys; from vlit_hub import plugin_manager; import typer; plugin_manager.register_commands(typer.Typer());"
        "heavy = {'polars', 'numpy', 'pyarrow', 'datasets', 'pydantic', 'PIL', 'jinja2', 'pycocotools'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
