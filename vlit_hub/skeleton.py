"""The package that `vlit-hub new-plugin` writes; its files are templates in `vlit_hub/new_plugin/`."""

from __future__ import annotations

import importlib.util
import keyword
import re
import tempfile
from pathlib import Path

import jinja2

from vlit_hub import __version__, plugin_manager
from vlit_hub.errors import UsageError

__all__ = ["write_skeleton"]

_NAME = re.compile(r"[a-z][a-z0-9_]*")

# Templates, and where in the new package each is written.
_FILES = {
    "pyproject.toml.jinja": "pyproject.toml",
    "README.md.jinja": "README.md",
    "__init__.py.jinja": "{name}/__init__.py",
    "strategy.py.jinja": "{name}/strategy.py",
    "builder.py.jinja": "{name}/builder.py",
    "test_plugin.py.jinja": "tests/test_{name}.py",
}


def write_skeleton(name: str, path: Path) -> Path:
    """Write the package `name` into a new folder `path/name`, which is whole or not there.

    Returns:
        The folder.

    Raises:
        UsageError: The name isn't one for a package, is taken, or the folder is there already.
    """
    folder = path / name
    _check(name, folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    words = {"name": name, "version": __version__, "title": "".join(part.title() for part in name.split("_"))}
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("vlit_hub", "new_plugin"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}.") as aside:
        whole = Path(aside) / name
        for template, target in _FILES.items():
            file = whole / target.format(name=name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(templates.get_template(template).render(words), encoding="utf-8")
        whole.rename(folder)
    return folder


def _check(name: str, folder: Path) -> None:
    if not _NAME.fullmatch(name):
        near = re.sub(r"\W+", "_", name.lower()).strip("_")
        hint = f" Perhaps {near!r}?" if _NAME.fullmatch(near) else ""
        raise UsageError(f"{name!r} can't name a plugin: small letters, digits and _, with a letter first.{hint}")
    if keyword.iskeyword(name):
        raise UsageError(f"{name!r} can't name a plugin: it is a keyword of Python.")
    if folder.exists():
        raise UsageError(f"{folder} is there already. Choose another name, or another folder with --path.")
    for plugin in plugin_manager.installed():
        if plugin.name == name:
            raise UsageError(f"there is a plugin {plugin} already. Choose another name.")
    for kind in ("strategy", "builder"):
        if giver := plugin_manager.giver(kind, name):
            raise UsageError(f"plugin {giver} has a {kind} {name!r} already. Choose another name.")
    if name == "tests" or importlib.util.find_spec(name):
        raise UsageError(f"there is a Python module {name!r} already. Choose another name.")
