"""The chosen records of a source, read a row group at a time, in the order of its files, and made records of the mix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vlit_hub.dataset.reading import Shard
from vlit_hub.errors import InputError
from vlit_hub.plugins.strategies.data_mixing.choosing import Copies
from vlit_hub.plugins.strategies.data_mixing.sources import Source

__all__ = ["Stream"]

_PHOTO = "input.images.list.element.bytes"
_FEW = ("task", "granularity", "strategy")  # read, moved and written as dictionaries, a third of the time
_FEW_OF_SOURCE = ("license", "image_license")
_DICTIONARIES = [_PHOTO, *_FEW, *(f"source.{name}" for name in _FEW_OF_SOURCE)]


class Stream:
    """A source's chosen records, one after the other.

    A record that is taken several times comes once in each pass over the files, so that its repeats lie far from each other.

    Args:
        source: It.
        copies: Of each of its records, how often it is taken.
        renamed: Which of them have an id that an earlier source has too.
        schema: Of the mix.

    Attributes:
        licenses: Records by the licence of their annotations and of their photos, of those that came so far.
    """

    def __init__(self, source: Source, copies: Copies, renamed: npt.NDArray[np.bool_], schema: pa.Schema) -> None:
        self._source = source
        self._copies = copies
        self._renamed = renamed
        self._schema = _with_dictionaries(schema)
        self._tables = self._read()
        self._ahead: list[pa.Table] = []
        self.licenses: Counter[str] = Counter()
        self.image_licenses: Counter[str] = Counter()

    @property
    def schema(self) -> pa.Schema:
        """Of the tables: the mix's, with photos and texts of few values as dictionaries."""
        return self._schema

    def take(self, count: int) -> list[pa.Table]:
        """The next `count` records."""
        taken: list[pa.Table] = []
        while count:
            table = self._ahead.pop() if self._ahead else next(self._tables)
            if len(table) > count:
                self._ahead.append(table.slice(count))
                table = table.slice(0, count)
            taken.append(table)
            count -= len(table)
        return taken

    def _read(self) -> Iterator[pa.Table]:
        for repeat in range(1, int(self._copies.max(initial=0)) + 1):
            first = 0
            for shard in self._source.shards:
                yield from self._of_shard(shard, first, repeat)
                first += shard.rows

    def _of_shard(self, shard: Shard, first: int, repeat: int) -> Iterator[pa.Table]:
        chosen = self._copies[first : first + shard.rows] >= repeat
        if not chosen.any():
            return
        try:
            with pq.ParquetFile(shard.path, read_dictionary=_DICTIONARIES) as file:
                start = 0
                for number in range(file.num_row_groups):
                    rows = file.metadata.row_group(number).num_rows
                    wanted = np.flatnonzero(chosen[start : start + rows])
                    if len(wanted):
                        yield self._mixed(_rows(file, number, wanted), first + start + wanted, repeat)
                    start += rows
        except (pa.ArrowException, OSError) as error:
            reason = f"can't be read ({str(error).splitlines()[0]})"
            raise InputError(shard.path, reason, "Fetch or build it again.") from None

    def _mixed(self, group: pa.Table, rows: npt.NDArray[np.int64], repeat: int) -> pa.Table:
        """Records of the source as records of the mix."""
        group = group.combine_chunks()
        source = group["source"].combine_chunks()
        self.licenses.update(_counts(source.field("license")))
        self.image_licenses.update(_counts(source.field("image_license")))
        columns = {name: group[name] for name in self._schema.names}
        columns["id"] = self._ids(group["id"].combine_chunks(), rows, repeat)
        columns["input"] = _used_photos(group["input"].combine_chunks())
        columns["source"] = _with_dataset(source, self._source.name)
        columns["quality"] = _quality(group["quality"].combine_chunks(), self._schema.field("quality").type)
        return pa.table([columns[name] for name in self._schema.names], schema=self._schema)

    def _ids(self, ids: pa.Array, rows: npt.NDArray[np.int64], repeat: int) -> pa.Array:
        renamed = self._renamed[rows]
        if renamed.any():
            named = pc.binary_join_element_wise(ids, self._source.name, "@")
            ids = pc.if_else(pa.array(renamed), named, ids)
        return ids if repeat == 1 else pc.binary_join_element_wise(ids, str(repeat), "~")


def _rows(file: pq.ParquetFile, number: int, wanted: npt.NDArray[np.int64]) -> pa.Table:
    """Some records of a row group; in a function of its own, so that the others don't stay in memory."""
    return file.read_row_group(number).take(pa.array(wanted))


def _with_dictionaries(schema: pa.Schema) -> pa.Schema:
    few = pa.dictionary(pa.int32(), pa.string())
    for name in _FEW:
        schema = schema.set(schema.get_field_index(name), pa.field(name, few))
    source = [part.with_type(few) if part.name in _FEW_OF_SOURCE else part for part in schema.field("source").type]
    schema = schema.set(schema.get_field_index("source"), pa.field("source", pa.struct(source)))
    image = pa.struct({"bytes": pa.dictionary(pa.int32(), pa.binary()), "path": pa.string()})
    column = pa.field("input", pa.struct({"images": pa.list_(image), "text": pa.string()}))
    return schema.set(schema.get_field_index("input"), column)


def _counts(values: pa.Array) -> dict[str, int]:
    counted = pc.value_counts(values)
    names = counted.field("values").cast(pa.string()).to_pylist()
    return {
        str(name or "unknown"): count for name, count in zip(names, counted.field("counts").to_pylist(), strict=True)
    }


def _used_photos(column: pa.StructArray) -> pa.StructArray:
    """The column `input`, its dictionary of photos without those that no record shows any more."""
    images = column.field("images")
    shown = images.flatten()
    photos = shown.field("bytes")
    if isinstance(photos, pa.DictionaryArray) and len(photos.dictionary):
        used, places = np.unique(pc.fill_null(photos.indices, -1).to_numpy(), return_inverse=True)
        none = int(len(used) and used[0] < 0)
        indices = pa.array(places - none, pa.int32(), mask=places < none)
        photos = pa.DictionaryArray.from_arrays(indices, photos.dictionary.take(pa.array(used[none:])))
    cells = pa.StructArray.from_arrays([photos, shown.field("path")], names=["bytes", "path"])
    lengths = pc.fill_null(pc.list_value_length(images), 0).to_numpy()
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    return pa.StructArray.from_arrays(
        [pa.ListArray.from_arrays(offsets, cells), column.field("text")], names=["images", "text"]
    )


def _with_dataset(source: pa.StructArray, name: str) -> pa.StructArray:
    """The column `source` with the dataset's name last in `datasets`."""
    lists = source.field("datasets")
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    offsets = np.concatenate([[0], np.cumsum(lengths + 1)])
    values = lists.flatten()
    places = np.full(offsets[-1], len(values))
    own = np.ones(offsets[-1], np.bool_)
    own[offsets[1:] - 1] = False
    places[own] = np.arange(len(values))
    datasets = pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.concat_arrays([values, pa.array([name])]).take(pa.array(places))
    )
    parts = [datasets if field.name == "datasets" else source.field(field.name) for field in source.type]
    return pa.StructArray.from_arrays(parts, names=[field.name for field in source.type])


def _quality(column: pa.StructArray, wanted: pa.StructType) -> pa.StructArray:
    """The column `quality` with all fields of the mix; null where the source hasn't one."""
    own = {field.name for field in column.type}
    parts = [
        pc.struct_field(column, field.name) if field.name in own else pa.nulls(len(column), field.type)
        for field in wanted
    ]
    return pa.StructArray.from_arrays(parts, fields=list(wanted))
