"""Objects that a record claims and its image doesn't have."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Individual

__all__ = ["HallucinatedObjects"]


class HallucinatedObjects(Individual):
    """Categories of COCO that the responses claim and no annotation of the image supports, and their share of those named:

        hallucinated_share = hallucinated categories / categories named

    CHAIR_i of one record (Rohrbach et al. 2018, Object Hallucination in Image Captioning, equation 1), with distinct categories
    for mentions. What counts as named, claimed and supported is in `object_claims`. Null where the image's objects weren't
    annotated exhaustively; the share also where the responses name no category.

    As good as the annotations are complete: annotators miss small things and the 21st chair, and COCO's 80 categories are all
    that is looked at. English only.
    """

    name = "hallucinated_objects"
    principle = 2
    measures = (
        "Categories of COCO that the responses claim and no annotation of the image supports: how many, their share of"
        " those that the responses name, and which; null for images that aren't annotated exhaustively."
    )
    backend = "annotations"
    reads = ("objects_named", "objects_unsupported")
    columns = {
        "hallucinated_objects": pa.int32(),
        "hallucinated_share": pa.float32(),
        "hallucinated_object_names": pa.string(),
    }

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        """The names are null where there are none."""
        wrong, named = pl.col("objects_unsupported"), pl.col("objects_named")
        return records.select(
            hallucinated_objects=wrong.list.len(),
            hallucinated_share=pl.when(named > 0).then(wrong.list.len() / named),
            hallucinated_object_names=pl.when(wrong.list.len() > 0).then(wrong.list.join(", ")),
        )
