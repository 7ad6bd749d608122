"""How much the instruction helps a language model to the response."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.plugins.quality.language_model import ByLanguageModel
from vlit_hub.quality.models.language import LanguageModel
from vlit_hub.quality.models.loading import LocalModelOptions

__all__ = ["InstructionFollowingDifficulty"]


class _Options(LocalModelOptions):
    tokens: pydantic.PositiveInt = pydantic.Field(
        512, description="So many tokens of a response are read, at most half of the model's context."
    )


class InstructionFollowingDifficulty(ByLanguageModel):
    """Instruction-following difficulty (IFD):

        IFD = loss(response | what comes before it) / loss(response)

    where a loss is the mean of -ln p(token | tokens before it) over the response's tokens. What comes before it is earlier turns
    and the instruction, a line each, without a chat template and without the photo: the model sees text only. Near 0 the
    instruction gives the response away; near 1 it doesn't help; above 1 it misleads, and the two may not belong together. A
    context that is too long loses its beginning; a response is cut off after `tokens` tokens.

    Li et al. 2024, From Quantity to Quality (arXiv 2308.12032), equation 4. Not in the review.
    """

    name = "instruction_following_difficulty"
    measures = "Loss of the response given the instruction over its loss alone, by a causal language model; 1: no help."
    reads = ("dialogue", "response")
    columns = {"instruction_following_difficulty": pa.float32()}
    Options = _Options

    def measure(self, records: pl.DataFrame, options: _Options, loaded: LanguageModel) -> pl.DataFrame:
        """Null for a record without a response, or without anything before it."""
        texts = records.select(
            pl.col("response").fill_null(""),
            before=pl.col("dialogue").fill_null("").str.strip_suffix(pl.col("response").fill_null("")),
        )
        most = min(options.tokens, loaded.context // 2)
        responses = loaded.tokens(texts["response"].to_list(), most)
        before = loaded.tokens(texts["before"].to_list(), 1 << 30)
        alone = loaded.log_probabilities(responses)
        after = loaded.log_probabilities(responses, before)
        asked = (texts["before"].str.strip_chars() != "").to_numpy()
        ratio = np.divide(after, alone, out=np.full(len(alone), np.nan), where=asked & (alone < 0))
        return pl.DataFrame({self.name: ratio})
