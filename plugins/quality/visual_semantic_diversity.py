"""How many kinds of photos there are, by what they show."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
import pyarrow as pa

from vlit_hub.quality.clusters import ClusterOptions, cluster_columns, cluster_numbers
from vlit_hub.quality.indicator import Overall
from vlit_hub.quality.vectors import distinct, rows_of

__all__ = ["VisualSemanticDiversity"]


class VisualSemanticDiversity(Overall):
    """Semantic clusters of photos:

        visual_semantic_diversity = number of DBSCAN's clusters of the photos' CLIP embeddings

    at 1 - cosine <= `eps` with `least` neighbours for a core, exact, over the photos of a sample of records; a photo counts once,
    however many records show it. The other columns are explained in `vlit_hub.quality.clusters.cluster_numbers`.

    Li et al. 2024, section 4.2.3, diversity, and Table 4 (the plain count). Nothing there tells eps or the sample: numbers don't
    compare with the review's, only with others of the same options and model.
    """

    name = "visual_semantic_diversity"
    principle = 6
    measures = (
        "Number of semantic clusters of a sample's photos (DBSCAN on CLIP embeddings), with the counts at other"
        " distances, Vendi score and mean cosine distance."
    )
    backend = "torch"
    reads = ("image_embedding",)
    columns = {"visual_semantic_diversity": pa.int64(), **cluster_columns("image")}
    Options = ClusterOptions

    def summarise(self, records: pl.DataFrame, options: ClusterOptions) -> Mapping[str, float | int | None]:
        """Counts are 0 and the rest None where no photo can be read."""
        photos = records["image_embedding"].drop_nulls().explode(empty_as_null=True)
        found = distinct(rows_of(photos)[1])
        once = found._replace(counts=found.counts * 0 + 1)
        numbers = cluster_numbers("image", once, options)
        return {"visual_semantic_diversity": numbers["image_clusters"], **numbers}
