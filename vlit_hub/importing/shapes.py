"""Turns and photos in the several ways that formats write them.

Chat formats agree on a list of messages, but not on its keys (`role` and `content`, `from` and `value`), nor on the content: a
text, or a list of parts where a part may be a photo.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vlit_hub.importing.importer import Conversation, Photo, Turn

__all__ = [
    "BLOCK_MARKER",
    "after",
    "chat",
    "decode_base64",
    "has_from_and_value",
    "identifier",
    "inline_photos",
    "media_fault",
    "photos_of",
    "system_first",
    "turns_of",
]

BLOCK_MARKER = "\0"
"""Stands where a part of a message is a photo: no text has it, so a literal `<image>` stays text."""

_KEYS = (("role", "content"), ("from", "value"))
_PAIRS = (("human", "assistant"), ("user", "assistant"), ("human", "gpt"), ("question", "answer"), ("q", "a"))
_OTHER_MEDIA = ("video", "videos", "audio", "audios")
_INLINE = re.compile(r"(?:Picture \d+:\s*)?<img>(.*?)</img>")
_DATA_URL = re.compile(r"data:(?:image/[\w.+-]+)?;base64,", re.IGNORECASE)


def has_from_and_value(item: Mapping[str, Any]) -> bool:
    """Whether an item's `conversations` begin with a message of `from` and `value`, as LLaVA's and Qwen-VL's do."""
    turns = item.get("conversations")
    return (
        isinstance(turns, list) and bool(turns) and isinstance(turns[0], dict) and {"from", "value"} <= turns[0].keys()
    )


def identifier(value: object) -> str:
    """An item's own id as text; empty where it has none."""
    return "" if value is None else str(value)


def system_first(system: str | None, turns: list[Turn]) -> list[Turn]:
    """The turns after a system prompt that stands in a field of its own."""
    return [Turn("system", system), *turns] if system else turns


def after(history: Any, *last: Any) -> Any:
    """Messages or pairs after those of an earlier history, which may be missing; something else than a list, to be found at
    fault, where the history is."""
    return [*history, *last] if isinstance(history, list) else history or list(last)


def media_fault(*values: object, tools: object = None) -> str:
    """What an item has that no record can hold: any of these media fields, or tools; empty if nothing."""
    if any(values):
        return "has video or audio"
    return "uses tools" if tools and tools != "[]" else ""


def photos_of(value: Any) -> list[str | Photo]:
    """Photos as names or contents: one or several of a name, bytes, or `{"bytes", "path"}` as `datasets` stores images.

    Raises:
        ValueError: It is something else.
    """
    if value is None:
        return []
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [photo for one in value for photo in photos_of(one)]
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, bytes):
        return [Photo(value)]
    if isinstance(value, Mapping):
        data, name = value.get("bytes"), value.get("path") or value.get("url") or value.get("image")
        if isinstance(data, bytes):
            return [Photo(data, name.rsplit("/", 1)[-1] if isinstance(name, str) else "")]
        if isinstance(name, str):
            return [name]
    raise ValueError("has a photo that is neither a name nor an image's content")


def decode_base64(text: str) -> bytes:
    """The content of an image in base64, with or without `data:image/...;base64,` before it, and with line breaks.

    Raises:
        ValueError: It isn't base64.
    """
    found = _DATA_URL.match(text)
    try:
        return base64.b64decode("".join(text[found.end() if found else 0 :].split()), validate=True)
    except binascii.Error:
        raise ValueError("has a photo that isn't base64") from None


def turns_of(value: Any, marker: str) -> Conversation:
    """A conversation from a list of messages, and the photos that stand among its parts.

    Args:
        value: Messages with a role and a content; pairs (lists of two, or objects such as `{"human", "assistant"}`).
        marker: Put where a part is a photo.

    Returns:
        Turns, photos in the order of their parts (those that only say that a photo stands there aren't among them), and a
        fault where the value is something else.
    """
    turns: list[Turn] = []
    photos: list[str | Photo] = []
    if not isinstance(value, Sequence) or isinstance(value, str):
        return Conversation(fault="its messages aren't a list")
    try:
        for message in value:
            turns += _turns(message, marker, photos)
    except ValueError as error:
        return Conversation(fault=str(error))
    return Conversation(turns, photos)


def chat(messages: Any, photos: Any, marker: str) -> Conversation:
    """A conversation from a list of messages, and the photos beside it or among its parts.

    Args:
        messages: As `turns_of` takes them.
        photos: As `photos_of` takes them.
        marker: Put where a part is a photo.
    """
    one = turns_of(messages, marker)
    try:
        beside = photos_of(photos)
    except ValueError as error:
        one.fault = one.fault or str(error)
        return one
    if beside and one.photos:
        one.fault = one.fault or "has photos both among its messages and beside them"
    one.photos = one.photos or beside
    return one


def inline_photos(one: Conversation, marker: str) -> None:
    """Take photos named in the user's texts, `Picture 1: <img>a.jpg</img>`, out of them; markers take their places."""
    names: list[str | Photo] = []
    for turn in one.turns:
        if "<img>" in turn.text:
            found = _INLINE.findall(turn.text)
            names += found
            turn.text = _INLINE.sub(lambda _: marker, turn.text)
    if names and one.photos:
        one.fault = one.fault or "has photos both in its texts and beside them"
    one.photos = one.photos or names


def _turns(message: Any, marker: str, photos: list[str | Photo]) -> Iterable[Turn]:
    if isinstance(message, Mapping):
        if message.get("tool_calls") or message.get("function_call"):
            raise ValueError("uses tools")
        for role, content in _KEYS:
            if role in message and content in message:
                return [Turn(str(message[role]), _text(message[content], marker, photos))]
        lower = {str(key).lower(): part for key, part in message.items()}
        for asked, answered in _PAIRS:
            if asked in lower and answered in lower:
                return _pair(lower[asked], lower[answered], marker, photos)
    elif isinstance(message, Sequence) and not isinstance(message, str) and len(message) == 2:
        return _pair(message[0], message[1], marker, photos)
    raise ValueError("has a message that is neither a role with a content nor a pair")


def _pair(asked: Any, answered: Any, marker: str, photos: list[str | Photo]) -> list[Turn]:
    return [Turn("user", _text(asked, marker, photos)), Turn("assistant", _text(answered, marker, photos))]


def _text(content: Any, marker: str, photos: list[str | Photo]) -> str:
    """A content as one text; parts follow each other without anything between them, as trainers' templates have it."""
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    if not isinstance(content, Sequence):
        raise ValueError("has a message whose content is neither text nor a list of parts")
    return "".join(_part(part, marker, photos) for part in content)


def _part(part: Any, marker: str, photos: list[str | Photo]) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping):
        raise ValueError("has a part of a message that is neither text nor a photo")
    kind = part.get("type")
    if kind == "text" or (kind is None and isinstance(part.get("text"), str)):
        text = part.get("text", part.get("value"))
        if isinstance(text, str):
            return text
    elif kind in ("image", "image_url") or (kind is None and "image" in part):
        given = next((part[key] for key in ("image", "image_url", "url", "path", "value") if part.get(key)), None)
        photos.extend(photos_of(given))
        return marker
    elif str(kind).removesuffix("_url") in _OTHER_MEDIA:
        raise ValueError("has video or audio")
    raise ValueError("has a part of a message that is neither text nor a photo")
