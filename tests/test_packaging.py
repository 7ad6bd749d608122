"""What pyproject.toml says is installed is what there is: an editable install wouldn't show that a package is forgotten."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_all_packages_are_named() -> None:
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    places = {
        "vlit_hub": "vlit_hub",
        "vlit_hub.builders": "builders",
        "vlit_hub.plugins": "plugins",
        "vlit_hub.cards": "cards",
    }
    assert setup["package-dir"] == places
    there = set()
    for name, folder in places.items():
        for file in (ROOT / folder).rglob("__init__.py"):
            inner = file.parent.relative_to(ROOT / folder).parts
            there.add(".".join((name, *inner)))
    assert set(setup["packages"]) == there


def test_all_data_files_are_named() -> None:
    setup = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    places = setup["package-dir"]
    named = set()
    for package, patterns in setup["package-data"].items():
        top = max((name for name in places if package == name or package.startswith(name + ".")), key=len)
        folder = ROOT.joinpath(places[top], *package.removeprefix(top).strip(".").split("."))
        for pattern in patterns:
            found = set(folder.glob(pattern))
            assert found, f"{package}: nothing fits {pattern}"
            named |= found
    there = {
        file
        for folder in places.values()
        for file in (ROOT / folder).rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc")
    }
    assert there - named == set()
