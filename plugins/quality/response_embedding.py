"""Responses as vectors, for all that compare their meaning."""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.quality.indicator import Individual
from vlit_hub.quality.models.loading import LocalModelOptions, cannot_load, revision_of
from vlit_hub.quality.models.sentences import SentenceEncoder
from vlit_hub.quality.vectors import column_of

__all__ = ["ResponseEmbedding"]


class _Options(LocalModelOptions):
    pooling: Literal["mean", "cls"] = pydantic.Field(
        "mean", description="A text's vector: the mean over its tokens, or the first token's (SimCSE: cls)."
    )
    tokens: pydantic.PositiveInt = pydantic.Field(256, description="So many tokens of a response are read.")


class ResponseEmbedding(Individual):
    """The response as a vector of length 1, by a sentence encoder of transformers: SimCSE (Gao et al. 2021), which the review
    uses, with `pooling=cls`; or Sentence-BERT models (Reimers and Gurevych 2019). Equal responses are encoded once a batch.
    """

    name = "response_embedding"
    measures = "The response as a vector, by a sentence encoder."
    backend = "transformers"
    reads = ("response",)
    columns = {"response_embedding": pa.list_(pa.float32())}
    feature = True
    at_a_time = 1 << 12
    Options = _Options

    def cannot_run(self, options: _Options) -> str | None:
        """Without the extra or a model."""
        return cannot_load(options.model, f"{self.name}.model", "sentence-transformers/all-MiniLM-L6-v2")

    def revision(self, options: _Options) -> str:
        """The model's."""
        return revision_of(options.model) if options.model else ""

    def load(self, options: _Options, device: str) -> SentenceEncoder:
        """The model."""
        assert options.model
        return SentenceEncoder(options.model, device, options.precision, options.pooling)

    def measure(self, records: pl.DataFrame, options: _Options, loaded: SentenceEncoder) -> pl.DataFrame:
        """Null for an empty response."""
        texts = records["response"].str.strip_chars().replace("", None)
        rows = texts.is_not_null().arg_true().to_numpy().astype(np.int64)
        vectors = loaded.encode(texts.drop_nulls().to_list(), options.tokens)
        return pl.DataFrame({self.name: column_of(rows, vectors, len(records))})
