"""A decoded photo, with the reduced copies that indicators share."""

from __future__ import annotations

import io
from functools import cached_property

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

__all__ = ["BrokenPhoto", "Photo"]

_SMALL = 256


class BrokenPhoto(Exception):
    """A photo that can't be read; the message says why, in a few words."""


class Photo:
    """One photo.

    Attributes:
        image: Upright (EXIF's orientation applied), in RGB.
    """

    def __init__(self, image: Image.Image) -> None:
        self.image = image

    @classmethod
    def decode(cls, data: bytes) -> Photo:
        """Decode a whole file.

        Raises:
            BrokenPhoto: It is no image, is cut short, or is of a size that no photo has.
        """
        try:
            with Image.open(io.BytesIO(data)) as file:
                file.load()
                upright = ImageOps.exif_transpose(file)
                return cls(upright.convert("RGB"))
        except Exception as error:  # Pillow's decoders raise nearly anything on damaged data
            words = str(error).splitlines()
            raise BrokenPhoto(words[0] if words else type(error).__name__) from None

    @cached_property
    def gray(self) -> npt.NDArray[np.uint8]:
        """Brightness of each pixel (ITU-R 601), 0 to 255: an array of height by width."""
        return np.asarray(self.image.convert("L"))

    @cached_property
    def small(self) -> Image.Image:
        """In RGB, reduced so that its longer side is 256 pixels; as it is where it is no larger."""
        if max(self.image.size) <= _SMALL:
            return self.image
        scale = _SMALL / max(self.image.size)
        width, height = (max(1, round(side * scale)) for side in self.image.size)
        return self.image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)
