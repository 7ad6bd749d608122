"""Objects grouped by image and category, where all are known: what detection, counting and referring are about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.drafting.columns import Ints, run_starts
from vlit_hub.frames import Annotations
from vlit_hub.wording.nouns import Labels

__all__ = ["ObjectGroups", "exhaustive_sources", "group_objects"]

_MAX_COLUMN = (1 << 16) - 1  # pixel columns beyond it are sorted as if they were this one


@dataclass(frozen=True)
class ObjectGroups:
    """Groups that hold all objects of their category in their image, in the order of image and category.

    Attributes:
        rows: Rows of the objects, group after group, within a group from left to right.
        starts: Where each group begins in `rows`.
        counts: How many objects it has.
        image_id: Its image.
        source: The annotation source that its objects are from.
        labels: Its category.
    """

    rows: Ints
    starts: Ints
    counts: Ints
    image_id: pl.Series
    source: pl.Series
    labels: Labels

    def select(self, chosen: npt.NDArray[np.bool_]) -> ObjectGroups:
        """Some of the groups."""
        which = np.flatnonzero(chosen)
        rows = self.rows[np.repeat(chosen, self.counts)]
        counts = self.counts[which]
        return ObjectGroups(
            rows,
            np.cumsum(counts) - counts,
            counts,
            self.image_id[which],
            self.source[which],
            self.labels.gather(which),
        )


def group_objects(objects: pl.DataFrame, labels: Labels, rejected: pl.DataFrame) -> ObjectGroups:
    """The groups that are complete: annotated exhaustively, and without a crowd, whose number nobody knows.

    Where several sources annotate a category in an image completely, the first by name counts.

    Args:
        objects: Sorted by `image_id`.
        labels: Their categories.
        rejected: What sources left out: nothing of theirs in that image is complete.
    """
    image = np.zeros(len(objects), np.int64)
    image[run_starts(objects["image_id"].to_numpy())] = 1
    sources = Labels(objects["source"])
    pair = np.cumsum(image) * max(len(labels), 1) + labels.codes
    group = pair * max(len(sources), 1) + sources.codes
    # One sort of one number: the group, and within it the pixel column of the left side.
    column = objects["x1"].fill_null(0).clip(0, _MAX_COLUMN).cast(pl.Int64()).to_numpy()
    rows = np.argsort(group << 16 | column, kind="stable")
    starts = run_starts(group[rows])
    partial = objects.select(pl.col("crowd").fill_null(False) | ~pl.col("exhaustive").fill_null(False)).to_series()
    if len(rejected):
        left_out = rejected.select("image_id", "source", left_out=True).unique()
        beside = objects.select("image_id", "source").join(
            left_out, ["image_id", "source"], "left", maintain_order="left"
        )
        partial |= beside["left_out"].fill_null(False)
    partial_before = np.append(0, np.cumsum(partial.to_numpy()[rows]))
    ends = np.append(starts[1:], len(rows)).astype(np.int64)
    complete = np.flatnonzero(partial_before[ends] == partial_before[starts])
    chosen = np.zeros(len(starts), np.bool_)
    chosen[complete[run_starts(pair[rows[starts[complete]]])]] = True
    heads = rows[starts]
    everything = ObjectGroups(
        rows,
        starts,
        ends - starts,
        objects["image_id"][heads],
        objects["source"][heads],
        labels.gather(heads),
    )
    return everything.select(chosen)


def exhaustive_sources(annotations: Annotations) -> list[str]:
    """The sources that annotate all objects of their categories, in the order of the alphabet.

    Not so a source that says of any object that others like it may lack, and one that verifies absence category by category.
    """
    objects, images = annotations.objects, annotations.images
    image = images["image_id"].search_sorted(objects["image_id"])
    exhaustive = images["exhaustive"].fill_null(False)[image]
    partial = objects["source"].filter(~objects["exhaustive"].fill_null(False))
    sources = objects["source"].filter(exhaustive).unique().sort()
    return sources.filter(
        ~sources.is_in(pl.concat([partial, annotations.absent["source"]]).unique().implode())
    ).to_list()
