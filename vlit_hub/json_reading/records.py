"""Records of a JSON file decoded slice by slice, and one by one where a slice has one of a wrong shape.

A file is first decoded into `msgspec.Raw`, which only marks where each record lies; that is what objects of records need
(`{"5": {...}, "6": {...}}`), and lists of which some records may be left out. `vlit_hub.json_reading.slices` reads larger lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TypeVar

import msgspec

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile
from vlit_hub.json_reading.faults import explain
from vlit_hub.json_reading.files import without_gc
from vlit_hub.source import OnError
from vlit_hub.sources.checks import MEND

__all__ = ["decode_records"]

T = TypeVar("T")

_SLICE = 10_000  # records


def decode_records(
    file: AnnotationFile, records: Mapping[str, msgspec.Raw], type: type[T], *, noun: str, on_error: OnError
) -> Iterator[tuple[dict[str, T], list[tuple[str, str]]]]:
    """Slices of records by key, each with its records of a wrong shape apart, as (name, reason).

    Args:
        file: Where the records are from.
        records: Where each lies.
        type: What each should be.
        noun: Names a record together with its key: `annotation`.
        on_error: See `vlit_hub.source.Source`.

    Raises:
        InputError: Under `"fail"`, the first record of a wrong shape.
    """
    whole = msgspec.json.Decoder(list[type])  # type: ignore[valid-type]
    rest = iter(records.items())
    while piece := dict(islice(rest, _SLICE)):
        faults: list[tuple[str, str]] = []
        with without_gc():
            try:
                values = dict(zip(piece, whole.decode(b"[" + b",".join(piece.values()) + b"]"), strict=True))
            except msgspec.ValidationError:
                values = dict(_one_by_one(file, piece, type, noun, on_error, faults))
        yield values, faults


def _one_by_one(
    file: AnnotationFile,
    records: Mapping[str, msgspec.Raw],
    type: type[T],
    noun: str,
    on_error: OnError,
    faults: list[tuple[str, str]],
) -> Iterator[tuple[str, T]]:
    decoder = msgspec.json.Decoder(type)
    for key, record in records.items():
        try:
            yield key, decoder.decode(record)
        except msgspec.ValidationError as error:
            name = f"{noun} {key}"
            found = explain(file, bytes(record), error, place=name)
            if on_error == "fail":
                raise InputError(file.name, found.reason, MEND) from None
            faults.append((name, found.reason.removeprefix(f"{name}: ")))
