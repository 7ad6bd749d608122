"""Plugin packages that pip really installs, each into a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from vlit_hub import plugin_manager

EXTERNAL = Path(__file__).parents[1] / "external_plugin"

# One package with everything that can go wrong, an entry point a fault.
TROUBLE = {
    "absent_module": "import a_module_that_is_not_there",
    "quits": "raise SystemExit('I quit')",
    "raises": """
        from vlit_hub import hookimpl

        @hookimpl
        def register_sources():
            raise ValueError("no coffee\\nno sources")

        @hookimpl
        def register_strategies():
            from vlit_hub import per_image

            return [per_image(name="from_raises", tasks=["conversation"])(lambda image: [])]
    """,
    "misspelled": """
        from vlit_hub import hookimpl

        @hookimpl
        def register_source():
            return []
    """,
    "unmarked": "def register_sources(): return []",
    "wrong_argument": """
        from vlit_hub import hookimpl

        @hookimpl
        def register_sources(app):
            return []
    """,
    "wrong_things": """
        from vlit_hub import hookimpl

        @hookimpl
        def register_sources():
            return ["coco"]

        @hookimpl
        def register_strategies():
            from vlit_hub import Strategy

            class Nameless(Strategy):
                def drafts(self, annotations, options, prepared): ...

            return [Nameless()]

        @hookimpl
        def register_commands(app):
            @app.command()
            def odd(what: "Nowhere"): ...
    """,
}

# Claims what the external plugin has.
RIVAL = """
    from vlit_hub import hookimpl

    @hookimpl
    def register_sources():
        from vlit_hub import Source

        return [Source(name="toy_scenes", read=dict, patterns=(), sniff=bool)]

    @hookimpl
    def register_strategies():
        from vlit_hub import per_image

        return [per_image(name="toy_naming", tasks=["conversation"])(lambda image: [])]

    @hookimpl
    def register_builders():
        from vlit_hub import VlitBuilder

        class ToyScenes(VlitBuilder):
            name, sources, strategy = "toy_scenes", ("toy_scenes",), "toy_naming"

        return [ToyScenes]

    @hookimpl
    def register_commands(app):
        import typer

        group = typer.Typer()
        group.command()(lambda: None)
        app.add_typer(group, name="toy-kinds")
"""

Install = Callable[..., Path]


@pytest.fixture(scope="session")
def install(tmp_path_factory: pytest.TempPathFactory) -> Install:
    """Install packages with pip, without network, into a new folder, which is given back."""

    def run(*packages: Path) -> Path:
        target = tmp_path_factory.mktemp("site")
        copies = tmp_path_factory.mktemp("packages")  # setuptools writes beside the sources
        for number, package in enumerate(packages):
            shutil.copytree(package, copies / str(number))
        pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
        given = [str(copies / str(number)) for number in range(len(packages))]
        subprocess.run(
            [*pip, "--no-compile", "--target", str(target), *given], check=True, capture_output=True, text=True
        )
        return target

    return run


@pytest.fixture(scope="session")
def toy(install: Install) -> Path:
    """Where the external plugin is installed."""
    return install(EXTERNAL)


@pytest.fixture(scope="session")
def trouble(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the packages with faults and with a rival of the external plugin are installed."""
    folder = tmp_path_factory.mktemp("sources")
    return install(
        write_package(
            folder / "trouble", "vlit-hub-trouble", {f"trouble_{name}": code for name, code in TROUBLE.items()}
        ),
        write_package(folder / "rival", "vlit-hub-rival", {"rival": RIVAL}),
    )


def write_package(folder: Path, distribution: str, modules: dict[str, str]) -> Path:
    """A package of single modules, each one a plugin of its own name."""
    folder.mkdir()
    for name, code in modules.items():
        (folder / f"{name}.py").write_text(dedent(code))
    points = "\n".join(f'{name} = "{name}"' for name in modules)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
        f'[project]\nname = "{distribution}"\nversion = "0.5"\n'
        f"[project.entry-points.vlit_hub]\n{points}\n"
        f"[tool.setuptools]\npy-modules = {list(modules)}\n"
    )
    return folder


@pytest.fixture(autouse=True)
def fresh_plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test looks for the plugins anew, and leaves none behind."""
    monkeypatch.delenv(plugin_manager.SELECTION, raising=False)
    plugin_manager.reset()
    yield
    plugin_manager.reset()


@pytest.fixture
def select(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """`select("a,b", folder)`: with the packages in these folders, load the plugins a and b only; None for all."""

    def choose(names: str | None, *folders: Path) -> None:
        if names is not None:
            monkeypatch.setenv(plugin_manager.SELECTION, names)
        for folder in folders:
            monkeypatch.syspath_prepend(str(folder))
        plugin_manager.reset()

    return choose


@pytest.fixture
def vlit_hub(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command line in a process of its own: `vlit_hub("plugins", path=[toy], VLIT_HUB_PLUGINS="toy")`."""

    def run(*arguments: object, path: list[Path] = [], **env: str) -> subprocess.CompletedProcess[str]:  # noqa: B006
        places = {"PYTHONPATH": os.pathsep.join(map(str, path)), "HF_HOME": str(tmp_path / "hf"), "COLUMNS": "200"}
        command = [sys.executable, "-m", "vlit_hub", *map(str, arguments)]
        return subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env={**os.environ, **places, **env}
        )

    return run
