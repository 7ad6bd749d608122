"""Records in Parquet shards: text alone, or with the photos in them.

The same table gives the same bytes. Row groups hold so many records as take 32 MiB in memory: readers decode a whole one.

Settings were chosen on 1.2 million records (`benchmarks/RESULTS.md`): fast compression, no statistics, since records in the
order of their images leave nothing to skip by them, and dictionaries only where few values repeat.

Records of one image follow each other and show one photo. A row group has each of its photos once, as a dictionary that the
records point into; any reader gives every record its own bytes.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vlit_hub.errors import InputError, RecordError
from vlit_hub.records import features

__all__ = ["write_groups", "write_shard"]

_GROUP = 32 << 20  # bytes of a row group in memory
_LARGEST = 1 << 30  # bytes of one record's photos; Arrow's lists of bytes end at 2 GiB

_BYTES = "input.images.list.element.bytes"
_FEW_VALUES = (
    "task",
    "granularity",
    "strategy",
    "source.datasets.list.element",
    "source.license",
    "source.image_license",
)

_Ints = npt.NDArray[np.int64]


def write_shard(table: pa.Table, path: Path, *, embed: bool = False, content_defined_chunking: bool = False) -> None:
    """Write records as one Parquet file that `datasets` opens with the record's features.

    It is written under another name, and renamed when it is complete.

    Args:
        table: Records of `vlit_hub.records.schema`, those of one image together.
        path: The file; its folder must be there.
        embed: Put each photo's bytes into `input.images.bytes`, and only the file's name into `path`.
        content_defined_chunking: Let pages end where their content says so, not after so many values, so that a changed
            file shares more with the old one when it is uploaded. Costs a third more time.

    Raises:
        InputError: A photo can't be read or has changed since it was listed, naming the first record that shows it; or the
            file can't be written.
    """
    indicators = table.schema.field("quality").type
    schema = features({field.name: field.type for field in indicators}).arrow_schema
    photos = _Photos(table) if embed else None
    aside = path.with_name(f".{path.name}.tmp")
    try:
        shared = photos is not None and photos.shared
        with _writer(aside, schema, shared, content_defined_chunking and photos is None) as writer:
            for start, stop in _row_groups(table, photos):
                group = table.slice(start, stop - start)
                if photos is not None:
                    group = photos.embed(group, start, writer.schema)
                writer.write_table(group, row_group_size=len(group))
        if photos is not None:
            photos.check(aside)
        aside.replace(path)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise InputError(path, f"can't be written ({reason})") from error
    finally:
        aside.unlink(missing_ok=True)


def write_groups(groups: Iterable[pa.Table], schema: pa.Schema, path: Path) -> int:
    """Write records that come some at a time, as they are read from another file; photos that they have embedded stay so.

    Args:
        groups: Tables of `schema`, each small enough to be a row group.
        schema: The records' (`vlit_hub.records.schema`); the metadata of the fields of `quality` is kept. Texts of few values
            (`task`, say, and those in `source`) may come as dictionaries; readers see plain texts.
        path: The file; written under another name, and renamed when it is complete.

    Returns:
        How many records it has; where there are none, no file is written.

    Raises:
        InputError: The file can't be written.
    """
    quality = schema.field("quality")
    known = features({field.name: field.type for field in quality.type}).arrow_schema
    known = known.set(known.get_field_index("quality"), quality)
    aside = path.with_name(f".{path.name}.tmp")
    rows = 0
    try:
        with _writer(aside, known, True, False, schema) as writer:
            for group in _together(groups):
                writer.write_table(_encoded(group.combine_chunks(), writer.schema), row_group_size=max(len(group), 1))
                rows += len(group)
        if rows:
            aside.replace(path)
    except OSError as error:
        raise InputError(path, f"can't be written ({os.strerror(error.errno or 0)})") from error
    finally:
        aside.unlink(missing_ok=True)
    return rows


def _together(groups: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same records in tables of about the size of a row group; none is empty."""
    waiting: list[pa.Table] = []
    for group in groups:
        if waiting and sum(table.nbytes for table in (*waiting, group)) > _GROUP:
            yield pa.concat_tables(waiting)
            waiting = []
        if len(group):
            waiting.append(group)
    if waiting:
        yield pa.concat_tables(waiting)


