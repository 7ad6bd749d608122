"""Photos as vectors, once for all that need them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.quality.indicator import PhotoIndicator
from vlit_hub.quality.models.clip import Backend, Clip, load_clip
from vlit_hub.quality.models.loading import LocalModelOptions, cannot_load, revision_of
from vlit_hub.quality.photo import Photo

__all__ = ["ImageEmbedding"]


class _Options(LocalModelOptions):
    backend: Backend = pydantic.Field("transformers", description="What runs the model: transformers, open_clip.")


class ImageEmbedding(PhotoIndicator):
    """The photo as a vector of length 1, by the image encoder of a CLIP or SigLIP model (Radford et al. 2021, Zhai et al. 2023).

    With the backend open_clip, `model` is ARCHITECTURE/WEIGHTS (ViT-B-32/openai). `clip_model` says which model it was, so that
    what compares texts with these vectors (`text_embedding`) encodes them by the same one; it has no `model` of its own.
    """

    name = "image_embedding"
    measures = "The photo as a vector, by the image encoder of a CLIP model."
    backend = "transformers or open_clip"
    columns = {"image_embedding": pa.list_(pa.list_(pa.float32())), "clip_model": pa.list_(pa.string())}
    feature = True
    across = "list"
    Options = _Options

    def cannot_run(self, options: _Options) -> str | None:
        """Without the extra or a model."""
        if options.backend == "open_clip":
            if not all(find_spec(module) for module in ("open_clip", "torchvision")):
                return "open_clip isn't installed: pip install 'vlit-hub[open-clip]'"
            return None if options.model else "no model is named: --option image_embedding.model=ViT-B-32/openai"
        return cannot_load(options.model, f"{self.name}.model", "openai/clip-vit-base-patch32")

    def revision(self, options: _Options) -> str:
        """The model's; of open_clip the release, which decides what a name stands for."""
        if options.backend == "open_clip":
            from importlib.metadata import version

            return f"open_clip {version('open_clip_torch')}"
        return revision_of(options.model) if options.model else ""

    def load(self, options: _Options, device: str) -> Clip:
        """The model."""
        assert options.model
        return load_clip(options.backend, options.model, device, options.precision)

    def measure(self, photos: Sequence[Photo], options: _Options, loaded: Clip) -> pl.DataFrame:
        """A vector for every photo."""
        vectors = loaded.images([photo.image for photo in photos])
        model = f"{options.backend} {options.precision} {options.model}"
        return pl.DataFrame(
            {
                "image_embedding": pl.Series(vectors).arr.to_list(),
                "clip_model": [model] * len(photos),
            }
        )
