from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import jinja2
import pytest

from vlit_hub import __version__, plugin_manager
from vlit_hub.cli.new_plugin import new_plugin
from vlit_hub.errors import UsageError
from vlit_hub.skeleton import write_skeleton


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_skeleton("my_strategy", tmp_path_factory.mktemp("written"))


@pytest.fixture(scope="module")
def site(install, package: Path) -> Path:
    return install(package)


def test_the_command_writes_a_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    new_plugin("my_strategy", Path("new/folder"))
    folder = tmp_path / "new" / "folder" / "my_strategy"
    written = sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())
    assert written == [
        "README.md",
        "my_strategy/__init__.py",
        "my_strategy/builder.py",
        "my_strategy/strategy.py",
        "pyproject.toml",
        "tests/test_my_strategy.py",
    ]
    assert capsys.readouterr().out.splitlines()[-1] == (
        "Next: pip install -e new/folder/my_strategy && pytest new/folder/my_strategy "
        "&& vlit-hub build my_strategy --data-dir data/"
    )
    assert [file.name for file in folder.parent.iterdir()] == ["my_strategy"]  # nothing left aside


def test_nothing_of_the_templates_is_left(package: Path) -> None:
    for file in package.rglob("*"):
        assert file.is_dir() or not re.search(r"{{|}}|{%|%}", file.read_text())


def test_the_strategy_is_ten_lines(package: Path) -> None:
    tree = ast.parse((package / "my_strategy" / "strategy.py").read_text())
    [function] = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert function.end_lineno - function.lineno < 10


def test_what_is_written_is_formatted_and_linted(package: Path) -> None:
    for command in (
        ["check", "--isolated", "--select", "E,F,I,B,UP,D1", "--line-length", "120"],
        ["format", "--check"],
    ):
        more = ["--line-length", "120", "--isolated"] if command[0] == "format" else []
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *more, str(package / "my_strategy")],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout


def test_the_installed_plugin_is_listed(site: Path, select) -> None:
    select(None, site)
    [found] = [plugin for plugin in plugin_manager.installed() if plugin.name == "my_strategy"]
    assert str(found) == "'my_strategy' (vlit-hub-my-strategy 0.1.0)"
    provided = {kind: names for kind, names in found.provides.items() if names}
    assert provided == {"strategy": ("my_strategy",), "builder": ("my_strategy",)}
    assert found.faults == []


def test_its_own_tests_pass(site: Path, package: Path, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(site), "HF_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(package / "tests")]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("My-Strategy", "'My-Strategy' can't name a plugin: small letters, digits and _, with a letter first. "),
        ("My-Strategy", "Perhaps 'my_strategy'?"),
        ("3d", "'3d' can't name a plugin: small letters, digits and _, with a letter first."),
        ("", "'' can't name a plugin"),
        ("../up", "'../up' can't name a plugin"),
        ("größe", "'größe' can't name a plugin"),
        ("class", "'class' can't name a plugin: it is a keyword of Python."),
        ("sources", f"there is a plugin 'sources' (vlit-hub {__version__}) already. Choose another name."),
        (
            "coco_aa",
            f"plugin 'builders' (vlit-hub {__version__}) has a builder 'coco_aa' already. Choose another name.",
        ),
        ("json", "there is a Python module 'json' already. Choose another name."),
        ("tests", "there is a Python module 'tests' already. Choose another name."),
        ("vlit_hub", "there is a Python module 'vlit_hub' already. Choose another name."),
    ],
)
def test_refuses_a_bad_name(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        write_skeleton(name, tmp_path)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_refuses_a_strategy_that_a_plugin_has(toy: Path, tmp_path: Path, select) -> None:
    select("toy", toy)
    with pytest.raises(UsageError, match=r"plugin 'toy' \(vlit-hub-toy 1.2.3\) has a strategy 'toy_naming' already"):
        write_skeleton("toy_naming", tmp_path)


def test_refuses_a_folder_that_is_there(vlit_hub, tmp_path: Path) -> None:
    (tmp_path / "my_strategy").mkdir()
    done = vlit_hub("new-plugin", "my_strategy")
    assert done.returncode == 2
    assert done.stderr == (
        "vlit-hub: my_strategy is there already. Choose another name, or another folder with --path.\n"
    )
    assert list((tmp_path / "my_strategy").iterdir()) == []


def test_a_folder_that_cant_be_written_is_one_line(vlit_hub, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = vlit_hub("new-plugin", "my_strategy", "--path", "file", VLIT_HUB_PLUGINS="")
    assert (done.returncode, done.stderr) == (1, "vlit-hub: file: File exists.\n")


def test_nothing_is_left_where_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vlit_hub.skeleton._FILES", {"README.md.jinja": "README.md", "no such template": "x"})
    with pytest.raises(jinja2.TemplateNotFound):
        write_skeleton("unfinished", tmp_path)
    assert list(tmp_path.iterdir()) == []
