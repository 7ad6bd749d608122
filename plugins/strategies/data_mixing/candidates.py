"""What choosing looks at: of each source's records a few numbers, read from a few columns, in batches.

A record takes about 30 bytes here, so that ten million of them take 300 MB.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vlit_hub.dataset.hashing import hash_lists, hash_texts, pairs
from vlit_hub.draws import draw, salt
from vlit_hub.errors import InputError, UnknownName
from vlit_hub.plugins.strategies.data_mixing.ranking import first_of_each, smallest
from vlit_hub.plugins.strategies.data_mixing.recipe import Recipe
from vlit_hub.plugins.strategies.data_mixing.sources import Source

__all__ = ["Candidates", "Vocabulary", "cap", "find_clashes", "read_candidates"]

_BATCH = 1 << 17
_UInt64s = npt.NDArray[np.uint64]


@dataclass
class Candidates:
    """The records of a source, in the order of its files; an array has a value a record.

    Attributes:
        source: It.
        ids: Hashes of the records' ids.
        seed: Of their draws.
        tasks: Their tasks, as places in the vocabulary that all sources share; `granularities` likewise.
        images: Hashes of their images; 0 for records without any, 1 for others where nothing depends on which they are.
        keep: Which may still be chosen.
        removed: How many may not, by the reason.
    """

    source: Source
    ids: _UInt64s
    seed: int
    tasks: npt.NDArray[np.int16]
    granularities: npt.NDArray[np.int16]
    images: _UInt64s
    keep: npt.NDArray[np.bool_]
    removed: Counter[str] = field(default_factory=Counter)

    def draws(self, rows: npt.NDArray[np.int64]) -> _UInt64s:
        """The draws of some records: where so many are wanted, those with the smallest draws are taken."""
        return draw(salt(self.seed, "mix", self.source.name), pl.Series(self.ids[rows].view(np.int64)))

    def remove(self, which: npt.NDArray[np.bool_], reason: str) -> None:
        """Leave records out, and count those that weren't out yet."""
        count = int((which & self.keep).sum())
        if count:
            self.removed[reason] += count
            self.keep &= ~which

    @property
    def left(self) -> int:
        """How many may still be chosen."""
        return int(self.keep.sum())


class Vocabulary:
    """Names, numbered as they come."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._codes: dict[str, int] = {}

    def codes(self, texts: pa.Array) -> npt.NDArray[np.int16]:
        """The number of each text."""
        coded = texts.dictionary_encode()  # as it is, where it was read as a dictionary
        for name in coded.dictionary.to_pylist():
            if name not in self._codes:
                self._codes[name] = len(self.names)
                self.names.append(name)
        own = np.array([self._codes[name] for name in coded.dictionary.to_pylist()], np.int16)
        found: npt.NDArray[np.int16] = own[coded.indices.to_numpy()] if len(own) else np.zeros(0, np.int16)
        return found


def read_candidates(source: Source, recipe: Recipe, tasks: Vocabulary, granularities: Vocabulary) -> Candidates:
    """Read what choosing looks at, and leave out what the recipe doesn't want of this source by itself: other tasks, text-only
    records, what is above a cap.

    Raises:
        InputError: A file can't be read, or two records have one id.
        UnknownName: The recipe names a task that no record has.
    """
    parts: list[tuple[npt.NDArray[np.generic], ...]] = []
    for batch in _batches(source):
        images = pc.struct_field(batch.column("source"), "image_ids")
        some = pc.fill_null(pc.list_value_length(images), 0).to_numpy() > 0
        shown = hash_lists(images) if source.recipe.cap.per_image else some.astype(np.uint64)
        codes = tasks.codes(batch.column("task")), granularities.codes(batch.column("granularity"))
        parts.append((hash_texts(batch.column("id")), *codes, shown))
    ids, task, granularity, shown = (np.concatenate(column) for column in zip(*parts, strict=True))
    found = Candidates(source, ids, recipe.seed, task, granularity, shown, np.ones(len(ids), np.bool_))
    _leave_out(found, recipe, tasks.names)
    return found


def _batches(source: Source) -> Iterator[pa.RecordBatch]:
    columns = ["id", "task", "granularity", "source.image_ids"]
    for shard in source.shards:
        try:
            with pq.ParquetFile(shard.path, read_dictionary=["task", "granularity"]) as file:
                yield from file.iter_batches(_BATCH, columns=columns)
        except (pa.ArrowException, OSError) as error:
            reason = f"can't be read ({str(error).splitlines()[0]})"
            raise InputError(shard.path, reason, "Fetch or build it again.") from None


def find_clashes(candidates: Sequence[Candidates]) -> list[npt.NDArray[np.bool_]]:
    """Of each record, whether a source before it has a record of the same id, chosen or not.

    Raises:
        InputError: Two records of one source have one id.
    """
    owners = np.repeat(np.arange(len(candidates), dtype=np.uint16), [len(one.ids) for one in candidates])
    earlier, later = pairs(np.concatenate([one.ids for one in candidates]))
    for place in np.unique(owners[later[owners[later] == owners[earlier]]]):
        _refuse_repeated(candidates[place].source)
    clashes = np.zeros(len(owners), np.bool_)
    clashes[later] = True
    return np.split(clashes, np.searchsorted(owners, np.arange(1, len(candidates))))


def _refuse_repeated(source: Source) -> None:
    """Name the id that two records have. (That two ids have one hash happens once in a million mixes.)"""
    seen: dict[str, str] = {}
    for shard in source.shards:
        for batch in shard.read(["id"]):
            for id in batch["id"]:
                if id in seen:
                    reason = f"record {id} is there twice (first in {seen[id]})"
                    raise InputError(shard.path, reason, "Build the dataset again.")
                seen[id] = shard.path.name


def _leave_out(found: Candidates, recipe: Recipe, tasks: list[str]) -> None:
    given = found.source.recipe
    there = {tasks[code] for code in np.unique(found.tasks)}
    for name in (*(given.tasks or ()), *given.cap.tasks):
        if name not in there:
            raise UnknownName(f"task in {found.source.name}", name, there)
    if given.tasks is not None:
        found.remove(~np.isin(found.tasks, [tasks.index(name) for name in given.tasks]), "another task")
    if recipe.text_only == "drop":
        found.remove(found.images == 0, "text only")


def cap(found: Candidates, tasks: list[str]) -> None:
    """Leave out what is above the caps of a source: first those of an image, then those of a task."""
    given = found.source.recipe.cap
    if given.per_image is not None:
        rows = np.flatnonzero(found.keep & (found.images != 0))
        above = np.ones(len(found.keep), np.bool_)
        above[rows[first_of_each(found.images[rows], found.draws(rows), given.per_image)]] = False
        found.remove(above & (found.images != 0), "above the cap of an image")
    limits: Mapping[str, int] = {**dict.fromkeys(tasks, given.per_task or 0), **given.tasks}
    for code, name in enumerate(tasks):
        if given.per_task is None and name not in given.tasks:
            continue
        rows = np.flatnonzero(found.keep & (found.tasks == code))
        above = np.zeros(len(found.keep), np.bool_)
        above[rows] = True
        above[rows[smallest(found.draws(rows), limits[name])]] = False
        found.remove(above, "above the cap of a task")
