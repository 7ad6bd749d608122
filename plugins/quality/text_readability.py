"""Readability of texts by a language model."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.plugins.quality.language_model import ByLanguageModel
from vlit_hub.quality.models.language import LanguageModel
from vlit_hub.quality.models.loading import LocalModelOptions

__all__ = ["TextReadability"]


class _Options(LocalModelOptions):
    tokens: pydantic.PositiveInt = pydantic.Field(
        512, description="So many tokens of a text are read; fewer where the model's context is shorter."
    )


class TextReadability(ByLanguageModel):
    """Mean log probability of the text by a causal language model (the review's equation 2):

        readability = 1/N * sum over tokens i of ln p(token i | the tokens before it)

    in nats a token, at most 0; exp(-readability) is the perplexity. The text is all turns of the record, a line each, cut off
    after `tokens` tokens. Numbers of different models don't compare: their tokens differ. Batches and padding change the last
    digits only (1e-4 in float32, 1e-2 in bfloat16).

    Li et al. 2024, section 4.2.3, usability. The review calculates it with Word2Vec; any causal model gives the same quantity.
    """

    name = "text_readability"
    principle = 1
    measures = "Mean natural log probability a token of all turns by a causal language model; nearer 0 reads better."
    reads = ("dialogue",)
    columns = {"text_readability": pa.float32()}
    Options = _Options

    def measure(self, records: pl.DataFrame, options: _Options, loaded: LanguageModel) -> pl.DataFrame:
        """Null for an empty text."""
        texts = records["dialogue"].fill_null("").str.strip_chars().to_list()
        tokens = loaded.tokens(texts, min(options.tokens, loaded.context - 1))
        return pl.DataFrame({self.name: loaded.log_probabilities(tokens)})
