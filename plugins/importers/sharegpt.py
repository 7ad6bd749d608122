"""LLaMA-Factory's sharegpt format: `{"messages": [{"role", "content"}], "images": [...]}`, with a `dataset_info.json` beside it.

The keys may be `conversations` with `from` and `value`, the roles `human` and `gpt`; `system` may stand in a field of its own. As
many `<image>` as images, anywhere in the user's messages (LLaMA-Factory, `src/llamafactory/data/mm_plugin.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from vlit_hub.importing.importer import Conversation, Importer, Origin
from vlit_hub.importing.items import read_conversations
from vlit_hub.importing.shapes import chat, identifier, media_fault, system_first
from vlit_hub.records import PLACEHOLDER

__all__ = ["SHAREGPT"]


class _Item(msgspec.Struct, gc=False):
    messages: Any = None
    conversations: Any = None
    images: Any = None
    image: Any = None
    id: str | int | None = None
    system: str | None = None
    tools: Any = None
    videos: Any = None
    audios: Any = None


def _read(origin: Origin) -> Iterator[Conversation]:
    return read_conversations(origin.file, _Item, _conversation)


def _conversation(item: _Item) -> Conversation:
    one = chat(item.messages or item.conversations, item.images or item.image, PLACEHOLDER)
    one.id = identifier(item.id)
    one.turns = system_first(item.system, one.turns)
    one.fault = media_fault(item.videos, item.audios, tools=item.tools) or one.fault
    return one


def _sniff(item: Mapping[str, Any]) -> bool:
    messages = item.get("messages") or item.get("conversations")
    if not isinstance(messages, list) or not messages or not isinstance(messages[0], dict):
        return False
    if "objects" in item or ("conversations" in item and "image" in item):
        return False
    return isinstance(messages[0].get("value"), str) or _is_content(messages[0].get("content"))


def _is_content(content: Any) -> bool:
    """Whether it is a text, or parts as LLaMA-Factory's own multimodal data has them, with a `value`."""
    return isinstance(content, str) or (isinstance(content, list) and bool(content) and "value" in content[0])


SHAREGPT = Importer(
    name="sharegpt",
    read=_read,
    sniff=_sniff,
    about="LLaMA-Factory's sharegpt: messages of role and content, images",
)
