"""Columns of annotation files, cached as Arrow IPC.

Parsing is most of what a build costs. The frames that a source reads are kept by the digests of its files, so that the next
build of the same files starts from columns.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import xxhash

from vlit_hub.files import AnnotationFile
from vlit_hub.frames import SCHEMAS
from vlit_hub.paths import cache_folder
from vlit_hub.source import OnError, Source

__all__ = ["digests", "read"]

# Counts up whenever a frame's schema in `vlit_hub.frames` changes.
_LAYOUT = 1


def digests(files: Sequence[AnnotationFile]) -> dict[AnnotationFile, str]:
    """The digest of each file."""
    return {file: file.digest() for file in files}


def read(
    source: Source,
    files: Sequence[AnnotationFile],
    on_error: OnError,
    known: Mapping[AnnotationFile, str],
    folder: Path | None = None,
) -> dict[str, pl.DataFrame]:
    """The source's frames of these files, from the cache where they are there.

    Args:
        source: Reads the files if they must be read.
        files: All files of the source.
        on_error: As the source takes it.
        known: The digest of each file.
        folder: The cache; `columns` in the user's cache folder if none.

    Raises:
        InputError: A file can't be used.
    """
    entry = (folder or cache_folder() / "columns") / _key(source, files, on_error, known)
    if (found := _load(entry)) is not None:
        return found
    frames = {
        kind: frame.match_to_schema(SCHEMAS[kind]) for kind, frame in source.read(files, on_error).items() if len(frame)
    }
    _store(entry, frames)
    return frames


def _key(
    source: Source, files: Sequence[AnnotationFile], on_error: OnError, known: Mapping[AnnotationFile, str]
) -> str:
    # names stand in the key, since a source may read them; paths don't, since a moved folder is the same data
    group = sorted([known[file], file.split, file.base_name] for file in files)
    parts = json.dumps([_LAYOUT, source.version, on_error, group])
    return f"{source.name}-{xxhash.xxh3_64_hexdigest(parts.encode())}"


def _load(entry: Path) -> dict[str, pl.DataFrame] | None:
    """The entry's frames; none where it is missing or damaged."""
    try:
        return {file.stem: pl.read_ipc(file).match_to_schema(SCHEMAS[file.stem]) for file in _frame_files(entry)}
    except (OSError, KeyError, pl.exceptions.PolarsError):
        return None


def _frame_files(entry: Path) -> list[Path]:
    names = json.loads((entry / "complete.json").read_text()) if (entry / "complete.json").exists() else None
    if names is None:
        raise FileNotFoundError(entry)
    return [entry / name for name in names]


def _store(entry: Path, frames: Mapping[str, pl.DataFrame]) -> None:
    aside = entry.with_name(f".{entry.name}.{os.getpid()}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        for kind, frame in frames.items():
            frame.write_ipc(aside / f"{kind}.arrow", compression="uncompressed")
        (aside / "complete.json").write_text(json.dumps([f"{kind}.arrow" for kind in frames]))
        shutil.rmtree(entry, ignore_errors=True)
        try:
            aside.replace(entry)
        except OSError:  # another process was faster; its frames are the same
            if not entry.exists():
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
