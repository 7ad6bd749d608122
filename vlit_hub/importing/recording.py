"""Checked conversations as records, a column at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from vlit_hub.records import schema, validate

__all__ = ["STRATEGY", "Recorder", "distinct_ids"]

STRATEGY = "imported"
"""What records have as their strategy: how they were made isn't known here."""

_Bools = npt.NDArray[np.bool_]


def distinct_ids(ids: Sequence[str], numbers: Sequence[int], stem: str) -> list[str]:
    """An id of its own for each conversation: the file's where no other has it, else that with a count.

    Args:
        ids: The file's; empty where there is none.
        numbers: The conversations' places in the file, which name those without id.
        stem: Stands before these.
    """
    own = pl.Series("id", ids, pl.String())
    frame = pl.DataFrame({"id": own, "number": pl.Series(numbers, dtype=pl.Int64())})
    alone = (pl.len().over("id") == 1) & (pl.col("id") != "")
    count = pl.int_range(1, pl.len() + 1).over("id")
    made = frame.select(
        id=pl.when(alone)
        .then("id")
        .when(pl.col("id") == "")
        .then(pl.format("{}-{}", pl.lit(stem), "number"))
        .otherwise(pl.format("{}-{}", "id", count)),
        alone=alone,
    )
    if made["id"].n_unique() == len(made):
        return made["id"].to_list()
    taken = set(made.filter("alone")["id"])  # "7-1" may be the file's own id of another conversation
    found = []
    for name, is_own in made.iter_rows():
        while not is_own and name in taken:
            name += "x"
        taken.add(name)
        found.append(name)
    return found


