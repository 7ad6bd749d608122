"""Where something is and how large it looks, in words and numbers."""

from __future__ import annotations

from vlit_hub.image_by_image.annotations import Box, ImageAnnotations

__all__ = ["area", "iou", "is_usable", "place", "share", "share_inside", "size_words", "where", "written"]

# A box that spans so much of the picture isn't said to be at one side of it.
_SPANS = 0.75


def is_usable(box: Box | None) -> bool:
    """Whether there is a box, and it isn't empty."""
    return box is not None and box[2] > box[0] and box[3] > box[1]


def written(box: Box) -> str:
    """`[left, top, right, bottom]` in whole pixels; sides that rounding would make equal are rounded outwards."""
    left, top, right, bottom = (round(side) for side in box)
    if left == right:
        left, right = int(box[0]), -int(-box[2] // 1)
    if top == bottom:
        top, bottom = int(box[1]), -int(-box[3] // 1)
    return f"[{left}, {top}, {right}, {bottom}]"


def area(box: Box) -> float:
    """In square pixels."""
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def share(image: ImageAnnotations, box: Box | None, pixels: float | None = None) -> float:
    """How much of the picture something takes up, in [0, 1]; 0 where that isn't known.

    Args:
        image: For its size.
        box: Taken where `pixels` isn't known.
        pixels: Its own area.
    """
    if not image.width or not image.height or (box is None and not pixels):
        return 0.0
    own = pixels if pixels else area(box) if box is not None else 0.0
    return min(own / (image.width * image.height), 1.0)


def size_words(part: float) -> str:
    """A share of the picture.

    >>> size_words(0.123), size_words(0.004)
    ('about 12% of the picture', 'under 1% of the picture')
    """
    return f"about {part:.0%} of the picture" if part >= 0.01 else "under 1% of the picture"


def place(image: ImageAnnotations, box: Box) -> str:
    """Coarse words for where a box is: `at the top left`, `across the bottom`; empty where the picture's size isn't known."""
    if not image.width or not image.height:
        return ""
    wide = (box[2] - box[0]) / image.width >= _SPANS
    high = (box[3] - box[1]) / image.height >= _SPANS
    across = _third((box[0] + box[2]) / 2 / image.width, "left", "right")
    down = _third((box[1] + box[3]) / 2 / image.height, "top", "bottom")
    if wide and high:
        return "filling nearly the whole picture"
    if wide:
        return f"across the {down or 'middle'}"
    if high:
        return f"from top to bottom {f'at the {across}' if across else 'in the middle'}"
    words = " ".join(word for word in (down, across) if word)
    return f"at the {words}" if words else "in the middle"


def where(image: ImageAnnotations, box: Box | None, pixels: float | None = None) -> list[str]:
    """Place, size and box, as far as they are known."""
    if box is None or not is_usable(box):
        return []
    words = [place(image, box), size_words(share(image, box, pixels))] if image.width and image.height else []
    return [*words, written(box)]


def share_inside(inner: Box, outer: Box) -> float:
    """How much of `inner` lies in `outer`, in [0, 1]."""
    return _common(inner, outer) / area(inner) if area(inner) > 0 else 0.0


def iou(one: Box, other: Box) -> float:
    """Intersection over union, in [0, 1]."""
    both = _common(one, other)
    union = area(one) + area(other) - both
    return both / union if union > 0 else 0.0


def _common(one: Box, other: Box) -> float:
    return area(
        (max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])),
    )


def _third(middle: float, low: str, high: str) -> str:
    """The outer thirds have a word each, the middle has none."""
    return low if middle < 1 / 3 else high if middle > 2 / 3 else ""
