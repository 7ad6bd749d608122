"""Shards: a build's images, split where the data says so, and each shard made by itself.

A shard is a run of images in the order of their ids. Where it starts and ends depends on the data alone, so that its records
are the same whichever process makes it and whether or not an earlier run was killed. A finished shard lies in the work
folder under its name, written aside and renamed; what is there is not made again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from vlit_hub.atomic import write_aside
from vlit_hub.building.assembly import REJECTED, assemble
from vlit_hub.errors import PluginError, VlitHubError
from vlit_hub.frames import Annotations
from vlit_hub.parquet import write_shard
from vlit_hub.records import validate
from vlit_hub.strategy import Options, Strategy

__all__ = ["IMAGES_A_SHARD", "Shard", "ShardMaker", "Tally", "cut"]

_DETAIL = r"^((?:photo: |model: )?[^:]+): .*$"  # reasons are counted without what is particular to one draft
_NOTHING = object()  # None is what most strategies prepare

IMAGES_A_SHARD = 8192
BYTES_A_SHARD = 400_000_000  # of embedded photos


@dataclass(frozen=True, order=True)
class Shard:
    """A run of images of one split: `first <= image_id <= last`."""

    split: str
    number: int
    first: int
    last: int

    @property
    def name(self) -> str:
        """`train-00003`."""
        return f"{self.split}-{self.number:05d}"


@dataclass(frozen=True)
class Tally:
    """What making a shard came to.

    Attributes:
        records: How many records it has.
        tasks: How many of each task.
        rejected: How many drafts were set aside, by task and reason.
        capped: How many `per_image` left out.
        photos: How many records have a photo.
    """

    records: int
    tasks: dict[str, int]
    rejected: dict[str, dict[str, int]]
    capped: int
    photos: int


def cut(images: pl.DataFrame, photo_bytes: pl.Series | None = None) -> list[Shard]:
    """The shards of all splits.

    Args:
        images: Sorted by `image_id`.
        photo_bytes: The size of each image's photo, where they will be embedded: shards are cut by them too.
    """
    weights = np.full(len(images), BYTES_A_SHARD // IMAGES_A_SHARD)
    if photo_bytes is not None:
        weights = np.maximum(weights, photo_bytes.fill_null(0).to_numpy())
    shards = []
    for split in images["split"].unique().sort():
        inside = (images["split"] == split).to_numpy()
        ids = images["image_id"].to_numpy()[inside]
        ends = np.cumsum(weights[inside])
        numbers = (ends - weights[inside]) // (BYTES_A_SHARD // IMAGES_A_SHARD * IMAGES_A_SHARD)
        starts = np.flatnonzero(np.diff(numbers, prepend=-1))
        for number, (start, stop) in enumerate(zip(starts, [*starts[1:], len(ids)], strict=True)):
            shards.append(Shard(split, number, int(ids[start]), int(ids[stop - 1])))
    return shards


class ShardMaker:
    """Makes the shards of a build.

    Args:
        annotations: Of all splits.
        strategy: Makes the drafts.
        options: Its options.
        licenses: The licence of each annotation source.
        folder: The work folder, where finished shards are written; none to keep nothing.
        embed_images: Write photos into the Parquet files.
    """

    def __init__(
        self,
        annotations: Annotations,
        strategy: Strategy,
        options: Options,
        licenses: Mapping[str, str],
        folder: Path | None,
        embed_images: bool = False,
    ) -> None:
        self.annotations = annotations
        self.strategy = strategy
        self.options = options
        self.licenses = licenses
        self.folder = folder
        self.embed_images = embed_images
        self._prepared: Any = _NOTHING

    def generate(self) -> None:
        """Let the strategy ask its language model, if it has one, for what the shards will be made of."""
        self.strategy.generate(self.annotations, self.options)

    def make(self, shard: Shard) -> pa.Table:
        """The shard's records; those of a finished shard are read back."""
        if self.finished(shard):
            return pq.read_table(self._path("data", shard), use_threads=False)
        if self._prepared is _NOTHING:
            self._prepared = self.strategy.prepare(self.annotations, self.options)
        annotations = self.annotations.between(shard.first, shard.last).of_splits(shard.split)
        drafts, images = self._drafts(annotations), annotations.images
        done = assemble(
            drafts,
            images,
            strategy=self.strategy.name,
            licenses=self.licenses,
            per_image=self.options.per_image,
            seed=self.options.seed,
        )
        validate(done.records, image_sizes=images.select("image_key", "width", "height"))
        if self.folder is not None:
            self._write(shard, done.records, done.rejected, done.capped)
        return done.records

    def finished(self, shard: Shard) -> bool:
        """Whether the shard lies in the work folder."""
        return self.folder is not None and self._path("tally", shard).exists()

    def tally(self, shard: Shard) -> Tally:
        """What a finished shard came to."""
        return Tally(**json.loads(self._path("tally", shard).read_text()))

    def _drafts(self, annotations: Annotations) -> pl.DataFrame:
        try:
            drafts = self.strategy.drafts(annotations, self.options, self._prepared)
        except VlitHubError:
            raise
        except Exception as error:  # a plugin's own fault: name the plugin, keep the traceback for its author
            raise PluginError(f"strategy {self.strategy.name!r} failed: {type(error).__name__}: {error}") from error
        wanted = drafts["task"].is_in(self.options.tasks or self.strategy.tasks)
        return drafts if wanted.all() else drafts.filter(wanted)

    def _write(self, shard: Shard, records: pa.Table, rejected: pl.DataFrame, capped: int) -> None:
        for kind in ("data", "rejected", "tally"):
            self._path(kind, shard).parent.mkdir(parents=True, exist_ok=True)
        write_shard(records, self._path("data", shard), embed=self.embed_images)
        aside = self._path("rejected", shard)
        if len(rejected):
            rejected.select(REJECTED.names()).write_parquet(aside)
        reasons: dict[str, dict[str, int]] = {}
        kinds = rejected.select("task", reason=pl.col("reason").str.replace(_DETAIL, "$1"))
        for task, reason, count in kinds.group_by("task", "reason").len().sort("task", "reason").iter_rows():
            reasons.setdefault(task, {})[reason] = count
        tasks = Counter(dict(zip(*(part.to_pylist() for part in _value_counts(records["task"])), strict=True)))
        photos = int(
            np.count_nonzero(pl.Series(records["input"].combine_chunks().field("images")).list.len().to_numpy())
        )
        tally = Tally(len(records), dict(sorted(tasks.items())), reasons, capped, photos)
        # last: now the shard is finished
        write_aside(self._path("tally", shard), json.dumps(asdict(tally), ensure_ascii=False).encode())

    def _path(self, kind: str, shard: Shard) -> Path:
        assert self.folder is not None
        return self.folder / kind / f"{shard.name}.{'json' if kind == 'tally' else 'parquet'}"


def _value_counts(column: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    counts = column.value_counts()
    return counts.field("values"), counts.field("counts")
