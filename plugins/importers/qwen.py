"""The format of Qwen's own fine-tuning code: `{"image": path or [paths], "conversations": [{"from", "value"}]}`.

As many `<image>` as photos (Qwen2.5-VL, `qwen-vl-finetune/README.md`). Older Qwen-VL data names each photo in the text:
`Picture 1: <img>a.jpg</img>`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from vlit_hub.importing.importer import Conversation, Importer, Origin
from vlit_hub.importing.items import Faulty, read_items
from vlit_hub.importing.shapes import chat, identifier, inline_photos, media_fault
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
    for item in read_items(origin.file, _Item):
        if isinstance(item, Faulty):
            yield Conversation(fault=item.reason, raw=item.raw)
            continue
        one = chat(item.conversations, item.image or item.images, PLACEHOLDER)
        one.id = identifier(item.id)
        inline_photos(one, PLACEHOLDER)
        one.fault = media_fault(item.video, item.videos) or one.fault
        yield one


def _sniff(item: Mapping[str, Any]) -> bool:
    turns = item.get("conversations")
    return (
        isinstance(turns, list)
        and bool(turns)
        and isinstance(turns[0], dict)
        and {"from", "value"} <= turns[0].keys()
        and "images" not in item
    )


QWEN = Importer(
    name="qwen",
    read=_read,
    sniff=_sniff,
    about="Qwen-VL: image (one or a list), conversations of from and value",
)
