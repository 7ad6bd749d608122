"""How many semantic clusters vectors form, with what is to be known beside such a count."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pydantic

from vlit_hub.quality.density import EXACT_UP_TO, dbscan
from vlit_hub.quality.indicator import SampleOptions
from vlit_hub.quality.models.loading import dtype_of
from vlit_hub.quality.vectors import Distinct, mean_distance, vendi_score

__all__ = ["ClusterOptions", "cluster_columns", "cluster_numbers"]

_CURVE = (0.05, 0.1, 0.2, 0.3, 0.4)


class ClusterOptions(SampleOptions):
    """Options of indicators that count clusters; the count depends on all of them."""

    sample: pydantic.PositiveInt | None = pydantic.Field(
        20_000, description="Look at so many records, drawn by hash of their ids; all if none."
    )
    exact_up_to: pydantic.PositiveInt = pydantic.Field(
        EXACT_UP_TO,
        description="With more different vectors than that, those in neighbouring cells alone are compared: approximate.",
    )
    eps: float = pydantic.Field(0.1, gt=0, lt=1, description="DBSCAN's: 1 - cosine up to which two are neighbours.")
    least: pydantic.PositiveInt = pydantic.Field(
        5, description="DBSCAN's: so many neighbours, itself counted, make a core."
    )


def cluster_columns(what: str) -> dict[str, pa.DataType]:
    """The columns of `cluster_numbers`; `what` is the start of their names."""
    curve = {f"{what}_clusters_{eps:.2f}".replace(".", "_"): pa.int64() for eps in _CURVE}
    beside = {f"{what}_{name}": pa.float64() for name in ("outside", "effective", "distance", "compared")}
    return {f"{what}_clusters": pa.int64(), **curve, **beside}


def cluster_numbers(what: str, found: Distinct, options: ClusterOptions) -> Mapping[str, float | int | None]:
    """Count the clusters of vectors.

    `_clusters` is the count at `eps`, and `_clusters_0_05` to `_clusters_0_40` at other distances: the count swings with eps and
    with the sample, so compare datasets at one of both, and look whether the order holds along the curve. `_outside` is the share
    that is in no cluster. `_compared` is the share of pairs that were compared: where it is 1 the counts are exact, below it
    approximate. `_effective` (Vendi score) and `_distance` (mean of 1 - cosine over pairs) have no such parameters.
    """
    distances = list(dict.fromkeys((options.eps, *_CURVE)))
    sift = str(dtype_of("auto", "cpu")) == "torch.bfloat16"
    clusters = dbscan(
        found.vectors, distances, options.least, found.counts, bfloat16=sift, exact_up_to=options.exact_up_to
    )
    labels = dict(zip(distances, clusters.labels, strict=True))
    counts = [int(labels[eps].max(initial=-1)) + 1 for eps in (options.eps, *_CURVE)]
    total = int(found.counts.sum())
    outside = int(found.counts[np.flatnonzero(labels[options.eps] < 0)].sum()) / total if total else None
    numbers = (*counts, outside, vendi_score(found), mean_distance(found), clusters.compared)
    return dict(zip(cluster_columns(what), numbers, strict=True))
