"""Photos with a region drawn in: what a model or a reader is asked about stands in a red box."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import xxhash
from PIL import Image, ImageDraw, ImageOps

from vlit_hub.atomic import write_aside

__all__ = ["digest_of", "draw_box", "marked_copy", "upright"]

Box = tuple[float, float, float, float]

_RED = (255, 0, 0)
_QUALITY = 95


def upright(photo: Path) -> Image.Image:
    """The photo as it is shown: turned by its EXIF orientation, in RGB, with transparent parts on white.

    Raises:
        OSError: It can't be read (Pillow's UnidentifiedImageError is one).
        Image.DecompressionBombError: It has more pixels than Pillow agrees to decode.
    """
    with Image.open(photo) as stored:
        shown = ImageOps.exif_transpose(stored)
    if shown.mode == "RGB":
        return shown
    if shown.mode.startswith(("I", "F")):  # 16 bits, which Pillow's own conversion cuts at 255
        values = np.asarray(shown, dtype=np.float64)
        top = 65535 if values.max() > 255 else 255
        shown = Image.fromarray((values.clip(0, top) * (255 / top)).astype(np.uint8))
    if "A" in shown.mode or "transparency" in shown.info:
        clear = shown.convert("RGBA")
        shown = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    return shown.convert("RGB")


def draw_box(shown: Image.Image, box: Box) -> None:
    """Draw a red box into a picture, around the region rather than over it, as far as the picture reaches.

    Args:
        shown: An RGB picture; it is changed.
        box: x1, y1, x2, y2 in its pixels.
    """
    line = max(2, round(max(shown.size) / 200))
    x1, y1, x2, y2 = (round(side) for side in box)
    around = (
        max(x1 - line, 0),
        max(y1 - line, 0),
        min(x2 + line, shown.width) - 1,
        min(y2 + line, shown.height) - 1,
    )
    ImageDraw.Draw(shown).rectangle(around, outline=_RED, width=line)


def marked_copy(photo: Path, digest: str, box: Box, folder: Path) -> Path:
    """A copy of the photo with the box drawn in, as JPEG; one that is there already is not made again.

    Args:
        photo: The photo.
        digest: Of its content.
        box: x1, y1, x2, y2 in pixels of the upright photo.
        folder: Where copies are kept, each photo's in a folder of its own.

    Raises:
        OSError: The photo can't be read, or the copy not written.
    """
    sides = "-".join(f"{side:.0f}" for side in box)
    copy = folder / digest[:2] / digest / f"{photo.stem}-box-{sides}.jpg"
    if not copy.exists():
        shown = upright(photo)
        draw_box(shown, box)
        held = BytesIO()
        shown.save(held, "JPEG", quality=_QUALITY, subsampling=0)
        copy.parent.mkdir(parents=True, exist_ok=True)
        write_aside(copy, held.getvalue())
    return copy


def digest_of(photo: Path) -> str:
    """32 hex digits of a photo's content."""
    return xxhash.xxh3_128_hexdigest(photo.read_bytes())
