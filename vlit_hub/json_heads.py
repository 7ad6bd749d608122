"""The first keys of a JSON file, for telling formats apart when the name doesn't."""

from __future__ import annotations

import msgspec

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.json_files import without_gc

__all__ = ["head"]

_Object = dict[str, msgspec.Raw]


def head(file: AnnotationFile) -> FileHead | None:
    """What the file starts with; None where it isn't JSON of objects.

    Nested values are skipped, not built: about as fast as reading the file.
    """
    try:
        data = file.read().removeprefix(b"\xef\xbb\xbf").strip()
    except InputError:
        return None
    with without_gc():
        if (whole := _object(data)) is not None:
            return FileHead(frozenset(whole), {key: _first_keys(value) for key, value in whole.items()}, "object")
        if data[:1] == b"[":
            return _of(_first(data), "list")
        return _of(data.split(b"\n", 1)[0], "lines")


def _of(first: bytes, shape: str) -> FileHead | None:
    keys = _object(first)
    if keys is None:
        return None
    return FileHead(frozenset(keys), {key: _first_keys(value) for key, value in keys.items()}, shape)


def _first_keys(value: msgspec.Raw) -> frozenset[str]:
    """The keys of the first object in a list or an object; of the object itself where its values are no objects."""
    data = bytes(value)
    inner = _object(data)
    if inner is None:
        return frozenset(_object(_first(data)) or ())
    first = next(iter(inner.values()), None)
    nested = _object(bytes(first)) if first is not None else None
    return frozenset(inner if nested is None else nested)


def _first(data: bytes) -> bytes:
    try:
        values = msgspec.json.decode(data, type=list[msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return b""
    return bytes(values[0]) if values else b""


def _object(data: bytes) -> _Object | None:
    try:
        return msgspec.json.decode(data, type=_Object)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
