"""What the indicators by a model in an ONNX file share: when they can run, which model, and how it is loaded."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import polars as pl
import pydantic
from PIL import Image

from vlit_hub.quality.indicator import IndicatorOptions, PhotoIndicator
from vlit_hub.quality.models.onnx_scores import ImageScorer, cannot_score, file_revision
from vlit_hub.quality.photo import Photo

__all__ = ["ByOnnxModel", "OnnxOptions", "normalised"]

Pixels = npt.NDArray[np.float32]


class OnnxOptions(IndicatorOptions):
    """Options of indicators by a model in a file."""

    model: Path | None = pydantic.Field(  # its content is part of the revision
        None, exclude=True, description="The model: an ONNX file."
    )


class ByOnnxModel(PhotoIndicator):
    """The mean of what the model that the option `model` names says of views of the photo. `Options` subclasses `OnnxOptions`.

    Attributes:
        side: Of a view, in pixels.
    """

    side: ClassVar[int]
    backend = "ONNX Runtime"

    @abc.abstractmethod
    def views(self, image: Image.Image, options: OnnxOptions) -> Pixels:
        """What of a photo the model sees: N x 3 x side x side."""

    def cannot_run(self, options: OnnxOptions) -> str | None:
        """Without the extra or a model."""
        return cannot_score(options.model, f"{self.name}.model")

    def revision(self, options: OnnxOptions) -> str:
        """A hash of the model."""
        return file_revision(options.model) if options.model else ""

    def load(self, options: OnnxOptions, device: str) -> ImageScorer:
        """The model."""
        assert options.model
        return ImageScorer(options.model, self.side, device)

    def measure(self, photos: Sequence[Photo], options: OnnxOptions, loaded: ImageScorer) -> pl.DataFrame:
        """A photo's views are a batch of their own, so that its number doesn't depend on the photos beside it."""
        values = [float(loaded.scores(self.views(photo.image, options)).mean()) for photo in photos]
        return pl.DataFrame({next(iter(self.columns)): values})


def normalised(image: Image.Image, mean: Sequence[float], deviation: Sequence[float]) -> Pixels:
    """An RGB image as 3 x height x width: (value from 0 to 1 - mean) / deviation, by channel."""
    values = np.asarray(image, dtype=np.float32) / 255
    found = (values - np.array(mean, dtype=np.float32)) / np.array(deviation, dtype=np.float32)
    return np.ascontiguousarray(found.transpose(2, 0, 1))
