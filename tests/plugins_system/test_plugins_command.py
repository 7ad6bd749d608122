from __future__ import annotations

import json
from pathlib import Path

import pytest

from vlit_hub.cli.plugins import plugins


def test_lists_plugins_packages_hooks_and_what_they_provide(
    toy: Path, select, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    select(None, toy)
    plugins()
    lines = capsys.readouterr().out.splitlines()
    [head] = [line for line in lines if line.startswith("plugin")]
    [first] = [line for line in lines if line.startswith("toy")]
    assert head.split() == ["plugin", "from", "hooks", "provides"]
    assert first.split() == ["toy", "vlit-hub-toy", "1.2.3", "register_builders", "source:", "toy_scenes"]
    assert first.index("vlit-hub-toy") == head.index("from")
    assert first.index("source:") == head.index("provides")
    assert any(line.split() == ["register_commands", "strategy:", "toy_naming"] for line in lines)
    assert any(line.startswith("annotation_adaption") for line in lines)


def test_json(toy: Path, select, capsys: pytest.CaptureFixture[str]) -> None:
    select(None, toy)
    plugins(json=True)
    rows = json.loads(capsys.readouterr().out)
    for row in rows:
        row["provides"] = {kind: names for kind, names in row["provides"].items() if names}
    assert {"annotation_adaption", "builders", "sources", "toy"} <= {row["name"] for row in rows}
    assert [row for row in rows if row["name"] == "toy"] == [
        {
            "name": "toy",
            "distribution": "vlit-hub-toy",
            "version": "1.2.3",
            "module": "toy_plugin",
            "hooks": ["register_builders", "register_commands", "register_sources", "register_strategies"],
            "provides": {
                "source": ["toy_scenes"],
                "strategy": ["toy_naming"],
                "builder": ["toy_scenes"],
                "command": ["toy-kinds"],
            },
            "blocked": False,
            "faults": [],
        }
    ]


def test_broken_and_blocked_plugins_are_listed_with_the_reason(vlit_hub, trouble: Path) -> None:
    done = vlit_hub("plugins", path=[trouble], VLIT_HUB_PLUGINS="trouble_raises,trouble_quits")
    assert done.returncode == 0
    assert "what its register_sources gives is left out (ValueError: no coffee)" in done.stdout
    assert "left out, it can't be imported (SystemExit: I quit)" in done.stdout
    assert "strategy: from_raises" in done.stdout
    assert "not loaded: VLIT_HUB_PLUGINS leaves it out" in done.stdout
    assert done.stderr.splitlines() == [
        "plugin 'trouble_quits' (vlit-hub-trouble 0.5): left out, it can't be imported (SystemExit: I quit)",
        "plugin 'trouble_raises' (vlit-hub-trouble 0.5): "
        "what its register_sources gives is left out (ValueError: no coffee)",
    ]


def test_a_clash_is_one_line(vlit_hub, toy: Path, trouble: Path) -> None:
    done = vlit_hub("plugins", path=[toy, trouble], VLIT_HUB_PLUGINS="toy,rival")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "'rival' (vlit-hub-rival 0.5)" in done.stderr
    assert "'toy' (vlit-hub-toy 1.2.3)" in done.stderr


def test_a_wrong_selection_is_one_line(vlit_hub) -> None:
    done = vlit_hub("plugins", VLIT_HUB_PLUGINS="sauces")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "VLIT_HUB_PLUGINS names 'sauces', which isn't installed. There are:" in done.stderr


def test_broken_plugins_dont_stop_the_help(vlit_hub, toy: Path, trouble: Path) -> None:
    names = [f"trouble_{name}" for name in ("absent_module", "quits", "raises", "misspelled", "wrong_things")]
    done = vlit_hub("--help", path=[toy, trouble], VLIT_HUB_PLUGINS=",".join(["toy", *names]))
    assert done.returncode == 0
    assert "new-plugin" in done.stdout
    assert "List the kinds of things in a file of toy scenes." in done.stdout
    assert len(done.stderr.splitlines()) == 4  # `raises` is found out only when somebody asks for sources


def test_a_plugins_command_runs(vlit_hub, toy: Path, tmp_path: Path) -> None:
    file = tmp_path / "toy_scenes.json"
    file.write_text('{"toy_scenes": 1, "pictures": [{"things": [{"kind": "cup"}, {"kind": "ball"}, {"kind": "cup"}]}]}')
    assert vlit_hub("toy-kinds", file, path=[toy]).stdout == "ball\ncup\n"
    missing = vlit_hub("toy-kinds", "none.json", path=[toy])
    assert (missing.returncode, missing.stderr) == (
        1,
        "vlit-hub: none.json: there is no such file. Name one of toy scenes.\n",
    )
