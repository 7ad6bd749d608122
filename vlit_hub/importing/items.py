"""The items of a file, typed: a JSON array, JSON Lines, or the rows of a Parquet file.

What is broken as a file stops the reading. One item of a wrong shape doesn't: it comes as a `Faulty` in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Generic, TypeVar

import msgspec

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile
from vlit_hub.importing.importer import Conversation
from vlit_hub.json_reading.faults import BOM, byte_at_fault, explain, shape_fault
from vlit_hub.json_reading.slices import Reader

__all__ = ["Faulty", "first_items", "is_parquet", "read_conversations", "read_items"]

T = TypeVar("T")

_ROWS = 256  # of Parquet at once: each may hold photos
_PARQUET = b"PAR1"
_PLACE = re.compile(r"\[\d+\]")


class Faulty(msgspec.Struct, gc=False):
    """An item of a wrong shape.

    Attributes:
        reason: What is wrong, naming the field, but not the item.
        raw: The item as it stands in the file; of a row of Parquet, as JSON.
    """

    reason: str
    raw: str


def read_items(file: AnnotationFile, type: type[T]) -> Iterator[T | Faulty]:
    """The items of a file, in its order.

    Args:
        file: JSON (an array, an object a line, or one object; gzipped or not) or Parquet.
        type: Of the items, as msgspec knows it, without `msgspec.Raw`, whose bytes are gone with the slice; keys that it doesn't
            name are skipped.

    Raises:
        InputError: The file can't be read, or is none of these; where JSON is broken, names line and column.
    """
    if is_parquet(file):
        return _of_rows(file, type)
    reader = Reader(file)
    if reader.next_byte() == b"{":
        return _of_lines(file, type)
    return _of_array(reader, type)


def read_conversations(
    file: AnnotationFile, type: type[T], convert: Callable[[T], Conversation]
) -> Iterator[Conversation]:
    """The conversations of a file that has one an item; an item of a wrong shape is one with a fault.

    Args:
        file: As in `read_items`.
        type: As in `read_items`.
        convert: Gives an item's conversation.

    Raises:
        InputError: As `read_items`.
    """
    for item in read_items(file, type):
        yield Conversation(fault=item.reason, raw=item.raw) if isinstance(item, Faulty) else convert(item)


def first_items(file: AnnotationFile, count: int = 3) -> list[dict[str, Any]]:
    """The first items as they are, for telling formats apart; those that aren't objects are left out.

    Raises:
        InputError: As `read_items`.
    """
    read = read_items(file, Any)
    found = [item for item, _ in zip(read, range(count), strict=False)]
    return [item for item in found if isinstance(item, dict)]


def is_parquet(file: AnnotationFile) -> bool:
    """Whether it is a Parquet file, by its first bytes."""
    return not file.member and next(file.blocks(len(_PARQUET)), b"") == _PARQUET


def _of_array(reader: Reader, type: type[T]) -> Iterator[T | Faulty]:
    yield from chain.from_iterable(reader.decoded(_Tolerant(type)))
    reader.finish()


def _of_lines(file: AnnotationFile, type: type[T]) -> Iterator[T | Faulty]:
    decoder = _Tolerant(type)
    number = 0
    for line, offset in _lines(file):
        number += 1
        if not line or line.isspace():
            continue
        try:
            yield decoder.one(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            if number == 1 and isinstance(error, msgspec.DecodeError) and byte_at_fault(error) is None:
                yield decoder.whole(file)
                return
            raise explain(file, line, error, offset=offset, place=f"line {number}") from None


def _lines(file: AnnotationFile) -> Iterator[tuple[bytes, int]]:
    """Each line and where it begins."""
    rest, offset = b"", 0
    for number, block in enumerate(file.blocks()):
        if not number and block.startswith(BOM):
            block, offset = block[len(BOM) :], len(BOM)
        *whole, rest = (rest + block).split(b"\n") if b"\n" in block else (rest + block,)
        for line in whole:
            yield line, offset
            offset += len(line) + 1
    yield rest, offset


def _of_rows(file: AnnotationFile, type: type[T]) -> Iterator[T | Faulty]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file.path) as parquet:
            for batch in parquet.iter_batches(_ROWS):
                for row in batch.to_pylist():
                    try:
                        yield msgspec.convert(row, type)
                    except msgspec.ValidationError as error:
                        raw = msgspec.json.encode(row, enc_hook=str).decode()
                        yield Faulty(_general(error), raw)
    except (pa.ArrowException, OSError) as error:
        raise InputError(file.name, f"can't be read ({str(error).splitlines()[0]})", "Fetch it again.") from None


class _Tolerant(Generic[T]):
    """Decodes the array's items; one of a wrong shape becomes a `Faulty`."""

    def __init__(self, type: type[T]) -> None:
        self._all = msgspec.json.Decoder(list[type])  # type: ignore[valid-type]
        self._one = msgspec.json.Decoder(type)
        self._raw = msgspec.json.Decoder(list[msgspec.Raw])

    def decode(self, text: memoryview) -> list[T | Faulty]:
        try:
            return self._all.decode(text)
        except msgspec.ValidationError:
            return [self.one(bytes(raw)) for raw in self._raw.decode(text)]

    def whole(self, file: AnnotationFile) -> T | Faulty:
        """The one item that a file over several lines is."""
        data = file.read().removeprefix(BOM)
        try:
            return self.one(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise explain(file, data, error) from None

    def one(self, text: bytes) -> T | Faulty:
        try:
            return self._one.decode(text)
        except msgspec.ValidationError as error:
            return Faulty(_general(error), text.decode(errors="replace").strip())


def _general(error: msgspec.ValidationError) -> str:
    """What is wrong, the same for all items that have this wrong."""
    return _PLACE.sub("[]", shape_fault(str(error)))
