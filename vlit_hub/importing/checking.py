"""Conversations that a record can hold, and why the others can't be.

Turns of many conversations are looked at as columns: an array of roles and one of texts, and where each conversation ends.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.importing.importer import Conversation, Turn
from vlit_hub.records import PLACEHOLDER

__all__ = ["SYSTEM_FAULT", "Checked", "System", "check", "settle_system"]

System = Literal["reject", "drop", "prepend"]
"""What becomes of a system prompt, for which a record has no place."""

_USER, _ASSISTANT, _TOOL, _UNKNOWN = range(4)
_ROLES = {
    **dict.fromkeys(("user", "human"), _USER),
    **dict.fromkeys(("assistant", "gpt", "model", "bot", "chatbot"), _ASSISTANT),
    **dict.fromkeys(("tool", "tool_call", "tool_response", "function", "function_call", "observation"), _TOOL),
}
SYSTEM_FAULT = "has a system prompt (--system drop or prepend lets it through)"

Bools = npt.NDArray[np.bool_]
_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Checked:
    """What became of some conversations.

    Attributes:
        faults: Of each, why no record can hold it, or null.
        instructions: Of all the others, turn by turn, one below the other.
        responses: Likewise.
        ends: Where each one's turns end there.
        interleaved: Whether `<image>` in each one's instructions is the place of a photo.
    """

    faults: pl.Series
    instructions: pl.Series
    responses: pl.Series
    ends: _Ints
    interleaved: Bools


def settle_system(conversations: Sequence[Conversation], system: System, marker: str) -> int:
    """Take away system prompts, or put them before the first instruction (behind the photos that stand before it), or make them
    a fault.

    Returns:
        How many there were.
    """
    found = 0
    photos = re.compile(rf"\s*(?:{re.escape(marker)}\s*)*")
    for one in conversations:
        if one.turns and one.turns[0].role.lower() == "system":
            found += 1
            prompt, *turns = one.turns
            if not prompt.text.strip() or system == "drop":
                one.turns = turns
            elif system == "reject":
                one.fault = one.fault or SYSTEM_FAULT
            elif turns:
                before = photos.match(turns[0].text)
                place = before.end() if before and marker in before[0] else 0
                text = f"{turns[0].text[:place]}{prompt.text}\n\n{turns[0].text[place:]}"
                one.turns = [Turn(turns[0].role, text), *turns[1:]]
    return found


def check(conversations: Sequence[Conversation], marker: str, unmarked: Literal["front", "fault"]) -> Checked:
    """Check turns and the places of photos, as `vlit_hub.records` wants them.

    Photos whose markers all stand at the start of the first instruction, with nothing but white space between and behind
    them, are simply before it: these markers go away. Elsewhere each marker becomes `<image>`.

    Args:
        conversations: Without system prompts.
        marker: As in `Importer`.
        unmarked: As in `Importer`.
    """
    lengths = np.array([len(one.turns) for one in conversations], np.int64)
    photos = np.array([len(one.photos) for one in conversations], np.int64)
    turns = [turn for one in conversations for turn in one.turns]
    roles = np.array([_ROLES.get(turn.role.lower(), _UNKNOWN) for turn in turns], np.int8)
    texts = pl.Series("text", [turn.text for turn in turns], pl.String())
    owners = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.cumsum(lengths) - lengths
    place = np.arange(len(turns)) - starts[owners]

    def some(which: Bools) -> Bools:
        """Conversations that have such a turn."""
        found: Bools = np.bincount(owners[which], minlength=len(lengths)) > 0
        return found

    marked = texts.str.count_matches(marker, literal=True).to_numpy().astype(np.int64)
    asked, first = place % 2 == 0, place == 0
    texts, gone = _without_leading(texts, first & (marked > 0), marker)
    left = marked - gone
    total = np.bincount(owners, weights=marked, minlength=len(lengths)).astype(np.int64)
    front = np.bincount(owners, weights=left, minlength=len(lengths)) == 0
    interleaved = ~front
    # where photos stand elsewhere too, those at the start keep their markers
    inner = first & (gone > 0) & interleaved[owners]
    if inner.any():
        whole = pl.Series([turns[place].text for place in np.flatnonzero(inner)])
        texts = texts.scatter(np.flatnonzero(inner), whole)
    literal = np.zeros(len(turns), np.bool_)
    if marker != PLACEHOLDER:
        literal = texts.str.contains(PLACEHOLDER, literal=True).to_numpy() & interleaved[owners] & asked
        texts = texts.str.replace_all(marker, PLACEHOLDER, literal=True)
    blank = ~texts.str.contains(r"\S").to_numpy()
    unwanted = photos - total if unmarked == "fault" else np.where(total, photos - total, 0)

    faults = pl.Series([one.fault or None for one in conversations], dtype=pl.String())
    for which, reason in (
        (lengths == 0, "has no messages"),
        (some(roles == _TOOL), "uses tools"),
        (some(roles == _UNKNOWN), "has a role that is neither the user nor the assistant"),
        (some(first & (roles == _ASSISTANT)), "starts with the assistant"),
        (some(roles != place % 2), "has two turns of one side in a row"),
        (lengths % 2 == 1, "ends with the user (an odd number of turns)"),
        (some(asked & blank & (first | (marked == 0))), "has an empty instruction"),
        (some(~asked & blank), "has an empty response"),
        (some(~asked & (marked > 0)), f"has {_shown(marker)} in a response"),
        (unwanted > 0, f"has more photos than {_shown(marker)}"),
        (unwanted < 0, f"has more {_shown(marker)} than photos"),
        (some(literal), f"has photos among its texts, and {PLACEHOLDER} as plain text too"),
    ):
        if which.any():
            reasons = pl.select(pl.when(pl.Series(which)).then(pl.lit(reason))).to_series()
            faults = faults.zip_with(faults.is_not_null(), reasons)
    good = faults.is_null().to_numpy()
    kept = good[owners]
    return Checked(
        faults,
        texts.filter(pl.Series(kept & asked)),
        texts.filter(pl.Series(kept & ~asked)),
        np.cumsum(lengths[good] // 2),
        interleaved[good],
    )


def _without_leading(texts: pl.Series, which: Bools, marker: str) -> tuple[pl.Series, _Ints]:
    """Texts without the markers that some of them start with, and how many that were."""
    rows = np.flatnonzero(which)
    gone = np.zeros(len(texts), np.int64)
    if not len(rows):
        return texts, gone
    some = texts.gather(rows)
    pattern = rf"^\s*(?:{_escaped(marker)}\s*)+"
    short = some.str.replace(pattern, "")
    counts = [one.str.count_matches(marker, literal=True).to_numpy().astype(np.int64) for one in (some, short)]
    gone[rows] = counts[0] - counts[1]
    return texts.scatter(rows, short), gone


def _escaped(marker: str) -> str:
    """As a regular expression."""
    return "".join(f"\\x{{{ord(letter):x}}}" for letter in marker)


def _shown(marker: str) -> str:
    return marker if marker.isprintable() else "places for photos"
