"""Writes some of a dataset's records as a dataset of its own, in the form that `vlit-hub build` gives folders."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from vlit_hub import __version__
from vlit_hub.building.output import IMAGES_FILE
from vlit_hub.dataset.folder import FolderWriter, check_out
from vlit_hub.dataset.reading import Dataset, Shard
from vlit_hub.errors import InputError, UsageError
from vlit_hub.progress import progress
from vlit_hub.quality.measured import Measured
from vlit_hub.records import BASE_INDICATORS, schema

__all__ = ["Selection", "check_selection", "write_selection"]


@dataclass(frozen=True)
class Selection:
    """Some of a dataset's records.

    Attributes:
        keep: Of each record, in the order of the shards, whether it is one.
        reasons: Why each of the others isn't; null for those that were merely not drawn, which aren't kept aside.
        about: How it was made, for build.json: `filter`, `balance`, `random`, each with what makes it repeatable.
        command: The command that makes it again.
    """

    keep: npt.NDArray[np.bool_]
    reasons: pl.Series | None
    about: Mapping[str, Any]
    command: str


def check_selection(dataset: Dataset, out: Path, force: bool) -> None:
    """Refuse to write over what must not be lost, and records that lack something.

    Raises:
        UsageError: The folder is the dataset's own, holds something else than a dataset, or a dataset and `force` isn't given.
        InputError: The records lack fields that a dataset has.
    """
    if out.resolve() == dataset.path.resolve():
        raise UsageError(f"--out {out}: that is the dataset itself. Choose another folder.")
    check_out(out, force)
    for shard in dataset.shards:
        if lacking := [name for name in schema().names if name not in shard.fields]:
            raise InputError(shard.path, f"lacks the column `{lacking[0]}` of a record", "Build the dataset again.")


def write_selection(measured: Measured, selection: Selection, out: Path) -> dict[str, Any]:
    """Write a selection: Parquet files with what was measured in `quality`, README.md, build.json, and the rejected records.

    The folder is written under another name and renamed when it is complete; an older one stays until then.

    Returns:
        The content of build.json.

    Raises:
        UsageError: Nothing is kept.
    """
    dataset = measured.dataset
    if not selection.keep.any():
        raise UsageError(f"nothing of {dataset.rows:,} records is left; nothing was written. Loosen the filter.")
    with FolderWriter(out) as writer:
        _write_shards(measured, selection, writer)
        if (images := dataset.path / IMAGES_FILE).is_file():
            writer.write_images(pl.read_parquet(images))
        about = (
            f"{writer.records:,} of the {dataset.rows:,} records of {dataset.name}, "
            f"selected by vlit-hub {__version__}. `build.json` says how."
        )
        return writer.finish(_describe(dataset, selection, out), about)


def _write_shards(measured: Measured, selection: Selection, writer: FolderWriter) -> None:
    dataset = measured.dataset
    values = measured.read(measured.indicators) if measured.indicators else pl.DataFrame()
    fields = measured.fields()
    first = 0
    with progress("writing", dataset.rows) as advance:
        for shard in dataset.shards:
            rows = slice(first, first + shard.rows)
            keep = selection.keep[rows]
            reasons = None if selection.reasons is None else selection.reasons[rows]
            wanted, own = _schema(shard, fields)
            groups = _groups(shard, values[rows], wanted, own)
            rejected: list[pa.Table] = []
            writer.write(shard.split, _kept(groups, keep, reasons, rejected), wanted)
            if rejected:
                writer.reject(shard.split, pa.concat_tables(rejected))
            first += shard.rows
            advance(shard.rows)


def _schema(shard: Shard, fields: Mapping[str, pa.Field]) -> tuple[pa.Schema, dict[str, pa.Field]]:
    """The schema that records get, and the fields of `quality` that they have already."""
    own = {one.name: one for one in pq.read_schema(shard.path).field("quality").type}
    extra = {**{name: one for name, one in own.items() if name not in BASE_INDICATORS}, **fields}
    wanted = schema({name: one.type for name, one in extra.items()})
    described = [extra.get(one.name, one) for one in wanted.field("quality").type]
    quality = pa.field("quality", pa.struct(described))
    return wanted.set(wanted.get_field_index("quality"), quality), own


def _groups(shard: Shard, values: pl.DataFrame, wanted: pa.Schema, own: Mapping[str, pa.Field]) -> Iterator[pa.Table]:
    """The shard's records, a row group at a time, with what was measured in `quality`."""
    first = 0
    try:
        with pq.ParquetFile(shard.path) as file:
            for number in range(file.num_row_groups):
                group = file.read_row_group(number, columns=wanted.names).select(wanted.names).combine_chunks()
                carried = group["quality"].combine_chunks()
                parts = []
                for one in wanted.field("quality").type:
                    if one.name in values.columns:
                        part = values[one.name].slice(first, len(group)).to_arrow()
                    elif one.name in own:
                        part = pc.struct_field(carried, one.name)
                    else:
                        part = pa.nulls(len(group))
                    parts.append(part.cast(one.type))
                quality = pa.StructArray.from_arrays(parts, fields=list(wanted.field("quality").type))
                place = wanted.get_field_index("quality")
                whole = group.set_column(place, wanted.field("quality"), quality)
                yield pa.table([whole[name].cast(wanted.field(name).type) for name in wanted.names], schema=wanted)
                first += len(group)
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            shard.path, f"can't be read ({str(error).splitlines()[0]})", "Build the dataset again."
        ) from None


def _kept(
    groups: Iterator[pa.Table],
    keep: npt.NDArray[np.bool_],
    reasons: pl.Series | None,
    rejected: list[pa.Table],
) -> Iterator[pa.Table]:
    """The records to keep; those with a reason are put aside, without the bytes of their photos."""
    first = 0
    for group in groups:
        kept = keep[first : first + len(group)]
        yield group.filter(pa.array(kept))
        if reasons is not None:
            why = reasons.slice(first, len(group))
            faulty = why.is_not_null().to_numpy() & ~kept
            if faulty.any():
                rejected.append(_aside(group.filter(pa.array(faulty)), why.filter(pl.Series(faulty))))
        first += len(group)


def _aside(group: pa.Table, reasons: pl.Series) -> pa.Table:
    """Rejected records with the reason; `text` and `image_key` as in what a build rejects."""
    found = group.drop_columns(["input"])
    keys = [next(iter(ids), None) for ids in pc.struct_field(group["source"], "image_ids").to_pylist()]
    beside = {
        "reason": reasons.to_arrow().cast(pa.string()),
        "text": pc.struct_field(group["input"], "text"),
        "image_key": pa.array(keys, pa.string()),
    }
    for name, column in beside.items():
        found = found.append_column(name, column)
    return found


def _describe(dataset: Dataset, selection: Selection, out: Path) -> dict[str, Any]:
    """build.json of the selection: that of the dataset, with what was selected and how."""
    namespace = dataset.name.rpartition("/")[0]
    name = out.resolve().name
    state = [
        dataset.digest,
        json.dumps(dict(selection.about), sort_keys=True),
        np.packbits(selection.keep).tobytes().hex(),
    ]
    return {
        **dataset.build,
        "repo_id": f"{namespace}/{name}" if namespace else name,
        "command": selection.command,
        "fingerprint": xxhash.xxh3_64_hexdigest("\x1f".join(state).encode()),
        "selected_from": {
            "repo_id": dataset.name,
            "fingerprint": dataset.build.get("fingerprint"),
            "command": dataset.build.get("command", ""),
            "records": dataset.rows,
            "digest": dataset.digest,
        },
        **selection.about,
    }
