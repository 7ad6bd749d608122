"""How many kinds of things the dataset's images show, by the annotations of the images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Overall

__all__ = ["AnnotatedObjectDiversity"]


class AnnotatedObjectDiversity(Overall):
    """Different categories annotated in the dataset's images, and how evenly the images show them:

        categories;   entropy = -sum p log2 p;   effective = 2 ** entropy;   p = the category's share of all pairs of image
        and category

    The number of object categories of the review's sixth principle (Li et al. 2024, section 4.2.3), by annotations instead of a
    detector, whatever the records say. Each image counts once, and each category once an image. At most as many as the sources
    annotate: 80 of COCO. None where nothing is annotated.
    """

    name = "annotated_object_diversity"
    principle = 6
    measures = (
        "Categories annotated in the dataset's images, their entropy in bits, and the number of equally frequent ones that"
        " are as varied."
    )
    backend = "annotations"
    reads = ("source.image_ids", "annotations.categories")
    columns = {
        "annotated_categories": pa.int64(),
        "annotated_categories_entropy": pa.float64(),
        "annotated_categories_effective": pa.float64(),
    }

    def summarise(self, records: pl.DataFrame, options: Any) -> Mapping[str, float | int | None]:
        """Records of several images count as one image, beside those images alone."""
        images = records.unique(pl.col("source.image_ids").list.sort().list.join("\x1f"))
        categories = images["annotations.categories"].explode(empty_as_null=False, keep_nulls=False)
        counts = np.sort(categories.value_counts()["count"].to_numpy())
        if not len(counts):
            return dict.fromkeys(self.columns)
        shares = counts / counts.sum()
        entropy = float(-(shares * np.log2(shares)).sum())
        return {
            "annotated_categories": len(counts),
            "annotated_categories_entropy": entropy,
            "annotated_categories_effective": 2**entropy,
        }
