"""How many kinds of things a record's image shows, by its annotations."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Collective

__all__ = ["ObjectCategories"]


class ObjectCategories(Collective):
    """Different labels of the regions that the dataset's records name in the record's image.

    The review counts categories with an open-set detector; this counts those that annotations name, and only where records carry
    them: an image none of whose records has a labelled region is null, not 0. Every record of an image has its number, so that
    one can filter by it. For several images, of all of them together.
    """

    name = "object_categories"
    principle = 6
    measures = (
        "Different labels of regions that the dataset's records name in the image; null for images without "
        "labelled regions."
    )
    backend = "annotations"
    reads = ("source.image_ids", "regions")
    columns = {"object_categories": pa.int32()}

    def compare(self, records: pl.DataFrame, options: Any) -> pl.DataFrame:
        """Null where nothing is known."""
        rows = pl.DataFrame({"row": np.arange(len(records))})
        ids, regions = records["source.image_ids"], records["regions"]
        shown = rows.with_columns(image=ids).explode("image", empty_as_null=False, keep_nulls=False)
        named = (
            rows.with_columns(images=ids, region=regions)
            .filter(pl.col("region").list.len() > 0)
            .explode("region", empty_as_null=False, keep_nulls=False)
            .select(
                image=pl.col("images").list.get(pl.col("region").struct.field("image"), null_on_oob=True),
                label=pl.col("region").struct.field("label"),
            )
            .drop_nulls()
            .filter(pl.col("label") != "")
            .unique()
        )
        counted = shown.join(named, on="image").group_by("row").agg(object_categories=pl.col("label").n_unique())
        return rows.join(counted, on="row", how="left", maintain_order="left").select("object_categories")
