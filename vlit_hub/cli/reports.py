"""Reports that commands write: a Markdown file, and others of its name beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vlit_hub.errors import InputError

__all__ = ["write_report"]


def write_report(out: Path, files: Mapping[str, bytes]) -> None:
    """Write the files of a report, each whole or not at all.

    Args:
        out: The Markdown file.
        files: What goes into it and beside it, by suffix (`.png`, `.json`); the empty suffix is `out` itself, whatever its own.

    Raises:
        InputError: One can't be written.
    """
    from vlit_hub.atomic import write_aside

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        for suffix, data in files.items():
            write_aside(out.with_suffix(suffix) if suffix else out, data)
    except OSError as error:
        raise InputError(out, f"can't be written ({error.strerror})", "Choose another place.") from None
