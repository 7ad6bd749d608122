"""A dataset on disk: Parquet files of records in a folder, whoever wrote them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from vlit_hub.atomic import write_aside
from vlit_hub.building.output import BUILD_FILE
from vlit_hub.dataset.dialogue import dialogue
from vlit_hub.errors import InputError, UsageError
from vlit_hub.files import AnnotationFile
from vlit_hub.records import schema
from vlit_hub.registry import find_folder

__all__ = ["RECORD_FIELDS", "SCORES_FOLDER", "Dataset", "Shard", "find_dataset", "open_dataset"]

SCORES_FOLDER = "quality"

_BATCH = 1 << 16
_NUMBERED = re.compile(r"(?P<split>[\w.]+?)-\d+(?:-of-\d+)?\.parquet")
_SPLITS = ("train", "validation", "test")
_DIGESTS = "digests.json"
RECORD_FIELDS = frozenset(schema().names)
_DIALOGUE = ("instruction", "input.text", "response", "history")


@dataclass(frozen=True)
class Shard:
    """One Parquet file of records.

    Attributes:
        path: Where it lies.
        split: Its split.
        rows: How many records it has.
        digest: Of its content.
        fields: The columns it has, dotted, to the depth of a record's fields.
    """

    path: Path
    split: str
    rows: int
    digest: str
    fields: frozenset[str]

    def read(self, columns: Sequence[str], batch_rows: int = _BATCH) -> Iterator[pl.DataFrame]:
        """The records, some at a time, with these columns (as in `Indicator.reads`); one that the file lacks is null.

        Raises:
            InputError: The file can't be read.
        """
        wanted = dict.fromkeys(part for name in columns for part in (_DIALOGUE if name == "dialogue" else (name,)))
        there = [name for name in wanted if name in self.fields]
        try:
            with pq.ParquetFile(self.path) as file:
                for batch in file.iter_batches(batch_rows, columns=there or ["id"]):
                    parts = {
                        name: _column(batch, name) if name in there else _nothing(len(batch), name) for name in wanted
                    }
                    yield pl.DataFrame({name: _value(parts, name) for name in columns}, height=len(batch))
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                self.path, f"can't be read ({str(error).splitlines()[0]})", "Fetch or build it again."
            ) from None


@dataclass(frozen=True)
class Dataset:
    """A dataset on disk.

    Attributes:
        path: Its folder.
        build: The content of build.json; empty for a folder that vlit-hub didn't write.
        shards: Its files; `train`, `validation` and `test` first.
    """

    path: Path
    build: Mapping[str, Any]
    shards: tuple[Shard, ...]

    @property
    def name(self) -> str:
        """Its Hub name, or the folder's where it has none."""
        return str(self.build.get("repo_id") or self.path.resolve().name)

    @property
    def rows(self) -> int:
        """How many records there are."""
        return sum(shard.rows for shard in self.shards)

    @property
    def digest(self) -> str:
        """Of all its content, in the order of its files."""
        return xxhash.xxh3_128_hexdigest(" ".join(shard.digest for shard in self.shards).encode())

    def read(self, columns: Sequence[str]) -> pl.DataFrame:
        """These columns of all records, as in `Shard.read`."""
        return pl.concat([batch for shard in self.shards for batch in shard.read(columns)], how="vertical_relaxed")

    def has(self, column: str) -> bool:
        """Whether its files have a column, dotted."""
        return all(column in shard.fields for shard in self.shards)


def find_dataset(name: str) -> Dataset:
    """The dataset of a folder, or of a name that was built here.

    Raises:
        UsageError: Nothing of that name was built, or it is a file.
        InputError: As `open_dataset`.
    """
    folder = Path(name).expanduser()
    if folder.is_file():
        raise UsageError(
            f"{name} is a file, and a dataset is a folder or the name of a build. Other people's data is brought in by: "
            f"vlit-hub import FORMAT {name} -o DIR"
        )
    return open_dataset(folder if folder.is_dir() else find_folder(name))


