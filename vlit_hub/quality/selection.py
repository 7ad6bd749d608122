"""Writes some of a dataset's records as a dataset of its own, in the form that `vlit-hub build` gives folders."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from vlit_hub import __version__, readme
from vlit_hub.building.output import BUILD_FILE, IMAGES_FILE, is_build
from vlit_hub.errors import InputError, UsageError
from vlit_hub.parquet import write_groups
from vlit_hub.progress import progress
from vlit_hub.quality.dataset import Dataset, Shard
from vlit_hub.quality.measured import Measured
from vlit_hub.records import BASE_INDICATORS, schema

__all__ = ["Selection", "check_out", "write_selection"]


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


def check_out(dataset: Dataset, out: Path, force: bool) -> None:
    """Refuse to write over what must not be lost.

    Raises:
        UsageError: The folder is the dataset's own, holds something else than a dataset, or a dataset and `force` isn't given.
        InputError: The records lack fields that a dataset has.
    """
    if out.resolve() == dataset.path.resolve():
        raise UsageError(f"--out {out}: that is the dataset itself. Choose another folder.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not is_build(out):
            raise UsageError(f"--out {out}: it exists and isn't a dataset. Choose another folder.")
        if not force:
            raise UsageError(f"--out {out}: there is a dataset already. Choose another folder, or pass --force.")
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
    work = out.with_name(f".{out.name}.work")
    shutil.rmtree(work, ignore_errors=True)
    (work / "data").mkdir(parents=True)
    try:
        splits = _write_shards(measured, selection, work)
        build = _describe(dataset, selection, splits, out)
        (work / BUILD_FILE).write_text(json.dumps(build, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        (work / "README.md").write_text(_readme(build, dataset.name), encoding="utf-8")
        _write_images(dataset, splits, work)
        old = out.with_name(f".{out.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if out.exists():
            out.replace(old)
        work.replace(out)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return build


@dataclass
class _Tally:
    """What a split comes to."""

    files: list[Path] = field(default_factory=list)
    records: int = 0
    with_photo: int = 0
    images: dict[str, bool] = field(default_factory=dict)  # whether a photo goes with it
    tasks: Counter[str] = field(default_factory=Counter)
    rejected: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, table: pa.Table) -> None:
        """Count records."""
        self.records += len(table)
        self.tasks.update(dict(pl.Series("task", table["task"]).value_counts().iter_rows()))
        photos = pc.list_value_length(pc.struct_field(table["input"], "images")).to_pylist()
        self.with_photo += sum(count > 0 for count in photos)
        for ids, count in zip(pc.struct_field(table["source"], "image_ids").to_pylist(), photos, strict=True):
            for image in ids:
                self.images[image] = self.images.get(image, False) or count > 0

    def add_rejected(self, table: pa.Table) -> None:
        """Count rejected records by task and reason."""
        counts = pl.DataFrame({"task": pl.Series(table["task"]), "reason": pl.Series(table["reason"])})
        for task, reason, count in counts.group_by("task", "reason").len().iter_rows():
            self.rejected.setdefault(task, Counter())[reason] += count


def _write_shards(measured: Measured, selection: Selection, work: Path) -> dict[str, _Tally]:
    dataset = measured.dataset
    values = measured.read(measured.indicators) if measured.indicators else pl.DataFrame()
    fields = measured.fields()
    splits: dict[str, _Tally] = {}
    first = 0
    with progress("writing", dataset.rows) as advance:
        for number, shard in enumerate(dataset.shards):
            rows = slice(first, first + shard.rows)
            keep = selection.keep[rows]
            reasons = None if selection.reasons is None else selection.reasons[rows]
            tally = splits.setdefault(shard.split, _Tally())
            path = work / "data" / f"{number:05d}.parquet"
            wanted, own = _schema(shard, fields)
            groups = _groups(shard, values[rows], wanted, own)
            rejected = work / "rejected" / f"{shard.split}-{number:05d}.parquet"
            if write_groups(_kept(groups, keep, reasons, tally, rejected, wanted), wanted, path):
                tally.files.append(path)
            first += shard.rows
            advance(shard.rows)
    for split, tally in splits.items():
        for number, file in enumerate(tally.files):
            file.replace(file.with_name(f"{split}-{number:05d}-of-{len(tally.files):05d}.parquet"))
    return splits


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
    tally: _Tally,
    path: Path,
    wanted: pa.Schema,
) -> Iterator[pa.Table]:
    """The records to keep; those with a reason are written aside, without the bytes of their photos."""
    first, rejected = 0, []
    for group in groups:
        mask = pa.array(keep[first : first + len(group)])
        kept = group.filter(mask)
        tally.add(kept)
        yield kept
        if reasons is not None:
            why = reasons.slice(first, len(group))
            faulty = pa.array((why.is_not_null() & ~pl.Series(keep[first : first + len(group)])).to_numpy())
            if pc.any(faulty).as_py():
                rejected.append(_aside(group.filter(faulty), why.drop_nulls()))
        first += len(group)
    if rejected:
        table = pa.concat_tables(rejected)
        tally.add_rejected(table)
        path.parent.mkdir(exist_ok=True)
        pq.write_table(table, path, compression="zstd")


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


def _describe(dataset: Dataset, selection: Selection, splits: Mapping[str, _Tally], out: Path) -> dict[str, Any]:
    """build.json of the selection: that of the dataset, with what was selected and how."""
    namespace = dataset.name.rpartition("/")[0]
    name = out.resolve().name
    state = [
        dataset.digest,
        json.dumps(dict(selection.about), sort_keys=True),
        np.packbits(selection.keep).tobytes().hex(),
    ]
    return {
        "format": 1,
        "builder": None,
        "strategy": None,
        "sources": [],
        "counts": {},
        "left_out": {},
        **dataset.build,
        "vlit_hub": __version__,
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
        "splits": {
            split: {
                "records": tally.records,
                "images": len(tally.images),
                "images_with_photo": sum(tally.images.values()),
                "records_with_photo": tally.with_photo,
                "tasks": dict(sorted(tally.tasks.items())),
                "rejected": {task: dict(sorted(reasons.items())) for task, reasons in sorted(tally.rejected.items())},
                "capped": 0,
                "shards": len(tally.files),
            }
            for split, tally in splits.items()
        },
    }


def _readme(build: Mapping[str, Any], origin: str) -> str:
    """The README.md that makes the folder load; `vlit-hub card` writes the whole card."""
    made = [split for split, found in build["splits"].items() if found["records"]]
    front = {
        "pretty_name": build["repo_id"].split("/")[-1],
        "configs": [
            {
                "config_name": "default",
                "default": True,
                "data_files": [{"split": split, "path": f"data/{split}-*.parquet"} for split in made],
            }
        ],
    }
    records = sum(found["records"] for found in build["splits"].values())
    title = (
        f"# {build['repo_id']}\n\n{records:,} of the {build['selected_from']['records']:,} records of {origin}, "
        f"selected by vlit-hub {build['vlit_hub']}. `build.json` says how."
    )
    return readme.merge("", readme.compose(front, {"title": title})).text


def _write_images(dataset: Dataset, splits: Mapping[str, _Tally], work: Path) -> None:
    """images.parquet of the images that are left, where the dataset has one."""
    path = dataset.path / IMAGES_FILE
    if path.is_file():
        left = sorted({image for tally in splits.values() for image in tally.images})
        images = pl.read_parquet(path)
        images.filter(pl.col("image_key").is_in(left)).write_parquet(work / IMAGES_FILE, compression="zstd")
