"""The first keys of a JSON file, for telling formats apart when the name doesn't."""

from __future__ import annotations

import re

import msgspec

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.json_reading.faults import byte_at_fault
from vlit_hub.json_reading.slices import Reader

__all__ = ["head"]

# What stands before the first object of a list, and of an object.
_BEFORE = re.compile(rb'\s*(?:\[|\{\s*"(?:[^"\\]|\\.)*"\s*:)\s*(?=\{)')
_PEEK = 1 << 20  # in which the first object has to end
_Members = dict[str, msgspec.Raw]


def head(file: AnnotationFile) -> FileHead | None:
    """What the file starts with; None where it isn't JSON of objects, or can't be read.

    An object is read to its end, since any key may come last, but nothing of it is built or kept: that takes about as long
    as typed reading. Of a list or of JSON Lines only the start is read.
    """
    try:
        reader = Reader(file)
        return _head_of_list(reader) if reader.next_byte() == b"[" else _head_of_object(reader)
    except InputError:
        return None


def _head_of_object(reader: Reader) -> FileHead:
    first = {}
    for key in reader.members():
        reader.next_byte()
        first[key] = _first_keys(reader.peek(_PEEK))
        reader.skip()
    lines = reader.next_byte() == b"{"
    if not lines:
        reader.finish()
    return FileHead(frozenset(first), first, "lines" if lines else "object")


def _head_of_list(reader: Reader) -> FileHead | None:
    start = reader.peek(_PEEK)
    before = _BEFORE.match(start)
    members = _object(start[before.end() :]) if before else None
    if members is None:
        return None
    return FileHead(frozenset(members), {key: _first_keys(bytes(value)) for key, value in members.items()}, "list")


def _first_keys(value: bytes) -> frozenset[str]:
    """The keys of the first object in the list or object that a text begins with."""
    before = _BEFORE.match(value)
    return frozenset(_object(value[before.end() :]) or ()) if before else frozenset()


def _object(text: bytes) -> _Members | None:
    """The object that a text begins with."""
    try:
        return msgspec.json.decode(text, type=_Members)
    except msgspec.DecodeError as error:
        end = byte_at_fault(error)
        return msgspec.json.decode(text[:end], type=_Members) if end and "trailing" in str(error) else None
