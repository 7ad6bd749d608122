"""M3IT's JSON Lines: `{"instruction", "inputs", "outputs", "image_base64_str"}`, photos in the file as base64.

`image_base64_str` is one photo, or a list (https://huggingface.co/datasets/MMInstruction/M3IT).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from vlit_hub.importing.importer import Conversation, Importer, Origin, Photo, Turn
from vlit_hub.importing.items import read_conversations
from vlit_hub.importing.shapes import BLOCK_MARKER, decode_base64, identifier

__all__ = ["M3IT"]


class _Item(msgspec.Struct, gc=False):
    instruction: str
    outputs: str
    inputs: str | None = None
    image_base64_str: str | list[str] | None = None
    id: str | int | None = None


def _read(origin: Origin) -> Iterator[Conversation]:
    return read_conversations(origin.file, _Item, _conversation)


def _conversation(item: _Item) -> Conversation:
    coded = item.image_base64_str or []
    one = Conversation(
        [Turn("user", item.instruction), Turn("assistant", item.outputs)],
        id=identifier(item.id),
        text=item.inputs or "",
    )
    try:
        one.photos = [Photo(decode_base64(text)) for text in ([coded] if isinstance(coded, str) else coded)]
    except ValueError as error:
        one.fault = str(error)
    return one


def _sniff(item: Mapping[str, Any]) -> bool:
    return {"instruction", "outputs"} <= item.keys()


M3IT = Importer(
    name="m3it",
    read=_read,
    sniff=_sniff,
    about="M3IT: instruction, inputs, outputs, image_base64_str",
    marker=BLOCK_MARKER,
    unmarked="front",
)
