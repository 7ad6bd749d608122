"""A dataset's records, streamed: some thousand at a time, photos that are embedded included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vlit_hub.dataset.reading import Dataset, Shard
from vlit_hub.errors import InputError, UnknownName

__all__ = ["Records", "SplitReader", "check_columns", "split_readers"]

BATCH = 1 << 15
_PART = 1 << 16  # records, at least, of a part of a split that isn't cut into shards
_NEEDED = ("id", "instruction", "input", "response", "history", "regions", "task", "granularity", "source")


@dataclass(frozen=True)
class Records:
    """Consecutive records.

    Attributes:
        frame: Their columns, without photos: `id`, `instruction`, `text`, `response`, `history`, `regions`, `task`,
            `granularity`, `image_ids`, `file_names`, `license`, `image_license`, and `paths`, a list of the photos' paths.
        data: The photos' contents, one below the other as in `paths`; none where no photo is embedded.
    """

    frame: pl.DataFrame
    data: pa.DictionaryArray | None

    def slice(self, start: int, length: int) -> Records:
        """Some of them."""
        data = self.data
        if data is not None:
            ends = np.concatenate([[0], np.cumsum(self.frame["paths"].list.len().fill_null(0).to_numpy())])
            data = data.slice(int(ends[start]), int(ends[start + length] - ends[start]))
        return Records(self.frame.slice(start, length), data)


class SplitReader:
    """Reads one split of a dataset.

    Args:
        name: The split.
        shards: Its files.
        columns: Columns of `Records.frame` beside those that every export needs: `regions`.
    """

    def __init__(self, name: str, shards: Sequence[Shard], *, regions: bool) -> None:
        self.name = name
        self.rows = sum(shard.rows for shard in shards)
        self._shards = shards
        self._regions = regions

    def units(self, size: int | None) -> list[tuple[int, int]]:
        """Start and stop of each unit of work: runs of `size` records, or, if none, of whole row groups."""
        if size is not None:
            return [(start, min(start + size, self.rows)) for start in range(0, self.rows, size)]
        units: list[tuple[int, int]] = []
        start = end = 0
        for shard in self._shards:
            footer = pq.read_metadata(shard.path)
            for group in range(footer.num_row_groups):
                end += footer.row_group(group).num_rows
                if end - start >= _PART:
                    units.append((start, end))
                    start = end
        return [*units, (start, end)] if end > start else units

    def read(self, start: int, stop: int) -> Iterator[Records]:
        """The records from `start` to `stop`, counted in the split.

        Raises:
            InputError: A file can't be read.
        """
        first = 0
        for shard in self._shards:
            if first < stop and first + shard.rows > start:
                try:
                    yield from self._read_shard(shard, max(start - first, 0), min(stop - first, shard.rows))
                except (pa.ArrowException, OSError) as error:
                    reason = (str(error).splitlines() or ["broken"])[0]
                    raise InputError(shard.path, f"can't be read ({reason})", "Fetch or build it again.") from None
            first += shard.rows

    def _read_shard(self, shard: Shard, start: int, stop: int) -> Iterator[Records]:
        with pq.ParquetFile(shard.path) as file:
            leaves = [file.metadata.schema.column(number).path for number in range(len(file.metadata.schema))]
        content = [leaf for leaf in leaves if leaf.startswith("input.images.") and leaf.endswith(".bytes")]
        wanted = [leaf for leaf in leaves if leaf.split(".")[0] in _NEEDED and leaf not in content]
        if not self._regions:
            wanted = [leaf for leaf in wanted if not leaf.startswith("regions")]
        first = 0
        with pq.ParquetFile(shard.path, read_dictionary=content) as file:
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if first < stop and first + rows > start:
                    data = _contents(file, group, content)
                    yield from _within(
                        _batches(file, group, wanted, data, rows), max(start - first, 0), min(stop - first, rows)
                    )
                first += rows


def split_readers(dataset: Dataset, split: str | None, *, regions: bool) -> list[SplitReader]:
    """A reader of each split, or of one.

    Raises:
        UnknownName: There is no such split.
        InputError: The records lack a column.
    """
    check_columns(dataset)
    names = list(dict.fromkeys(shard.split for shard in dataset.shards if shard.rows))
    if split is not None and split not in names:
        raise UnknownName("split", split, names)
    wanted = names if split is None else [split]
    return [
        SplitReader(name, [shard for shard in dataset.shards if shard.split == name and shard.rows], regions=regions)
        for name in wanted
    ]


def check_columns(dataset: Dataset) -> None:
    """Make sure that a dataset's files have records' columns.

    Raises:
        InputError: One is missing.
    """
    for shard in dataset.shards:
        if lacking := [name for name in (*_NEEDED, "input.images", "source.image_ids") if name not in shard.fields]:
            raise InputError(shard.path, f"lacks the column `{lacking[0]}` of a record", "Build the dataset again.")


def _contents(file: pq.ParquetFile, group: int, columns: list[str]) -> pa.DictionaryArray | None:
    """The embedded photos of a row group, each once, and which of them stands where; none if it has none."""
    if not columns:
        return None
    lists = file.read_row_group(group, columns=columns)["input"].combine_chunks().field("images")
    data = lists.flatten().field("bytes")
    if data.null_count == len(data):
        return None
    return data if pa.types.is_dictionary(data.type) else data.dictionary_encode()


def _batches(
    file: pq.ParquetFile, group: int, columns: list[str], data: pa.DictionaryArray | None, rows: int
) -> Iterator[Records]:
    shown = 0
    for batch in file.iter_batches(BATCH, row_groups=[group], columns=columns):
        frame = _frame(batch)
        count = int(frame["paths"].list.len().sum() or 0)
        yield Records(frame, None if data is None else data.slice(shown, count))
        shown += count


def _within(batches: Iterator[Records], start: int, stop: int) -> Iterator[Records]:
    first = 0
    for records in batches:
        rows = len(records.frame)
        left, right = max(start - first, 0), min(stop - first, rows)
        if left < right:
            yield records if right - left == rows else records.slice(left, right - left)
        first += rows
        if first >= stop:
            return


def _frame(batch: pa.RecordBatch) -> pl.DataFrame:
    given, source = batch.column("input"), batch.column("source")
    images = given.field("images")
    paths = pa.ListArray.from_arrays(_offsets(images), images.flatten().field("path"))
    columns: dict[str, Any] = {
        "id": batch.column("id"),
        "instruction": batch.column("instruction"),
        "text": given.field("text"),
        "response": batch.column("response"),
        "history": batch.column("history"),
        "task": batch.column("task"),
        "granularity": batch.column("granularity"),
        "image_ids": source.field("image_ids"),
        "file_names": source.field("file_names"),
        "license": source.field("license"),
        "image_license": source.field("image_license"),
        "paths": paths,
    }
    if "regions" in batch.schema.names:
        columns["regions"] = batch.column("regions")
    return pl.DataFrame({name: pl.Series(column) for name, column in columns.items()})


def _offsets(lists: pa.ListArray) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
