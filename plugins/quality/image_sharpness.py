"""Sharpness of photos, the classical way: the cheap stand-in for a model of image quality."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import PhotoIndicator
from vlit_hub.quality.photo import Photo

__all__ = ["ImageSharpness"]


class ImageSharpness(PhotoIndicator):
    """Variance of the Laplacian of the photo's brightness at its full size (Pech-Pacheco et al. 2000; brightness in 0 to 255):

        sharpness = var( 4 I(x, y) - I(x-1, y) - I(x+1, y) - I(x, y-1) - I(x, y+1) )

    Blur takes fine detail away and lowers it. So do fog, plain walls and upscaling, and noise raises it: it tells sharp from
    blurred for the same scene, and between scenes only roughly. Not a perceptual score, hence not `image_quality`.
    """

    name = "image_sharpness"
    principle = 1
    measures = (
        "Variance of the Laplacian of the photo's brightness: low for blurred photos, and for plain ones. The"
        " mean of several photos."
    )
    backend = "NumPy"
    columns = {"image_sharpness": pa.float32()}

    def measure(self, photos: Sequence[Photo], options: Any, loaded: Any) -> pl.DataFrame:
        """Null for photos under 3 pixels a side."""
        return pl.DataFrame(
            {"image_sharpness": [_sharpness(photo.gray) for photo in photos]}, schema={"image_sharpness": pl.Float64()}
        )


def _sharpness(gray: npt.NDArray[np.uint8]) -> float | None:
    if min(gray.shape) < 3:
        return None
    pixels = gray.astype(np.int16)
    laplacian = 4 * pixels[1:-1, 1:-1]
    for neighbours in (pixels[:-2, 1:-1], pixels[2:, 1:-1], pixels[1:-1, :-2], pixels[1:-1, 2:]):
        laplacian -= neighbours
    flat = laplacian.ravel().astype(np.float64)  # of whole numbers the sums are exact, and the same everywhere
    return float(np.dot(flat, flat) / flat.size - (flat.sum() / flat.size) ** 2)
