"""A perceptual hash of photos, by which copies are found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from PIL import Image

from vlit_hub.quality.indicator import PhotoIndicator
from vlit_hub.quality.photo import Photo

__all__ = ["ImageHash"]


class ImageHash(PhotoIndicator):
    """The difference hash of 64 bits (Krawetz 2013): the photo in 9 by 8 shades of gray, a bit for each pair of neighbours, set
    where the right one is brighter. Copies in another size, encoding or brightness differ in few bits; crops and mirrored
    copies don't match.
    """

    name = "image_hash"
    measures = "Difference hash of each photo; for finding copies."
    backend = "NumPy"
    columns = {"image_hash": pa.list_(pa.uint64())}
    feature = True
    across = "list"

    def measure(self, photos: Sequence[Photo], options: Any, loaded: Any) -> pl.DataFrame:
        """A hash for every photo."""
        cells = [photo.small.convert("L").resize((9, 8), Image.Resampling.BOX) for photo in photos]
        shades = np.stack([np.asarray(cell) for cell in cells])
        bits = np.packbits((shades[:, :, 1:] > shades[:, :, :-1]).reshape(len(photos), 64), axis=1)
        return pl.DataFrame({"image_hash": bits.view(">u8").astype(np.uint64).ravel()})
