"""Photos that are nearly the same."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.quality.groups import connected
from vlit_hub.quality.indicator import Collective, IndicatorOptions

__all__ = ["ImageCopies"]

_BITS = 64
_Ints = npt.NDArray[np.int64]


class _Options(IndicatorOptions):
    distance: int = pydantic.Field(
        3, ge=0, le=7, description="Photos whose hashes differ in at most so many of 64 bits are copies."
    )


class ImageCopies(Collective):
    """Copies of a photo under other image ids, by difference hashes within a Hamming distance (3 of 64 bits).

    image_copies = other photos in the record's group; image_copy_rank = 0 for one photo of each group (the one with the
    smallest id), 1, 2, ... for the others, so that `image_copy_rank == 0` keeps one of each. All records of a photo have its
    values. Every pair within the distance is found: two hashes that differ in d bits agree in at least one of d + 1 parts, and
    only those that agree in one are compared (Norouzi et al. 2012). Groups are chains of pairs. Plain photos may be taken for
    copies.
    """

    name = "image_copies"
    principle = 6
    measures = (
        "Nearly equal photos under other image ids, and the photo's rank among them (0 for one of each "
        "group), by a perceptual hash."
    )
    backend = "NumPy"
    reads = ("source.image_ids", "image_hash")
    columns = {"image_copies": pa.int32(), "image_copy_rank": pa.int32()}
    Options = _Options

    def compare(self, records: pl.DataFrame, options: _Options) -> pl.DataFrame:
        """Null for records without a photo that can be read. Of several photos, the one with most copies counts."""
        shown = (
            records.select(row=pl.int_range(pl.len()), id="source.image_ids", hash="image_hash")
            .filter(pl.col("id").list.len() == pl.col("hash").list.len())
            .explode("id", "hash", empty_as_null=True, keep_nulls=True)
            .drop_nulls()
        )
        photos = shown.select("id", "hash").unique().sort(pl.col("id").str.len_bytes(), "id", "hash")
        hashes, places = np.unique(photos["hash"].to_numpy(), return_inverse=True)
        groups = connected(len(hashes), *_pairs(hashes, options.distance))[places]
        photos = photos.with_columns(group=groups).with_columns(
            image_copies=pl.len().over("group") - 1, image_copy_rank=pl.int_range(pl.len()).over("group")
        )
        worst = (
            shown.join(photos, on=("id", "hash")).group_by("row").agg(pl.col("image_copies", "image_copy_rank").max())
        )
        rows = pl.DataFrame({"row": np.arange(len(records))})
        return rows.join(worst, on="row", how="left", maintain_order="left").drop("row")


def _pairs(hashes: npt.NDArray[np.uint64], distance: int) -> tuple[_Ints, _Ints]:
    """All pairs of hashes that differ in at most `distance` bits."""
    left, right = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    edges = np.linspace(0, _BITS, distance + 2).astype(int)
    for start, stop in itertools.pairwise(edges):
        part = (hashes >> np.uint64(start)) & np.uint64((1 << int(stop - start)) - 1)
        order = np.argsort(part, kind="stable")
        part, ordered = part[order], hashes[order]
        for step in range(1, len(hashes)):
            same = np.flatnonzero(part[step:] == part[:-step])
            if not len(same):
                break
            near = same[np.bitwise_count(ordered[same] ^ ordered[same + step]) <= distance]
            left.append(order[near])
            right.append(order[near + step])
    return np.concatenate(left), np.concatenate(right)
