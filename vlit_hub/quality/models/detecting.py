"""Detectors that find what they are told to look for."""

from __future__ import annotations

import abc
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from vlit_hub.errors import ModelError
from vlit_hub.quality.models.loading import dtype_of, loading, pick_device, where

__all__ = ["Detector", "load_detector"]


class Detector(abc.ABC):
    """A loaded model.

    Attributes:
        categories: What it looks for.
    """

    def __init__(
        self, name: str, device: str, precision: str, categories: Sequence[str], model_class: Any, processor_class: Any
    ) -> None:
        """Load it from a folder or the Hub; its classes are those of `transformers`. See `load_detector`."""
        import transformers

        self.categories = tuple(categories)
        self._device, self._lock = pick_device(device), threading.Lock()
        with loading(name):
            model: Any = model_class.from_pretrained(
                **where(name), trust_remote_code=False, dtype=dtype_of(precision, self._device)
            )
            self._tokenizer: Any = transformers.AutoTokenizer.from_pretrained(**where(name), trust_remote_code=False)
            self._processor: Any = processor_class.from_pretrained(**where(name))
            self._model = model.to(self._device).eval()

    @abc.abstractmethod
    def scores(self, images: Sequence[Image.Image]) -> npt.NDArray[np.float32]:
        """The highest score of a box for each category, 0 to 1: a row an image. May be called from several threads at once."""


def load_detector(name: str, device: str, precision: str, categories: Sequence[str]) -> Detector:
    """The detector of the family that the model's configuration names.

    Args:
        name: A folder, or a name on the Hub.
        device: As indicators are given it.
        precision: As in `LocalModelOptions`.
        categories: What it looks for.

    Raises:
        ModelError: It can't be loaded, or is of another family.
    """
    import transformers

    from vlit_hub.quality.models.grounding_dino import GroundingDino
    from vlit_hub.quality.models.owl import Owl

    families: dict[str, type[Owl] | type[GroundingDino]] = {"owlv2": Owl, "grounding-dino": GroundingDino}
    with loading(name):
        family = transformers.AutoConfig.from_pretrained(**where(name), trust_remote_code=False).model_type
    if family not in families:
        raise ModelError(f"model {name!r} is of family {family!r}. Name a detector of {' or '.join(families)}.")
    return families[family](name, device, precision, categories)
