"""Facts from text seen in the image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from vlit_hub.clues.facts import Fact, Worth, quoted, sources_of, spaced
from vlit_hub.clues.places import is_usable, place, share, written
from vlit_hub.image_by_image.annotations import Box, ImageAnnotations, Text
from vlit_hub.wording.nouns import number_word

__all__ = ["Line", "lines", "text_facts"]

# Words go on one line where they overlap by so much of the lower one's height, are of like height, and so near each other.
_OVERLAP, _LIKE_HEIGHT, _GAP = 0.5, 2.0, 0.8

# Boxes so many times higher than wide hold text that runs up or down: which word comes first isn't known.
_UPRIGHT = 1.5

_SMALL, _TINY = 0.003, 0.0005  # of the picture


class Line(NamedTuple):
    """Words that stand side by side."""

    text: str
    box: Box | None
    sources: tuple[str, ...]


def lines(texts: Sequence[Text]) -> list[Line]:
    """Legible text in reading order, words of one line joined; punctuation alone is left out."""
    words = [text for text in texts if text.legible is not False and any(c.isalnum() for c in text.text or "")]
    words.sort(key=lambda text: (text.box is None, text.y1 or 0, text.x1 or 0, text.text or "", text.source))
    rows: list[list[Text]] = []
    for word in sorted(words, key=lambda text: (text.x1 or 0, text.y1 or 0, text.text or "", text.source)):
        row = next((row for row in rows if _follows(row[-1], word)), None)
        if row is None:
            rows.append([word])
        else:
            row.append(word)
    found = [_line(row) for row in rows]
    return sorted(found, key=lambda line: ((line.box[1], line.box[0]) if line.box else (float("inf"), 0.0), line.text))


def text_facts(image: ImageAnnotations, found: Sequence[Line]) -> list[Fact]:
    """A fact a line, in reading order; tiny lines of one place together; then how many texts nobody could or did read."""
    same: dict[str, list[Line]] = {}
    tiny: dict[str, list[Line]] = {}
    for line in found:
        if line.box and 0 < share(image, line.box) < _TINY:
            tiny.setdefault(place(image, line.box), []).append(line)
        else:
            same.setdefault(line.text, []).append(line)
    facts = [_written(image, some) for some in same.values()]
    for at, some in tiny.items():
        said = ", ".join(dict.fromkeys(quoted(line.text) for line in some))
        names = (name for line in some for name in line.sources)
        facts.append(Fact("texts", f"Tiny {at}: {said}.", Worth.TINY, sources_of(*names)))
    illegible = [text for text in image.texts if text.legible is False]
    unknown = [text for text in image.texts if text.legible is not False and not spaced(text.text or "")]
    for unread, words in ((illegible, "illegible"), (unknown, "readable, but what it says isn't known")):
        if unread:
            number, are = number_word(len(unread)), "is" if len(unread) == 1 else "are"
            more = " more" if found else ""
            whole = f"{number}{more} {'piece' if len(unread) == 1 else 'pieces'} of text {are} {words}."
            names = (text.source for text in unread)
            facts.append(Fact("texts", whole[0].upper() + whole[1:], Worth.UNCERTAIN, sources_of(*names)))
    return facts


def _written(image: ImageAnnotations, some: Sequence[Line]) -> Fact:
    """A text, and where it is; of one that comes several times how often."""
    text, box = quoted(some[0].text), some[0].box
    sources = sources_of(*(name for line in some for name in line.sources))
    worth = Worth.SMALL_TEXT if 0 < max(share(image, line.box) for line in some) < _SMALL else Worth.TEXT
    if len(some) > 1:
        places = dict.fromkeys(place(image, line.box) for line in some if line.box)
        where = f": {', '.join(filter(None, places))}" if any(places) else ""
        return Fact("texts", f"{text}, {number_word(len(some))} times{where}.", worth, sources)
    if box is None or not is_usable(box):
        return Fact("texts", f"{text}.", worth, sources)
    words = ", ".join(filter(None, [place(image, box), written(box)]))
    return Fact("texts", f"{text} {words}.", worth, sources, boxed=True)


def _line(row: Sequence[Text]) -> Line:
    boxes = [word.box for word in row if word.box is not None]
    box: Box | None = None
    if boxes:
        box = (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
    return Line(" ".join(spaced(word.text or "") for word in row), box, sources_of(*(word.source for word in row)))


def _follows(left: Text, right: Text) -> bool:
    """Whether `right` goes on where `left` ends."""
    one, other = left.box, right.box
    if one is None or other is None or left.source != right.source:
        return False
    heights = sorted((one[3] - one[1], other[3] - other[1]))
    if heights[0] <= 0 or heights[1] > _LIKE_HEIGHT * heights[0] or _runs_up(left) or _runs_up(right):
        return False
    overlap = min(one[3], other[3]) - max(one[1], other[1])
    gap = other[0] - one[2]
    return overlap >= _OVERLAP * heights[0] and -0.5 * heights[0] <= gap <= _GAP * heights[1]


def _runs_up(text: Text) -> bool:
    left, top, right, bottom = text.box or (0.0, 0.0, 1.0, 1.0)
    return len(text.text or "") > 2 and bottom - top > _UPRIGHT * (right - left)
