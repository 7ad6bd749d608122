"""Columns that grow while a file is read slice by slice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile

__all__ = ["GrowingFrame"]

_ROWS = 8192  # that wait as Python objects: enough to make what a column costs by itself vanish
_INT64 = range(-(2**63), 2**63)


class GrowingFrame:
    """A frame that grows by lists of values: far less memory than all of them as Python objects, and one copy of the data.

    Args:
        schema: Its columns.
        file: Where the values are from.
    """

    def __init__(self, schema: Mapping[str, pl.DataType], file: AnnotationFile) -> None:
        self._schema = schema
        self._file = file
        self._waiting: dict[str, list[Any]] = {name: [] for name in schema}
        self._parts = [pl.DataFrame(schema=schema)]

    def add(self, columns: Mapping[str, list[Any]]) -> None:
        """Add rows: a list for every column, all of one length."""
        for name, waiting in self._waiting.items():
            waiting += columns[name]
        if len(waiting) >= _ROWS:
            self._settle()

    def frame(self) -> pl.DataFrame:
        """All rows; after this nothing can be added.

        Raises:
            InputError: An integer has more than 64 bits.
        """
        self._settle()
        return pl.concat(self._parts, rechunk=True)

    def _settle(self) -> None:
        """Make columns of what waits."""
        try:
            # Series by Series: a dictionary of lists takes three times as long.
            columns = [pl.Series(name, self._waiting[name], dtype=dtype) for name, dtype in self._schema.items()]
            self._parts.append(pl.DataFrame(columns))
        except (TypeError, OverflowError):
            for values in self._waiting.values():
                for value in values:
                    if isinstance(value, int) and value not in _INT64:
                        raise InputError(self._file.name, f"has a number of over 64 bits: {value}", "Fix it.") from None
            raise
        for values in self._waiting.values():
            values.clear()
