"""The picture of a scene."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO

from PIL import Image, ImageDraw

from vlit_hub.sample.art import Rgb, darker, paint
from vlit_hub.sample.backdrops import backdrop
from vlit_hub.sample.catalog import COLOURS, HAIR, SKIN, shape
from vlit_hub.sample.chance import Chance
from vlit_hub.sample.lettering import Word, font
from vlit_hub.sample.scene import Scene, Thing

__all__ = ["jpeg", "picture"]

_SCALE = 2  # everything is drawn this many times larger, then averaged, which smooths the edges
_ON_A_POLE = ("umbrella", "stop sign", "lamp", "traffic light")
_ON_THE_GROUND = ("road", "sidewalk", "sand", "grass", "park", "snow", "floor", "table", "desk")


def picture(scene: Scene) -> Image.Image:
    """Draw a scene."""
    image = backdrop(scene, _SCALE)
    draw = ImageDraw.Draw(image)
    chance = Chance(scene.seed, scene.number, "photo")
    for shop in scene.shops:
        _write(draw, shop.words)
    if scene.crowd:
        crowd = scene.crowd
        drawing = shape(crowd.category.name, crowd.pose)
        for box in crowd.boxes:
            paint(draw, drawing, _scaled(box), crowd.flip, {"main": COLOURS[crowd.colour]}, 1)
    for thing in scene.things:
        drawing = shape(thing.name, thing.pose)
        if thing.where in _ON_THE_GROUND and thing.pose != "top":
            _shadow(image, draw, thing)
        rim = 0.0 if thing.pose == "top" else 2.0 if thing.box[3] - thing.box[1] > 60 else 1.0
        paint(draw, drawing, _scaled(thing.box), thing.flip, _roles(thing, chance), rim)
        _write(draw, thing.words)
    return image.reduce(_SCALE)


def jpeg(scene: Scene) -> bytes:
    """The picture as a JPEG file."""
    file = BytesIO()
    picture(scene).save(file, "JPEG", quality=92)
    return file.getvalue()


def _scaled(box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = box
    return x0 * _SCALE, y0 * _SCALE, x1 * _SCALE, y1 * _SCALE


def _roles(thing: Thing, chance: Chance) -> dict[str, Rgb]:
    shade = chance.whole(-7, 7)
    red, green, blue = (min(255, max(0, c + shade)) for c in COLOURS[thing.colour])
    roles = {"main": (red, green, blue), "skin": chance.one(SKIN), "hair": chance.one(HAIR)}
    if thing.second:
        roles["second"] = COLOURS[thing.second]
    if thing.name == "horse":
        roles["hair"] = darker(COLOURS[thing.colour], 0.45)
    elif thing.name == "orange":
        roles["main"] = (242, 142, 36)
    elif thing.name in ("dining table", "desk"):
        roles["main"] = (166, 116, 72)
    return roles


def _shadow(image: Image.Image, draw: ImageDraw.ImageDraw, thing: Thing) -> None:
    """A flat shadow where the thing meets the ground, in a darker tone of the ground there."""
    x0, _, x1, y1 = _scaled(thing.box)
    middle, reach = (x0 + x1) / 2, (x1 - x0) * (0.2 if thing.name in _ON_A_POLE or thing.pose == "street" else 0.52)
    at = min(max(int(middle), 0), image.width - 1), min(max(int(y1) + 1, 0), image.height - 1)
    tone = image.getpixel(at)
    assert isinstance(tone, tuple)
    height = max(3.0, min(0.09 * (x1 - x0), 0.03 * image.height))
    draw.ellipse(
        (middle - reach, y1 - height, middle + reach, y1 + height * 0.6), fill=darker((tone[0], tone[1], tone[2]), 0.17)
    )


def _write(draw: ImageDraw.ImageDraw, words: Iterable[Word]) -> None:
    for word in words:
        x, y = word.origin
        draw.text((x * _SCALE, y * _SCALE), word.text, fill=word.colour, font=font(word.size * _SCALE), anchor="ls")
