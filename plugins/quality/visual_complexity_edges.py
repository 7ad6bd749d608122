"""Visual complexity by the share of pixels on edges: the other cheap stand-in for a model of image complexity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from PIL import Image

from vlit_hub.quality.indicator import PhotoIndicator
from vlit_hub.quality.photo import Photo

__all__ = ["VisualComplexityEdges"]

_STEP = 24  # brightness, of 255; central differences over two pixels


class VisualComplexityEdges(PhotoIndicator):
    """Share of pixels where brightness changes steeply, in the photo reduced to 256 pixels on its longer side:

        complexity = share of pixels with |I(x+1, y) - I(x-1, y)| + |I(x, y+1) - I(x, y-1)| >= 24, in [0, 1]

    Edge density, an old measure of clutter (Rosenholtz et al. 2007). Contrast matters to it: a pale photo has fewer edges than
    the same one in full contrast.
    """

    name = "visual_complexity_edges"
    principle = 9
    measures = (
        "Share of the photo's pixels that lie on edges, in [0, 1]: low for plain scenes, high for busy ones. "
        "The mean of several photos."
    )
    backend = "NumPy"
    columns = {"visual_complexity_edges": pa.float32()}

    def measure(self, photos: Sequence[Photo], options: Any, loaded: Any) -> pl.DataFrame:
        """Null for photos under 3 pixels a side."""
        return pl.DataFrame(
            {"visual_complexity_edges": [_density(photo.small) for photo in photos]},
            schema={"visual_complexity_edges": pl.Float64()},
        )


def _density(image: Image.Image) -> float | None:
    pixels = np.asarray(image.convert("L")).astype(np.int16)
    if min(pixels.shape) < 3:
        return None
    across = np.abs(pixels[1:-1, 2:] - pixels[1:-1, :-2])
    down = np.abs(pixels[2:, 1:-1] - pixels[:-2, 1:-1])
    return float(np.count_nonzero(across + down >= _STEP) / across.size)
