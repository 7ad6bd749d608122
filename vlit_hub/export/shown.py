"""Which photos records show, and by which names samples give them, for each way of exporting photos."""

from __future__ import annotations

import abc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.errors import UsageError
from vlit_hub.export.conversations import fold
from vlit_hub.export.exporter import ImageMode
from vlit_hub.export.photos import PhotoShelf
from vlit_hub.export.records import Records
from vlit_hub.export.turns import ABSENT

__all__ = ["Shown", "aligned", "check_urls", "shown_by"]

_UNNAMED = "its photos have no file names"
_DRAWN = "its picture is a copy with a region drawn in, which only this machine has"
_NO_URL = "its photo has no URL"
_COPY = r"-box(?:-\d+){4}\.jpg$"  # as vlit_hub.photos.marking names copies

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


class Shown(abc.ABC):
    """Tells, of some records, the photos and what is wrong with them."""

    @abc.abstractmethod
    def counts(self, records: Records) -> Ints:
        """How many photos each record shows."""

    @abc.abstractmethod
    def look(self, records: Records, wanted: Mask) -> tuple[pl.Series, pl.Series, pl.Series]:
        """Look at the photos of the `wanted` records.

        Returns:
            Three columns of all records: the reason why a record's photos can't be exported, null if they can; the list of its
            photos' names; and the list of their files on this machine.
        """


class OnShelf(Shown):
    """Photos that lie in the export, or are embedded in it.

    Args:
        shelf: Places them.
        name: A photo's name in samples, made of its file's name.
    """

    def __init__(self, shelf: PhotoShelf, name: Callable[[str], str]) -> None:
        self._shelf = shelf
        self._name = name

    def counts(self, records: Records) -> Ints:
        """As many as `input.images` has."""
        return _lengths(records.frame["paths"])

    def look(self, records: Records, wanted: Mask) -> tuple[pl.Series, pl.Series, pl.Series]:
        """Place those that weren't placed yet."""
        counts = self.counts(records)
        named = _lengths(records.frame["image_ids"])
        owners = np.repeat(np.arange(len(counts)), counts)
        numbers = self._numbers(records, wanted[owners])
        distinct, which = np.unique(numbers, return_inverse=True)
        photos = [self._shelf.photos[number] if number >= 0 else None for number in distinct.tolist()]
        fault = pl.Series([ABSENT if one is None else one.fault for one in photos], dtype=pl.String()).gather(which)
        names = pl.Series([self._name(one.name) if one else None for one in photos], dtype=pl.String())
        files = pl.Series([one.file if one else None for one in photos], dtype=pl.String())
        reason = _first_of(fault, owners, len(counts))
        missing = pl.Series((counts == 0) & (named > 0))
        starts = np.concatenate([[0], np.cumsum(counts)])
        return (
            pl.select(pl.when(missing).then(pl.lit(ABSENT)).otherwise(reason)).to_series(),
            fold(names.gather(which), starts),
            fold(files.gather(which), starts),
        )

    def _numbers(self, records: Records, wanted: Mask) -> Ints:
        """The number of each photo on the shelf; -1 for those of records that aren't wanted, and where nothing is known."""
        paths = records.frame["paths"].explode(empty_as_null=False, keep_nulls=False)
        numbers = np.full(len(paths), -1, np.int64)
        embedded = np.zeros(len(paths), np.bool_)
        if records.data is not None:
            embedded = records.data.indices.is_valid().to_numpy(zero_copy_only=False)
            self._add_embedded(records, paths, embedded & wanted, numbers)
        rest = wanted & ~embedded & paths.is_not_null().to_numpy()
        if rest.any():
            given = paths.filter(pl.Series(rest))
            known = given.unique(maintain_order=True)
            numbers[rest] = given.replace_strict(
                known, pl.Series(self._shelf.numbers(known.to_list()), dtype=pl.Int64())
            ).to_numpy()
        return numbers

    def _add_embedded(self, records: Records, paths: pl.Series, rows: Mask, numbers: Ints) -> None:
        assert records.data is not None
        places = np.flatnonzero(rows)
        indices = records.data.indices.to_numpy(zero_copy_only=False)[places].astype(np.int64)
        distinct, first, which = np.unique(indices, return_index=True, return_inverse=True)
        found = np.empty(len(distinct), np.int64)
        names = records.frame["file_names"].explode(empty_as_null=False, keep_nulls=False)
        same = len(names) == len(paths)
        for number in np.argsort(first, kind="stable").tolist():
            place = int(places[first[number]])
            name = paths[place] or (names[place] if same else None)
            found[number] = self._shelf.number_of(records.data.dictionary[int(distinct[number])].as_py(), name)
        numbers[places] = found[which]