@dataclass
class Recorder:
    """Makes records of staged conversations.

    Attributes:
        photos: What is known of each photo (`RESOLVED`).
        ids: Of the conversations, in the order that they are staged.
        dataset: What records have in `source.datasets`.
        license: Of the texts.
        image_license: Of the photos; null if nobody says.
        embed: Put the content of photo files into the records.
        boxes: How many boxes became regions, and how many didn't, and why.
    """

    photos: pl.DataFrame
    ids: Sequence[str]
    dataset: str
    license: str
    image_license: str | None
    embed: bool = False
    boxes: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("boxes_as_regions", "boxes_without_size", "boxes_of_several_photos", "boxes_outside"), 0
        )
    )

    def record(self, staged: pa.Table, first: int) -> tuple[pa.Table, list[tuple[int, str]]]:
        """Records of a staged part.

        Args:
            staged: Of `STAGED`.
            first: How many conversations were staged before it.

        Returns:
            The records, and the place in the part and the fault of each conversation whose photos can't be used.
        """
        ids = list(self.ids[first : first + len(staged)])
        known = self._known(staged)
        owners = known["owner"].to_numpy()
        faulty = known.filter(pl.col("fault").is_not_null()).unique("owner", keep="first", maintain_order=True)
        faults = [(int(owner), f"photo: {fault}") for owner, fault in faulty.select("owner", "fault").iter_rows()]
        good = np.ones(len(staged), np.bool_)
        good[faulty["owner"].to_numpy()] = False
        lacking = np.zeros(len(staged), np.bool_)  # one photo of several that is missing would leave the wrong ones
        lacking[owners[(known["photo"].is_null() & known["data"].is_null()).to_numpy()]] = True
        regions = self._regions(staged, known, good)
        table = pa.table(
            {
                "id": pa.array(ids, pa.string()),
                "instruction": staged["instruction"],
                "input": self._input(staged, known, lacking | ~good),
                "response": staged["response"],
                "history": staged["history"],
                "regions": regions,
                "task": staged["task"],
                "granularity": _granularity(staged, regions),
                "strategy": _constant(STRATEGY, len(staged)),
                "source": self._source(known, len(staged)),
                "generation": pa.nulls(len(staged), schema().field("generation").type),
                "quality": _no_quality(len(staged)),
            }
        ).cast(schema())
        records = table.filter(pa.array(good)) if faults else table
        validate(records)
        return records, faults

    def photo_bytes(self, staged: pa.Table) -> npt.NDArray[np.int64]:
        """How many bytes of photos each conversation's record will have."""
        known = self._known(staged)
        sizes = known["photo_bytes"].fill_null(0).to_numpy()
        found = np.bincount(known["owner"].to_numpy(), weights=sizes, minlength=len(staged))
        return found.astype(np.int64)

    def _known(self, staged: pa.Table) -> pl.DataFrame:
        """A row a photo of a conversation: whose it is, its content if it was in the file, and what is known of it."""
        lists = staged["photos"].combine_chunks()
        cells = lists.flatten()
        shown = pl.DataFrame(
            {
                "owner": pl.Series(pc.list_parent_indices(lists)).cast(pl.Int64()),
                "name": pl.Series(cells.field("name"), dtype=pl.String()),
                "data": pl.Series(cells.field("data"), dtype=pl.Binary()),
            }
        )
        return shown.join(self.photos, on="name", how="left", maintain_order="left")

    def _input(self, staged: pa.Table, known: pl.DataFrame, without: _Bools) -> pa.Array:
        kind = schema().field("input").type
        shown = known.filter(pl.Series(~without).gather(known["owner"]))
        held = pl.col("data").is_not_null()
        paths = shown.select(pl.when(held).then("file_name").otherwise("photo")).to_series()
        data = shown["data"]
        if self.embed:
            contents = [
                content if content is not None else _content(path)
                for content, path in zip(data.to_list(), paths.to_list(), strict=True)
            ]
            data = pl.Series(contents, dtype=pl.Binary())
            paths = pl.Series([Path(path).name if not _is_address(path) else path for path in paths], dtype=pl.String())
        cells = pa.StructArray.from_arrays(
            [data.to_arrow().cast(pa.binary()), paths.to_arrow().cast(pa.string())],
            fields=list(kind.field("images").type.value_type),
        )
        images = pa.ListArray.from_arrays(_offsets(shown["owner"], len(staged)), cells, type=kind.field("images").type)
        return pa.StructArray.from_arrays([images, staged["text"].combine_chunks()], fields=list(kind))

    def _source(self, known: pl.DataFrame, rows: int) -> pa.Array:
        kind = schema().field("source").type
        offsets = _offsets(known["owner"], rows)

        def lists(column: str) -> pa.Array:
            return pa.ListArray.from_arrays(offsets, known[column].to_arrow().cast(pa.string()))

        named = pa.ListArray.from_arrays(pa.array(np.arange(rows + 1), pa.int32()), _constant(self.dataset, rows))
        parts = {
            "datasets": named,
            "image_ids": lists("image_key"),
            "file_names": lists("file_name"),
            "license": _constant(self.license, rows),
            "image_license": _constant(self.image_license, rows),
        }
        return pa.StructArray.from_arrays([parts[one.name].cast(one.type) for one in kind], fields=list(kind))

    def _regions(self, staged: pa.Table, known: pl.DataFrame, good: _Bools) -> pa.Array:
        """Boxes in pixels, where the photo's size is known (or the file gives pixels), of photos that can be told."""
        kind = schema().field("regions").type
        lists = staged["boxes"].combine_chunks()
        boxes = lists.flatten()
        if not len(boxes):
            return pa.ListArray.from_arrays(
                pa.array(np.zeros(len(staged) + 1), pa.int32()), pa.nulls(0, kind.value_type)
            )
        owners = pc.list_parent_indices(lists).to_numpy()
        image = boxes.field("image").to_numpy()
        share = boxes.field("share").to_numpy(zero_copy_only=False)
        counts = np.bincount(known["owner"].to_numpy(), minlength=len(staged))
        firsts = np.cumsum(counts) - counts
        there = (image >= 0) & (image < counts[owners])
        # texts don't say which of several photos a box is in
        several = ~there | ((image == 0) & (counts[owners] > 1) & share)
        place = np.where(there, firsts[owners] + image, 0)
        sizes = np.full((len(boxes), 2), np.nan)
        if len(known):
            sizes = known.select(pl.col("width", "height").cast(pl.Float64()).fill_null(float("nan"))).to_numpy()[place]
        unsized = np.isnan(sizes).any(axis=1) & share
        scale = np.where(share[:, None], np.tile(sizes, 2), 1.0)
        sides = boxes.field("sides").flatten().to_numpy().reshape(-1, 4) * scale
        limit = np.where(np.isnan(sizes), np.inf, sizes)
        slack = 0.01 * np.where(np.isinf(limit), 0, limit)  # numbers were rounded
        with np.errstate(invalid="ignore"):
            inside = (sides[:, :2] >= -slack).all(axis=1) & (sides[:, 2:] <= limit + slack).all(axis=1)
            inside &= (sides[:, :2] <= sides[:, 2:]).all(axis=1) & np.isfinite(sides).all(axis=1)
        keep = ~several & ~unsized & inside
        counted = good[owners]
        for what, which in (
            ("boxes_as_regions", keep),
            ("boxes_of_several_photos", several),
            ("boxes_without_size", ~several & unsized),
            ("boxes_outside", ~several & ~unsized & ~inside),
        ):
            self.boxes[what] += int(np.count_nonzero(which & counted))
        sides = np.clip(sides[keep], 0, np.tile(limit[keep], 2)).astype(np.float32)
        found = pa.StructArray.from_arrays(
            [
                pa.array(image[keep], pa.int32()),
                pa.FixedSizeListArray.from_arrays(pa.array(sides.reshape(-1)), type=kind.value_type.field("bbox").type),
                boxes.field("label").filter(pa.array(keep)),
            ],
            fields=list(kind.value_type),
        )
        return pa.ListArray.from_arrays(_offsets(pl.Series(owners[keep]), len(staged)), found, type=kind)

    def resolved(self) -> pl.DataFrame:
        """The images, for images.parquet."""
        base = pl.col("photo").str.extract(r"([^/\\]+)$")
        return self.photos.filter(pl.col("fault").is_null()).select(
            "image_key",
            "file_name",
            "width",
            "height",
            pl.lit(self.image_license, pl.String()).alias("license"),
            "url",
            pl.when(pl.col("photo").ne_missing(pl.col("url"))).then(base).alias("photo"),
        )


def _granularity(staged: pa.Table, regions: pa.Array) -> pa.Array:
    """Interleaved where photos stand among the texts; else what the file tells; else about regions where boxes are known."""
    told = staged["granularity"].combine_chunks()
    region = pc.greater(pc.list_value_length(regions), 0)
    return pc.if_else(pc.equal(told, ""), pc.if_else(region, "region", "global"), told)


def _no_quality(rows: int) -> pa.Array:
    kind = schema().field("quality").type
    return pa.StructArray.from_arrays([pa.nulls(rows, one.type) for one in kind], fields=list(kind))


def _constant(value: str | None, rows: int) -> pa.Array:
    return pa.nulls(rows, pa.string()) if value is None else pa.repeat(pa.scalar(value), rows)


def _offsets(owners: pl.Series, rows: int) -> pa.Array:
    counts = np.bincount(owners.to_numpy(), minlength=rows)
    return pa.array(np.concatenate([[0], np.cumsum(counts)]), pa.int32())


def _is_address(path: str) -> bool:
    return path.startswith(("http://", "https://"))


def _content(path: str) -> bytes | None:
    """A photo file's content; nothing for one on the web."""
    return None if _is_address(path) else Path(path).read_bytes()
