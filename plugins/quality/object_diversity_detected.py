"""How many kinds of things the whole dataset shows, by a detector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Overall

__all__ = ["ObjectDiversityDetected"]


class ObjectDiversityDetected(Overall):
    """Categories that `detected_objects` finds in the dataset's photos, each photo counted once:

        object_categories_detected = categories found in one photo at least
        object_categories_detected_effective = exp(-sum p ln p), p a category's share of all findings (Hill number of order 1)
        object_categories_detected_mean = categories a photo

    The first can't be more than the list has, and grows with the number of photos; the second is steadier.

    Li et al. 2024, section 4.1, principle 6: the diversity of the objects in the images.
    """

    name = "object_diversity_detected"
    principle = 6
    measures = (
        "Categories that a detector finds in the photos, as many equally frequent ones as varied, and the mean a photo."
    )
    backend = "transformers"
    reads = ("detected_objects", "image_hash", "source.image_ids")
    columns = {
        "object_categories_detected": pa.int64(),
        "object_categories_detected_effective": pa.float64(),
        "object_categories_detected_mean": pa.float64(),
    }

    @property
    def inputs(self) -> tuple[str, ...]:
        """Photos."""
        return ("embedding", "image")

    def summarise(self, records: pl.DataFrame, options: Any) -> Mapping[str, float | int | None]:
        """None where there is no photo that can be read; effective is None where nothing is found in any."""
        photos = _photos(records)
        if not len(photos):
            return dict.fromkeys(self.columns)
        found = photos["detected_objects"].explode(empty_as_null=False, keep_nulls=False)
        counts = found.value_counts()["count"].sort().to_numpy()
        shares = counts / max(1, counts.sum())
        return {
            "object_categories_detected": len(counts),
            "object_categories_detected_effective": float(np.exp(-(shares * np.log(shares)).sum()))
            if len(counts)
            else None,
            "object_categories_detected_mean": len(found) / len(photos),
        }


def _photos(records: pl.DataFrame) -> pl.DataFrame:
    """What is found in each photo, once however many records show it: photos are told apart by image id and hash."""
    each = records.select(
        "detected_objects",
        "image_hash",
        ids=pl.when(pl.col("source.image_ids").list.len() == pl.col("image_hash").list.len())
        .then("source.image_ids")
        .otherwise(pl.col("image_hash").cast(pl.List(pl.String))),
    )
    each = each.explode("detected_objects", "image_hash", "ids", empty_as_null=True, keep_nulls=True)
    return each.drop_nulls("detected_objects").unique(["ids", "image_hash"])
