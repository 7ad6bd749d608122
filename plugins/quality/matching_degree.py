"""How well a text fits its photo."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Individual
from vlit_hub.quality.vectors import rows_of

__all__ = ["MatchingDegree"]


class MatchingDegree(Individual):
    """Cosine of a photo's and its text's embedding, in [-1, 1]:

        matching = <image, text> / (|image| |text|)

    by a CLIP or SigLIP model (`image_embedding.model`); the text is the last turn's instruction and response, or its response
    alone (`text_embedding.text`), cut off at the model's context. Of several photos, the mean. Models differ in the range of
    their cosines: a threshold is for one model. Questions and short answers ("Yes.") match no photo well, however right they are.

    Li et al. 2024, section 4.2.3, principle 2; its Table 3 has means of 30.7 to 34.3, presumably 100 times the cosine.
    """

    name = "matching_degree"
    principle = 2
    measures = "Cosine of photo and text (instruction and response) in the space of a CLIP model, -1 to 1."
    backend = "embeddings of image_embedding"
    reads = ("image_embedding", "text_embedding")
    columns = {"matching_degree": pa.float32()}

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        """Null for a record without a readable photo or without a text."""
        shown = (
            records.select(row=pl.int_range(pl.len()), image="image_embedding", text="text_embedding")
            .drop_nulls("text")
            .explode("image", empty_as_null=True)
            .drop_nulls("image")
        )
        cosines = np.einsum("nd,nd->n", rows_of(shown["image"])[1], rows_of(shown["text"])[1], dtype=np.float64)
        means = shown.select("row", matching_degree=cosines).group_by("row").agg(pl.mean(self.name))
        rows = pl.DataFrame({"row": np.arange(len(records))}, schema={"row": shown.schema["row"]})
        return rows.join(means, on="row", how="left", maintain_order="left").select(self.name)
