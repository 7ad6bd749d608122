"""Measures what is missing: records, photos, comparisons, and the dataset as a whole."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from vlit_hub.atomic import write_aside
from vlit_hub.dataset.reading import RECORD_FIELDS, Shard
from vlit_hub.draws import draw, salt
from vlit_hub.errors import PluginError
from vlit_hub.progress import progress
from vlit_hub.quality.annotations import of_annotations, unknown_images
from vlit_hub.quality.fragments import conform, key, read_fragment
from vlit_hub.quality.indicator import PHOTO, Collective, Individual, Overall, PhotoIndicator
from vlit_hub.quality.kept import IMAGE_IDS, Kept, kind_of_work
from vlit_hub.quality.partial import PARTIAL, Partial
from vlit_hub.quality.photos_pass import PhotoPass
from vlit_hub.quality.planning import Planned
from vlit_hub.quality.summary import summarise_columns
from vlit_hub.quality.todo import Todo

__all__ = ["Run"]


class Run(Kept):
    """One call of `score`, or of one of the others; of those records that `keep` says."""

    def stage(self, stage: Sequence[Planned]) -> dict[Planned, dict[str, Any]]:
        """Measure what is missing of these; the entries of scores.json."""
        if kind_of_work(stage[0]) is Overall:
            return {planned: self._overall(planned) for planned in stage}
        self.measure(stage)
        return {planned: self._entry(planned) for planned in stage}

    def measure(self, stage: Sequence[Planned]) -> None:
        """Measure what is missing of these, which aren't overall ones."""
        work: Mapping[type, Callable[[Sequence[Planned]], None]] = {
            Individual: self._individuals,
            PhotoIndicator: self._photos,
            Collective: self._collectives,
        }
        work[kind_of_work(stage[0])](stage)

    def _load(self, planned: Planned) -> Any:
        if planned.name not in self.loaded:
            self.loaded[planned.name] = planned.indicator.load(planned.options, self.device)
        return self.loaded[planned.name]

    def _wanted(self, planned: Planned) -> npt.NDArray[np.bool_]:
        """The records that an indicator has to be measured of: a feature that only samples need, of these alone."""
        one = planned.indicator
        if isinstance(one, Overall):
            return self._sample(planned)
        if isinstance(one, Collective) and not one.by_itself:
            return np.ones_like(self.keep)
        users = [self._wanted(user) for user in self.plan.chosen if planned in user.features]
        return np.logical_or.reduce(users) if users else self.keep

    def _sample(self, planned: Planned) -> npt.NDArray[np.bool_]:
        """The records that an overall indicator looks at: drawn by hash of their ids."""
        sample, seed = (getattr(planned.options, name, None) for name in ("sample", "seed"))
        mask = np.ones(self.dataset.rows, np.bool_)
        if sample is not None and sample < self.dataset.rows:
            draws = draw(salt(seed or 0, "sample"), self.dataset.read(["id"])["id"])
            mask[np.argsort(draws, kind="stable")[sample:]] = False
        return mask

    def _todo(self, stage: Sequence[Planned], shard: Shard) -> list[Todo]:
        """What isn't measured yet of these and a shard."""
        work = []
        for planned in self.missing(stage, shard):
            known = self.partial(planned, shard)
            done = np.zeros(shard.rows, np.bool_)
            if (found := known.values) is not None:
                done[found["row"].to_numpy()] = True
            rows = self._wanted(planned)[self.places[shard.path]] & ~done
            if rows.any() or done.all():
                work.append(Todo(planned, shard, known, rows, whole=bool((rows | done).all())))
        return work

    def _individuals(self, stage: Sequence[Planned]) -> None:
        work = {shard: todo for shard in self.dataset.shards if (todo := self._todo(stage, shard))}
        with progress("records", sum(shard.rows for shard in work)) as advance:
            for shard, todo in work.items():
                columns = dict.fromkeys(name for one in todo for name in one.planned.indicator.reads)
                first = 0
                for batch in self._batches(shard, list(columns)):
                    for one in todo:
                        rows = first + np.flatnonzero(one.rows[first : first + len(batch)])
                        self._measure(one, batch if len(rows) == len(batch) else batch[rows - first], rows)
                    first += len(batch)
                    advance(len(batch))
                for one in todo:
                    self._finish(one)

    def _measure(self, todo: Todo, records: pl.DataFrame, rows: npt.NDArray[np.int64]) -> None:
        """Some records, at these rows of the shard."""
        indicator = todo.planned.indicator
        assert isinstance(indicator, Individual)
        for first in range(0, len(records), indicator.at_a_time):
            seen = records[first : first + indicator.at_a_time].select(indicator.reads)
            found = indicator.measure(seen, todo.planned.options, self._load(todo.planned))
            todo.add(rows[first : first + len(seen)], found, unknown_images(seen))

    def _photos(self, stage: Sequence[Planned]) -> None:
        work = {shard: todo for shard in self.dataset.shards if (todo := self._todo(stage, shard))}
        if not work:
            return
        known = {
            planned.name: Partial(self.folder / planned.name / planned.settings / f"photos{PARTIAL}", "photo")
            for planned in stage
        }
        photos = PhotoPass({planned.name: self._load(planned) for planned in stage}, known)
        with progress("photos of records", sum(shard.rows for shard in work)) as advance:
            for shard, todo in work.items():
                rows = np.any([one.rows for one in todo], axis=0)
                values, counts = photos.measure(shard, [one.planned for one in todo], rows)
                for one in todo:
                    one.add(np.flatnonzero(rows), values[one.planned.name].filter(pl.Series(rows)), counts)
                    self._finish(one)
                advance(shard.rows)
        for some in known.values():
            some.clear()  # what a photo came to stands beside the records that show it

    def _collectives(self, stage: Sequence[Planned]) -> None:
        with progress("comparing", len(stage)) as advance:
            for planned in stage:
                indicator = planned.indicator
                assert isinstance(indicator, Collective)
                todo = [one for shard in self.dataset.shards for one in self._todo([planned], shard)]
                if todo:
                    self._compare(indicator, planned, todo)
                advance(1)

    def _compare(self, indicator: Collective, planned: Planned, todo: Sequence[Todo]) -> None:
        """All records, or those that are wanted of an indicator that looks at each by itself."""
        some = indicator.by_itself and not all(one.whole for one in todo)
        if not some:
            todo = [self._all(planned, shard) for shard in self.dataset.shards]
        keep = np.zeros(self.dataset.rows, np.bool_)
        for one in todo:
            keep[self.places[one.shard.path]] = one.rows
        rows = int(keep.sum())
        values = indicator.compare_parts(partial(self.parts, indicator.reads, keep), rows, planned.options)
        conform(indicator, values, rows)
        first = 0
        for one in todo:
            places = np.flatnonzero(one.rows)
            one.add(places, values.slice(first, len(places)), {})
            self._finish(one)
            first += len(places)

    def _all(self, planned: Planned, shard: Shard) -> Todo:
        """All of a shard, whatever is known of it."""
        self.partial(planned, shard).clear()
        return Todo(planned, shard, self.partial(planned, shard), np.ones(shard.rows, np.bool_), whole=True)

    def _finish(self, todo: Todo) -> None:
        """Write a shard's fragment if all of its records are measured; else what there is."""
        if not todo.whole:
            todo.known.save()
            return
        self.write(todo.planned, todo.shard, todo.values(), todo.known.counts)
        todo.known.clear()

    def _overall(self, planned: Planned) -> dict[str, Any]:
        indicator = planned.indicator
        assert isinstance(indicator, Overall)
        states = [self.path(planned, shard).name for shard in self.dataset.shards]
        path = self.folder / planned.name / planned.settings / f"{key(*states)}.json"
        if path.exists():
            return dict(json.loads(path.read_text()))
        records = self.whole(indicator.reads, self._sample(planned))
        numbers = indicator.summarise(records, planned.options)
        if set(numbers) != set(indicator.columns):
            raise PluginError(f"indicator {planned.name!r} gave {sorted(numbers)}, not {sorted(indicator.columns)}.")
        entry = {"records": len(records), "numbers": {name: _number(numbers[name]) for name in indicator.columns}}
        path.parent.mkdir(parents=True, exist_ok=True)
        write_aside(path, json.dumps(entry).encode())
        return entry

    def _entry(self, planned: Planned) -> dict[str, Any]:
        """The summary of what is kept of all shards."""
        if planned.indicator.feature:
            return {}
        paths = [self.path(planned, shard) for shard in self.dataset.shards]
        names = list(planned.indicator.columns)
        values = pl.concat([read_fragment(path, names) for path in paths])
        counts: Counter[str] = Counter()
        for shard in self.dataset.shards:
            own: Counter[str] = Counter()
            for one in (planned, *planned.features):  # what its features lack, it lacks
                metadata = pa.parquet.read_schema(self.path(one, shard)).metadata
                own |= Counter(json.loads(metadata[b"vlit_hub"])["counts"])
            counts += own
        return {
            "files": [path.relative_to(self.folder).as_posix() for path in paths],
            "why_null": {why: count for why, count in sorted(counts.items()) if count},
            "records_lack": [name for name in _fields_of(planned.indicator.reads) if not self.dataset.has(name)],
            "columns": summarise_columns(values),
        }


def _fields_of(reads: Sequence[str]) -> list[str]:
    """The fields of records among what an indicator reads."""
    stands_for = {PHOTO: "input.images", **dict.fromkeys(of_annotations(reads), IMAGE_IDS)}
    fields = dict.fromkeys(stands_for.get(name, name) for name in reads)
    return [name for name in fields if name.partition(".")[0] in RECORD_FIELDS]


def _number(value: float | int | None) -> float | int | None:
    return None if value is None or not np.isfinite(value) else value
