"""COCO_ARC, the data that the review's authors made with their pipeline (Li et al. 2024, section 3.3).

    [{"image_source", "construction_time", "annotations": [{"img_ids", "instruction_type", "conversations"}]}]

One file each for the parts global, negative and region (https://github.com/palchenli/VL-Instruction-Tuning). What is inside
isn't told by its publishers and differs between parts, so it is taken as it comes: `img_ids` may be a number, a file name, or a
list of one; `conversations` messages with roles, pairs, or texts in turns, `User: ...` and `AI: ...`. A conversation about a
region is about a copy of the photo with the region drawn in, `COCO_train2014_000000247884_0.jpg`, so its record is of
granularity `region` without a box.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from vlit_hub.importing.importer import Conversation, Importer, Origin
from vlit_hub.importing.items import Faulty, read_items
from vlit_hub.importing.shapes import BLOCK_MARKER, chat
from vlit_hub.json_reading.faults import shape_fault
from vlit_hub.photos import SUFFIXES

__all__ = ["COCO_ARC"]

_SPEAKER = re.compile(r"^\s*(?:user|human|question|q|ai|assistant|gpt|answer|a)\s*:\s*", re.IGNORECASE)
_NUMBERED = re.compile(r"(\d{1,12})(?:_(\d+))?")


class _Annotation(msgspec.Struct, gc=False):
    img_ids: Any = None
    instruction_type: str | None = None
    conversations: Any = None


class _Item(msgspec.Struct, gc=False):
    annotations: list[Any]


def _read(origin: Origin) -> Iterator[Conversation]:
    for item in read_items(origin.file, _Item):
        if isinstance(item, Faulty):
            yield Conversation(fault=item.reason, raw=item.raw)
            continue
        for annotation in item.annotations:
            try:
                yield _conversation(msgspec.convert(annotation, _Annotation))
            except msgspec.ValidationError as error:
                yield Conversation(fault=shape_fault(str(error)), raw=msgspec.json.encode(annotation).decode())


def _conversation(found: _Annotation) -> Conversation:
    ids = found.img_ids if isinstance(found.img_ids, list) else [found.img_ids]
    one = chat(
        _messages(found.conversations), [_file_name(str(name)) for name in ids if name is not None], BLOCK_MARKER
    )
    if "region" in (found.instruction_type or "").lower():
        one.granularity = "region"
    return one


def _messages(value: Any) -> Any:
    """Texts in turns as pairs; anything else as it is."""
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value) or not value:
        return value
    roles = ("user", "assistant")
    return [{"role": roles[place % 2], "content": _SPEAKER.sub("", text)} for place, text in enumerate(value)]


def _file_name(name: str) -> str:
    """COCO's file name of an image id, with the number of the region that is drawn in."""
    if name.lower().endswith(SUFFIXES):
        return name
    found = _NUMBERED.fullmatch(name)
    if not found:
        return f"{name}.jpg"
    region = f"_{found[2]}" if found[2] else ""
    return f"COCO_train2014_{int(found[1]):012d}{region}.jpg"


def _sniff(item: Mapping[str, Any]) -> bool:
    annotations = item.get("annotations")
    return (
        isinstance(annotations, list)
        and bool(annotations)
        and isinstance(annotations[0], dict)
        and {"img_ids", "conversations"} <= annotations[0].keys()
    )


COCO_ARC = Importer(
    name="coco_arc",
    read=_read,
    sniff=_sniff,
    about="COCO_ARC: annotations of img_ids, instruction_type, conversations",
    marker=BLOCK_MARKER,
    unmarked="front",
)
