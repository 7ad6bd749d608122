"""Prompts: what the model is asked for each kind of conversation, from YAML files, one a kind.

`docs/prompts.md` says what the fields of a file mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pydantic
import xxhash
import yaml

from vlit_hub.errors import InputError, UnknownName
from vlit_hub.plugins.strategies.self_instruct.options import KINDS
from vlit_hub.plugins.strategies.self_instruct.prompt_files import PLACEHOLDER, Example, PromptFile

__all__ = ["Example", "Prompt", "Turns", "load"]

_PACKAGE = "vlit_hub.plugins.strategies.self_instruct"

# The parser in C where PyYAML has it: ten times faster.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Turns:
    """How many turns a conversation may have."""

    least: int
    most: int


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What the model is asked for one kind of conversation.

    Attributes:
        kind: Its name, which is the file's.
        version: The file's own version and 8 hex digits of its contents, comments and layout aside: `1-3fa4c2d1`.
        task: Of the records, from the task vocabulary.
        granularity: `global` or `region`.
        turns: How many turns an answer may have.
        system: The system prompt. `{language}` stands for the language to write in, here and in the three frames.
        ask: The frame around `{clues}`, where the model sees nothing else.
        ask_vision: The frame around `{clues}`, where the model sees the photo too.
        ask_photo_only: The frame where the model sees the photo alone.
        examples: Of which the caller draws some for each request.
    """

    kind: str
    version: str
    task: str
    granularity: str
    turns: Turns
    system: str
    ask: str
    ask_vision: str
    ask_photo_only: str
    examples: tuple[Example, ...]

    def messages(
        self,
        clues: str,
        chosen: Sequence[int],
        *,
        language: str,
        photo: Mapping[str, Any] | None = None,
        photo_only: bool = False,
    ) -> tuple[dict[str, Any], ...]:
        """The system prompt, the chosen examples, and what is asked now.

        Args:
            clues: Of the image that is asked about. Not used where the model sees the photo alone.
            chosen: Which examples, in this order, by their place in `examples`.
            language: To write in, by its English name ("French").
            photo: The photo as part of a message's content; None for a model that doesn't see.
            photo_only: The model sees the photo without the clues.
        """
        messages = [_message("system", _fill(self.system, language=language))]
        for place in chosen:
            example = self.examples[place]
            messages.append(_message("user", _fill(self.ask, clues=example.clues, language=example.language)))
            messages.append(_message("assistant", example.answer()))
        if photo is None:
            messages.append(_message("user", _fill(self.ask, clues=clues, language=language)))
        else:
            frame = self.ask_photo_only if photo_only else self.ask_vision
            text = {"type": "text", "text": _fill(frame, clues=clues, language=language)}
            messages.append(_message("user", [dict(photo), text]))
        return tuple(messages)


def load(kinds: Iterable[str], folder: Path | None = None) -> dict[str, Prompt]:
    """The prompts of these kinds, by kind.

    Args:
        kinds: Of `KINDS`.
        folder: The user's files `<kind>.yaml`, which come before the built-in ones, kind by kind.

    Raises:
        InputError: There is no such folder, a file in it is named after no kind, or one is broken; names file, field and reason.
        UnknownName: There is no such kind.
    """
    own = _files_in(folder) if folder is not None else {}
    prompts = {}
    for kind in kinds:
        if kind not in KINDS:
            raise UnknownName("kind of conversation", kind, KINDS)
        prompts[kind] = _read(kind, own.get(kind) or files(_PACKAGE) / "prompts" / f"{kind}.yaml")
    return prompts


class _Readable(Protocol):
    def read_text(self, encoding: str | None = None) -> str: ...


def _files_in(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise InputError(folder, "no such folder of prompts")
    found = {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if not found:
        raise InputError(folder, "has no prompts", "A prompt is a file like global.yaml.")
    for kind, path in found.items():
        if kind not in KINDS:
            raise InputError(path, str(UnknownName("kind of conversation", kind, KINDS)))
    return found


def _read(kind: str, path: _Readable) -> Prompt:
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), _Loader)
        file = PromptFile.model_validate(raw)
    except UnicodeDecodeError:
        raise InputError(path, "isn't UTF-8 text") from None
    except OSError as error:
        raise InputError(path, f"can't be read ({error.strerror or error})") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise InputError(path, f"{place}is no YAML ({getattr(error, 'problem', None) or error})") from None
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(path, f"{_place(first['loc'])}: {first['msg'].removeprefix('Value error, ')}") from None
    digest = xxhash.xxh3_64_hexdigest(msgspec.json.encode(raw, order="sorted"))[:8]
    return Prompt(
        kind=kind,
        version=f"{file.version}-{digest}",
        task=file.task,
        granularity=file.granularity,
        turns=Turns(file.turns.least, file.turns.most),
        system=file.system.strip(),
        ask=file.ask.strip(),
        ask_vision=file.ask_vision.strip(),
        ask_photo_only=file.ask_photo_only.strip(),
        examples=tuple(example.built(number) for number, example in enumerate(file.examples, 1)),
    )


def _place(location: Sequence[str | int]) -> str:
    """`examples[2].turns[0].user`: a field as one would write it."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".") or "the whole file"


def _message(role: str, content: object) -> dict[str, Any]:
    return {"role": role, "content": content}


def _fill(frame: str, **values: str) -> str:
    """A frame with its placeholders filled in; other braces, as JSON has them, stay, and so do those within the values."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), frame)
