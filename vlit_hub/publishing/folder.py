"""A dataset's folder on disk, as `vlit-hub build` writes it: what its file names and Parquet footers tell."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from vlit_hub.building.output import BUILD_FILE, is_build, read_build
from vlit_hub.errors import InputError
from vlit_hub.records import BASE_INDICATORS, schema

__all__ = ["DatasetFolder", "ShardFile", "open_folder"]

_SHARD = re.compile(r"(?P<split>\w+(?:\.\w+)*)-(?P<number>\d{5})-of-(?P<of>\d{5})\.parquet")
_ORDER = ("train", "validation", "test")
_PHOTO_BYTES = "images.list.element.bytes"
_REBUILD = "Build the dataset again."


@dataclass(frozen=True)
class ShardFile:
    """One Parquet file.

    Attributes:
        path: Where it lies.
        metadata: Its footer.
    """

    path: Path
    metadata: pq.FileMetaData

    @property
    def rows(self) -> int:
        """How many records it has."""
        return int(self.metadata.num_rows)

    @cached_property
    def size(self) -> int:
        """Its size on disk."""
        return self.path.stat().st_size

    @cached_property
    def columns(self) -> list[str]:
        """The paths of its leaf columns, but for the photos' bytes, which only a look at single records may read."""
        paths = [self.metadata.schema.column(number).path for number in range(self.metadata.num_columns)]
        return [path for path in paths if not path.endswith(_PHOTO_BYTES)]

    @property
    def photo_bytes(self) -> int:
        """Bytes of photos in it, each counted once a row group."""
        groups = [self.metadata.row_group(number) for number in range(self.metadata.num_row_groups)]
        columns = [group.column(number) for group in groups for number in range(group.num_columns)]
        return sum(
            int(column.total_uncompressed_size) for column in columns if column.path_in_schema.endswith(_PHOTO_BYTES)
        )

    def photo(self, row: int) -> bytes | None:
        """The embedded bytes of a record's first photo, read from the one row group that it is in; None where there is none."""
        file = pq.ParquetFile(self.path, metadata=self.metadata)
        for group in range(file.num_row_groups):
            rows = self.metadata.row_group(group).num_rows
            if row < rows:
                images = file.read_row_group(group, columns=["input.images"]).column("input").slice(row, 1)
                photos = images.to_pylist()[0]["images"]
                return photos[0]["bytes"] if photos else None
            row -= rows
        raise IndexError(row)


@dataclass(frozen=True)
class DatasetFolder:
    """A dataset on disk.

    Attributes:
        path: The folder.
        build: The content of build.json.
        splits: The Parquet files of each split; `train`, `validation` and `test` first.
        schema: The records' Arrow schema; field metadata of `quality` says what an indicator is.
    """

    path: Path
    build: Mapping[str, Any]
    splits: Mapping[str, tuple[ShardFile, ...]]
    schema: pa.Schema

    @property
    def repo_id(self) -> str:
        """The Hub name that it was built under."""
        return str(self.build["repo_id"])

    @property
    def files(self) -> list[ShardFile]:
        """All Parquet files of records."""
        return [file for files in self.splits.values() for file in files]

    @property
    def indicators(self) -> dict[str, pa.Field]:
        """The fields of `quality`, by name."""
        return {field.name: field for field in self.schema.field("quality").type}


def open_folder(path: Path) -> DatasetFolder:
    """Look at a dataset's folder.

    Raises:
        InputError: It is no such folder, a shard is missing or broken, or its records aren't what `vlit_hub.records` says.
    """
    if not is_build(path):
        reason = f"is no dataset that vlit-hub wrote ({BUILD_FILE} is missing)" if path.is_dir() else "is no folder"
        raise InputError(path, reason, "Give the folder that vlit-hub build wrote.")
    try:
        build = read_build(path)
    except json.JSONDecodeError as error:
        raise InputError(path / BUILD_FILE, f"line {error.lineno}: {error.msg}", _REBUILD) from None
    splits: dict[str, list[ShardFile]] = {}
    for file in sorted((path / "data").glob("*.parquet")):
        match = _SHARD.fullmatch(file.name)
        if match is None:
            raise InputError(file, "isn't named SPLIT-NNNNN-of-NNNNN.parquet", "Rename it, or take it out of data/.")
        splits.setdefault(match["split"], []).append(ShardFile(file, _footer(file)))
    if not splits:
        raise InputError(path / "data", "has no Parquet files", _REBUILD)
    names = [name for name in _ORDER if name in splits] + sorted(set(splits).difference(_ORDER))
    for name in names:
        _check_numbers(name, splits[name])
    found = _schema([file for name in names for file in splits[name]])
    return DatasetFolder(path, build, {name: tuple(splits[name]) for name in names}, found)


def _footer(file: Path) -> pq.FileMetaData:
    try:
        return pq.read_metadata(file)
    except pa.ArrowException as error:
        raise InputError(file, f"is no Parquet file ({str(error).splitlines()[0]})", _REBUILD) from None


def _check_numbers(split: str, files: list[ShardFile]) -> None:
    of = int(files[0].path.stem[-5:])
    wanted = [f"{split}-{number:05d}-of-{of:05d}.parquet" for number in range(of)]
    names = [file.path.name for file in files]
    if names != wanted:
        lacking = sorted(set(wanted).difference(names))
        reason = f"{lacking[0]} is missing" if lacking else f"{names[-1]} is of another build"
        raise InputError(files[0].path.parent, reason, _REBUILD)


def _schema(files: list[ShardFile]) -> pa.Schema:
    first = files[0].metadata.schema.to_arrow_schema()
    for file in files[1:]:
        if not file.metadata.schema.to_arrow_schema().equals(first):
            raise InputError(file.path, f"has other columns than {files[0].path.name}", _REBUILD)
    if "quality" not in first.names or not pa.types.is_struct(first.field("quality").type):
        raise InputError(files[0].path, "has no column `quality`, so it holds no records", _REBUILD)
    extra = {field.name: field.type for field in first.field("quality").type if field.name not in BASE_INDICATORS}
    wanted = schema(extra)
    for field in wanted:
        if field.name not in first.names or first.field(field.name).type != field.type:
            raise InputError(files[0].path, f"the column `{field.name}` isn't that of a record", _REBUILD)
    return first
