"""Prompts of judges: YAML files with what the judge is told, how a record is put to it, and judged examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import xxhash
import yaml

from vlit_hub.errors import InputError

__all__ = ["JudgePrompt", "load_prompt"]

_PLACE = "{conversation}"


class _Example(msgspec.Struct, forbid_unknown_fields=True):
    conversation: str
    answer: dict[str, Any]
    picture: str = ""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: int
    system: str
    ask: str
    examples: list[_Example] = []


class JudgePrompt(msgspec.Struct, frozen=True):
    """A prompt.

    Attributes:
        revision: Its version, with a digest of its content.
        system: What the judge is told first, with the examples.
        ask: What it is asked about a record; `{conversation}` stands for the record's turns.
    """

    revision: str
    system: str
    ask: str

    def about(self, conversation: str) -> str:
        """The question about a record."""
        return self.ask.replace(_PLACE, conversation)


def load_prompt(path: Path) -> JudgePrompt:
    """Read a prompt file.

    Raises:
        InputError: It can't be read, or isn't one.
    """
    try:
        content = path.read_bytes()
        file = msgspec.convert(yaml.safe_load(content), _File)
    except OSError as error:
        raise InputError(path, f"can't be read ({error.strerror})", "Name the YAML file of a judge's prompt.") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(path, f"is no YAML ({str(error).splitlines()[0]})", "Mend it.") from None
    except msgspec.ValidationError as error:
        mend = "A judge's prompt has version, system, ask and examples (conversation, answer, and picture)."
        raise InputError(path, str(error), mend) from None
    if _PLACE not in file.ask:
        raise InputError(path, f"`ask` lacks {_PLACE}", "Put it where the record's turns are to stand.")
    examples = [_told(number, example) for number, example in enumerate(file.examples, 1)]
    system = "\n\n".join([file.system.strip(), *examples])
    return JudgePrompt(f"prompt {file.version}-{xxhash.xxh3_64_hexdigest(content)[:8]}", system, file.ask.strip())


def _told(number: int, example: _Example) -> str:
    picture = f"The picture: {example.picture.strip()}\n" if example.picture else ""
    answer = json.dumps(example.answer, ensure_ascii=False)
    return f"Example {number}\n{picture}{example.conversation.strip()}\nYour answer: {answer}"
