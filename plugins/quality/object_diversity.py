"""How many kinds of things the whole dataset shows, by its annotations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Overall

__all__ = ["ObjectDiversity"]


class ObjectDiversity(Overall):
    """Different labels of all records' regions, and how evenly they are spread:

        categories = number of labels;   effective = exp(-sum p ln p), p the share of regions with a label

    `effective` is the number of equally frequent labels that are as varied (Hill number of order 1). Null where no region has a
    label.
    """

    name = "object_diversity_annotations"
    principle = 6
    measures = "Different labels of the records' regions, and the number of equally frequent ones that are as varied."
    backend = "annotations"
    reads = ("regions",)
    columns = {"object_categories_all": pa.int64(), "object_categories_effective": pa.float64()}

    def summarise(self, records: pl.DataFrame, options: Any) -> Mapping[str, float | int | None]:
        """None where nothing is labelled."""
        regions = records["regions"].explode(empty_as_null=False, keep_nulls=False)
        labels = regions.struct.field("label").drop_nulls()
        counts = labels.filter(labels != "").value_counts()["count"].to_numpy()
        if not len(counts):
            return dict.fromkeys(self.columns)
        shares = np.sort(counts) / counts.sum()
        effective = float(np.exp(-(shares * np.log(shares)).sum()))
        return {"object_categories_all": len(counts), "object_categories_effective": effective}
