"""Alpaca's format with photos: `{"instruction", "input", "output"}`, and `image` or `images`.

LLaMA-Factory's additions are read too: `history` (pairs), `system`, and `<image>` in the instruction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from vlit_hub.importing.importer import Conversation, Importer, Origin
from vlit_hub.importing.items import read_conversations
from vlit_hub.importing.shapes import after, chat, identifier, media_fault, system_first
from vlit_hub.records import PLACEHOLDER

__all__ = ["ALPACA"]


class _Item(msgspec.Struct, gc=False):
    instruction: str
    output: str
    input: str | None = None
    history: Any = None
    system: str | None = None
    image: Any = None
    images: Any = None
    id: str | int | None = None
    videos: Any = None
    audios: Any = None


def _read(origin: Origin) -> Iterator[Conversation]:
    return read_conversations(origin.file, _Item, _conversation)


def _conversation(item: _Item) -> Conversation:
    instruction, text = item.instruction, item.input or ""
    if PLACEHOLDER in text or not instruction.strip():  # a photo's place is in the instruction
        instruction, text = "\n".join(filter(None, (instruction, text))), ""
    one = chat(after(item.history, [instruction, item.output]), item.images or item.image, PLACEHOLDER)
    one.id, one.text = identifier(item.id), text
    one.turns = system_first(item.system, one.turns)
    one.fault = media_fault(item.videos, item.audios) or one.fault
    return one


def _sniff(item: Mapping[str, Any]) -> bool:
    return {"instruction", "output"} <= item.keys()


ALPACA = Importer(
    name="alpaca",
    read=_read,
    sniff=_sniff,
    about="Alpaca: instruction, input, output, image or images",
    unmarked="front",
)
