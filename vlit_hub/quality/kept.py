"""What is kept of a dataset's quality, and what indicators are given of its records."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from vlit_hub.dataset.reading import SCORES_FOLDER, Dataset, Shard
from vlit_hub.quality.annotations import ImagesKnown, of_annotations
from vlit_hub.quality.fragments import conform, key, read_fragment, write_fragment
from vlit_hub.quality.indicator import Collective, Individual, Overall, PhotoIndicator
from vlit_hub.quality.partial import PARTIAL, Partial
from vlit_hub.quality.photos_pass import photo_state
from vlit_hub.quality.planning import Plan, Planned
from vlit_hub.quality.todo import nothing

__all__ = ["IMAGE_IDS", "Kept", "about", "kind_of_work", "sees_annotations"]

IMAGE_IDS = "source.image_ids"  # on which records and annotations of images meet

_WITH_PHOTOS = 256  # records read at a time where photos may be embedded in them


def about(planned: Planned) -> dict[str, Any]:
    """What is said of an indicator in scores.json, in its files, and in the metadata of its columns."""
    one = planned.indicator
    return {
        "principle": one.principle,
        "measures": one.measures,
        "inputs": list(one.inputs),
        "backend": one.backend,
        "revision": one.revision(planned.options),
        "version": one.version,
        "options": json.loads(planned.options.model_dump_json()),
        "settings": planned.settings,
        "features": {
            feature.name: {key: about(feature)[key] for key in ("backend", "revision", "options")}
            for feature in planned.features
        },
        "kind": _KINDS[kind_of_work(planned)],
    }


_KINDS: Mapping[type, str] = {
    Individual: "record",
    PhotoIndicator: "photo",
    Collective: "comparison",
    Overall: "overall",
}


def kind_of_work(planned: Planned) -> type:
    """Which of the four kinds of indicators it is."""
    return next(kind for kind in _KINDS if isinstance(planned.indicator, kind))


class Kept:
    """What is kept of one dataset: read and written, for some of its records.

    Attributes:
        dataset: It.
        plan: What is measured.
        images: Those whose annotations are known.
        keep: The records in question.
        places: Where each shard's records are among all, by its path.
    """

    def __init__(
        self,
        dataset: Dataset,
        plan: Plan,
        device: str,
        images: ImagesKnown | None = None,
        keep: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        self.dataset = dataset
        self.images = images
        self.device = device
        self.folder = dataset.path / SCORES_FOLDER
        self.loaded: dict[str, Any] = {}
        self.makers = {column: planned for planned in plan.chosen for column in planned.indicator.columns}
        self.depends_on_photos = {
            planned.name for planned in plan.chosen if _sees_photos(planned, {one.name: one for one in plan.chosen})
        }
        self._states: dict[Path, str] = {}
        self.plan = plan
        self.keep = np.ones(dataset.rows, np.bool_) if keep is None else keep
        ends = np.cumsum([shard.rows for shard in dataset.shards]).tolist()
        self.places = {
            shard.path: slice(end - shard.rows, end) for shard, end in zip(dataset.shards, ends, strict=True)
        }

    def path(self, planned: Planned, shard: Shard) -> Path:
        """Where what is measured of a shard is kept."""
        parts = [shard.digest]
        if planned.name in self.depends_on_photos:
            if shard.path not in self._states:
                self._states[shard.path] = photo_state(shard)
            parts.append(self._states[shard.path])
        if isinstance(planned.indicator, Collective):
            parts += [one.digest for one in self.dataset.shards]
        return self.folder / planned.name / planned.settings / f"{key(*parts)}.parquet"

    def missing(self, stage: Sequence[Planned], shard: Shard) -> list[Planned]:
        """Those of which nothing is kept for a shard."""
        return [planned for planned in stage if not self.path(planned, shard).exists()]

    def values(self, planned: Planned, shard: Shard) -> pl.DataFrame:
        """What is known of a shard's records, null of those that weren't measured."""
        path, names = self.path(planned, shard), list(planned.indicator.columns)
        if path.exists():
            return read_fragment(path, names)
        found = self.partial(planned, shard).values
        if found is None:
            return nothing(planned, shard.rows)
        rows = pl.DataFrame({"row": np.arange(shard.rows)})
        return rows.join(found, on="row", how="left", maintain_order="left").select(names)

    def partial(self, planned: Planned, shard: Shard) -> Partial:
        """What is kept of a shard till all of it is measured."""
        return Partial(self.path(planned, shard).with_suffix(PARTIAL), "row")

    def write(
        self, planned: Planned, shard: Shard, values: pl.DataFrame, counts: Mapping[str, int] | None = None
    ) -> None:
        """Keep what was measured of a shard, and why values are null."""
        ids = pa.chunked_array([batch["id"].to_arrow() for batch in shard.read(["id"])], pa.large_string()).cast(
            pa.string()
        )
        told = {**about(planned), "indicator": planned.name, "counts": dict(counts or {})}
        write_fragment(self.path(planned, shard), ids, conform(planned.indicator, values, shard.rows), told)

    def _batches(self, shard: Shard, columns: list[str]) -> Iterator[pl.DataFrame]:
        """A shard's records, with the columns of features beside those of the records."""
        annotated = of_annotations(columns)
        of_records = [name for name in columns if name not in self.makers and name not in annotated]
        if annotated:
            of_records = list(dict.fromkeys([*of_records, IMAGE_IDS]))
        features = [self._feature(name, shard) for name in columns if name in self.makers]
        first = 0
        few = {"batch_rows": _WITH_PHOTOS} if "input.images" in columns else {}
        for batch in shard.read(of_records or ["id"], **few):
            whole = batch.with_columns(feature.slice(first, len(batch)) for feature in features)
            if annotated and self.images is not None:
                whole = whole.with_columns(self.images.beside(batch[IMAGE_IDS], annotated))
            yield whole
            first += len(batch)

    def _feature(self, column: str, shard: Shard) -> pl.Series:
        return self.values(self.makers[column], shard)[column]

    def whole(self, columns: Iterable[str], keep: npt.NDArray[np.bool_]) -> pl.DataFrame:
        """These columns of the records to keep."""
        return pl.concat(self.parts(list(columns), keep), how="vertical_relaxed")

    def parts(self, columns: Sequence[str], keep: npt.NDArray[np.bool_]) -> Iterator[pl.DataFrame]:
        """These columns of the records to keep, some at a time."""
        first = 0
        for shard in self.dataset.shards:
            for batch in self._batches(shard, list(columns)):
                some = batch.select(columns)
                kept = keep[first : first + len(batch)]
                yield some if kept.all() else some.filter(pl.Series(kept))
                first += len(batch)


def _sees_photos(planned: Planned, chosen: Mapping[str, Planned]) -> bool:
    return isinstance(planned.indicator, PhotoIndicator) or any(
        _sees_photos(chosen[need], chosen) for need in planned.needs
    )


def sees_annotations(planned: Planned) -> bool:
    """Whether it, or a feature that it needs, looks at annotations of images."""
    return any(of_annotations(one.indicator.reads) for one in (planned, *planned.features))
