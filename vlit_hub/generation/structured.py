"""Answers of a given shape: the JSON schema that asks for it, and the strict reading of what came back.

Servers that support JSON schemas send clean JSON. Others wrap it: in a Markdown fence, behind a reasoning model's `<think>`
block, between sentences. All that is taken off as long as exactly one JSON object is left; the object itself is read strictly.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, Protocol, TypeVar, runtime_checkable

import msgspec

__all__ = ["FromPairs", "Invalid", "parse", "schema_of"]

_Answer = TypeVar("_Answer")
_Pairs = Sequence[tuple[str, Any]]

_OBJECT = re.compile(r"""\{\s*(?:["'}]|\Z)""")  # not a brace in a sentence
_AT = re.compile(r" - at `(\$.*)`$", re.DOTALL)


class Invalid(ValueError):
    """An answer that isn't of the shape asked for; the message is fit to be sent back to the model."""


@runtime_checkable
class FromPairs(Protocol):
    """A type that is also read from an object of another form, whose keys may come several times."""

    @classmethod
    def from_pairs(cls, pairs: _Pairs) -> Mapping[str, Any] | None:
        """The outermost object's keys and values as data of the type's own form; None if they aren't of the other form."""


def parse(text: str, type: type[_Answer], finish_reason: str = "stop") -> _Answer:
    """Read a model's answer.

    Taken off: white space, a byte order mark, a leading `<think>...</think>` (or what ends in `</think>`), text or a Markdown
    fence around exactly one JSON object. Refused: no object or several, duplicate keys, `NaN`, `Infinity`, trailing commas,
    comments, raw line breaks in strings, halves of surrogate pairs. Whether unknown fields are refused is up to the type
    (`forbid_unknown_fields`).

    Args:
        text: The answer.
        type: What it has to be, a `msgspec.Struct` or dataclass; it may offer `FromPairs`.
        finish_reason: As in `Response`: where it is `length`, an unreadable answer is said to be cut off.

    Raises:
        Invalid: It isn't readable as that.
    """
    try:
        found = _the_object(_without_reasoning(text.lstrip("\ufeff \t\r\n")))
        return _typed(found, type)
    except Invalid:
        if finish_reason == "length":
            raise Invalid("it was cut off because it was too long; make it shorter") from None
        raise


def _without_reasoning(text: str) -> str:
    if text.startswith("{"):
        return text
    before, end, after = text.partition("</think>")
    if end:
        return after.strip()
    if text.startswith("<think>"):
        raise Invalid("it holds reasoning but no answer")
    return before.strip()


class _Repeated(list[tuple[str, Any]]):
    """An object with a key that comes several times, as pairs."""


def _pairs(pairs: list[tuple[str, Any]]) -> Any:
    unique = dict(pairs)
    return unique if len(unique) == len(pairs) else _Repeated(pairs)


def _no_constant(name: str) -> NoReturn:
    raise Invalid(f"`{name}` is no JSON value")


def _finite(number: str) -> float:
    if math.isinf(value := float(number)):
        raise Invalid(f"the number `{_short(number)}` is out of range")
    return value


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}..."


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_no_constant, parse_float=_finite)


def _the_object(text: str) -> Any:
    """The one JSON object in a text; a text that is JSON of another kind as a whole is returned as that."""
    if not text:
        raise Invalid("it is empty")
    if text.startswith("["):
        return _decoded(text, 0)[0]
    objects = []
    at = 0
    while start := _OBJECT.search(text, at):
        found, at = _decoded(text, start.start())
        objects.append(found)
    if not objects:
        raise Invalid("it holds no JSON object")
    if len(objects) > 1:
        raise Invalid(f"it holds {len(objects)} JSON objects instead of one")
    return objects[0]


def _decoded(text: str, start: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip("` \r\n")) or error.msg.startswith("Unterminated string"):
            raise Invalid("its JSON isn't complete") from None
        near = text[max(start, error.pos - 20) : error.pos + 20]
        raise Invalid(f"its JSON is wrong near {near!r}: {_fault(text, error)}") from None
    except RecursionError:
        raise Invalid("its JSON is nested too deeply") from None


def _fault(text: str, error: json.JSONDecodeError) -> str:
    if error.msg.startswith("Invalid control character"):
        return "a line break or tab in a string has to be written as \\n or \\t"
    if text[: error.pos].rstrip().endswith(",") and text[error.pos] in "}]":
        return f"there must be no comma before `{text[error.pos]}`"
    return f"{error.msg[0].lower()}{error.msg[1:]}"


