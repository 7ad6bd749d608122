"""OWLv2: a detector that finds what it is told to look for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from vlit_hub.quality.models.detecting import Detector

__all__ = ["Owl"]

_PHOTOS = {"cpu": 1, "cuda": 8}  # of one batch


class Owl(Detector):
    """A loaded model, with the categories encoded once for all photos. It is asked for "a photo of a CATEGORY".

    Minderer et al. 2023, Scaling Open-Vocabulary Object Detection (arXiv 2306.09683).

    Args:
        name: A folder, or a name on the Hub.
        device: As indicators are given it.
        precision: As in `LocalModelOptions`.
        categories: What it looks for.

    Raises:
        ModelError: It can't be loaded.
    """

    def __init__(self, name: str, device: str, precision: str, categories: Sequence[str]) -> None:
        import torch
        import transformers

        # its images are prepared by Pillow, so torchvision isn't needed
        classes = transformers.Owlv2ForObjectDetection, transformers.Owlv2ImageProcessorPil
        super().__init__(name, device, precision, categories, *classes)
        most = int(self._model.config.text_config.max_position_embeddings)
        words = [f"a photo of a {category}" for category in self.categories]
        tokens = self._tokenizer(words, padding="max_length", truncation=True, max_length=most, return_tensors="pt")
        with torch.inference_mode():
            found = self._model.owlv2.get_text_features(**tokens.to(self._device)).pooler_output
            self._queries = torch.nn.functional.normalize(found, dim=-1)

    def scores(self, images: Sequence[Image.Image]) -> npt.NDArray[np.float32]:
        """See `Detector`."""
        import torch

        size = _PHOTOS[self._device.partition(":")[0]]
        rows = []
        for first in range(0, len(images), size):
            pixels = self._processor(images=list(images[first : first + size]), return_tensors="pt")["pixel_values"]
            with self._lock, torch.inference_mode():
                seen, _ = self._model.image_embedder(pixels.to(self._device, self._model.dtype))
                boxes = seen.flatten(1, 2)
                queries = self._queries.expand(len(boxes), -1, -1)
                logits, _ = self._model.class_predictor(boxes, queries)
                rows.append(logits.float().sigmoid().amax(dim=1).cpu().numpy())
        found: npt.NDArray[np.float32] = np.concatenate(rows)
        return found
