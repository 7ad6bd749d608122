"""Whether photos can be used at all."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.quality.indicator import IndicatorOptions, PhotoIndicator
from vlit_hub.quality.photo import Photo

__all__ = ["ReadableImage"]


class _Options(IndicatorOptions):
    smallest: pydantic.PositiveInt = pydantic.Field(
        32, description="A photo whose shorter side has fewer pixels isn't readable."
    )
    longest: float = pydantic.Field(
        10, ge=1, description="Nor is one whose longer side is more than so many times the shorter."
    )


class ReadableImage(PhotoIndicator):
    """Whether the photo decodes to its last row, its shorter side has at least `smallest` pixels (32), and the longer side is at
    most `longest` times the shorter (10). False for a photo that is cut short or isn't where the record says; null for a record
    without a photo. A record of several photos needs all of them.
    """

    name = "readable_image"
    principle = 1
    measures = "Whether all photos decode wholly and are neither tiny nor strips. Null for records without a photo."
    backend = "Pillow"
    columns = {"readable_image": pa.bool_()}
    across = "min"
    broken = {"readable_image": False}
    Options = _Options

    def measure(self, photos: Sequence[Photo], options: _Options, loaded: object) -> pl.DataFrame:
        """What decoded is judged by its size."""
        sizes = [sorted(photo.image.size) for photo in photos]
        fits = [short >= options.smallest and long <= options.longest * short for short, long in sizes]
        return pl.DataFrame({"readable_image": fits})
