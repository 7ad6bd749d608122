"""Drafts about one box: what it shows, what attributes it has, how it is described, where a phrase is."""

from __future__ import annotations

import polars as pl

from vlit_hub.drafting.boxes import region_structs
from vlit_hub.drafting.columns import annotation_keys, ones
from vlit_hub.frames import BOX
from vlit_hub.plugins.strategies.annotation_adaption.batch import Batch
from vlit_hub.plugins.strategies.annotation_adaption.pools import BOX_FORMAT, PoolSpec
from vlit_hub.wording.nouns import Labels
from vlit_hub.wording.tidying import one_end_mark, tidy_sentences, tidy_spaces

__all__ = [
    "ATTRIBUTE_POOL",
    "CAPTION_POOL",
    "CLASS_POOL",
    "PHRASE_POOL",
    "attribute",
    "caption_region",
    "classify",
    "refer_by_phrase",
]

_BOX = frozenset({"box"})
_CATEGORY = frozenset({"label", "a_label", "the_label"})

CLASS_POOL = PoolSpec(
    task="region_classification",
    subject=(_BOX,),
    needed=frozenset({BOX_FORMAT}),
    answer=(frozenset({"label", "a_label"}),),
    allowed=frozenset({"is"}),
)
ATTRIBUTE_POOL = PoolSpec(
    task="attribute_recognition",
    subject=(_BOX, _CATEGORY),
    needed=frozenset({BOX_FORMAT}),
    answer=(frozenset({"attributes", "attributes_and"}),),
    allowed=frozenset({"is"}),
)
CAPTION_POOL = PoolSpec(
    task="region_captioning",
    subject=(_BOX,),
    needed=frozenset({BOX_FORMAT}),
    answer=(frozenset({"phrase", "sentence"}),),
)
PHRASE_POOL = PoolSpec(
    task="referring_expression_comprehension",
    kind="phrase",
    subject=(frozenset({"phrase"}),),
    needed=frozenset({BOX_FORMAT}),
    answer=(_BOX,),
)

# Shorter than this on a side, an object is hard to tell even for people.
SMALLEST_SIDE = 10


def classify(batch: Batch) -> pl.DataFrame:
    """A draft an object: its category. Crowds aren't one object; objects under 10 pixels wide or high are rejected."""
    objects, boxes = batch.annotations.objects, batch.object_boxes
    columns = {"box": boxes.text, **batch.object_labels.columns(batch.placeholders(CLASS_POOL))}
    small = pl.lit(pl.Series((boxes.width < SMALLEST_SIDE) | (boxes.height < SMALLEST_SIDE)))
    reason = pl.coalesce(
        pl.lit(boxes.fault),
        pl.when(small).then(pl.lit(f"the box is under {SMALLEST_SIDE} pixels wide or high")),
    )
    drafts = pl.DataFrame(
        {
            "image_id": objects["image_id"],
            "key": annotation_keys(objects, "object_id"),
            **batch.write(CLASS_POOL, objects["image_id"], objects["object_id"], columns, boxes.text),
            "regions": ones(batch.object_regions),
            "sources": ones(objects["source"]),
        }
    )
    drafts = drafts.with_columns(granularity=pl.lit("region"), reject_reason=reason)
    crowd = objects["crowd"].fill_null(False)
    return drafts.filter(~crowd) if crowd.any() else drafts


def attribute(batch: Batch) -> pl.DataFrame:
    """A draft an object with attributes: all of them, in the order of the alphabet."""
    tidy = _by_distinct(batch.annotations.attributes["attribute"])
    described = (
        batch.annotations.attributes.with_columns(attribute=tidy)
        .filter(pl.col("attribute") != "")
        .group_by("image_id", "object_id", "source", maintain_order=True)
        .agg(pl.col("category", *BOX).first(), pl.col("attribute").unique().sort())
    )
    boxes = batch.boxes(described)
    labels = Labels(described["category"].fill_null("object"))
    attributes = described["attribute"].list.join(", ")
    columns = {
        "box": boxes.text,
        "attributes": attributes,
        "attributes_and": attributes.str.replace(r", ([^,]+)$", " and $1"),
        **labels.columns(batch.placeholders(ATTRIBUTE_POOL)),
    }
    subject = labels.form("label") + " " + boxes.text
    return pl.DataFrame(
        {
            "image_id": described["image_id"],
            "key": annotation_keys(described, "object_id"),
            **batch.write(ATTRIBUTE_POOL, described["image_id"], described["object_id"], columns, subject),
            "regions": ones(region_structs(described, labels.names)),
            "sources": ones(described["source"]),
            "reject_reason": boxes.fault,
        }
    ).with_columns(granularity=pl.lit("region"))


def caption_region(batch: Batch) -> pl.DataFrame:
    """A draft a region: the phrase that describes it."""
    regions = batch.annotations.regions
    phrase = _phrases(regions["phrase"])
    boxes = batch.boxes(regions)
    columns = {"box": boxes.text, "phrase": phrase, "sentence": tidy_sentences(phrase)}
    written = batch.write(CAPTION_POOL, regions["image_id"], regions["region_id"], columns, boxes.text)
    return pl.DataFrame(
        {
            "image_id": regions["image_id"],
            "key": annotation_keys(regions, "region_id"),
            **written,
            "response": one_end_mark(written["response"], phrase),
            "regions": ones(region_structs(regions, phrase)),
            "sources": ones(regions["source"]),
        }
    ).with_columns(granularity=pl.lit("region"), reject_reason=_phrase_fault(phrase, boxes.fault))


def refer_by_phrase(batch: Batch) -> pl.DataFrame:
    """A draft a region: its box. A phrase that describes several regions of its image is rejected."""
    regions = batch.annotations.regions
    phrase = _phrases(regions["phrase"])
    boxes = batch.boxes(regions)
    columns = {"phrase": phrase, "box": boxes.text}
    again = pl.DataFrame({"image": regions["image_id"], "phrase": phrase.str.to_lowercase()}).select(
        pl.struct("image", "phrase").is_duplicated()
    )
    several = pl.when(pl.lit(again.to_series())).then(pl.lit("the phrase describes several regions of the image"))
    return pl.DataFrame(
        {
            "image_id": regions["image_id"],
            "key": annotation_keys(regions, "region_id"),
            **batch.write(PHRASE_POOL, regions["image_id"], regions["region_id"], columns, phrase),
            "regions": ones(region_structs(regions, phrase)),
            "sources": ones(regions["source"]),
        }
    ).with_columns(reject_reason=pl.coalesce(_phrase_fault(phrase, boxes.fault), several))


def _by_distinct(attributes: pl.Series) -> pl.Series:
    """Attributes tidied: `soft/ fluffy ` becomes `soft/fluffy`. There are few distinct ones."""
    distinct = attributes.unique()
    tidy = tidy_spaces(distinct).str.replace_all(r" ?/ ?", "/").str.strip_chars("/")
    return attributes.replace_strict(distinct, tidy, return_dtype=pl.String())


def _phrases(phrases: pl.Series) -> pl.Series:
    """Phrases tidied, without a final period."""
    return tidy_spaces(phrases).str.strip_chars_end(" .,;:")


def _phrase_fault(phrase: pl.Series, box_fault: pl.Series) -> pl.Expr:
    wordless = pl.when(pl.lit(~phrase.str.contains(r"\p{L}"))).then(pl.lit("the phrase has no words"))
    return pl.coalesce(wordless, pl.lit(box_fault))
