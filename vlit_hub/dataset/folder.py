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

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vlit_hub import __version__, readme
from vlit_hub.building.output import BUILD_FILE, IMAGES_FILE, README, is_build
from vlit_hub.dataset.configs import loading_configs
from vlit_hub.dataset.hashing import contains, distinct, hash_texts
from vlit_hub.errors import UsageError
from vlit_hub.parquet import write_groups

__all__ = ["FolderWriter", "check_out"]


def check_out(out: Path, force: bool) -> None:
    """Refuse to write over what must not be lost.

    Raises:
        UsageError: The folder holds something else than a dataset, or a dataset and `force` isn't given.
        InputError: Its README.md is broken, so that what people wrote there would be lost.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not is_build(out):
            raise UsageError(f"--out {out}: it exists and isn't a dataset. Choose another folder.")
        if not force:
            raise UsageError(f"--out {out}: there is a dataset already. Choose another folder, or pass --force.")
    readme.read(out / README)


_FEW = 1 << 20  # hashes that may wait until each is kept once
_PHOTO = np.uint64(1)


class _Images:
    """The images that records show, each as 63 bits of its hash and one that says whether its photo goes with it."""

    def __init__(self) -> None:
        self._once: npt.NDArray[np.uint64] = np.zeros(0, np.uint64)
        self._waiting: list[npt.NDArray[np.uint64]] = []

    def add(self, ids: pa.Array, photos: npt.NDArray[np.bool_]) -> None:
        """Note the images of records: their ids, as lists, and whether each record has its photos."""
        hashes = hash_texts(ids.flatten()) & ~_PHOTO
        self._waiting.append(distinct(hashes | photos[pc.list_parent_indices(ids).to_numpy()]))
        if sum(map(len, self._waiting)) > max(_FEW, len(self._once)):
            self.once()

    def once(self) -> npt.NDArray[np.uint64]:
        """Each image, and each with a photo, once."""
        self._once = distinct(np.concatenate([self._once, *self._waiting]))
        self._waiting = []
        return self._once

    def among(self, ids: pa.Array) -> npt.NDArray[np.bool_]:
        """Whether images are among them."""
        return contains(self.once() | _PHOTO, hash_texts(ids) | _PHOTO)

    def counts(self) -> tuple[int, int]:
        """How many images there are, and how many of them have a photo."""
        codes = self.once()
        return len(distinct(codes | _PHOTO)), int((codes & _PHOTO).sum())


@dataclass
class _Split:
    """What a split comes to."""

    files: list[Path] = field(default_factory=list)
    records: int = 0
    with_photo: int = 0
    images: _Images = field(default_factory=_Images)
    tasks: Counter[str] = field(default_factory=Counter)
    rejected: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, table: pa.Table) -> None:
        """Count records."""
        self.records += len(table)
        self.tasks.update(dict(pl.Series("task", table["task"]).value_counts().iter_rows()))
        lengths = pc.fill_null(pc.list_value_length(pc.struct_field(table["input"], "images")), 0)
        photos = lengths.to_numpy() > 0
        self.with_photo += int(photos.sum())
        self.images.add(pc.struct_field(table["source"], "image_ids").combine_chunks(), photos)

    def add_rejected(self, table: pa.Table) -> None:
        """Count rejected records by task and reason."""
        counts = pl.DataFrame({"task": pl.Series(table["task"]), "reason": pl.Series(table["reason"])})
        for task, reason, count in counts.group_by("task", "reason").len().sort("task", "reason").iter_rows():
            self.rejected.setdefault(task, Counter())[reason] += count

    def summary(self) -> dict[str, Any]:
        """As build.json has it."""
        images, images_with_photo = self.images.counts()
        return {
            "records": self.records,
            "images": images,
            "images_with_photo": images_with_photo,
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
        self.shown(images).write_parquet(self._work / IMAGES_FILE, compression="zstd")

    def shown(self, images: pl.DataFrame) -> pl.DataFrame:
        """Those of some images (`image_key`) that the records written so far show."""
        keys = images["image_key"].to_arrow()
        among = [split.images.among(keys) for split in self._splits.values()]
        return images.filter(np.any(among, axis=0)) if among else images.clear()

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
        (self._work / "README.md").write_text(_readme(whole, about, self._work, self.out / README), encoding="utf-8")
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


def _readme(build: Mapping[str, Any], about: str, work: Path, there: Path) -> str:
    """The README.md that makes the folder load, with what people wrote into the one that is there; `vlit-hub card` writes the
    whole card.
    """
    made = [split for split, found in build["splits"].items() if found["records"]]
    front = {
        "pretty_name": build["repo_id"].split("/")[-1],
        "configs": loading_configs({split: sorted((work / "data").glob(f"{split}-*.parquet")) for split in made}),
    }
    new = readme.compose(front, {"title": f"# {build['repo_id']}\n\n{about}"})
    return readme.merge(readme.read(there), new).text
