"""Texts as vectors in the space of their photos'."""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.quality.indicator import IndicatorOptions, Individual
from vlit_hub.quality.models.clip import load_clip
from vlit_hub.quality.vectors import column_of

__all__ = ["TextEmbedding", "model_of"]


class _Options(IndicatorOptions):
    text: Literal["pair", "response"] = pydantic.Field(
        "pair", description="The record's text: its last instruction and response, or its last response alone."
    )


class TextEmbedding(Individual):
    """The record's text as a vector of length 1, by the text encoder of the model that `image_embedding` was made by.

    The text is the last turn's instruction and response, since the review's principle 2 speaks of "textual content in each VLIT
    data (i.e., instruction-response pair)"; or the response alone. Models read little (CLIP 77 tokens, SigLIP 64): longer texts
    are cut off at a token, so of a long instruction's response little may be seen.
    """

    name = "text_embedding"
    measures = "The record's text as a vector, by the text encoder of a CLIP model."
    backend = "transformers or open_clip"
    reads = ("instruction", "response", "clip_model")
    columns = {"text_embedding": pa.list_(pa.float32())}
    feature = True
    at_a_time = 1 << 12
    Options = _Options

    def load(self, options: _Options, device: str) -> str:
        """The device; which model it is, the photos' vectors tell."""
        return device

    def measure(self, records: pl.DataFrame, options: _Options, loaded: str) -> pl.DataFrame:
        """Null for a record without a readable photo or without a text."""
        parts = ("instruction", "response") if options.text == "pair" else ("response",)
        texts = records.select(
            pl.concat_str(parts, separator="\n", ignore_nulls=True).str.strip_chars().replace("", None)
        ).to_series()
        shown = records["clip_model"].list.drop_nulls().list.len().fill_null(0) > 0
        rows = (shown & texts.is_not_null()).arg_true().to_numpy().astype(np.int64)
        vectors = np.zeros((0, 0), np.float32)
        if len(rows) and (model := model_of(records["clip_model"])):
            vectors = load_clip(model[0], model[2], loaded, model[1]).texts(texts.gather(rows).to_list())
        return pl.DataFrame({self.name: column_of(rows, vectors, len(records))})


def model_of(column: pl.Series) -> tuple[Literal["transformers", "open_clip"], str, str] | None:
    """Backend, precision and name of the model in a column `clip_model`; None where no record has a photo."""
    names = column.drop_nulls().explode(empty_as_null=True).drop_nulls()
    if not len(names):
        return None
    backend, precision, name = str(names[0]).split(" ", 2)
    return ("open_clip" if backend == "open_clip" else "transformers"), precision, name