class ByName(Shown):
    """Photos that aren't exported, and are named as the annotations name them."""

    def counts(self, records: Records) -> Ints:
        """As many as images are named, whether or not their photos are here."""
        return _lengths(records.frame["image_ids"])

    def look(self, records: Records, wanted: Mask) -> tuple[pl.Series, pl.Series, pl.Series]:
        """Check that they have names."""
        frame = records.frame
        unnamed = pl.Series(_lengths(frame["file_names"]) != self.counts(records))
        unnamed |= frame["file_names"].list.eval(pl.element().is_null()).list.any()
        drawn = _drawn(frame)
        reason = pl.select(pl.when(unnamed).then(pl.lit(_UNNAMED)).when(drawn).then(pl.lit(_DRAWN))).to_series()
        return reason, frame["file_names"].cast(pl.List(pl.String())), _nothing(len(frame))


class ByUrl(Shown):
    """Photos on the web.

    Args:
        images: The dataset's images.parquet, or where it would be.
    """

    def __init__(self, images: Path) -> None:
        self._urls: pl.DataFrame | None = None
        if images.is_file():
            columns = ["image_key", "file_name", "url"]
            found = pl.read_parquet(images, columns=columns).drop_nulls("url")
            self._urls = found.unique(columns[:2], keep="first", maintain_order=True)

    def counts(self, records: Records) -> Ints:
        """As many as images are named, whether or not their photos are here."""
        return _lengths(records.frame["image_ids"])

    def look(self, records: Records, wanted: Mask) -> tuple[pl.Series, pl.Series, pl.Series]:
        """The URLs that records have, or the list of images."""
        frame = records.frame
        counts = self.counts(records)
        flat = pl.DataFrame(
            {
                "image_key": frame["image_ids"].explode(empty_as_null=False, keep_nulls=False),
                "file_name": aligned(frame["file_names"], counts),
                "path": aligned(frame["paths"], counts),
            }
        ).with_columns(url=pl.when(pl.col("path").str.contains(r"^https?://")).then("path"))
        if self._urls is not None:
            flat = flat.join(
                self._urls, on=["image_key", "file_name"], how="left", maintain_order="left", suffix="_listed"
            )
            flat = flat.with_columns(url=pl.coalesce("url", "url_listed"))
        owners = np.repeat(np.arange(len(counts)), counts)
        lacking = flat.select(pl.when(pl.col("url").is_null()).then(pl.lit(_NO_URL))).to_series()
        reason = pl.select(
            pl.when(_drawn(frame)).then(pl.lit(_DRAWN)).otherwise(_first_of(lacking, owners, len(counts)))
        )
        return reason.to_series(), fold(flat["url"], np.concatenate([[0], np.cumsum(counts)])), _nothing(len(frame))


def check_urls(images: Path) -> None:
    """Refuse an export by URL where no URL is known.

    Raises:
        UsageError: The dataset has no list of images.
    """
    if not images.is_file():
        raise UsageError(f"--images url: the photos' URLs aren't known, the dataset has no {images.name}.")


def _lengths(lists: pl.Series) -> Ints:
    lengths: Ints = lists.list.len().fill_null(0).cast(pl.Int64).to_numpy()
    return lengths


def _nothing(rows: int) -> pl.Series:
    return pl.repeat(None, rows, dtype=pl.List(pl.String()), eager=True)


def aligned(lists: pl.Series, counts: Ints) -> pl.Series:
    """The values of lists, one below the other: `counts` of each; nulls for a list that has more or less."""
    there = _lengths(lists) == counts
    values = lists.filter(pl.Series(there)).explode(empty_as_null=False, keep_nulls=False)
    place = np.full(int(counts.sum()), -1, np.int64)
    place[np.repeat(there, counts)] = np.arange(len(values))
    number = pl.Series(place)
    return values.gather(pl.select(pl.when(number >= 0).then(number)).to_series())


def _first_of(faults: pl.Series, owners: Ints, rows: int) -> pl.Series:
    """The first fault among each record's photos."""
    place = np.full(rows, -1, np.int64)
    faulty = faults.is_not_null().to_numpy().nonzero()[0][::-1]
    place[owners[faulty]] = faulty
    number = pl.Series(place)
    return faults.gather(pl.select(pl.when(number >= 0).then(number)).to_series())


def _drawn(frame: pl.DataFrame) -> pl.Series:
    """Whether a record shows a copy of its photo with a region drawn in."""
    return frame["paths"].list.eval(pl.element().str.contains(_COPY)).list.any().fill_null(False)


def shown_by(mode: ImageMode, shelf: PhotoShelf, name: Callable[[str], str], images: Path) -> Shown:
    """The way of a mode."""
    if mode == "none":
        return ByName()
    if mode == "url":
        return ByUrl(images)
    return OnShelf(shelf, name)
