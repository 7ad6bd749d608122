"""Boxes written in texts, as several models write them.

`qwen2`   `<|object_ref_start|>tram<|object_ref_end|><|box_start|>(10,20),(500,980)<|box_end|>`, sides from 0 to 1000
          (Qwen2-VL, https://github.com/QwenLM/Qwen2-VL)
`qwen`    `<ref>tram</ref><box>(10,20),(500,980)</box>`, sides from 0 to 1000 (Qwen-VL, arXiv:2308.12966)
`kosmos`  `<phrase>tram</phrase><object><patch_index_0044><patch_index_0863></object>`, cells of a grid of 32 by 32 at the top
          left and the bottom right corner (Kosmos-2, arXiv:2306.14824)
`shikra`  `[0.012,0.020,0.500,0.981]`, shares of the width and height (Shikra, arXiv:2306.15195). No mark tells such a box from
          other numbers, and LLaVA's data has boxes of the same look that are shares of the photo padded to a square; so it is
          read only where the user says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from vlit_hub.importing.importer import Box

__all__ = ["NOTATIONS", "boxed", "read_boxes"]

_Sides = tuple[float, float, float, float]
_GRID = 32
_FOUR = ("x1", "y1", "x2", "y2")


def _thousandths(found: re.Match[str]) -> _Sides:
    x1, y1, x2, y2 = (int(found[side]) / 1000 for side in _FOUR)
    return x1, y1, x2, y2


def _shares(found: re.Match[str]) -> _Sides:
    x1, y1, x2, y2 = (float(found[side]) for side in _FOUR)
    return x1, y1, x2, y2


def _cells(found: re.Match[str]) -> _Sides:
    """As Kosmos-2's own code reads them (transformers, `patch_index_to_coordinate`): from middle to middle of the two cells; the
    whole cells where both are in one row or column."""
    (top, left), (bottom, right) = (divmod(int(found[name]), _GRID) for name in ("first", "last"))
    start, end = (0.0, 1.0) if top == bottom or left == right else (0.5, 0.5)
    return (left + start) / _GRID, (top + start) / _GRID, (right + end) / _GRID, (bottom + end) / _GRID


@dataclass(frozen=True)
class _Notation:
    """One way to write boxes.

    Attributes:
        token: What every text with such a box has.
        pattern: A label, in the group `label`, or a box, in the groups that `sides` reads.
        sides: The box in shares of the photo.
    """

    token: str
    pattern: re.Pattern[str]
    sides: Callable[[re.Match[str]], _Sides]

    def read(self, text: str) -> list[Box]:
        """The boxes of a text; those that directly follow a label, or each other behind one, have it."""
        found = []
        label, end = "", 0
        for match in self.pattern.finditer(text):
            if text[end : match.start()].strip():
                label = ""
            end = match.end()
            if match["label"] is not None:
                label = match["label"].strip()
            else:
                found.append(Box(self.sides(match), label, unit="share"))
        return found


_PAIRS = r"\(\s*(?P<x1>\d+)\s*,\s*(?P<y1>\d+)\s*\)\s*,\s*\(\s*(?P<x2>\d+)\s*,\s*(?P<y2>\d+)\s*\)"
_SHARE = r"\s*(?P<{}>(?:0?\.\d+|0|1|1\.0+))\s*"

NOTATIONS: Mapping[str, _Notation] = {
    "qwen2": _Notation(
        "<|box_start|>",
        re.compile(
            rf"<\|object_ref_start\|>(?P<label>.*?)<\|object_ref_end\|>|<\|box_start\|>{_PAIRS}<\|box_end\|>", re.DOTALL
        ),
        _thousandths,
    ),
    "qwen": _Notation("<box>", re.compile(rf"<ref>(?P<label>.*?)</ref>|<box>{_PAIRS}</box>", re.DOTALL), _thousandths),
    "kosmos": _Notation(
        "<patch_index_",
        re.compile(
            r"<phrase>(?P<label>.*?)</phrase>|(?:<object>|</delimiter_of_multi_objects/>)"
            r"<patch_index_(?P<first>\d{4})><patch_index_(?P<last>\d{4})>(?:</object>)?",
            re.DOTALL,
        ),
        _cells,
    ),
    "shikra": _Notation(
        "[", re.compile(r"(?P<label>(?!))|\[" + ",".join(_SHARE.format(side) for side in _FOUR) + r"\]"), _shares
    ),
}


def boxed(texts: pl.Series, notations: Sequence[str]) -> pl.Series:
    """Which texts may have boxes of these notations."""
    if not notations:
        return pl.Series([False]).new_from_index(0, len(texts))
    return texts.str.contains_any([NOTATIONS[name].token for name in notations])


def read_boxes(text: str, notations: Sequence[str]) -> list[Box]:
    """The boxes of a text, by the first of these notations that it has any of."""
    for name in notations:
        notation = NOTATIONS[name]
        if notation.token in text and (found := notation.read(text)):
            return found
    return []
