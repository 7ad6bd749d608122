"""One pass over a shard's photos for all indicators of photos: each photo is read and decoded once, and measured once.

Photos are told apart by their content. Threads read, decode and measure; which of them takes a photo changes nothing.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from vlit_hub.dataset.reading import Shard
from vlit_hub.errors import InputError, PluginError
from vlit_hub.quality.fragments import key
from vlit_hub.quality.indicator import PhotoIndicator
from vlit_hub.quality.partial import Partial
from vlit_hub.quality.photo import BrokenPhoto, Photo
from vlit_hub.quality.planning import Planned

__all__ = ["PhotoPass", "photo_state"]

_CHUNK = 32
_ROWS = 512
_REMOTE = ("http://", "https://")


class _Shown(NamedTuple):
    """A photo as a record names it: its bytes, or its path."""

    name: str
    data: bytes | None


def photo_state(shard: Shard) -> str:
    """A hash of size and time of change of the photos that lie beside the records; embedded ones are part of the file."""
    if "input.images" not in shard.fields:
        return ""
    state = []
    with pq.ParquetFile(shard.path) as file:
        leaves = [file.schema.column(number).path for number in range(len(file.schema))]
        leaf = next((name for name in leaves if name.startswith("input.images.") and name.endswith(".path")), None)
        if leaf is None:
            return ""
        images = file.read(columns=[leaf])["input"].combine_chunks().field("images")
    paths = images.flatten().field("path").unique().drop_null().to_pylist()
    for path in sorted(paths):
        if path.startswith(_REMOTE) or not os.path.isabs(path):  # noqa: PTH117  (embedded ones keep their name alone)
            continue
        try:
            found = os.stat(path)  # noqa: PTH116
            state.append([path, found.st_size, found.st_mtime_ns])
        except OSError:
            state.append([path, -1, 0])
    return key(state) if state else ""


class PhotoPass:
    """Measures photos, those that several shards show only once.

    Args:
        loaded: What each indicator loaded, by its name.
        partial: What is known of photos already, by the indicator's name; gets what is measured.
    """

    def __init__(self, loaded: Mapping[str, Any], partial: Mapping[str, Partial]) -> None:
        self._loaded = loaded
        self._partial = partial
        self._lock = threading.Lock()
        self._threads = min(8, os.cpu_count() or 1)
        self._digests: dict[str, str] = {}  # by path
        self._faults: dict[str, str] = {}  # why a photo can't be read, by digest; by path where there is no file
        self._places: dict[str, dict[str, tuple[int, int]]] = {}  # by indicator and digest: frame, and row in it
        self._frames: list[pl.DataFrame] = []
        for name, known in partial.items():
            if (values := known.values) is not None:
                self._places[name] = {digest: (len(self._frames), row) for row, digest in enumerate(values["photo"])}
                self._frames.append(values)

    def measure(
        self, shard: Shard, wanted: Sequence[Planned], of: npt.NDArray[np.bool_]
    ) -> tuple[dict[str, pl.DataFrame], dict[str, int]]:
        """The values of a shard's records by indicator; and how many of its records have no photo, one that can't be read, or one
        that is only linked on the web (which isn't fetched).

        Args:
            shard: It.
            wanted: The indicators.
            of: Which of the shard's records; the others get no values, and aren't counted.
        """
        rows, names = self._run(shard, wanted, of)
        photos = pl.DataFrame({"row": rows, "photo": names}, schema={"row": pl.Int64(), "photo": pl.String()})
        linked = pl.any_horizontal(pl.col("photo").str.starts_with(start) for start in _REMOTE)
        counts = {
            "without_photo": int(of.sum()) - photos["row"].n_unique(),
            "photo_on_the_web": photos.filter(linked)["row"].n_unique(),
        }
        photos = photos.filter(~linked).with_columns(pl.col("photo").replace(self._digests))
        counts["photo_unreadable"] = photos.filter(pl.col("photo").is_in(list(self._faults)))["row"].n_unique()
        return {planned.name: self._by_record(photos, planned, shard.rows) for planned in wanted}, counts

    def _run(self, shard: Shard, wanted: Sequence[Planned], of: npt.NDArray[np.bool_]) -> tuple[list[int], list[str]]:
        """Measure what isn't yet; which row shows which photo."""
        rows, names = [], []
        asked: set[str] = set()
        waiting: list[_Shown] = []
        under_way: deque[Future[None]] = deque()
        with ThreadPoolExecutor(self._threads) as pool:
            for row, shown in _shown(shard):
                if not of[row]:
                    continue
                rows.append(row)
                names.append(shown.name)
                if shown.name in asked or shown.name.startswith(_REMOTE):
                    continue
                asked.add(shown.name)
                waiting.append(shown)
                if len(waiting) == _CHUNK:
                    under_way.append(pool.submit(self._work, waiting, wanted))
                    waiting = []
                while len(under_way) > 2 * self._threads:  # so that few photos are in memory
                    under_way.popleft().result()
            under_way.append(pool.submit(self._work, waiting, wanted))
            for future in under_way:
                future.result()
        return rows, names

    def _work(self, shown: Sequence[_Shown], wanted: Sequence[Planned]) -> None:
        """Measure some photos; those that another shard or another path had already are left out."""
        contents = {}
        for name, data in shown:
            digest = name
            if data is None:
                try:
                    data = Path(name).read_bytes()
                except OSError as error:
                    self._faults[name] = str(error.strerror)
                    continue
                digest = self._digests[name] = _digest(data)
            contents[digest] = data
        with self._lock:
            todo = {}
            for planned in wanted:
                done = self._places.setdefault(planned.name, {})
                todo[planned.name] = [digest for digest in contents if digest not in done]
                done.update(dict.fromkeys(todo[planned.name], (-1, -1)))
        photos = {}
        for digest in dict.fromkeys(digest for digests in todo.values() for digest in digests):
            try:
                photos[digest] = Photo.decode(contents[digest])
            except BrokenPhoto as fault:
                self._faults[digest] = str(fault)
        for planned in wanted:
            digests = [digest for digest in todo[planned.name] if digest in photos]
            if digests:
                self._keep(planned, digests, [photos[digest] for digest in digests])

    def _keep(self, planned: Planned, digests: Sequence[str], photos: Sequence[Photo]) -> None:
        indicator = planned.indicator
        assert isinstance(indicator, PhotoIndicator)
        frame = indicator.measure(photos, planned.options, self._loaded[planned.name])
        if len(frame) != len(photos):
            raise PluginError(f"indicator {planned.name!r} gave {len(frame)} rows for {len(photos)} photos.")
        with self._lock:
            number = len(self._frames)
            self._frames.append(frame)
            self._places[planned.name].update((digest, (number, row)) for row, digest in enumerate(digests))
            self._partial[planned.name].add(frame.with_columns(photo=pl.Series(digests)))

    def _by_record(self, photos: pl.DataFrame, planned: Planned, rows: int) -> pl.DataFrame:
        """The values of the photos that each record shows, put together as the indicator says."""
        indicator = planned.indicator
        assert isinstance(indicator, PhotoIndicator)
        names = list(indicator.columns)
        measured = self._measured(planned.name, photos["photo"].unique(maintain_order=True).to_list(), names)
        per_photo = photos.join(measured, on="photo", how="left", maintain_order="left") if len(measured) else photos
        broken = pl.col("photo").is_in(list(self._faults))
        per_photo = per_photo.select(
            "row",
            *(
                pl.when(broken)
                .then(pl.lit(indicator.broken.get(name)))
                .otherwise(pl.col(name) if len(measured) else pl.lit(None))
                .alias(name)
                for name in names
            ),
        )
        put_together = {"mean": pl.Expr.mean, "min": pl.Expr.min, "max": pl.Expr.max, "list": pl.Expr.implode}
        how = put_together[indicator.across]
        by_record = per_photo.group_by("row", maintain_order=True).agg(how(pl.col(name)) for name in names)
        whole = pl.DataFrame({"row": np.arange(rows)}).join(by_record, on="row", how="left", maintain_order="left")
        return whole.select(names)

    def _measured(self, name: str, digests: Sequence[str], columns: Sequence[str]) -> pl.DataFrame:
        """The values of photos, with their digest as `photo`; none of those that can't be read."""
        by_frame: dict[int, tuple[list[int], list[str]]] = {}
        for digest in digests:
            frame, row = self._places[name].get(digest, (-1, -1))
            if frame >= 0:
                places, found = by_frame.setdefault(frame, ([], []))
                places.append(row)
                found.append(digest)
        parts = [
            self._frames[frame][places].select(*columns, photo=pl.Series(found))
            for frame, (places, found) in by_frame.items()
        ]
        return pl.concat(parts) if parts else pl.DataFrame()


def _shown(shard: Shard) -> Iterator[tuple[int, _Shown]]:
    """Each photo that a record shows, and the record's place in the shard."""
    if "input.images" not in shard.fields:
        return
    first = 0
    try:
        with pq.ParquetFile(shard.path) as file:
            for batch in file.iter_batches(_ROWS, columns=["input.images"]):
                images = batch.column("input").field("images")
                values = images.flatten()
                data, paths = values.field("bytes"), values.field("path").to_pylist()
                owners = pc.list_parent_indices(images).to_pylist()
                for place, (owner, path) in enumerate(zip(owners, paths, strict=True)):
                    content = data[place].as_py()
                    if content is not None:
                        yield first + owner, _Shown(_digest(content), content)
                    elif path is not None:
                        yield first + owner, _Shown(path, None)
                first += len(batch)
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            shard.path, f"can't be read ({str(error).splitlines()[0]})", "Fetch or build it again."
        ) from None


def _digest(data: bytes) -> str:
    return "xxh3:" + xxhash.xxh3_128_hexdigest(data)