def _encoded(group: pa.Table, schema: pa.Schema) -> pa.Table:
    """Records with each of their embedded photos once, as a dictionary."""
    column = group["input"].combine_chunks()
    images = column.field("images")
    shown = images.flatten()
    kind = schema.field("input").type
    cells = pa.StructArray.from_arrays(
        [
            shown.field("bytes").dictionary_encode().cast(kind.field("images").type.value_type.field("bytes").type),
            shown.field("path"),
        ],
        fields=list(kind.field("images").type.value_type),
    )
    lengths = pc.fill_null(pc.list_value_length(images), 0).to_numpy()
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    listed = pa.ListArray.from_arrays(offsets, cells)
    whole = pa.StructArray.from_arrays([listed, column.field("text")], fields=list(kind))
    return group.set_column(group.column_names.index("input"), schema.field("input"), whole)


class _Photos:
    """The photos that records show, each listed once."""

    def __init__(self, table: pa.Table) -> None:
        images = table["input"].combine_chunks().field("images")
        shown = images.flatten()
        if shown.field("bytes").null_count < len(shown):
            raise ValueError("the records have photos embedded already")
        paths = shown.field("path").dictionary_encode()
        lengths = pc.fill_null(pc.list_value_length(images), 0).to_numpy()
        self._ids = table["id"]
        self._starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        if paths.null_count:
            raise RecordError(
                self._first_record(paths.is_null().to_numpy(False)), "input.images", "has no path to embed"
            )
        self._which = paths.indices.to_numpy()
        self._paths: list[str] = paths.dictionary.to_pylist()
        self._names = pa.array([Path(path).name for path in self._paths], pa.string())
        self._sizes = np.array([self._size(number) for number in range(len(self._paths))], dtype=np.int64)
        self._embedded: list[int] = []
        self._buffer = pa.allocate_buffer(0)
        self.shared = len(self._paths) < len(self._which)

    def sizes(self) -> _Ints:
        """Bytes of each record's photos."""
        total = np.concatenate([[0], np.cumsum(self._sizes[self._which])])
        sizes: _Ints = np.diff(total[self._starts])
        if len(sizes) and sizes.max() > _LARGEST:
            record = self._ids[int(sizes.argmax())].as_py()
            raise RecordError(
                record, "input.images", f"has photos of {sizes.max() / 1e9:.1f} GB, too much for one record"
            )
        return sizes

    def first_of_image(self) -> npt.NDArray[np.bool_]:
        """Whether each record shows another photo than the one before it, or none."""
        has = np.diff(self._starts) > 0
        first = np.full(len(has), -1)
        first[has] = self._which[self._starts[:-1][has]]
        changes: npt.NDArray[np.bool_] = np.diff(first, prepend=-2) != 0
        return changes | ~has

    def embed(self, group: pa.Table, start: int, schema: pa.Schema) -> pa.Table:
        """A group of records, of which the first is record `start`, with their photos."""
        offsets = self._starts[start : start + len(group) + 1]
        which = self._which[offsets[0] : offsets[-1]]
        distinct, places = np.unique(which, return_inverse=True)
        data = self._read(distinct)
        self._embedded.append(int(self._sizes[distinct].sum()))
        if self.shared:
            data = pa.DictionaryArray.from_arrays(pa.array(places, pa.int32()), data)
        kind = schema.field("input").type
        cells = pa.StructArray.from_arrays(
            [data, self._names.take(pa.array(which))], fields=list(kind.field("images").type.value_type)
        )
        images = pa.ListArray.from_arrays(pa.array(offsets - offsets[0], pa.int32()), cells)
        texts = group["input"].combine_chunks().field("text")
        column = pa.StructArray.from_arrays([images, texts], fields=list(kind))
        return group.set_column(group.column_names.index("input"), schema.field("input"), column)

    def check(self, path: Path) -> None:
        """Make sure that the photos are in the file: `datasets` has written nulls for them without a word."""
        written = pq.read_metadata(path)
        column = written.schema.names.index("bytes")
        for number, size in enumerate(self._embedded):
            if written.row_group(number).column(column).total_uncompressed_size < size:
                raise InputError(path, f"row group {number} was written without its photos", "Please report this.")

    def _read(self, numbers: npt.NDArray[np.integer[Any]]) -> pa.Array:
        """The content of photos, in a buffer that the next group's photos overwrite: new memory costs half as much as reading."""
        offsets = np.concatenate([[0], np.cumsum(self._sizes[numbers])])
        if self._buffer.size < offsets[-1]:
            self._buffer = pa.allocate_buffer(int(offsets[-1]) * 5 // 4)
        view = memoryview(self._buffer)
        for number, start, stop in zip(numbers.tolist(), offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
            try:
                with open(self._paths[number], "rb", buffering=0) as file:  # noqa: PTH123  (Path.open costs as much again)
                    whole = file.readinto(view[start:stop]) == stop - start and not file.read(1)
            except OSError as error:
                raise self._fault(number, f"can't be read ({error.strerror})") from None
            if not whole:
                raise self._fault(number, "changed while it was being read")
        return pa.Array.from_buffers(
            pa.binary(), len(numbers), [None, pa.py_buffer(offsets.astype(np.int32)), self._buffer]
        )

    def _size(self, number: int) -> int:
        try:
            size = os.stat(self._paths[number]).st_size  # noqa: PTH116
        except OSError as error:
            raise self._fault(number, f"can't be read ({error.strerror})") from None
        if not size:
            raise self._fault(number, "is empty")
        return size

    def _fault(self, number: int, reason: str) -> InputError:
        record = self._first_record(self._which == number)
        return InputError(self._paths[number], f"the photo of record {record} {reason}", "Start the build again.")

    def _first_record(self, mentions: npt.NDArray[np.bool_]) -> str:
        first = int(np.searchsorted(self._starts, int(mentions.argmax()), side="right")) - 1
        return str(self._ids[first].as_py())


def _writer(
    path: Path, schema: pa.Schema, shared: bool, content_defined_chunking: bool, coming: pa.Schema | None = None
) -> pq.ParquetWriter:
    """A writer of tables of this schema, or the same with photos as dictionaries, and with the dictionaries of `coming`."""
    leaves = _leaves(schema)
    zstd = [leaf for leaf in leaves if leaf != _BYTES]  # photos are compressed already
    writer = pq.ParquetWriter(
        path,
        _with_dictionary(schema, coming or schema) if shared else schema,
        compression={leaf: "zstd" if leaf in zstd else "none" for leaf in leaves},
        compression_level=dict.fromkeys(zstd, 1),
        use_dictionary=[*_FEW_VALUES, _BYTES] if shared else list(_FEW_VALUES),
        dictionary_pagesize_limit=2 * _LARGEST,
        write_statistics=False,
        use_content_defined_chunking=content_defined_chunking,
        store_schema=False,
    )
    # The schema that readers shall see: the records', in which photos are plain bytes.
    stored = {b"ARROW:schema": base64.b64encode(schema.serialize().to_pybytes()), **schema.metadata}
    writer.add_key_value_metadata(stored)
    return writer


def _leaves(schema: pa.Schema) -> list[str]:
    """Paths of the columns that Parquet makes of a schema."""
    sink = pa.BufferOutputStream()
    pq.write_table(schema.empty_table(), sink)
    columns = pq.read_metadata(pa.BufferReader(sink.getvalue())).schema
    return [columns.column(number).path for number in range(len(columns))]


def _with_dictionary(schema: pa.Schema, coming: pa.Schema) -> pa.Schema:
    """The schema with photos' bytes as a dictionary, and texts of few values as they come."""
    for name in ("task", "granularity", "strategy", "source"):
        schema = schema.set(schema.get_field_index(name), coming.field(name))
    image = pa.struct({"bytes": pa.dictionary(pa.int32(), pa.binary()), "path": pa.string()})
    column = pa.field("input", pa.struct({"images": pa.list_(image), "text": pa.string()}))
    return schema.set(schema.get_field_index("input"), column)


def _row_groups(table: pa.Table, photos: _Photos | None) -> Iterator[tuple[int, int]]:
    """Start and stop of each row group; the records of one image stay together, unless they are too many to decode at once."""
    rows = len(table)
    costs = np.full(rows, -(-table.nbytes // max(rows, 1)))
    fresh = np.ones(rows, dtype=np.bool_)
    if photos is not None:
        costs += photos.sizes()
        fresh = photos.first_of_image()
    ends = np.append(np.flatnonzero(fresh)[1:], rows)
    totals = np.concatenate([[0], np.cumsum(costs)])
    start = 0
    while start < rows:
        fitting, most = np.searchsorted(totals, totals[start] + np.array([_GROUP, _LARGEST]), side="right") - 1
        last = np.searchsorted(ends, fitting, side="right") - 1
        if last < 0 or ends[last] <= start:
            last = np.searchsorted(ends, start, side="right")  # one image's records alone are more
        stop = int(max(min(ends[last], most), start + 1))
        yield start, stop
        start = stop
