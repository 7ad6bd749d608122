"""The format of Qwen's own fine-tuning code: `{"image": path or [paths], "conversations": [{"from", "value"}]}`.

As many `<image>` as photos (Qwen2.5-VL, `qwen-vl-finetune/README.md`). Older Qwen-VL data names each photo in the text:
`Picture 1: <img>a.jpg</img>`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from vlit_hub.importing.importer import Conversation, Importer, Origin
from vlit_hub.importing.items import read_conversations
from vlit_hub.importing.shapes import chat, has_from_and_value, identifier, inline_photos, media_fault
from vlit_hub.records import PLACEHOLDER

__all__ = ["QWEN"]


class _Item(msgspec.Struct, gc=False):
    conversations: Any
    image: Any = None
    images: Any = None
    id: str | int | None = None
    video: Any = None
    videos: Any = None


def _read(origin: Origin) -> Iterator[Conversation]:
    return read_conversations(origin.file, _Item, _conversation)


def _conversation(item: _Item) -> Conversation:
    one = chat(item.conversations, item.image or item.images, PLACEHOLDER)
    one.id = identifier(item.id)
    inline_photos(one, PLACEHOLDER)
    one.fault = media_fault(item.video, item.videos) or one.fault
    return one


def _sniff(item: Mapping[str, Any]) -> bool:
    return has_from_and_value(item) and "images" not in item


QWEN = Importer(
    name="qwen",
    read=_read,
    sniff=_sniff,
    about="Qwen-VL: image (one or a list), conversations of from and value",
)
