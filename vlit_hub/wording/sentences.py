"""Sentences of a text."""

from __future__ import annotations

import re

__all__ = ["sentences"]

_ENDS = re.compile(r"(?<=[.!?])[\"')\]]*\s+|\n+")


def sentences(text: str) -> list[str]:
    """The sentences of a text, their end marks kept, with straight apostrophes."""
    straight = text.replace("\u2019", "'").replace("\u2018", "'")
    return [piece.strip() for piece in _ENDS.split(straight) if piece and piece.strip()]
