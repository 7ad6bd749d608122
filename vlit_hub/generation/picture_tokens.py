"""How many tokens a picture is, as OpenAI counts them.

By tiles (GPT-4o and its kin): a picture is scaled down to fit into 2048 x 2048, then so that its shorter side is at most 768; it
costs a base and so much for every tile of 512 x 512 that covers it. By patches (the small models since GPT-4.1): as many tokens
as patches of 32 x 32 cover it, at most 1,536, times the model's factor. `detail: low` costs the base alone where tiles count.

Source: https://platform.openai.com/docs/guides/images-vision (calculating costs); that GPT-5's small models are billed with
smaller factors than that page said was found out in https://community.openai.com/t/1344040. Open models each have a rule of
their own: they are counted like GPT-4o, which is the right order of magnitude and no more.
"""

from __future__ import annotations

import base64
import binascii
import io
import math
from collections.abc import Mapping
from typing import Any

from vlit_hub.generation.prices import named

__all__ = ["picture_tokens"]

_TILES = (85, 170)  # base and tile, of GPT-4o, GPT-4.1 and whatever isn't named
_TILES_OF = {
    "gpt-4o-mini": (2833, 5667),
    "gpt-5": (70, 140),
    "gpt-5.1": (70, 140),
    "o1": (75, 150),
    "o3": (75, 150),
}
_PATCHES_OF = {"gpt-4.1-mini": 1.62, "gpt-4.1-nano": 2.46, "o4-mini": 1.72, "gpt-5-mini": 1.2, "gpt-5-nano": 1.5}
_MOST_PATCHES = 1536
_USUAL_SIZE = (1024, 1024)  # of a picture that isn't here to be measured


def picture_tokens(part: Mapping[str, Any], model: str) -> int:
    """Tokens of one picture, a part of a message's content; one whose size can't be learnt here counts as 1024 x 1024."""
    factor = named(model, _PATCHES_OF)
    if factor is not None:
        return math.ceil(_patches(*_size(part)) * factor)
    base, tile = named(model, _TILES_OF) or _TILES
    if part.get("image_url", {}).get("detail") == "low":
        return base
    return base + tile * _tiles(*_size(part))


def _tiles(width: int, height: int) -> int:
    scale = min(1.0, 2048 / max(width, height))
    scale = min(scale, 768 / min(width, height))
    return math.ceil(round(width * scale) / 512) * math.ceil(round(height * scale) / 512)


def _patches(width: int, height: int) -> int:
    """A picture of too many patches is scaled down to the most there may be."""
    return min(math.ceil(width / 32) * math.ceil(height / 32), _MOST_PATCHES)


def _size(part: Mapping[str, Any]) -> tuple[int, int]:
    """Width and height, for photos as they will be sent."""
    from PIL import Image

    try:
        if part["type"] == "photo":
            with Image.open(part["path"]) as photo:
                scale = min(1.0, part["edge"] / max(photo.size))
                return max(1, round(photo.width * scale)), max(1, round(photo.height * scale))
        kind, _, data = part["image_url"]["url"].partition(";base64,")
        if not kind.startswith("data:"):
            return _USUAL_SIZE
        with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
            return picture.size
    except (OSError, binascii.Error, Image.DecompressionBombError):
        return _USUAL_SIZE