def _typed(found: Any, type: type[_Answer]) -> _Answer:
    if isinstance(found, (dict, _Repeated)) and isinstance(type, FromPairs):
        other = type.from_pairs(found if isinstance(found, _Repeated) else list(found.items()))
        found = found if other is None else other
    if repeated := _first_repeated(found):
        raise Invalid(f"the key `{_short(repeated)}` comes several times in one object")
    try:
        # By way of bytes: this is what finds halves of surrogate pairs and numbers out of range.
        return msgspec.json.decode(msgspec.json.encode(found), type=type)
    except UnicodeEncodeError:
        raise Invalid("it holds half of a surrogate pair") from None
    except msgspec.ValidationError as error:
        raise Invalid(_in_words(str(error))) from None


def _first_repeated(value: Any) -> str | None:
    """A key that comes several times in one object, anywhere."""
    if isinstance(value, _Repeated):
        keys = [key for key, _ in value]
        return next(key for key in keys if keys.count(key) > 1)
    if isinstance(value, (dict, list)):
        inner = value.values() if isinstance(value, dict) else value
        return next((key for key in map(_first_repeated, inner) if key is not None), None)
    return None


def _in_words(fault: str) -> str:
    """msgspec's words, with the place first: "Expected `str` - at `$.a`" becomes "`$.a`: expected `str`"."""
    place = _AT.search(fault)
    where = place[1] if place else "$"
    what = _AT.sub("", fault)
    if missing := re.fullmatch(r"Object missing required field `(.*)`", what):
        return f"`{where}` lacks the field `{missing[1]}`"
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", what):
        return f"`{where}` has a field `{_short(unknown[1])}` that wasn't asked for"
    return f"`{where}`: {what[0].lower()}{what[1:]}"


_DROPPED = {  # annotations, and limits that strict mode doesn't know everywhere: `parse` checks them
    *("$defs", "title", "default", "examples", "discriminator"),
    *("minLength", "maxLength", "pattern", "format", "contentEncoding"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems"),
}
_KEPT = {"type", "properties", "required", "items", "anyOf", "enum", "const", "description"}
_JSON_TYPES = {str: "string", int: "integer", bool: "boolean", float: "number", type(None): "null"}


def schema_of(type: type) -> dict[str, Any]:
    """The type's JSON schema, fit for OpenAI's strict mode: no references, every field required, no other fields.

    Limits of strings, numbers and lists are left out, since not every server's strict mode knows them; `parse` holds to them.
    Source: https://platform.openai.com/docs/guides/structured-outputs (supported schemas).

    Raises:
        TypeError: Strict mode can't say it: the type isn't an object, refers to itself, or holds a dict or a tuple.
    """
    schema = msgspec.json.schema(type)
    strict = _strict(schema, schema.get("$defs", {}), ())
    if strict.get("type") != "object":
        raise TypeError(f"{type!r} isn't an object in JSON")
    return strict


def _strict(schema: Mapping[str, Any], definitions: Mapping[str, Any], inside: tuple[str, ...]) -> dict[str, Any]:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        if name in inside:
            raise TypeError(f"{name} refers to itself")
        return _strict(definitions[name], definitions, (*inside, name))
    if schema.get("type") == "object" and "properties" not in schema:
        raise TypeError("a dict has no fixed fields, which strict mode asks for")
    strict: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _DROPPED or keyword in ("required", "additionalProperties"):
            continue
        if keyword == "properties":
            strict[keyword] = {field: _strict(inner, definitions, inside) for field, inner in value.items()}
        elif keyword == "items" and isinstance(value, dict):
            strict[keyword] = _strict(value, definitions, inside)
        elif keyword == "anyOf":
            strict[keyword] = [_strict(choice, definitions, inside) for choice in value]
        elif keyword in _KEPT:
            strict[keyword] = value
        else:
            raise TypeError(f"strict mode doesn't know {keyword!r}")
    if "enum" in strict and "type" not in strict:
        names = sorted({_JSON_TYPES[value.__class__] for value in strict["enum"]})
        strict["type"] = names[0] if len(names) == 1 else names
    if strict.get("type") == "object":
        strict.pop("description", None)  # the docstring, which is for people
        strict["required"] = list(strict["properties"])
        strict["additionalProperties"] = False
    return strict
