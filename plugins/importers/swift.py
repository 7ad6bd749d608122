"""ms-swift's formats: `{"messages", "images", "objects"}`, and the older `{"query", "response", "history", "system", "images"}`.

`objects` has `ref` (names), `bbox` (x1, y1, x2, y2, in pixels unless `bbox_type` is `norm1`) and `image_id` (which photo each
box is in); `<ref-object>` and `<bbox>` in the messages stand for the next of each, and are filled in here: a box as
`[x1, y1, x2, y2]`.
Photos without `<image>` come first, and old data names photos in the text, `<img>a.jpg</img>` (ms-swift,
`docs/source_en/Customization/Custom-dataset.md`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from vlit_hub.importing.importer import Box, Conversation, Importer, Origin, Turn
from vlit_hub.importing.items import read_conversations
from vlit_hub.importing.shapes import after, chat, identifier, inline_photos, media_fault, system_first
from vlit_hub.records import PLACEHOLDER

__all__ = ["SWIFT"]

_REF, _BOX = "<ref-object>", "<bbox>"
_SLOT = re.compile(f"{_REF}|{_BOX}")


class _Objects(msgspec.Struct, gc=False):
    ref: list[str] | None = None
    bbox: list[list[float]] | None = None
    bbox_type: str | None = None
    image_id: list[int] | None = None


class _Item(msgspec.Struct, gc=False):
    messages: Any = None
    query: str | None = None
    response: str | None = None
    history: Any = None
    images: Any = None
    image: Any = None
    objects: _Objects | None = None
    id: str | int | None = None
    system: str | None = None
    tools: Any = None
    videos: Any = None
    audios: Any = None
    rejected_response: Any = None
    rejected_messages: Any = None


def _read(origin: Origin) -> Iterator[Conversation]:
    return read_conversations(origin.file, _Item, _conversation)


def _conversation(item: _Item) -> Conversation:
    one = chat(_messages(item), item.images or item.image, PLACEHOLDER)
    one.id = identifier(item.id)
    one.turns = system_first(item.system, one.turns)
    inline_photos(one, PLACEHOLDER)
    if item.objects is not None and not one.fault:
        _fill(one, item.objects)
    if item.rejected_response or item.rejected_messages:
        one.fault = "is preference data: it has a rejected answer too"
    one.fault = media_fault(item.videos, item.audios, tools=item.tools) or one.fault
    return one


def _messages(item: _Item) -> Any:
    if item.messages is not None:
        return item.messages
    last = [[item.query or "", item.response or ""]] if item.query is not None or item.response is not None else []
    return after(item.history, *last)


def _fill(one: Conversation, objects: _Objects) -> None:
    """Write names and boxes where the texts have a place for them, and note the boxes."""
    refs, boxes = objects.ref or [], objects.bbox or []
    if any(len(box) not in (2, 4) for box in boxes):
        one.fault = "has a box that is neither two nor four numbers"
        return
    written = {_REF: iter(refs), _BOX: iter([f"[{', '.join(map(_number, box))}]" for box in boxes])}
    slots = [slot for turn in one.turns for slot in _SLOT.findall(turn.text)]
    for slot, there in ((_REF, refs), (_BOX, boxes)):
        if slots.count(slot) != len(there):
            one.fault = f"has another number of {slot} than of objects for it"
            return
    one.turns = [Turn(turn.role, _SLOT.sub(lambda slot: next(written[slot[0]]), turn.text)) for turn in one.turns]
    labels = refs if len(refs) == len(boxes) else [""] * len(boxes)
    images = objects.image_id or [0] * len(boxes)
    if len(images) != len(boxes):
        one.fault = "has another number of `image_id` than of boxes"
        return
    share = objects.bbox_type == "norm1"
    one.boxes = [
        Box((box[0], box[1], box[2], box[3]), label, image, "share" if share else "pixel")
        for box, label, image in zip(boxes, labels, images, strict=True)
        if len(box) == 4
    ]


def _number(side: float) -> str:
    return str(int(side)) if side == int(side) else repr(side)


def _sniff(item: Mapping[str, Any]) -> bool:
    if {"query", "response"} <= item.keys():
        return True
    messages = item.get("messages")
    return (
        isinstance(messages, list)
        and bool(messages)
        and isinstance(messages[0], dict)
        and {"role", "content"} <= messages[0].keys()
        and ("objects" in item or isinstance(messages[0]["content"], str))
    )


SWIFT = Importer(
    name="swift",
    read=_read,
    sniff=_sniff,
    about="ms-swift: messages of role and content, images, objects; or query and response",
    unmarked="front",
)
