"""Detectors that find what they are told to look for."""

from __future__ import annotations

import abc
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from vlit_hub.errors import ModelError
from vlit_hub.quality.models.loading import loading, where

__all__ = ["Detector", "load_detector"]


class Detector(abc.ABC):
    """A loaded model.

    Attributes:
        categories: What it looks for.
    """

    categories: tuple[str, ...]

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
