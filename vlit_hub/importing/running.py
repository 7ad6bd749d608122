"""From a file of conversations to a dataset's folder.

The file is read once, some thousand conversations at a time: they are checked, and the good ones put on disk. Then photos are
looked for and ids made distinct, and the conversations become records.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from vlit_hub import __version__
from vlit_hub.dataset.folder import FolderWriter, check_out
from vlit_hub.errors import UsageError
from vlit_hub.importing.boxes import NOTATIONS
from vlit_hub.importing.checking import check, settle_system
from vlit_hub.importing.describing import describe, files_of, stem
from vlit_hub.importing.importer import Conversation, Importer, Origin
from vlit_hub.importing.options import ImportOptions
from vlit_hub.importing.photos import Held, resolve
from vlit_hub.importing.recording import Recorder, distinct_ids
from vlit_hub.importing.rejecting import Rejects, told, unshown
from vlit_hub.importing.sniffing import check_format
from vlit_hub.importing.staging import Stage, stage
from vlit_hub.json_reading.files import without_gc
from vlit_hub.progress import progress
from vlit_hub.records import schema

__all__ = ["ImportOptions", "Imported", "import_dataset"]

_PART = 8192  # conversations
_PART_BYTES = 16 << 20  # of photos that are in the file
_SHARD = 1 << 16  # records
_SHARD_BYTES = 400_000_000
_SPLIT = re.compile(r"\w+(\.\w+)*")  # as `datasets` has it; it becomes part of file names


@dataclass(frozen=True)
class Imported:
    """What came of it.

    Attributes:
        folder: Where it lies.
        build: The content of build.json.
    """

    folder: Path
    build: Mapping[str, Any]


@dataclass
class _Read:
    """What the first pass over the file finds."""

    ids: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    names: dict[str, None] = field(default_factory=dict)
    held: Held = field(default_factory=Held)
    conversations: int = 0
    systems: int = 0


def import_dataset(
    importer: Importer,
    origin: Origin,
    out: Path,
    options: ImportOptions,
    *,
    repo_id: str,
    name: str | None = None,
    force: bool = False,
) -> Imported:
    """Import a file (or what else the importer takes) into a folder, as `vlit-hub build` writes folders.

    Args:
        importer: Of the format.
        origin: What is imported.
        out: The folder.
        options: How.
        repo_id: The Hub name.
        name: What records have in `source.datasets`; the name of the file or repository if None.
        force: Write over a dataset that is there.

    Raises:
        UsageError: The folder must not be written over; the split is no name; or columns or a configuration are named, and the
            format has none.
        InputError: The file can't be read, is of another format, or nothing of it can be a record; under `fail`, the first
            conversation that can't.
    """
    check_out(out, force)
    _check_origin(importer, origin)
    if importer.files is None:
        check_format(importer, origin)
    files = files_of(importer, origin)
    dataset = name or stem(origin)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as work, FolderWriter(out) as writer:
        rejects = Rejects(importer, origin, options, writer)
        with without_gc(), Stage(Path(work) / "staged.arrow") as staged:
            found = _first_pass(importer, origin, options, staged, rejects)
            staged.finish()
            photos, counts = resolve(
                (name for name in found.names if name not in found.held),
                options.images or _own_folder(importer, origin),
                origin.split,
                require=options.require_photos,
            )
            recorder = Recorder(
                photos=pl.concat([photos, found.held.frame()]),
                ids=distinct_ids(found.ids, found.numbers, dataset),
                dataset=dataset,
                license=options.license,
                image_license=options.image_license,
                embed=options.embed_images,
            )
            _second_pass(staged, recorder, origin.split, writer, rejects)
        rejects.flush()
        if not writer.records:
            raise rejects.nothing_left(found.conversations)
        writer.write_images(recorder.resolved().with_columns(pl.lit(origin.split).alias("split")))
        counts = {
            "conversations": found.conversations,
            "records": writer.records,
            "system_prompts": found.systems,
            **counts,
            "photos_in_the_file": len(found.held),
            **recorder.boxes,
        }
        build = describe(importer, origin, options, files, repo_id, dataset, counts)
        about = (
            f"{writer.records:,} records of instruction data that vlit-hub {__version__} imported from "
            f"{', '.join(file['name'] for file in files[:3])} (format {importer.name}). `build.json` says how."
        )
        return Imported(out, writer.finish(build, about))


def _check_origin(importer: Importer, origin: Origin) -> None:
    if not _SPLIT.fullmatch(origin.split):
        raise UsageError(f"--split {origin.split}: must be a name, of letters, digits, _ and dots between them.")
    if importer.files is None:
        for flag, given in (("--map", origin.columns), ("--config", origin.config)):
            if given:
                raise UsageError(
                    f"{flag} goes with hf:REPO and hf:FOLDER; {importer.name} has its own keys. Leave it out."
                )


def _first_pass(importer: Importer, origin: Origin, options: ImportOptions, staged: Stage, rejects: Rejects) -> _Read:
    """Check all conversations, and stage the good ones."""
    found = _Read()
    notations = tuple(dict.fromkeys((*options.boxes, *importer.boxes)))
    assert set(notations) <= set(NOTATIONS)
    with progress("reading", None) as advance:
        for part in _parts(importer.read(origin)):
            first = found.conversations
            found.conversations += len(part)
            found.systems += settle_system(part, options.system, importer.marker)
            photos = [_hold(one, found.held) for one in part]
            checked = check(part, importer.marker, importer.unmarked)
            good = []
            for place, (one, fault) in enumerate(zip(part, checked.faults.to_list(), strict=True)):
                if fault is None:
                    good.append(place)
                else:
                    rejects.add({**told(one, photos[place]), "number": first + place, "reason": fault})
            shown = [photos[place] for place in good]
            found.names.update(dict.fromkeys(name for names in shown for name, _ in names))
            conversations = [part[place] for place in good]
            found.ids += [one.id for one in conversations]
            found.numbers += [first + place for place in good]
            staged.add(stage(conversations, shown, [first + place for place in good], checked, notations, options.task))
            advance(len(part))
    return found


def _parts(conversations: Iterable[Conversation]) -> Iterator[list[Conversation]]:
    """Some conversations at a time, fewer where they hold photos."""
    part: list[Conversation] = []
    size = 0
    for one in conversations:
        part.append(one)
        if one.photos:
            size += sum(len(photo) if isinstance(photo, str) else len(photo.data) for photo in one.photos)
        if len(part) >= _PART or size >= _PART_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _hold(one: Conversation, held: Held) -> list[tuple[str, bytes | None]]:
    """The names of a conversation's photos, and the contents of those that are in the file."""
    try:
        return [held.hold(photo) for photo in one.photos]
    except ValueError as error:
        one.fault = one.fault or str(error)
        return [("", None) for _ in one.photos]


