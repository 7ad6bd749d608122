"""How many kinds of responses there are, by their meaning."""

from __future__ import annotations

import math
from collections.abc import Mapping

import polars as pl
import pyarrow as pa

from vlit_hub.quality.clusters import ClusterOptions, cluster_columns, cluster_numbers
from vlit_hub.quality.indicator import Overall
from vlit_hub.quality.vectors import distinct, rows_of

__all__ = ["ResponseDiversity"]


class ResponseDiversity(Overall):
    """Semantic clusters of responses:

        response_diversity = ln(number of DBSCAN's clusters of the responses' embeddings)

    at 1 - cosine <= `eps` with `least` neighbours for a core, exact, over a sample of records. Equal responses count as often as
    they are there. The other columns are explained in `vlit_hub.quality.clusters.cluster_numbers`.

    Li et al. 2024, section 4.2.3, diversity, and Table 3 (the logarithm). Nothing there tells eps, the sample or the logarithm's
    base: numbers don't compare with the review's, only with others of the same options and model.
    """

    name = "response_diversity"
    principle = 5
    measures = (
        "Natural logarithm of the number of semantic clusters of a sample's responses (DBSCAN on embeddings), with"
        " the counts at other distances, Vendi score and mean cosine distance."
    )
    backend = "torch"
    reads = ("response_embedding",)
    columns = {"response_diversity": pa.float64(), **cluster_columns("response")}
    Options = ClusterOptions

    def summarise(self, records: pl.DataFrame, options: ClusterOptions) -> Mapping[str, float | int | None]:
        """`response_diversity` is None where there is no cluster at all."""
        numbers = cluster_numbers("response", distinct(rows_of(records["response_embedding"])[1]), options)
        clusters = numbers["response_clusters"]
        return {"response_diversity": math.log(clusters) if clusters else None, **numbers}
