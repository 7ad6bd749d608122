"""What was measured of some records or photos of a shard, till all are: small files beside where the whole will be.

A run that was killed goes on from them, and so does a cascade, which leaves records out and may never come to the whole.
Nothing but what measures reads them: what scores.json names is whole.
"""

from __future__ import annotations

import io
import json
import shutil
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from vlit_hub.atomic import write_aside
from vlit_hub.errors import InputError

__all__ = ["PARTIAL", "Partial"]

PARTIAL = ".partial"
_SECONDS = 30.0  # so much work a killed run loses, and what was under way


class Partial:
    """The values of some rows, or of some photos.

    Args:
        folder: Where its files are, or will be.
        by: The column that tells what the values are of.

    Attributes:
        counts: Why values are null, and of how many.
    """

    def __init__(self, folder: Path, by: str) -> None:
        self._folder = folder
        self._by = by
        self.counts: Counter[str] = Counter()
        self._frames = self._read()
        self._saved = len(self._frames)  # the others are in memory alone
        self._unsaved_counts: Counter[str] = Counter()
        self._time = time.monotonic()

    def _read(self) -> list[pl.DataFrame]:
        frames = []
        for file in sorted(self._folder.glob("*.parquet")):
            try:
                with pq.ParquetFile(file) as opened:
                    counts = json.loads(opened.schema_arrow.metadata[b"vlit_hub"])["counts"]
                    frames.append(pl.DataFrame(pl.from_arrow(opened.read())))
                self.counts.update(counts)
            except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
                continue  # cut short with the machine: measured again
        return frames

    @property
    def values(self) -> pl.DataFrame | None:
        """All that there is, each once."""
        if not self._frames:
            return None
        return pl.concat(self._frames, how="vertical_relaxed").unique(self._by, keep="first", maintain_order=True)

    def add(self, values: pl.DataFrame, counts: Mapping[str, int] | None = None) -> None:
        """Keep values in memory, and now and then on disk.

        Args:
            values: With the column that tells what they are of.
            counts: Why some are null.

        Raises:
            InputError: The dataset's folder can't be written to.
        """
        self._frames.append(values)
        self.counts.update(counts or {})
        self._unsaved_counts.update(counts or {})
        if time.monotonic() - self._time > _SECONDS:
            self.save()

    def save(self) -> None:
        """Write what is in memory alone.

        Raises:
            InputError: The dataset's folder can't be written to.
        """
        new = self._frames[self._saved :]
        if new:
            table = pl.concat(new, how="vertical_relaxed").to_arrow()
            sink = io.BytesIO()
            told = {"vlit_hub": json.dumps({"counts": self._unsaved_counts})}
            pq.write_table(table.replace_schema_metadata(told), sink, compression="zstd", write_statistics=False)
            data = sink.getvalue()
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                write_aside(self._folder / f"{xxhash.xxh3_64_hexdigest(data)}.parquet", data)
            except OSError as error:
                raise InputError(self._folder, f"can't be written ({error.strerror})") from None
        self._saved = len(self._frames)
        self._unsaved_counts.clear()
        self._time = time.monotonic()

    def clear(self) -> None:
        """Remove its files: the whole is there."""
        shutil.rmtree(self._folder, ignore_errors=True)
