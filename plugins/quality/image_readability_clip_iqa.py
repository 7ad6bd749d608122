"""Quality of photos as a CLIP model sees it."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.plugins.quality.text_embedding import model_of
from vlit_hub.quality.indicator import IndicatorOptions, Individual
from vlit_hub.quality.models.clip import load_clip
from vlit_hub.quality.vectors import rows_of

__all__ = ["ImageReadabilityClipIqa"]


class _Options(IndicatorOptions):
    pairs: tuple[tuple[str, str], ...] = pydantic.Field(
        (("Good photo.", "Bad photo."), ("Sharp photo.", "Blurry photo."), ("Clean photo.", "Noisy photo.")),
        min_length=1,
        description="Pairs of a good and a bad description: `Good photo.|Bad photo.,Sharp photo.|Blurry photo.`",
    )

    @pydantic.field_validator("pairs", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """As the command line gives them."""
        if not isinstance(value, str):
            return value
        pairs = [tuple(part.strip() for part in pair.split("|")) for pair in value.split(",")]
        if any(len(pair) != 2 or not all(pair) for pair in pairs):
            raise ValueError("must be pairs of a good and a bad description, as Good photo.|Bad photo.,Sharp.|Blurry.")
        return pairs


class ImageReadabilityClipIqa(Individual):
    """No-reference image quality by CLIP (CLIP-IQA):

        quality = mean over pairs (good, bad) of  e^(s <image, good>) / (e^(s <image, good>) + e^(s <image, bad>))

    in [0, 1], where s is the model's own scale (100 for CLIP) and texts and image are embedded by the model of `image_embedding`.
    Of several photos, the mean. In the paper a ResNet sees the photo in its full size; here it is the model's own input of some
    224 pixels, whose embedding is shared with other indicators, and so fine blur and noise are lost.

    Wang, Chan and Loy, Exploring CLIP for Assessing the Look and Feel of Images, AAAI 2023 (arXiv 2207.12396). The review uses
    MANIQA: this isn't it, and not its numbers.
    """

    name = "image_readability_clip_iqa"
    principle = 1
    measures = "Image quality by CLIP-IQA: how much nearer the photo is to `Good photo.` than to `Bad photo.`, 0 to 1."
    backend = "embeddings of image_embedding"
    reads = ("image_embedding", "clip_model")
    columns = {"image_readability_clip_iqa": pa.float32()}
    Options = _Options

    def load(self, options: _Options, device: str) -> str:
        """The device; which model it is, the photos' vectors tell."""
        return device

    def measure(self, records: pl.DataFrame, options: _Options, loaded: str) -> pl.DataFrame:
        """Null for a record without a readable photo."""
        shown = (
            records.select(row=pl.int_range(pl.len()), image="image_embedding")
            .explode("image", empty_as_null=True)
            .drop_nulls("image")
        )
        quality: Any = np.zeros(0)
        if model := model_of(records["clip_model"]):
            clip = load_clip(model[0], model[2], loaded, model[1])
            good, bad = (clip.texts([pair[side] for pair in options.pairs]) for side in (0, 1))
            lead = clip.scale * (rows_of(shown["image"])[1].astype(np.float64) @ (good - bad).T.astype(np.float64))
            quality = (1 / (1 + np.exp(-lead))).mean(axis=1)
        means = shown.select("row", pl.Series(self.name, quality)).group_by("row").agg(pl.mean(self.name))
        rows = pl.DataFrame({"row": np.arange(len(records))}, schema={"row": shown.schema["row"]})
        return rows.join(means, on="row", how="left", maintain_order="left").select(self.name)