def _second_pass(staged: Stage, recorder: Recorder, split: str, writer: FolderWriter, rejects: Rejects) -> None:
    """Make records of all that is staged, and write them."""
    pieces = list(_pieces(staged, recorder))

    def groups(shard: Sequence[_Piece]) -> Iterator[pa.Table]:
        for piece in shard:
            part = staged.read(piece.part).slice(piece.start, piece.rows)
            records, faults = recorder.record(part, piece.first)
            for place, fault in faults:
                rejects.add(unshown(part.slice(place, 1).to_pylist()[0], fault))
            advance(piece.rows)
            yield records

    with progress("writing", sum(piece.rows for piece in pieces)) as advance:
        for shard in _shards(pieces):
            writer.write(split, groups(shard), schema())


@dataclass(frozen=True)
class _Piece:
    """Staged conversations that become records together.

    Attributes:
        part: The staged part that they are in.
        start: Where they start in it.
        rows: How many they are.
        first: How many conversations come before them in all parts.
        size: Their bytes, with those of photos that will be embedded.
    """

    part: int
    start: int
    rows: int
    first: int
    size: int


def _pieces(staged: Stage, recorder: Recorder) -> Iterator[_Piece]:
    """What is staged, in pieces whose photos aren't too much for the memory."""
    before = 0
    for number, (rows, size) in enumerate(staged.sizes):
        if not recorder.embed:
            yield _Piece(number, 0, rows, before, size)
        else:
            sizes = recorder.photo_bytes(staged.read(number))
            start = 0
            while start < rows:
                fitting = int(np.searchsorted(np.cumsum(sizes[start:]), _PART_BYTES, side="right"))
                stop = start + max(fitting, 1)
                yield _Piece(number, start, stop - start, before + start, int(sizes[start:stop].sum()))
                start = stop
        before += rows


def _shards(pieces: Sequence[_Piece]) -> Iterator[list[_Piece]]:
    """The pieces of each shard."""
    shard: list[_Piece] = []
    rows = size = 0
    for piece in pieces:
        if shard and (rows + piece.rows > _SHARD or size + piece.size > _SHARD_BYTES):
            yield shard
            shard, rows, size = [], 0, 0
        shard.append(piece)
        rows, size = rows + piece.rows, size + piece.size
    if shard:
        yield shard


def _own_folder(importer: Importer, origin: Origin) -> tuple[Path, ...]:
    """The folder that is imported, whose own photos need no `--images`."""
    folder = Path(origin.place).expanduser()
    return (folder,) if importer.files is not None and folder.is_dir() else ()
