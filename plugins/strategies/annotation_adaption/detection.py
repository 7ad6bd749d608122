"""Detection, counting and referring by category: drafts about all objects of a category in an image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.drafting.columns import WHOLE_IMAGE, Ints, lists, ones, run_starts
from vlit_hub.drafting.groups import ObjectGroups
from vlit_hub.plugins.strategies.annotation_adaption.batch import Batch
from vlit_hub.plugins.strategies.annotation_adaption.pools import BOX_FORMAT, PoolSpec
from vlit_hub.wording.nouns import number_word

__all__ = [
    "ALL_POOL",
    "CATEGORY_POOL",
    "COUNT_POOL",
    "REFER_POOL",
    "count",
    "detect_all",
    "detect_category",
    "refer_to_category",
]

_CATEGORY = frozenset({"label", "a_label", "the_label", "labels"})
_VERBS = frozenset({"is", "Is", "are"})

CATEGORY_POOL = PoolSpec(
    task="object_detection",
    kind="category",
    subject=(_CATEGORY,),
    needed=frozenset({BOX_FORMAT}),
    answer=(frozenset({"boxes"}),),
    allowed=_VERBS | {"found", "verb"},
)
ALL_POOL = PoolSpec(
    task="object_detection",
    kind="all",
    subject=(frozenset({"categories"}),),
    needed=frozenset({BOX_FORMAT}),
    answer=(frozenset({"objects"}),),
)
COUNT_POOL = PoolSpec(
    task="object_counting",
    subject=(_CATEGORY,),
    answer=(frozenset({"count", "counted"}),),
    allowed=_VERBS | {"verb"},
)
REFER_POOL = PoolSpec(
    task="referring_expression_comprehension",
    kind="category",
    subject=(_CATEGORY,),
    needed=frozenset({BOX_FORMAT}),
    answer=(frozenset({"box"}),),
    allowed=_VERBS,
)


def detect_category(batch: Batch) -> pl.DataFrame:
    """A draft an image and category: the boxes of all its objects, from left to right."""
    groups = batch.complete_groups
    columns = {"boxes": batch.complete_boxes, **_said(batch, CATEGORY_POOL, groups)}
    drafts = _drafts(batch, CATEGORY_POOL, groups, columns)
    return drafts.with_columns(
        regions=_regions(batch, groups), reject_reason=_faults(batch, groups.rows, groups.starts)
    )


def refer_to_category(batch: Batch) -> pl.DataFrame:
    """A draft an image and category with one object in the image: its box."""
    groups = batch.complete_groups.select(batch.complete_groups.counts == 1)
    columns = {"box": batch.object_boxes.text[groups.rows], **_said(batch, REFER_POOL, groups)}
    drafts = _drafts(batch, REFER_POOL, groups, columns)
    return drafts.with_columns(
        regions=_regions(batch, groups), reject_reason=_faults(batch, groups.rows, groups.starts)
    )


def count(batch: Batch) -> pl.DataFrame:
    """A draft an image and category: the number of its objects."""
    groups = batch.complete_groups.select(batch.complete_groups.labels.countable())
    columns = {"count": pl.Series(groups.counts).cast(pl.String()), **_said(batch, COUNT_POOL, groups)}
    return _drafts(batch, COUNT_POOL, groups, columns)


def detect_all(batch: Batch) -> pl.DataFrame:
    """A draft an image with several categories: the boxes of all objects of them, a category a line.

    The instruction names the categories, since objects of others may be in the image: nobody looked for them.
    """
    everything = batch.complete_groups
    image_starts = run_starts(everything.image_id.to_numpy())
    categories = np.diff(image_starts, append=len(everything.image_id))
    several = np.repeat(categories > 1, categories)
    groups = everything.select(several)
    label = groups.labels.form("label")
    lines = pl.select(pl.concat_str(label, pl.lit(": "), batch.complete_boxes.filter(pl.Series(several)))).to_series()
    image_starts = run_starts(groups.image_id.to_numpy())
    object_starts = groups.starts[image_starts]
    image_id = groups.image_id[image_starts]
    named = lists(label, image_starts).list.join(", ")
    columns = {"objects": lists(lines, image_starts).list.join("\n"), "categories": named}
    return pl.DataFrame(
        {
            "image_id": image_id,
            "key": pl.repeat(WHOLE_IMAGE, len(image_id), eager=True),
            **batch.write(ALL_POOL, image_id, image_id, columns, named),
            "regions": lists(batch.object_regions[groups.rows], object_starts),
            "sources": lists(groups.source, image_starts).list.unique(maintain_order=True),
            "reject_reason": _faults(batch, groups.rows, object_starts),
        }
    )


def _drafts(batch: Batch, spec: PoolSpec, groups: ObjectGroups, columns: dict[str, pl.Series]) -> pl.DataFrame:
    labels = groups.labels
    return pl.DataFrame(
        {
            "image_id": groups.image_id,
            "key": labels.names,
            **batch.write(spec, groups.image_id, labels.keys, columns, labels.form("label")),
            "sources": ones(groups.source),
        }
    )


def _said(batch: Batch, spec: PoolSpec, groups: ObjectGroups) -> dict[str, pl.Series]:
    """The placeholders that say the category, and those that agree with the number of objects."""
    wanted = batch.placeholders(spec)
    labels, single = groups.labels, groups.counts == 1
    said = labels.columns(wanted)
    if wanted & {"found", "counted"}:
        said["found"] = _either(single, labels.form("one"), labels.form("labels"))
    if "counted" in wanted:
        most = int(groups.counts.max(initial=0))
        words = pl.Series([number_word(number) for number in range(most + 1)])
        said["counted"] = words[groups.counts] + " " + said["found"]
    if "verb" in wanted:
        said["verb"] = _either(single, labels.form("is_"), labels.form("are"))
    return said


def _either(condition: npt.NDArray[np.bool_], yes: pl.Series, no: pl.Series) -> pl.Series:
    rows = np.arange(len(condition))
    return pl.concat([yes, no])[np.where(condition, rows, rows + len(rows))]


def _regions(batch: Batch, groups: ObjectGroups) -> pl.Series:
    return lists(batch.object_regions[groups.rows], groups.starts)


def _faults(batch: Batch, rows: Ints, starts: Ints) -> pl.Series:
    """Why one of a draft's boxes can't be written."""
    faults = batch.object_boxes.fault
    if faults.null_count() == len(faults):
        return pl.repeat(None, len(starts), dtype=pl.String(), eager=True)
    return lists(faults[rows], starts).list.drop_nulls().list.first()
