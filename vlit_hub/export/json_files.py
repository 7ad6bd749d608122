"""Samples as JSON: lines, or one array."""

from __future__ import annotations

import abc
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from vlit_hub.export.exporter import Exporter, Job

if TYPE_CHECKING:
    from vlit_hub.export.conversations import Conversations

__all__ = ["JsonExporter", "encode"]

# A key whose value is null, with the comma that goes with it. It can't match within a string: a quotation mark in there has a
# backslash before it, and the one that ends the key has a letter.
_NULL_BEFORE_MORE = r'"\w+":null,'
_NULL_AT_END = r',"\w+":null'


def encode(samples: pl.DataFrame) -> pl.Series:
    """Each row as a JSON object, in which a null is a key that isn't there, at every depth.

    Names of columns and fields are of letters, digits and `_`. A list must not have nulls.
    """
    texts = samples.select(pl.struct(pl.all()).struct.json_encode()).to_series()
    if texts.str.contains('":null', literal=True).any():
        texts = texts.str.replace_all(_NULL_BEFORE_MORE, "").str.replace_all(_NULL_AT_END, "")
    return texts


class JsonExporter(Exporter):
    """Writes JSON Lines (`suffix` `.jsonl`) or one JSON array (`.json`), UTF-8."""

    @abc.abstractmethod
    def samples(self, conversations: Conversations, job: Job) -> pl.DataFrame:
        """A row a sample, a column a key; a null is a key that the sample hasn't.

        Built from columns as a whole, without a loop over samples: `Conversations` has what most formats need.
        """

    def write(self, batches: Iterable[Conversations], path: Path, job: Job) -> None:
        """Write a file of samples; in an array each on a line of its own."""
        array = self.suffix == ".json"
        with path.open("wb") as file:
            separator = b""
            for conversations in batches:
                texts = encode(self.samples(conversations, job))
                file.write(separator)
                file.write(texts.str.join(",\n" if array else "\n")[0].encode())
                separator = b",\n" if array else b"\n"
            if separator and not array:
                file.write(b"\n")

    def join(self, parts: Sequence[Path], path: Path) -> None:
        """One file of its parts, in brackets if it is an array."""
        if self.suffix != ".json":
            return super().join(parts, path)
        with path.open("wb") as whole:
            for number, part in enumerate(parts):
                whole.write(b",\n" if number else b"[\n")
                with part.open("rb") as file:
                    shutil.copyfileobj(file, whole, 1 << 20)
            whole.write(b"\n]\n")
        return None
