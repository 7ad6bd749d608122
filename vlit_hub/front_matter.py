"""The YAML at the head of a dataset's README.md: read with its faults named, and written so that hand-written lines stay.

Each top-level key keeps its own lines, with the comments above them: a key that a person wrote goes through a merge as it
was written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import xxhash
import yaml

from vlit_hub.errors import InputError

__all__ = ["FrontMatter", "digest", "dump", "parse"]

MEND = "Mend the YAML between the lines ---, or delete README.md and write it anew."

# As huggingface_hub's repocard.REGEX_YAML_BLOCK: what doesn't match is no metadata for the Hub.
_FENCED = re.compile(r"\A\s*---[\r\n]+(?P<yaml>[\S\s]*?)[\r\n]+---(?:\r\n|\n|\Z)")
_OPENED = re.compile(r"\A\s*---[ \t]*(?:\r?\n|\Z)")


@dataclass(frozen=True)
class FrontMatter:
    """The YAML of a card.

    Attributes:
        values: By key, in the order of the file.
        texts: The lines of each key, comments above it included, ending in a newline.
        lines: Where each key stands in the file, counted from 1.
        tail: Comments after the last key.
    """

    values: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    tail: str = ""


def parse(text: str, name: str = "README.md") -> tuple[FrontMatter, str]:
    """The YAML of a card and the Markdown after it.

    Args:
        text: The card, with newlines as `\\n`.
        name: How an error names the file.

    Raises:
        InputError: The YAML is broken; the message has line and column.
    """
    match = _FENCED.match(text)
    if match is None:
        if _OPENED.match(text):
            raise InputError(
                name, "the YAML that line 1 opens isn't closed by a line that is --- and nothing else", MEND
            )
        return FrontMatter(), text
    first = text.count("\n", 0, match.start("yaml")) + 1
    return _parse_yaml(match["yaml"] + "\n", first, name), text[match.end() :]


def dump(key: str, value: Any) -> str:
    """The lines of one key."""
    return yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=120)


def digest(value: Any) -> str:
    """Eight hex digits that tell whether a value was changed; the order of keys doesn't count."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return f"{xxhash.xxh3_64_intdigest(text.encode()):016x}"[:8]


def _parse_yaml(text: str, first: int, name: str) -> FrontMatter:
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        values = loader.construct_document(node) if node else {}
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {first + mark.line}, column {mark.column + 1}: " if mark else ""
        raise InputError(name, f"{place}{error.problem or error.context}", MEND) from None
    except (yaml.YAMLError, ValueError) as error:  # a character that YAML forbids; a date that there isn't
        raise InputError(name, " ".join(str(error).split()), MEND) from None
    if not isinstance(values, dict):
        raise InputError(name, f"line {first}: the YAML is no list of `key: value`", MEND)
    if not isinstance(node, yaml.MappingNode):  # nothing but comments
        return FrontMatter(tail=text if text.strip() else "")
    places = {str(key.value): key.start_mark.line for key, _ in node.value}
    keys = [str(key.value) for key, _ in node.value]
    for number, (key, _) in enumerate(node.value):
        if keys[number] in keys[:number]:
            reason = f"line {first + key.start_mark.line}: the key `{keys[number]}` is there already"
            raise InputError(name, reason, "Take one of the two out.")
    values = {str(key): value for key, value in values.items()}
    lines = {key: first + place for key, place in places.items()}
    if node.flow_style:
        return FrontMatter(values, {key: dump(key, value) for key, value in values.items()}, lines)
    texts, tail = _cut(text, places)
    return FrontMatter(values, texts, lines, tail)


def _cut(text: str, places: Mapping[str, int]) -> tuple[dict[str, str], str]:
    """Each key's lines; comments and blank lines go with the key below them."""
    lines = text.splitlines(keepends=True)
    starts = list(places.values())
    ends = [*starts[1:], len(lines)]
    begin = 0
    texts = {}
    for key, start, end in zip(places, starts, ends, strict=True):
        while end > start + 1 and (lines[end - 1].startswith("#") or not lines[end - 1].strip()):
            end -= 1
        texts[key] = "".join(lines[begin:end])
        begin = end
    return texts, "".join(lines[begin:])
