"""Which objects region conversations are about."""

from __future__ import annotations

from vlit_hub.draws import salt
from vlit_hub.image_by_image.annotations import ImageAnnotations, Object

__all__ = ["choose"]

_LEAST_SIDE = 24  # pixels; smaller ones can't be told apart in a picture made smaller
_LEAST_SHARE = 0.005  # of the picture
_MOST_SHARE = 0.85  # a box around nearly all of the picture marks nothing


def choose(image: ImageAnnotations, most: int, seed: int) -> list[Object]:
    """At most so many of the image's objects, drawn by hash: single, large enough, and not the whole picture.

    An object that two sources annotated counts once; categories that aren't drawn yet go first.
    """
    fit = {(thing.category, thing.box): thing for thing in image.objects if _fits(thing, image)}
    drawn = sorted(
        fit.values(), key=lambda thing: salt(seed, "region", str(image.image_id), thing.category, str(thing.box))
    )
    seen: dict[str, int] = {}
    rounds = []
    for thing in drawn:
        rounds.append(seen.get(thing.category, 0))
        seen[thing.category] = rounds[-1] + 1
    order = sorted(range(len(drawn)), key=lambda place: (rounds[place], place))
    return [drawn[place] for place in order[:most]]


def _fits(thing: Object, image: ImageAnnotations) -> bool:
    if thing.box is None or thing.crowd or not image.width or not image.height:
        return False
    x1, y1, x2, y2 = thing.box
    share = (x2 - x1) * (y2 - y1) / (image.width * image.height)
    return min(x2 - x1, y2 - y1) >= _LEAST_SIDE and _LEAST_SHARE <= share <= _MOST_SHARE
