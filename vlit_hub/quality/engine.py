"""Measures a dataset: what is missing is measured, what is there is left alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from vlit_hub import __version__, plugin_manager
from vlit_hub.atomic import write_aside
from vlit_hub.dataset.reading import RECORD_FIELDS, SCORES_FOLDER, Dataset, Shard
from vlit_hub.draws import draw, salt
from vlit_hub.errors import PluginError
from vlit_hub.progress import progress
from vlit_hub.quality.fragments import conform, key, load_scores, read_fragment, save_scores, write_fragment
from vlit_hub.quality.indicator import PHOTO, Collective, Individual, Overall, PhotoIndicator
from vlit_hub.quality.photos_pass import PhotoPass, photo_state
from vlit_hub.quality.planning import Plan, Planned, make_plan
from vlit_hub.quality.summary import summarise_columns

__all__ = ["inputs_of", "score"]


def score(
    dataset: Dataset,
    names: Sequence[str] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    device: str = "auto",
) -> dict[str, Any]:
    """Measure a dataset, and note in its scores.json what was measured by what.

    Args:
        dataset: It.
        names: Indicators; all that can run here if none.
        options: Options by indicator.
        device: Where models run.

    Returns:
        The content of scores.json, of which `fresh` has the indicators of this call.

    Raises:
        UnknownName: There is no indicator of a name.
        UsageError: An option is wrong, or what is asked for can't be measured here.
        InputError: The dataset can't be read, or its folder can't be written to.
        PluginError: An indicator gave something else than it declares.
    """
    plan = make_plan(plugin_manager.indicators(), names, options or {})
    scores = load_scores(dataset)
    run = _Run(dataset, plan, device)
    fresh = {}
    for stage in plan.stages:
        for planned, entry in run.stage(stage).items():
            if not planned.indicator.feature:
                fresh[planned.name] = {**_about(planned), **entry}
    scores["indicators"] = dict(sorted({**scores["indicators"], **fresh}.items()))
    scores["left_out"] = dict(plan.left_out) if names is None else scores["left_out"]
    scores["vlit_hub"] = __version__
    save_scores(dataset, scores)
    return {**scores, "fresh": sorted(fresh)}


def inputs_of(dataset: Dataset, plan: Plan, keep: npt.NDArray[np.bool_], device: str = "auto") -> pl.DataFrame:
    """What the indicators of a plan read of some of the records, and their ids; features that are missing are measured first.

    Args:
        dataset: It.
        plan: Of indicators that look at all records together.
        keep: Which of the records, in the order of the shards.
        device: Where models run.
    """
    run = _Run(dataset, plan, device)
    for stage in plan.stages:
        if features := tuple(planned for planned in stage if planned.indicator.feature):
            run.stage(features)
    return run.whole(
        dict.fromkeys(
            (
                "id",
                *(name for planned in plan.chosen if not planned.indicator.feature for name in planned.indicator.reads),
            )
        ),
        keep,
    )


def _about(planned: Planned) -> dict[str, Any]:
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
            feature.name: {key: _about(feature)[key] for key in ("backend", "revision", "options")}
            for feature in planned.features
        },
        "kind": _KINDS[_kind(planned)],
    }


_KINDS: Mapping[type, str] = {
    Individual: "record",
    PhotoIndicator: "photo",
    Collective: "comparison",
    Overall: "overall",
}


def _kind(planned: Planned) -> type:
    return next(kind for kind in _KINDS if isinstance(planned.indicator, kind))


class _Run:
    """One call of `score`."""

    def __init__(self, dataset: Dataset, plan: Plan, device: str) -> None:
        self.dataset = dataset
        self.device = device
        self.folder = dataset.path / SCORES_FOLDER
        self.loaded: dict[str, Any] = {}
        self.makers = {column: planned for planned in plan.chosen for column in planned.indicator.columns}
        self.depends_on_photos = {
            planned.name for planned in plan.chosen if _sees_photos(planned, {one.name: one for one in plan.chosen})
        }
        self._states: dict[Path, str] = {}

    def stage(self, stage: Sequence[Planned]) -> dict[Planned, dict[str, Any]]:
        """Measure what is missing of these; the entries of scores.json."""
        work: Mapping[type, Callable[[Sequence[Planned]], None]] = {
            Individual: self._individuals,
            PhotoIndicator: self._photos,
            Collective: self._collectives,
        }
        kind = _kind(stage[0])
        if kind is Overall:
            return {planned: self._overall(planned) for planned in stage}
        work[kind](stage)
        return {planned: self._entry(planned) for planned in stage}

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

    def _load(self, planned: Planned) -> Any:
        if planned.name not in self.loaded:
            self.loaded[planned.name] = planned.indicator.load(planned.options, self.device)
        return self.loaded[planned.name]

    def _individuals(self, stage: Sequence[Planned]) -> None:
        todo = {shard: missing for shard in self.dataset.shards if (missing := self.missing(stage, shard))}
        with progress("records", sum(shard.rows for shard in todo)) as advance:
            for shard, missing in todo.items():
                columns = dict.fromkeys(name for planned in missing for name in planned.indicator.reads)
                parts: dict[str, list[pl.DataFrame]] = {planned.name: [] for planned in missing}
                for batch in self._batches(shard, list(columns)):
                    for planned in missing:
                        indicator = planned.indicator
                        assert isinstance(indicator, Individual)
                        seen = batch.select(indicator.reads)
                        part = indicator.measure(seen, planned.options, self._load(planned))
                        conform(indicator, part, len(batch))
                        parts[planned.name].append(part)
                    advance(len(batch))
                for planned in missing:
                    self._write(planned, shard, pl.concat(parts[planned.name], how="vertical_relaxed"))

    def _photos(self, stage: Sequence[Planned]) -> None:
        todo = {shard: missing for shard in self.dataset.shards if (missing := self.missing(stage, shard))}
        if not todo:
            return
        photos = PhotoPass({planned.name: self._load(planned) for planned in stage})
        with progress("photos of records", sum(shard.rows for shard in todo)) as advance:
            for shard, missing in todo.items():
                values, counts = photos.measure(shard, missing)
                for planned in missing:
                    self._write(planned, shard, values[planned.name], counts)
                advance(shard.rows)

    def _collectives(self, stage: Sequence[Planned]) -> None:
        with progress("comparing", len(stage)) as advance:
            for planned in stage:
                indicator = planned.indicator
                assert isinstance(indicator, Collective)
                if any(self.missing([planned], shard) for shard in self.dataset.shards):
                    records = self.whole(indicator.reads)
                    values = indicator.compare(records, planned.options)
                    conform(indicator, values, self.dataset.rows)
                    first = 0
                    for shard in self.dataset.shards:
                        self._write(planned, shard, values.slice(first, shard.rows))
                        first += shard.rows
                advance(1)

    def _overall(self, planned: Planned) -> dict[str, Any]:
        indicator = planned.indicator
        assert isinstance(indicator, Overall)
        states = [self.path(planned, shard).name for shard in self.dataset.shards]
        path = self.folder / planned.name / planned.settings / f"{key(*states)}.json"
        if path.exists():
            return dict(json.loads(path.read_text()))
        records = self.whole(dict.fromkeys(("id", *indicator.reads)))
        sample, seed = (getattr(planned.options, name, None) for name in ("sample", "seed"))
        if sample is not None and sample < len(records):
            draws = draw(salt(seed or 0, "sample"), records["id"])
            records = records[np.sort(np.argsort(draws, kind="stable")[:sample])]
        numbers = indicator.summarise(records.select(indicator.reads), planned.options)
        if set(numbers) != set(indicator.columns):
            raise PluginError(f"indicator {planned.name!r} gave {sorted(numbers)}, not {sorted(indicator.columns)}.")
        entry = {"records": len(records), "numbers": {name: _number(numbers[name]) for name in indicator.columns}}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_aside(path, json.dumps(entry).encode())
        return entry

    def _batches(self, shard: Shard, columns: list[str]) -> Iterator[pl.DataFrame]:
        """A shard's records, with the columns of features beside those of the records."""
        of_records = [name for name in columns if name not in self.makers]
        features = [self._feature(name, shard) for name in columns if name in self.makers]
        first = 0
        for batch in shard.read(of_records or ["id"]):
            yield batch.with_columns(feature.slice(first, len(batch)) for feature in features)
            first += len(batch)

    def _feature(self, column: str, shard: Shard) -> pl.Series:
        return read_fragment(self.path(self.makers[column], shard), [column])[column]

    def whole(self, columns: Iterable[str], keep: npt.NDArray[np.bool_] | None = None) -> pl.DataFrame:
        """These columns of all records, or of those to keep."""
        names = list(columns)
        parts = []
        first = 0
        for shard in self.dataset.shards:
            for batch in self._batches(shard, names):
                parts.append(batch if keep is None else batch.filter(pl.Series(keep[first : first + len(batch)])))
                first += len(batch)
        return pl.concat(parts, how="vertical_relaxed").select(names)

    def _write(
        self, planned: Planned, shard: Shard, values: pl.DataFrame, counts: Mapping[str, int] | None = None
    ) -> None:
        ids = pa.chunked_array([batch["id"].to_arrow() for batch in shard.read(["id"])], pa.large_string()).cast(
            pa.string()
        )
        about = {**_about(planned), "indicator": planned.name, "counts": dict(counts or {})}
        write_fragment(self.path(planned, shard), ids, conform(planned.indicator, values, shard.rows), about)

    def _entry(self, planned: Planned) -> dict[str, Any]:
        """The summary of what is kept of all shards."""
        if planned.indicator.feature:
            return {}
        paths = [self.path(planned, shard) for shard in self.dataset.shards]
        names = list(planned.indicator.columns)
        values = pl.concat([read_fragment(path, names) for path in paths])
        counts: Counter[str] = Counter()
        for path in paths:
            counts.update(json.loads(pa.parquet.read_schema(path).metadata[b"vlit_hub"])["counts"])
        return {
            "files": [path.relative_to(self.folder).as_posix() for path in paths],
            "why_null": {why: count for why, count in sorted(counts.items()) if count},
            "records_lack": [name for name in _fields_of(planned.indicator.reads) if not self.dataset.has(name)],
            "columns": summarise_columns(values),
        }


def _sees_photos(planned: Planned, chosen: Mapping[str, Planned]) -> bool:
    return isinstance(planned.indicator, PhotoIndicator) or any(
        _sees_photos(chosen[need], chosen) for need in planned.needs
    )


def _fields_of(reads: Iterable[str]) -> list[str]:
    """The fields of records among what an indicator reads."""
    fields = ("input.images" if name == PHOTO else name for name in reads)
    return [name for name in fields if name.partition(".")[0] in RECORD_FIELDS]


def _number(value: float | int | None) -> float | int | None:
    return None if value is None or not np.isfinite(value) else value
