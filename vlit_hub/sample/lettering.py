"""Words on signs, shops, buses, posters, books and labels: which ones, and where each stands to the pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import msgspec
from PIL import ImageFont

from vlit_hub.sample.art import Rgb
from vlit_hub.sample.chance import Chance
from vlit_hub.sample.geometry import Box

__all__ = ["LEGIBLE_SIZE", "Word", "fit", "font", "small_print", "wording"]

LEGIBLE_SIZE = 11.0
"""Smallest font size in pixels whose words count as legible; capitals are about 0.7 of it high."""

_SMALLEST_SIZE = 5.0  # pixels: words that would be smaller are not written
_METRICS_SIZE = 200
_CAP_HEIGHT = 0.72

_WORDS = msgspec.yaml.decode(resources.files("vlit_hub.sample").joinpath("words.yaml").read_bytes())


@dataclass(frozen=True)
class Word:
    """A word as drawn: `box` holds its ink, `origin` is where its baseline starts, `size` the font size in pixels."""

    text: str
    box: Box
    origin: tuple[float, float]
    size: float
    colour: Rgb

    @property
    def legible(self) -> bool:
        """Whether it is large enough to read."""
        return self.size >= LEGIBLE_SIZE


@lru_cache(maxsize=256)
def font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """The font that comes with Pillow."""
    return ImageFont.load_default(size)


@lru_cache(maxsize=4096)
def _metrics(word: str) -> tuple[float, Box]:
    """Advance and ink box (relative to the start of the baseline) for font size 1."""
    measure = font(_METRICS_SIZE)
    x0, y0, x1, y1 = measure.getbbox(word, anchor="ls")
    k = 1 / _METRICS_SIZE
    return measure.getlength(word) * k, (x0 * k, y0 * k, x1 * k, y1 * k)


def wording(chance: Chance, what: str, kind: str) -> str:
    """What a sign, shop, vehicle, poster, book or label may say in this kind of scene; words separated by blanks."""
    if what == "sign street":
        return f"{chance.one(_WORDS['street'])} {chance.one(_WORDS['way'])}"
    if what == "sign wooden":
        return str(chance.one(_WORDS["board"][kind]))
    if what == "poster":
        return str(chance.one(_WORDS["poster"][kind]))
    if what == "bus":
        return f"{chance.whole(1, 199)} {chance.one(_WORDS['stop'])}"
    if what == "stop sign":
        return "STOP"
    text: str = chance.one(_WORDS[what])
    return (
        f"{chance.one(_WORDS['owner'])} {text}" if what == "shop" and " " not in text and chance.happens(0.45) else text
    )


def fit(text: str, panel: Box, colour: Rgb, max_size: float) -> list[Word]:
    """Set the words into the panel, centred, on as many lines as let them be largest; none if there is no room."""
    words = text.split()
    best = max((_size(lines, panel) for lines in _breaks(words)), key=lambda found: found[0])
    size, lines = min(best[0], max_size), best[1]
    if size < _SMALLEST_SIZE:
        return []
    x0, y0, x1, y1 = panel
    pitch = size * 1.05
    baseline = (y0 + y1) / 2 - pitch * (len(lines) - 1) / 2 + size * _CAP_HEIGHT / 2
    placed = []
    for line in lines:
        x = (x0 + x1) / 2 - _length(line) * size / 2
        for word in line:
            advance, (left, top, right, bottom) = _metrics(word)
            box = (x + left * size, baseline + top * size, x + right * size, baseline + bottom * size)
            placed.append(Word(word, box, (x, baseline), size, colour))
            x += (advance + _SPACE) * size
        baseline += pitch
    return placed


_SPACE = 0.3  # of the font size, between words


def _length(line: Sequence[str]) -> float:
    return sum(_metrics(word)[0] for word in line) + _SPACE * (len(line) - 1)


def _breaks(words: list[str]) -> list[list[list[str]]]:
    """All words on one line; in two lines, at each place; a line each."""
    ways = [[words]] + [[words[:i], words[i:]] for i in range(1, len(words))]
    return [*ways, [[word] for word in words]] if len(words) > 2 else ways


def _size(lines: list[list[str]], panel: Box) -> tuple[float, list[list[str]]]:
    width, height = panel[2] - panel[0], panel[3] - panel[1]
    widest = max(_length(line) for line in lines)
    return min(width / widest, height / (_CAP_HEIGHT + 1.05 * (len(lines) - 1) + 0.1)), lines


def small_print(chance: Chance, panel: Box, colour: Rgb, count: int) -> list[Word]:
    """Words too small to read, in rows from the panel's top left."""
    x0, y0, x1, y1 = panel
    size = min(LEGIBLE_SIZE * 0.55, (y1 - y0) * 0.8)
    placed: list[Word] = []
    x, baseline = x0, y0 + size * _CAP_HEIGHT
    while len(placed) < count and size >= 3 and baseline < y1:
        text = "".join(chance.one("aeiounrstlmc") for _ in range(chance.whole(4, 9)))
        advance, (left, top, right, bottom) = _metrics(text)
        if x + right * size > x1:
            x, baseline = x0, baseline + size * 1.15
            if x + right * size > x1:
                break
            continue
        box = (x + left * size, baseline + top * size, x + right * size, baseline + bottom * size)
        placed.append(Word(text, box, (x, baseline), size, colour))
        x += (advance + _SPACE) * size
    return placed
