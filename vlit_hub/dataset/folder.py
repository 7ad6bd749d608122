"""Writes a dataset's folder, in the form that `vlit-hub build` gives folders: Parquet shards, README.md, build.json,
images.parquet, and what was rejected.

Everything is written beside the folder, which gets its name by a rename when it is complete; an older dataset stays until then.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vlit_hub import __version__, readme
from vlit_hub.building.output import BUILD_FILE, IMAGES_FILE, is_build
from vlit_hub.errors import UsageError
from vlit_hub.parquet import write_groups

__all__ = ["FolderWriter", "check_out"]


def check_out(out: Path, force: bool) -> None:
    """Refuse to write over what must not be lost.

    Raises:
        UsageError: The folder holds something else than a dataset, or a dataset and `force` isn't given.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not is_build(out):
            raise UsageError(f"--out {out}: it exists and isn't a dataset. Choose another folder.")
        if not force:
            raise UsageError(f"--out {out}: there is a dataset already. Choose another folder, or pass --force.")


@dataclass
class _Split:
    """What a split comes to."""

    files: list[Path] = field(default_factory=list)
    records: int = 0
    with_photo: int = 0
    images: list[pl.DataFrame] = field(default_factory=list)  # `image` and whether its `photo` goes with it
    tasks: Counter[str] = field(default_factory=Counter)
    rejected: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, table: pa.Table) -> None:
        """Count records."""
        self.records += len(table)
        self.tasks.update(dict(pl.Series("task", table["task"]).value_counts().iter_rows()))
        photos = pl.Series(pc.list_value_length(pc.struct_field(table["input"], "images"))).fill_null(0) > 0
        self.with_photo += int(photos.sum())
        shown = pl.DataFrame({"image": pl.Series(pc.struct_field(table["source"], "image_ids")), "photo": photos})
        self.images.append(shown.explode("image").drop_nulls("image").group_by("image").agg(pl.col("photo").any()))

    def add_rejected(self, table: pa.Table) -> None:
        """Count rejected records by task and reason."""
        counts = pl.DataFrame({"task": pl.Series(table["task"]), "reason": pl.Series(table["reason"])})
        for task, reason, count in counts.group_by("task", "reason").len().sort("task", "reason").iter_rows():
            self.rejected.setdefault(task, Counter())[reason] += count

    def all_images(self) -> pl.DataFrame:
        """Each image once."""
        if not self.images:
            return pl.DataFrame(schema={"image": pl.String(), "photo": pl.Boolean()})
        return pl.concat(self.images).group_by("image").agg(pl.col("photo").any()).sort("image")

    def summary(self) -> dict[str, Any]:
        """As build.json has it."""
        images = self.all_images()
        return {
            "records": self.records,
            "images": len(images),
            "images_with_photo": int(images["photo"].sum()),
            "records_with_photo": self.with_photo,
            "tasks": dict(sorted(self.tasks.items())),
            "rejected": {task: dict(sorted(reasons.items())) for task, reasons in sorted(self.rejected.items())},
            "capped": 0,
            "shards": len(self.files),
        }


class FolderWriter:
    """Writes one folder; a context manager, which leaves nothing behind if `finish` wasn't reached.

    Args:
        out: The folder. `check_out` says whether it may be written.
    """

    def __init__(self, out: Path) -> None:
        self.out = out
        self._work = out.with_name(f".{out.name}.work")
        self._splits: dict[str, _Split] = {}

    def __enter__(self) -> FolderWriter:
        shutil.rmtree(self._work, ignore_errors=True)
        (self._work / "data").mkdir(parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._work, ignore_errors=True)

    @property
    def records(self) -> int:
        """How many were written."""
        return sum(split.records for split in self._splits.values())

    def write(self, split: str, groups: Iterable[pa.Table], schema: pa.Schema) -> int:
        """Write the next shard of a split; none if there are no records.

        Args:
            split: Its name.
            groups: Records, a row group's worth at a time.
            schema: Theirs (`vlit_hub.records.schema`, where fields of `quality` may have metadata).

        Returns:
            How many records it has.

        Raises:
            InputError: The file can't be written.
        """
        found = self._splits.setdefault(split, _Split())
        path = self._work / "data" / f"{split}-{len(found.files):05d}.parquet"
        rows = write_groups(_counted(groups, found), schema, path)
        if rows:
            found.files.append(path)
        return rows

    def reject(self, split: str, rejected: pa.Table) -> None:
        """Keep aside what became no record.

        Args:
            split: Where it would have been.
            rejected: Has at least the columns `id`, `task` and `reason`.
        """
        if not len(rejected):
            return
        self._splits.setdefault(split, _Split()).add_rejected(rejected)
        folder = self._work / "rejected"
        folder.mkdir(exist_ok=True)
        number = len(list(folder.glob(f"{split}-*.parquet")))
        pq.write_table(rejected, folder / f"{split}-{number:05d}.parquet", compression="zstd")

    def write_images(self, images: pl.DataFrame) -> None:
        """Write images.parquet: `split`, `image_key`, `file_name`, `width`, `height`, `license`, `url` and `photo` (the file's
        name alone, since this file is published) of those images that records show; the rest is left out."""
        shown = pl.concat([split.all_images()["image"] for split in self._splits.values()]).unique()
        left = images.filter(pl.col("image_key").is_in(shown.implode()))
        left.write_parquet(self._work / IMAGES_FILE, compression="zstd")

    def finish(self, build: Mapping[str, Any], about: str) -> dict[str, Any]:
        """Give the folder its name.

        Args:
            build: The content of build.json, to which the counts of the splits are added; it needs a `repo_id`.
            about: What README.md says below the title: a sentence on where the records are from.

        Returns:
            The content of build.json.
        """
        for split, found in self._splits.items():
            for number, file in enumerate(found.files):
                file.replace(file.with_name(f"{split}-{number:05d}-of-{len(found.files):05d}.parquet"))
        splits = {split: found.summary() for split, found in self._splits.items()}
        whole = {**_EMPTY, **build, "vlit_hub": __version__, "splits": splits}
        (self._work / BUILD_FILE).write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        (self._work / "README.md").write_text(_readme(whole, about), encoding="utf-8")
        old = self.out.with_name(f".{self.out.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if self.out.exists():
            self.out.replace(old)
        self._work.replace(self.out)
        shutil.rmtree(old, ignore_errors=True)
        return whole


# What every build.json has, so that whoever reads one needs no defaults.
_EMPTY: Mapping[str, Any] = {
    "format": 1,
    "builder": None,
    "strategy": None,
    "sources": [],
    "counts": {},
    "left_out": {},
}


def _counted(groups: Iterable[pa.Table], split: _Split) -> Iterator[pa.Table]:
    for group in groups:
        if len(group):
            split.add(group)
            yield group


def _readme(build: Mapping[str, Any], about: str) -> str:
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
    return readme.merge("", readme.compose(front, {"title": f"# {build['repo_id']}\n\n{about}"})).text
