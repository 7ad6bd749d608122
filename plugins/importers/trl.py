"""TRL's formats for vision data: `messages` with content blocks beside `images`, or `prompt` and `completion`.

A block `{"type": "image"}` is the place of the next photo of `images` (or `image`). Where contents are plain texts, TRL puts the
photos before the first user message (`trl/data_utils.py`, `prepare_multimodal_messages`); `<image>` in a text is plain text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from vlit_hub.importing.importer import Conversation, Importer, Origin
from vlit_hub.importing.items import read_conversations
from vlit_hub.importing.shapes import BLOCK_MARKER, chat, identifier, media_fault

__all__ = ["TRL"]


class _Item(msgspec.Struct, gc=False):
    messages: Any = None
    prompt: Any = None
    completion: Any = None
    images: Any = None
    image: Any = None
    id: str | int | None = None
    tools: Any = None
    videos: Any = None
    chosen: Any = None
    rejected: Any = None


def _read(origin: Origin) -> Iterator[Conversation]:
    return read_conversations(origin.file, _Item, _conversation)


def _conversation(item: _Item) -> Conversation:
    one = chat(_messages(item), item.images or item.image, BLOCK_MARKER)
    one.id = identifier(item.id)
    if item.chosen or item.rejected:
        one.fault = "is preference data: it has a rejected answer too"
    one.fault = media_fault(item.videos, tools=item.tools) or one.fault
    return one


def _messages(item: _Item) -> Any:
    if item.messages is not None:
        return item.messages
    both: list[Any] = []
    for role, part in (("user", item.prompt), ("assistant", item.completion)):
        both += part if isinstance(part, list) else [{"role": role, "content": part}]
    return both


def _sniff(item: Mapping[str, Any]) -> bool:
    if "prompt" in item and item.keys() & {"completion", "chosen"}:
        return True
    messages = item.get("messages")
    return (
        isinstance(messages, list)
        and bool(messages)
        and isinstance(messages[0], dict)
        and {"role", "content"} <= messages[0].keys()
        and "objects" not in item
    )


TRL = Importer(
    name="trl",
    read=_read,
    sniff=_sniff,
    about="TRL: messages whose contents are texts or blocks, images; or prompt and completion",
    marker=BLOCK_MARKER,
    unmarked="front",
)
