"""LLaVA's own format: `{"id", "image", "conversations": [{"from": "human" | "gpt", "value"}]}`, an array or JSON Lines.

Its training code moves every `<image>` of a turn to the turn's front, and drops what white space was around it (LLaVA,
`llava/train/train.py`, `preprocess_multimodal`); so one photo of the first turn stands before the instruction wherever it was
written. `image` may be a list, as in LLaVA-NeXT-Interleave: several photos stay where they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import msgspec

from vlit_hub.importing.importer import Conversation, Importer, Origin, Turn
from vlit_hub.importing.items import read_conversations
from vlit_hub.importing.shapes import has_from_and_value, identifier, media_fault
from vlit_hub.records import PLACEHOLDER

__all__ = ["LLAVA"]

# The files of LLaVA-Instruct-150K that hold one task each say so in their names.
_TASKS = (
    (re.compile(r"^conversation_\d+k\b"), "conversation"),
    (re.compile(r"^detail_\d+k\b"), "detailed_description"),
    (re.compile(r"^complex_reasoning_\d+k\b"), "complex_reasoning"),
)


class _Turn(Turn, gc=False, rename={"role": "from", "text": "value"}):
    role: str  # msgspec renames only what a class defines itself
    text: str


class _Item(msgspec.Struct, gc=False):
    conversations: list[_Turn]
    id: str | int | None = None
    image: str | list[str] | None = None
    video: Any = None


def _read(origin: Origin) -> Iterator[Conversation]:
    task = next((task for pattern, task in _TASKS if pattern.match(origin.file.base_name)), "")
    return read_conversations(origin.file, _Item, partial(_conversation, task))


def _conversation(task: str, item: _Item) -> Conversation:
    photos = [item.image] if isinstance(item.image, str) else item.image or []
    turns = item.conversations
    if len(photos) == 1 and (asked := next((turn for turn in turns if turn.role == "human"), None)):
        _to_front(asked)
    return Conversation(
        turns,  # type: ignore[arg-type]  # a list that nobody adds to
        photos,
        identifier(item.id),
        task=task,
        fault=media_fault(item.video),
    )


def _to_front(turn: Turn) -> None:
    if not turn.text.startswith(PLACEHOLDER) and turn.text.count(PLACEHOLDER) == 1:
        turn.text = f"{PLACEHOLDER}\n{turn.text.replace(PLACEHOLDER, '').strip()}"


def _sniff(item: Mapping[str, Any]) -> bool:
    named = isinstance(item.get("image"), str | list | None)
    return has_from_and_value(item) and "images" not in item and named


LLAVA = Importer(
    name="llava",
    read=_read,
    sniff=_sniff,
    about="LLaVA: id, image, conversations of human and gpt",
)
