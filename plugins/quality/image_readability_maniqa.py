"""No-reference quality of photos, by MANIQA."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pydantic
from PIL import Image

from vlit_hub.plugins.quality.scored_photo import ByOnnxModel, OnnxOptions, Pixels, normalised

__all__ = ["ImageReadabilityManiqa"]

_HALF = (0.5, 0.5, 0.5)


class _Options(OnnxOptions):
    crops: pydantic.PositiveInt = pydantic.Field(20, description="Mean over so many crops of a photo.")


class ImageReadabilityManiqa(ByOnnxModel):
    """Mean of what MANIQA says of `crops` crops of 224 x 224 pixels, each channel as (value - 0.5) / 0.5; higher is better.

    As its authors test it, with one difference: they draw 20 crops at random; here a crop's place is a point of the Halton
    sequence in bases 2 and 3, which spreads any number of crops evenly, and the same way each time. A photo whose shorter side
    has less than 224 pixels is enlarged to that (bicubic). The model is the user's, in an ONNX file; the scale is that of its
    weights. A crop takes about 80 billion multiplications, so this is for a GPU, or for few crops.

    Li et al. 2024, section 4.2.3, usability (IQA by MANIQA); Yang et al. 2022, MANIQA: Multi-dimension Attention Network for
    No-Reference Image Quality Assessment (arXiv 2204.08958), and its predict_one_image.py.
    """

    name = "image_readability_maniqa"
    principle = 1
    measures = "No-reference quality of the photo by MANIQA, mean over crops; higher is better."
    columns = {"image_readability_maniqa": pa.float32()}
    side = 224
    Options = _Options

    def views(self, image: Image.Image, options: OnnxOptions) -> Pixels:
        """The crops."""
        from scipy.stats import qmc

        assert isinstance(options, _Options)
        if min(image.size) < self.side:
            scale = self.side / min(image.size)
            width, height = (max(self.side, round(edge * scale)) for edge in image.size)
            image = image.resize((width, height), Image.Resampling.BICUBIC)
        pixels = normalised(image, _HALF, _HALF)
        places = qmc.Halton(2, scramble=False).random(options.crops)
        tops, lefts = (places * (np.array(pixels.shape[1:]) - self.side + 1)).astype(int).T
        return np.stack([pixels[:, y : y + self.side, x : x + self.side] for y, x in zip(tops, lefts, strict=True)])
