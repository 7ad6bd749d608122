"""Columns of annotation files, cached as Arrow IPC.

Parsing is most of what a build costs. The frames that a source reads are kept by the digests of its files, so that the next
build of the same files starts from columns, mapped into memory and copied by nobody.
"""

from __future__ import annotations

import json
import logging
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa
import xxhash

from vlit_hub.files import AnnotationFile
from vlit_hub.frames import SCHEMAS
from vlit_hub.paths import cache_folder
from vlit_hub.source import OnError, Source

__all__ = ["digests", "read"]

log = logging.getLogger(__name__)

_CONTENTS = "contents.json"  # the size in bytes of each frame's file; written last


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
    """The source's frames of these files, from the cache where they are there; frames without rows are left out.

    An entry that is damaged is made again. A cache that can't be written to costs time, and is no error.

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
    try:
        _store(entry, frames)
    except OSError as error:
        log.info("columns can't be kept in %s (%s): the next build reads the files again", entry.parent, error)
    return frames


def _key(
    source: Source, files: Sequence[AnnotationFile], on_error: OnError, known: Mapping[AnnotationFile, str]
) -> str:
    # Names stand in the key, since a source may read them; paths don't, since a moved folder is the same data.
    group = sorted([known[file], file.split, file.base_name] for file in files)
    layout = {kind: str(schema) for kind, schema in SCHEMAS.items()}
    parts = json.dumps([layout, source.version, on_error, group])
    return f"{source.name}-{xxhash.xxh3_64_hexdigest(parts.encode())}"


def _load(entry: Path) -> dict[str, pl.DataFrame] | None:
    """The entry's frames; none where it is missing or damaged."""
    try:
        sizes: dict[str, int] = json.loads((entry / _CONTENTS).read_bytes())
        return {kind: _load_frame(entry, kind, size) for kind, size in sizes.items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, AttributeError, pa.ArrowException, pl.exceptions.PolarsError) as error:
        log.info("the cache entry %s is damaged (%s): it is made again", entry, error)
        return None


def _load_frame(entry: Path, kind: str, size: int) -> pl.DataFrame:
    path = _path(entry, kind)
    if path.stat().st_size != size:
        raise ValueError(f"{path.name} isn't {size} bytes long")
    # pyarrow hands over the mapped pages; Polars' own reader copies them.
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    return pl.DataFrame(pl.from_arrow(table)).match_to_schema(SCHEMAS[kind])


def _store(entry: Path, frames: Mapping[str, pl.DataFrame]) -> None:
    """Write the entry aside, and rename it when it is complete: another process sees all of it or nothing."""
    entry.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{entry.name}.", dir=entry.parent))
    try:
        for kind, frame in frames.items():
            table = frame.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
            with pa.ipc.new_file(_path(aside, kind), table.schema) as writer:  # not compressed: it is mapped
                writer.write_table(table)
        sizes = {kind: _path(aside, kind).stat().st_size for kind in frames}
        (aside / _CONTENTS).write_text(json.dumps(sizes))
        shutil.rmtree(entry, ignore_errors=True)  # damaged, or the same from another process
        try:
            aside.replace(entry)
        except OSError:
            if not entry.exists():
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _path(entry: Path, kind: str) -> Path:
    return entry / f"{kind}.arrow"
