"""Complexity of photos, by a model trained on people's ratings."""

from __future__ import annotations

import pyarrow as pa
from PIL import Image

from vlit_hub.plugins.quality.scored_photo import ByOnnxModel, OnnxOptions, Pixels, normalised

__all__ = ["VisualComplexityIc9600"]

_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet


class VisualComplexityIc9600(ByOnnxModel):
    """What ICNet, trained on the 9,600 images of IC9600 that 17 people rated, says of the photo: 0 (plain) to 1 (complex).

    As its authors run it: the photo as 512 x 512 pixels (bilinear, whatever its shape), normalised as ImageNet's. The model is
    the user's, in an ONNX file.

    Li et al. 2024, section 4.2.3, principle 9; Feng et al. 2022, IC9600: A Benchmark Dataset for Automatic Image Complexity
    Assessment (IEEE TPAMI), and its gene.py.
    """

    name = "visual_complexity_ic9600"
    principle = 9
    measures = "Complexity of the photo as people rate it, 0 to 1, by ICNet trained on IC9600."
    columns = {"visual_complexity_ic9600": pa.float32()}
    side = 512
    Options = OnnxOptions

    def views(self, image: Image.Image, options: OnnxOptions) -> Pixels:
        """The whole."""
        small = image.resize((self.side, self.side), Image.Resampling.BILINEAR)
        return normalised(small, _MEAN, _DEVIATION)[None]
