"""`vlit-hub new-plugin`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["new_plugin"]


def new_plugin(
    name: Annotated[str, typer.Argument(help="The package's and the strategy's name: my_strategy.")],
    path: Annotated[Path, typer.Option(help="The folder to make the package's folder in.")] = Path(),
) -> None:
    """Write a package to start a plugin from: a strategy, a builder, and tests that pass.

    Examples:

      vlit-hub new-plugin my_strategy

      vlit-hub new-plugin my_strategy --path ~/code
    """
    from vlit_hub.skeleton import write_skeleton

    folder = write_skeleton(name, path)
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        print(f"wrote {file}")
    print(f"Next: pip install -e {folder} && pytest {folder} && vlit-hub build {name} --data-dir data/")
