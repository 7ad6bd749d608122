"""What a conversation to be checked is, and how its text is taken apart."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["Conversation", "plain", "words"]

Conversation = Sequence[tuple[str, str]]
"""Turns: what the user says, and what the assistant answers."""


def plain(text: str) -> str:
    """With straight apostrophes and single spaces: the checks' patterns are written so."""
    return " ".join(text.replace("\u2019", "'").replace("\u2018", "'").split())


def words(text: str) -> list[str]:
    """The words in lower case, without punctuation."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?", plain(text).lower())