def open_dataset(folder: Path) -> Dataset:
    """The dataset of a folder: the Parquet files in its `data`, or in itself.

    Raises:
        InputError: There are none, one is broken, or they hold no records.
    """
    files = sorted((folder / "data").glob("*.parquet")) or sorted(folder.glob("*.parquet"))
    files = [file for file in files if file.name != "images.parquet"]
    if not files:
        raise InputError(
            folder, "has no Parquet files of records", "Give the folder of a dataset, or the name of a build."
        )
    build = _build(folder)
    digests = _digests(folder, files)
    shards = []
    for file in files:
        try:
            footer = pq.read_metadata(file)
        except (pa.ArrowException, OSError) as error:
            raise InputError(
                file, f"is no Parquet file ({str(error).splitlines()[0]})", "Fetch or build it again."
            ) from None
        fields = _fields(footer.schema.to_arrow_schema())
        if lacking := [name for name in ("id", "instruction", "response", "task") if name not in fields]:
            raise InputError(
                file, f"has no column `{lacking[0]}`, so it holds no records of vlit-hub", "Build the dataset."
            )
        named = _NUMBERED.fullmatch(file.name)
        shards.append(Shard(file, named["split"] if named else file.stem, footer.num_rows, digests[file], fields))
    order = {split: place for place, split in enumerate(_SPLITS)}
    shards.sort(key=lambda shard: (order.get(shard.split, len(order)), shard.split, shard.path.name))
    if not any(shard.rows for shard in shards):
        raise InputError(folder, "has no records", "Build the dataset again.")
    return Dataset(folder, build, tuple(shards))


def _build(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / BUILD_FILE).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise InputError(folder / BUILD_FILE, f"is broken ({error})", "Build the dataset again.") from None


def _digests(folder: Path, files: Sequence[Path]) -> dict[Path, str]:
    """Each file's digest; those of files that haven't changed since they were last taken are looked up."""
    notes = folder / SCORES_FOLDER / _DIGESTS
    try:
        known = json.loads(notes.read_text())
    except (OSError, ValueError):
        known = {}
    taken = {}
    for file in files:
        state = file.stat()
        size, changed, digest = known.get(file.name, (0, 0, ""))
        if (size, changed) != (state.st_size, state.st_mtime_ns):
            digest = AnnotationFile(file).digest()
        taken[file.name] = [state.st_size, state.st_mtime_ns, digest]
    if taken != known and notes.parent.is_dir():
        write_aside(notes, json.dumps(taken, indent=1).encode())
    return {file: str(taken[file.name][2]) for file in files}


def _fields(found: pa.Schema) -> frozenset[str]:
    """Columns and the fields of structs, dotted."""
    names = set(found.names)
    for field in found:
        if pa.types.is_struct(field.type):
            names |= {f"{field.name}.{part.name}" for part in field.type}
    return frozenset(names)


def _column(batch: pa.RecordBatch, name: str) -> pa.Array:
    top, _, part = name.partition(".")
    column = batch.column(top)
    return pc.struct_field(column, part) if part else column


def _nothing(rows: int, name: str) -> pa.Array:
    """Nulls of the type that a record's field has; of an indicator that isn't there, of a number's."""
    top, _, part = name.partition(".")
    kind = schema().field(top).type if top in RECORD_FIELDS else pa.float32()
    fields = {one.name: one.type for one in kind} if part else {}
    return pa.nulls(rows, fields.get(part, pa.float32()) if part else kind)


def _value(parts: Mapping[str, pa.Array], name: str) -> pl.Series:
    if name != "dialogue":
        return pl.Series(name, parts[name])
    instruction, text, response = (pl.Series(parts[part]) for part in _DIALOGUE[:3])
    return dialogue(instruction, text, response, parts["history"])
