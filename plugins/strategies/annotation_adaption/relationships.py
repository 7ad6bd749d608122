"""Visual relationships: how two objects relate."""

from __future__ import annotations

import polars as pl

from vlit_hub.drafting.boxes import region_structs
from vlit_hub.drafting.columns import annotation_keys
from vlit_hub.plugins.strategies.annotation_adaption.batch import Batch
from vlit_hub.plugins.strategies.annotation_adaption.pools import BOX_FORMAT, PoolSpec
from vlit_hub.wording.tidying import tidy_spaces

__all__ = ["POOL", "relate"]

POOL = PoolSpec(
    task="visual_relationship",
    subject=(frozenset({"subject"}), frozenset({"subject_box"}), frozenset({"object"}), frozenset({"object_box"})),
    needed=frozenset({BOX_FORMAT}),
    answer=(frozenset({"predicate"}),),
)


def relate(batch: Batch) -> pl.DataFrame:
    """A draft a relationship: the predicate between two objects that are named and given by boxes."""
    relationships = batch.annotations.relationships
    boxes = {role: batch.boxes(relationships, f"{role}_") for role in ("subject", "object")}
    columns = {
        "subject": tidy_spaces(relationships["subject"]),
        "object": tidy_spaces(relationships["object"]),
        "subject_box": boxes["subject"].text,
        "object_box": boxes["object"].text,
        "predicate": tidy_spaces(relationships["predicate"]).str.to_lowercase(),
    }
    pair = pl.concat_str(columns["subject"], boxes["subject"].text, separator=" ")
    other = pl.concat_str(columns["object"], boxes["object"].text, separator=" ")
    subject = pl.select(pl.concat_str(pair, other, separator=", ")).to_series()
    regions = [region_structs(relationships, columns[role], f"{role}_") for role in ("subject", "object")]
    unnamed = pl.any_horizontal(pl.lit(columns[name] == "") for name in ("subject", "object", "predicate"))
    reason = pl.coalesce(
        pl.when(unnamed).then(pl.lit("subject, object or predicate is empty")),
        *(pl.lit(boxes[role].fault) for role in ("subject", "object")),
    )
    return pl.DataFrame(
        {
            "image_id": relationships["image_id"],
            "key": annotation_keys(relationships, "relationship_id"),
            **batch.write(POOL, relationships["image_id"], relationships["relationship_id"], columns, subject),
            "regions": pl.select(pl.concat_list(regions)).to_series(),
            "sources": relationships["source"],
        }
    ).with_columns(granularity=pl.lit("region"), sources=pl.concat_list("sources"), reject_reason=reason)
