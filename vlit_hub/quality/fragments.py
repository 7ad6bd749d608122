"""Where what was measured is kept: below `quality/` in the dataset's folder.

    quality/<indicator>/<settings>/<shard>.parquet   the indicator's columns, and the records' ids; a file a shard
    quality/<indicator>/<settings>/<dataset>.json    the numbers of an overall indicator
    quality/scores.json                              what was measured last, by what, with a summary; names the files

`settings` is a hash of the indicator's version and options and of the revision of its model; `shard` one of the shard's content
(and of the state of photos that lie beside it); `dataset` one of all shards. So adding an indicator rewrites nothing, a run
goes on where the last one was killed, and what doesn't fit the records any more isn't found.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import xxhash

from vlit_hub.atomic import write_aside
from vlit_hub.dataset.reading import SCORES_FOLDER, Dataset
from vlit_hub.errors import InputError, PluginError
from vlit_hub.quality.indicator import Indicator

__all__ = ["SCORES_FILE", "conform", "key", "load_scores", "read_fragment", "save_scores", "write_fragment"]

SCORES_FILE = "scores.json"
_FORMAT = 1


def key(*parts: object) -> str:
    """A short hash of things that JSON can say."""
    return xxhash.xxh3_64_hexdigest(json.dumps(parts, sort_keys=True).encode())


def conform(indicator: Indicator, measured: pl.DataFrame, rows: int) -> pa.Table:
    """What an indicator gave, as it is kept: its columns and types; numbers that aren't finite are null.

    Raises:
        PluginError: It gave something else than it declares.
    """
    if (
        not isinstance(measured, pl.DataFrame)
        or len(measured) != rows
        or set(measured.columns) != set(indicator.columns)
    ):
        found = f"{len(measured)} rows of {measured.columns}" if isinstance(measured, pl.DataFrame) else repr(measured)
        raise PluginError(f"indicator {indicator.name!r} gave {found}, not {rows} rows of {list(indicator.columns)}.")
    finite = measured.with_columns(
        pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name)
        for name, dtype in measured.schema.items()
        if dtype.is_float()
    )
    try:
        return pa.table(
            {name: finite[name].to_arrow().cast(type) for name, type in indicator.columns.items()},
            schema=pa.schema(dict(indicator.columns)),
        )
    except pa.ArrowException as error:
        raise PluginError(f"indicator {indicator.name!r} gave a wrong type: {str(error).splitlines()[0]}.") from None


def write_fragment(path: Path, ids: pa.Array, columns: pa.Table, about: Mapping[str, Any]) -> None:
    """Write what was measured of a shard.

    Raises:
        InputError: The dataset's folder can't be written to.
    """
    table = columns.add_column(0, "id", ids).replace_schema_metadata({"vlit_hub": json.dumps(dict(about))})
    sink = pa.BufferOutputStream()
    texts = [field.name for field in columns.schema if pa.types.is_string(field.type)]  # ids don't repeat
    pq.write_table(table, sink, compression="zstd", write_statistics=False, use_dictionary=texts)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_aside(path, sink.getvalue())
    except OSError as error:
        mend = "What is measured is kept in the dataset's folder: copy the dataset to where you may write."
        raise InputError(path.parent, f"can't be written ({error.strerror})", mend) from None


def read_fragment(path: Path, columns: list[str] | None = None) -> pl.DataFrame:
    """What was measured of a shard: a row a record, in the shard's order.

    Raises:
        InputError: The file is gone or damaged.
    """
    try:
        with pq.ParquetFile(path) as file:  # `pq.read_table` takes a third of a second to import
            return pl.DataFrame(pl.from_arrow(file.read(columns=columns)))
    except (OSError, pa.ArrowException) as error:
        raise InputError(path, f"can't be read ({str(error).splitlines()[0]})", "Delete it, and score again.") from None


def load_scores(dataset: Dataset) -> dict[str, Any]:
    """What scores.json says of the dataset as it is; nothing measured where its records have changed since."""
    path = dataset.path / SCORES_FOLDER / SCORES_FILE
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if found["format"] == _FORMAT and found["dataset"] == dataset.digest:
            return found
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(path, f"can't be read ({error})", "Delete it, and score again.") from None
    return {"format": _FORMAT, "dataset": dataset.digest, "records": dataset.rows, "indicators": {}, "left_out": {}}


def save_scores(dataset: Dataset, scores: Mapping[str, Any]) -> None:
    """Write scores.json."""
    path = dataset.path / SCORES_FOLDER / SCORES_FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    write_aside(path, (json.dumps(scores, indent=2, ensure_ascii=False) + "\n").encode())
