"""Records into conversations that a format can hold, with counts of what it can't."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from vlit_hub.export.boxes import convert
from vlit_hub.export.conversations import Conversations
from vlit_hub.export.exporter import Exporter, Job
from vlit_hub.export.records import Records
from vlit_hub.export.shown import Shown
from vlit_hub.export.sizes import Sizes
from vlit_hub.export.turns import (
    Turns,
    first_reason,
    flatten,
    join_inputs,
    settle_literals,
    structure_faults,
)

__all__ = ["Converter", "Tally"]

_BATCH = 1 << 14


@dataclass
class Tally:
    """What records came to.

    Attributes:
        read: How many were read.
        samples: How many became samples.
        rejected: How many didn't, by reason.
        counts: What happened to the others, by what it was.
        annotations: Samples by licence of the annotations.
        images: Samples with photos by licence of the images.
    """

    read: int = 0
    samples: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    annotations: Counter[str] = field(default_factory=Counter)
    images: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Count another part in."""
        self.read += other.read
        self.samples += other.samples
        for name in ("rejected", "counts", "annotations", "images"):
            getattr(self, name).update(getattr(other, name))

    def as_json(self) -> dict[str, Any]:
        """For the unit's file."""
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()}

    @staticmethod
    def from_json(found: dict[str, Any]) -> Tally:
        """What `as_json` gave."""
        counters = {name: Counter(value) for name, value in found.items() if isinstance(value, dict)}
        return Tally(found["read"], found["samples"], **counters)


class Converter:
    """Makes conversations of records.

    Args:
        exporter: Says what the format holds.
        job: What is exported, and how.
        shown: Tells which photos records show.
        sizes: Tells how large photos are.
        reject: Gets what the format can't hold: `id`, `task` and `reason`.

    Attributes:
        tally: Counts of what was converted.
    """

    def __init__(
        self, exporter: Exporter, job: Job, shown: Shown, sizes: Sizes, reject: Callable[[pl.DataFrame], None]
    ) -> None:
        self.tally = Tally()
        self._exporter, self._job = exporter, job
        self._shown, self._sizes = shown, sizes
        self._reject = reject

    def convert(self, batches: Iterable[Records]) -> Iterator[Conversations]:
        """Conversations that the format can hold, in order."""
        size = self._exporter.batch_size if self._job.images == "embed" else _BATCH
        for records in batches:
            for start in range(0, len(records.frame), _BATCH):
                whole = self._fitting(records.slice(start, min(_BATCH, len(records.frame) - start)))
                for first in range(0, len(whole), size):
                    yield whole.slice(first, size)

    def _fitting(self, records: Records) -> Conversations:
        frame, tally = records.frame, self.tally
        turns = flatten(frame, self._shown.counts(records))
        faults = structure_faults(turns, self._exporter)
        escape = self._job.options.literal == "escape"
        turns, literal, escaped = settle_literals(turns, self._exporter.reserved, escape)
        reason = first_reason([*faults, *literal], len(frame))
        lacking, images, files = self._shown.look(records, reason.is_null().to_numpy())
        reason = pl.select(pl.coalesce(reason, lacking).alias("reason")).to_series()
        fit = reason.is_null()
        tally.read += len(frame)
        tally.counts["samples with escaped text"] += int((escaped & fit.to_numpy()).sum())
        if not fit.all():
            aside = pl.DataFrame([frame["id"], frame["task"], reason]).filter(~fit)
            tally.rejected.update(dict(aside["reason"].value_counts().iter_rows()))
            self._reject(aside)
            frame, images, files = frame.filter(fit), images.filter(fit), files.filter(fit)
            turns = turns.keep(fit.to_numpy())
        tally.samples += len(frame)
        tally.annotations.update(_by_value(frame["license"]))
        tally.images.update(_by_value(frame["image_license"].filter(images.list.len() > 0)))
        return self._told(frame, images, files, join_inputs(turns))

    def _told(self, frame: pl.DataFrame, images: pl.Series, files: pl.Series, turns: Turns) -> Conversations:
        boxes = None
        if self._job.boxes != "keep" and len(frame):
            done = convert(turns, frame["regions"], self._sizes.of(frame, files), self._job.boxes)
            turns, boxes = done.turns, done.boxes
            self.tally.counts["boxes converted"] += done.converted
            self.tally.counts["samples whose boxes were left as they are"] += done.left
        return Conversations(frame["id"], images, files, turns.texts, turns.starts, turns.marked, boxes)


def _by_value(names: pl.Series) -> dict[str, int]:
    return dict(names.fill_null("unknown").value_counts().iter_rows())
