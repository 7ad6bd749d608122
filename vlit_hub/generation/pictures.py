"""Photos for a model that sees: read, turned upright, made smaller and encoded when a request is sent, not before."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
from PIL import Image

from vlit_hub.generation.requests import Request, image_part
from vlit_hub.photos.marking import draw_box, upright

__all__ = ["PictureFault", "with_pictures"]

_QUALITY = 90
_AS_THEY_ARE = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}  # what every server takes


class PictureFault(Exception):
    """A photo that can't be sent; the message says why."""


def with_pictures(request: Request) -> Request:
    """The request as it is sent: photos as data URLs.

    A JPEG, PNG or WebP photo in RGB that is upright and small enough is sent byte for byte under its own MIME type. Any other
    becomes a JPEG: transparent parts on white, palettes and 16 bits as RGB, the longer edge at most as long as asked for.

    Raises:
        PictureFault: A photo can't be decoded, or is too large for it.
        OSError: A photo isn't there any more, or the disk fails.
    """
    if all(isinstance(message["content"], str) for message in request.messages):
        return request
    return msgspec.structs.replace(request, messages=tuple(_encoded(message) for message in request.messages))


def _encoded(message: Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(message["content"], str):
        return message
    parts = [_encode(part) if part["type"] == "photo" else part for part in message["content"]]
    return {**message, "content": parts}


def _encode(part: Mapping[str, Any]) -> dict[str, Any]:
    photo, edge, box = Path(part["path"]), int(part["edge"]), part["box"]
    try:
        if box is None and (mime := _as_it_is(photo, edge)):
            return image_part(mime, b64encode(photo.read_bytes()).decode())
        shown = upright(photo)
    except (OSError, Image.DecompressionBombError, ValueError, SyntaxError) as error:
        if isinstance(error, OSError) and error.errno:  # the disk's trouble, not the photo's
            raise
        raise PictureFault(f"{photo.name}: {error}") from None
    if box is not None:
        draw_box(shown, tuple(box))
    shown.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    held = BytesIO()
    shown.save(held, "JPEG", quality=_QUALITY)
    return image_part("image/jpeg", b64encode(held.getvalue()).decode())


def _as_it_is(photo: Path, edge: int) -> str | None:
    """The MIME type of a photo that needs no work; None for another."""
    with Image.open(photo) as stored:
        turned = stored.getexif().get(0x0112, 1) != 1
        fits = stored.mode == "RGB" and max(stored.size) <= edge and not turned and "transparency" not in stored.info
        return _AS_THEY_ARE.get(stored.format or "") if fits else None
