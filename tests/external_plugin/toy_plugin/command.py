"""`vlit-hub toy-kinds`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vlit_hub.errors import InputError


def toy_kinds(file: Annotated[Path, typer.Argument(help="A file of toy scenes.")]) -> None:
    """List the kinds of things in a file of toy scenes."""
    import json

    if not file.exists():
        raise InputError(file, "there is no such file", "Name one of toy scenes.")
    pictures = json.loads(file.read_text())["pictures"]
    for kind in sorted({thing["kind"] for picture in pictures for thing in picture["things"]}):
        typer.echo(kind)
