"""Which format a file looks like, by its first items."""

from __future__ import annotations

import shlex
from typing import Any

from vlit_hub import plugin_manager
from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile
from vlit_hub.importing.importer import Importer, Origin
from vlit_hub.importing.items import first_items

__all__ = ["check_format", "sniff"]


def sniff(file: AnnotationFile) -> list[str]:
    """The formats that a file may be of, by name.

    Raises:
        InputError: It can't be read, or is neither JSON nor Parquet.
    """
    items = first_items(file)
    found = [one for one in plugin_manager.importers().values() if one.files is None and _fits(one, items)]
    return [one.name for one in found]


def check_format(importer: Importer, origin: Origin) -> None:
    """Refuse a file whose first items look like another format than the one that was named.

    Raises:
        InputError: They do; the message says which, and the command for it.
    """
    items = first_items(origin.file)
    if _fits(importer, items):
        return
    others = sniff(origin.file)
    if others:
        words = ["vlit-hub", "import", others[0], origin.place]
        raise InputError(
            origin.file.name,
            f"looks like {' or '.join(others)}, not {importer.name}",
            f"Run: {shlex.join(words)} and the same options.",
        )
    if not items:
        raise InputError(origin.file.name, "holds no objects", f"The format {importer.name} is {importer.about}.")
    keys = ", ".join(f"`{key}`" for key in sorted({key for item in items for key in item}))
    raise InputError(
        origin.file.name,
        f"doesn't look like {importer.name} ({importer.about}), nor like another format; its items have {keys or 'no keys'}",
        "Name the columns: vlit-hub import hf:FOLDER --map instruction=COLUMN,response=COLUMN.",
    )


def _fits(importer: Importer, items: list[dict[str, Any]]) -> bool:
    """Whether most of the items do: one that is odd is said to be so when it is read."""
    return 2 * sum(map(importer.sniff, items)) > len(items)
