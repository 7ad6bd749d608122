"""Answers as a diligent model would give them: short conversations, by rule, from the clues in a request."""

from __future__ import annotations

import json
import re
from typing import Any

_PLACED = re.compile(r"^- (An? [^,(\n]+?)(?: \([^)\n]*\))? (?:at|in|across|along|from) [^\n]*\]\.$", re.MULTILINE)
_WAYS = ("What can be seen here?", "Tell me what this picture shows.", "Which things are in view?")


def talk(body: dict[str, Any]) -> str:
    """The answer to the body of a chat request."""
    return answer(*turns_of(body))


def answer(*turns: tuple[str, str]) -> str:
    """A conversation in the form that is asked for."""
    return json.dumps({"turns": [{"user": user, "assistant": assistant} for user, assistant in turns]})


def turns_of(body: dict[str, Any]) -> list[tuple[str, str]]:
    asked = words_of(body["messages"][-1])
    placed = list(dict.fromkeys(thing[0].lower() + thing[1:] for thing in _PLACED.findall(asked))) or ["a scene"]
    if "red box" in asked:
        return [
            ("What is in the red box?", f"The red box holds {placed[0]}."),
            ("Is it the only thing in the picture?", "No, the picture goes on around it on every side."),
        ]
    return [
        (_WAYS[body["seed"] % 3], f"In view there is {', then '.join(placed[:3])}."),
        ("Is a unicorn hidden somewhere?", "No, no unicorn is anywhere to be found."),
        ("So which one is the largest?", f"The largest of them is {placed[0]}."),
    ]


def words_of(message: dict[str, Any]) -> str:
    """A message's text, without its pictures."""
    content = message["content"]
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)
