"""The join: the frames of all sources become one row an image, and everything else hangs on its integer id.

Years and file-name styles don't matter: `COCO_train2014_000000000009.jpg` of one source and `000000000009.jpg` of another
are image 9. Where sources differ about an image, the one named first in the builder wins; an image is in one split only, so
that nothing of a training image is left in the validation split.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from vlit_hub.frames import BOX, SCHEMAS, Annotations, empty

__all__ = ["Joined", "join"]

DEFAULT_SPLIT = "train"

# What orders the rows of a frame beyond the image, so that they don't depend on the order of the files.
_ORDER = {
    "captions": ["caption_id"],
    "objects": ["object_id"],
    "absent": ["category"],
    "questions": ["question_id"],
    "texts": ["text_id"],
    "attributes": ["object_id", "attribute"],
    "relationships": ["relationship_id"],
    "regions": ["region_id"],
    "rejected": ["what"],
}


@dataclass(frozen=True)
class Joined:
    """The joined annotations, and what the join had to settle.

    Attributes:
        annotations: One row an image, all frames sorted by `image_id`.
        counts: How many images had what settled: `split_conflicts` (sources name different splits), ...
    """

    annotations: Annotations
    counts: dict[str, int] = field(default_factory=dict)


def join(frames: dict[str, pl.DataFrame], order: Sequence[str]) -> Joined:
    """Join the sources' frames.

    Args:
        frames: All sources' frames by kind, gathered (`vlit_hub.frames.gather`). They are taken out, so that none is in memory
            twice.
        order: Names of sources; where two differ about an image, the earlier one wins.
    """
    whole = {kind: frames.pop(kind, empty(kind)) for kind in SCHEMAS}
    whole["objects"], whole["attributes"], orphans = _attach_attributes(whole["objects"], whole["attributes"])
    whole["rejected"] = pl.concat([whole["rejected"], orphans])
    images, counts = _images(whole, order)
    whole["images"] = images
    for kind, keys in _ORDER.items():
        whole[kind] = _sorted(whole[kind], keys)
    return Joined(Annotations.of(whole), counts)


def _images(whole: Mapping[str, pl.DataFrame], order: Sequence[str]) -> tuple[pl.DataFrame, dict[str, int]]:
    """One row an image that any source mentions, sorted by id."""
    everyone = pl.concat([whole["images"], _unlisted(whole)], how="diagonal_relaxed")
    present = everyone["source"].unique().to_list()
    ranked = [name for name in order if name in present] + sorted(name for name in present if name not in order)
    images = everyone.clear().with_columns(conflict=pl.lit(False))
    for name in ranked:
        rows = everyone.filter(pl.col("source") == name).sort("image_id", "split", "file_name", nulls_last=True)
        rows = rows.unique("image_id", keep="first", maintain_order=True)
        images = _coalesce(images, rows)
    images = images.sort("image_id").with_columns(
        pl.col("split").fill_null(DEFAULT_SPLIT), pl.col("exhaustive").fill_null(False)
    )
    conflicts = int(images["conflict"].sum())
    return images.select(SCHEMAS["images"].names()), {"split_conflicts": conflicts}


def _unlisted(whole: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Images that a source annotates without listing them, as VQA does: known by id and split alone."""
    listed = whole["images"].select("image_id", "source")
    mentions = [listed.clear().with_columns(split=pl.lit(None, dtype=pl.String()))]
    for kind, frame in whole.items():
        if kind not in ("images", "rejected"):
            for (source,), rows in (
                frame.select("image_id", "source", "split").drop_nulls("image_id").group_by("source")
            ):
                own = listed.filter(pl.col("source") == source)
                mentions.append(
                    rows.join(own, on="image_id", how="anti").unique().select("image_id", "source", "split")
                )
    return pl.concat(mentions).unique().with_columns(image_key=pl.col("image_id").cast(pl.String()))


def _coalesce(images: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """`images`, with what it doesn't say filled in from `rows`."""
    both = images.join(rows, on="image_id", how="full", coalesce=True, suffix="_new")
    names = [name for name in SCHEMAS["images"] if name != "image_id"]
    return both.with_columns(
        *(pl.coalesce(name, f"{name}_new") for name in names if name != "exhaustive"),
        exhaustive=pl.any_horizontal("exhaustive", "exhaustive_new"),
        conflict=pl.col("conflict").fill_null(False) | (pl.col("split") != pl.col("split_new")).fill_null(False),
    ).select(images.columns)


def _sorted(frame: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Rows by image, then by what tells them apart; comparing names of sources is dear, and mostly there is one."""
    by = ["image_id", *(["source"] if frame["source"].n_unique() > 1 else []), *keys]
    return frame.sort(by, nulls_last=True)


def _attach_attributes(
    objects: pl.DataFrame, attributes: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Fill image, category and box of attributes that name only a COCO object, and set aside those whose object is unknown."""
    loose = attributes.filter(pl.col("image_id").is_null())
    if loose.is_empty():
        return objects, attributes, empty("rejected")
    filled = ["image_id", "category", *BOX]
    owners = objects.filter(pl.col("source") == "coco_instances").select("object_id", *filled).unique("object_id")
    found = loose.drop(filled).join(owners, on="object_id", how="left")
    orphans = (
        found.filter(pl.col("image_id").is_null())
        .select(
            "image_id",
            "source",
            "split",
            what=pl.format("attributes of object {}", "object_id"),
            reason=pl.lit("no instances file lists the object"),
        )
        .unique()
        .select(SCHEMAS["rejected"].names())
    )
    kept = found.drop_nulls("image_id").select(attributes.columns)
    return objects, pl.concat([attributes.drop_nulls("image_id"), kept]), orphans
