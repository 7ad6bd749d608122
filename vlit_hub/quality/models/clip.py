"""Models that put images and texts into one space (CLIP, SigLIP), by transformers or open_clip."""

from __future__ import annotations

import abc
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from PIL import Image

from vlit_hub.quality.models.batching import by_length
from vlit_hub.quality.models.loading import dtype_of, loading, pick_device, revision_of, where

__all__ = ["Backend", "Clip", "load_clip"]

Backend = Literal["transformers", "open_clip"]
_Vectors = npt.NDArray[np.float32]
_CELLS = 1 << 14  # tokens of one batch


class Clip(abc.ABC):
    """A loaded model. All vectors have length 1.

    Attributes:
        scale: What cosines are multiplied by before a softmax, as the model learnt it.
    """

    scale: float

    @abc.abstractmethod
    def images(self, images: Sequence[Image.Image]) -> _Vectors:
        """A row an image, in RGB. May be called from several threads at once."""

    @abc.abstractmethod
    def texts(self, texts: Sequence[str]) -> _Vectors:
        """A row a text; equal texts are encoded once, and those longer than the model's context are cut off at a token."""


def load_clip(backend: Backend, name: str, device: str, precision: str) -> Clip:
    """The model; the one that was loaded last is kept, since several indicators use it.

    Raises:
        ModelError: It can't be loaded.
    """
    state = revision_of(name) if backend == "transformers" else name
    return _load(backend, name, pick_device(device), precision, state)


@lru_cache(maxsize=1)
def _load(backend: Backend, name: str, device: str, precision: str, state: str) -> Clip:
    if backend == "open_clip":
        from vlit_hub.quality.models.open_clip import OpenClip

        return OpenClip(name, device, precision)
    return _TransformersClip(name, device, precision)


class _TransformersClip(Clip):
    """Of `transformers`; its images are prepared by Pillow, so torchvision isn't needed."""

    def __init__(self, name: str, device: str, precision: str) -> None:
        import transformers

        self._device, self._lock = device, threading.Lock()
        with loading(name):
            model: Any = transformers.AutoModel.from_pretrained(
                **where(name), trust_remote_code=False, dtype=dtype_of(precision, device)
            )
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(**where(name), trust_remote_code=False)
            self._processor: Any = transformers.AutoImageProcessor.from_pretrained(
                **where(name), trust_remote_code=False, backend="pil"
            )
            self._model = model.to(device).eval()
            self._context = int(model.config.text_config.max_position_embeddings)
            self.scale = float(model.logit_scale.detach().float().exp())
        # SigLIP learnt from texts padded to its whole context, and reads its last token; CLIP ignores padding.
        self._padding = "max_length" if model.config.model_type.startswith("siglip") else "longest"

    def images(self, images: Sequence[Image.Image]) -> _Vectors:
        import torch

        pixels = self._processor(images=list(images), return_tensors="pt")["pixel_values"]
        with self._lock, torch.inference_mode():
            found = self._model.get_image_features(pixel_values=pixels.to(self._device, self._model.dtype))
            return _unit(found.pooler_output)

    def texts(self, texts: Sequence[str]) -> _Vectors:
        import torch

        known: dict[str, int] = {}
        places = [known.setdefault(text, len(known)) for text in texts]
        tokens = self._tokenizer(list(known), truncation=True, max_length=self._context)["input_ids"]
        parts: list[_Vectors] = []
        order: list[int] = []
        for batch in by_length([len(one) for one in tokens], _CELLS):
            padded = self._tokenizer.pad(
                {"input_ids": [tokens[place] for place in batch]},
                padding=self._padding,
                max_length=self._context,
                return_tensors="pt",
            ).to(self._device)
            if self._padding == "max_length":
                padded.pop("attention_mask", None)
            with torch.inference_mode():
                parts.append(_unit(self._model.get_text_features(**padded).pooler_output))
            order += batch
        vectors = np.empty_like(np.concatenate(parts))
        vectors[order] = np.concatenate(parts)
        return vectors[places]


def _unit(vectors: Any) -> _Vectors:
    import torch

    found: _Vectors = torch.nn.functional.normalize(vectors.float(), dim=-1).cpu().numpy()
    return found
