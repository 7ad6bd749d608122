"""Finding and reading the YAML files of instruction pools."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from vlit_hub.errors import InputError

__all__ = ["REJECTED", "YAML_LOADER", "pool_files", "text_of"]

# The parser in C where PyYAML has it: ten times faster.
YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


REJECTED = ".rejected.yaml"
"""How the names of files end in which `vlit-hub pool expand` keeps what it didn't take: they are no pools."""


def pool_files(folders: Sequence[str]) -> list[Path]:
    """The YAML files in these folders, by name.

    Raises:
        InputError: There is no such folder, or none in it.
    """
    found: list[Path] = []
    for folder in map(Path, folders):
        if folder.is_dir():
            named = (path for path in folder.iterdir() if path.suffix in {".yaml", ".yml"})
            inside = sorted(path for path in named if not path.name.endswith(REJECTED))
            if not inside:
                raise InputError(folder, "has no instruction pools", "A pool is a file that ends in .yaml.")
            found += inside
        elif folder.is_file():
            found.append(folder)
        else:
            raise InputError(folder, "no such folder of instruction pools")
    return found


def text_of(path: Path) -> str:
    """The text of a file.

    Raises:
        InputError: It can't be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(path, "isn't UTF-8 text") from None
    except OSError as error:
        raise InputError(path, f"can't be read ({error.strerror or error})") from None
