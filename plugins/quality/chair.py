"""CHAIR: how much of what a dataset's responses name isn't in the images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Overall

__all__ = ["Chair"]


class Chair(Overall):
    """Hallucinated objects of all records (Rohrbach et al. 2018, Object Hallucination in Image Captioning, section 2.1):

        chair_i = hallucinated categories / categories named        (summed over records)
        chair_s = records with a hallucinated category / records that name a category

    The paper divides `chair_s` by all captions, nearly all of which name an object; records that name none (boxes, numbers) would
    only dilute it here. A category counts once a record. What is hallucinated is stricter than in the paper, so these numbers are
    lower than its own would be on the same texts: see `object_claims`. None where no image is annotated exhaustively.
    """

    name = "chair"
    principle = 2
    measures = (
        "Share of the categories named that are claimed and not in the image, share of records with such a one, and how"
        " many records name a category."
    )
    backend = "annotations"
    reads = ("objects_named", "objects_unsupported")
    columns = {"chair_i": pa.float64(), "chair_s": pa.float64(), "chair_records": pa.int64()}

    def summarise(self, records: pl.DataFrame, options: Any) -> Mapping[str, float | int | None]:
        """Of the records whose responses name a category that was looked for."""
        naming = records.filter(pl.col("objects_named") > 0)
        wrong = naming["objects_unsupported"].list.len()
        named = int(naming["objects_named"].sum())
        return {
            "chair_i": int(wrong.sum()) / named if named else None,
            "chair_s": int((wrong > 0).sum()) / len(naming) if len(naming) else None,
            "chair_records": len(naming),
        }
