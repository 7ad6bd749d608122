"""CLIP models of open_clip. It imports torchvision, which has to match torch; so it is imported only when it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vlit_hub.errors import ModelError
from vlit_hub.quality.models.clip import Clip
from vlit_hub.quality.models.loading import dtype_of, loading

__all__ = ["OpenClip"]

_BATCH = 256


class OpenClip(Clip):
    """A model of open_clip.

    Args:
        name: `ARCHITECTURE/WEIGHTS`: the weights are one of open_clip's names for them, or a file (`ViT-B-32/laion2b_s34b_b79k`).
        device: As torch names it.
        precision: As in `LocalModelOptions`.

    Raises:
        ModelError: There is no such model.
    """

    def __init__(self, name: str, device: str, precision: str) -> None:
        import open_clip

        architecture, _, weights = name.partition("/")
        if architecture not in open_clip.list_models() or not weights:
            raise ModelError(f"open_clip has no model {name!r}. Name it as ARCHITECTURE/WEIGHTS: ViT-B-32/openai.")
        with loading(name):
            model, _, self._prepare = open_clip.create_model_and_transforms(architecture, pretrained=weights)
            self._tokenize: Any = open_clip.get_tokenizer(architecture)
        self._type = dtype_of(precision, device)
        self._model: Any = model.to(device, self._type).eval()
        self._device, self._lock = device, threading.Lock()
        self.scale = float(self._model.logit_scale.detach().float().exp())

    def images(self, images: Sequence[Image.Image]) -> npt.NDArray[np.float32]:
        """See `Clip`."""
        import torch

        pixels = torch.stack([self._prepare(image) for image in images]).to(self._device, self._type)
        with self._lock, torch.inference_mode():
            found: npt.NDArray[np.float32] = self._model.encode_image(pixels, normalize=True).float().cpu().numpy()
        return found

    def texts(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """See `Clip`."""
        import torch

        known: dict[str, int] = {}
        places = [known.setdefault(text, len(known)) for text in texts]
        tokens = self._tokenize(list(known)).to(self._device)
        with torch.inference_mode():
            parts = [
                self._model.encode_text(tokens[first : first + _BATCH], normalize=True).float().cpu().numpy()
                for first in range(0, len(known), _BATCH)
            ]
        found: npt.NDArray[np.float32] = np.concatenate(parts)[places]
        return found
