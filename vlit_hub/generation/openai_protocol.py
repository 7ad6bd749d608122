"""OpenAI's chat completions as bytes: the request's body in the dialect that a server understands, and the answer's."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec

from vlit_hub.generation.requests import Request, Response
from vlit_hub.generation.tokens import estimate

__all__ = ["JSON_SCHEMA", "MODES", "Dialect", "body", "looks_like_json", "read"]

JSON_SCHEMA = "json_schema"
MODES = (JSON_SCHEMA, "json_object", "words")
"""How an answer of a given shape is asked for, best first: by its schema, as any JSON, or in words alone."""

_WORDS = (
    "Answer with one JSON object and nothing else: no introduction, no Markdown. "
    "It has to be valid under this JSON schema:\n{schema}"
)
_REASONING = re.compile(r"\A.*</think>", re.DOTALL)


class Dialect(msgspec.Struct):
    """What a server understands for one model, as far as its errors have told.

    Attributes:
        mode: One of `MODES`.
        sure: An answer in this mode has come that was JSON.
        limit: What it calls the limit of the answer's tokens.
        without: Parameters that it refuses (`temperature`, `seed`), which are left out.
    """

    mode: str = JSON_SCHEMA
    sure: bool = False
    limit: str = "max_tokens"
    without: frozenset[str] = frozenset()

    def step_down(self, mode: str) -> bool:
        """Ask in the next mode from now on, unless that was changed already since `mode` was used; False after the last."""
        if self.mode == mode:
            if mode == MODES[-1]:
                return False
            self.mode = MODES[MODES.index(mode) + 1]
            self.sure = False
        return True


def body(request: Request, dialect: Dialect) -> dict[str, Any]:
    """The body of a request to `/chat/completions`. Its photos have to be data URLs already."""
    built: dict[str, Any] = {"model": request.model, "messages": request.messages}
    if request.temperature is not None:
        built["temperature"] = request.temperature
    if request.max_tokens is not None:
        built[dialect.limit] = request.max_tokens
    if request.seed is not None:
        built["seed"] = request.seed
    for name in dialect.without:
        built.pop(name, None)
    if request.schema is not None:
        if dialect.mode == JSON_SCHEMA:
            schema = {"name": "answer", "strict": True, "schema": request.schema}
            built["response_format"] = {"type": "json_schema", "json_schema": schema}
        else:
            built["messages"] = _told_in_words(request)
            if dialect.mode == "json_object":
                built["response_format"] = {"type": "json_object"}
    return built


def _told_in_words(request: Request) -> list[Any]:
    told = _WORDS.format(schema=json.dumps(request.schema, ensure_ascii=False))
    first, *others = request.messages
    if first["role"] == "system" and isinstance(first["content"], str):
        return [{**first, "content": f"{first['content']}\n\n{told}"}, *others]
    return [{"role": "system", "content": told}, *request.messages]


def looks_like_json(text: str) -> bool:
    """Whether a model that was asked for JSON at least tried, be it behind its reasoning or in a Markdown fence."""
    shown = _REASONING.sub("", text).lstrip().removeprefix("```json").removeprefix("```").lstrip()
    return shown.startswith(("{", "["))


class _Part(msgspec.Struct):
    text: str | None = None


class _Message(msgspec.Struct):
    content: str | list[_Part] | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Tokens(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(msgspec.Struct):
    choices: list[_Choice]
    model: str | None = None
    usage: _Tokens | None = None


_COMPLETION = msgspec.json.Decoder(_Completion)


def read(request: Request, answer: bytes) -> Response:
    """The response in the body of a chat completion.

    Raises:
        msgspec.DecodeError: It isn't one.
    """
    completion = _COMPLETION.decode(answer)
    if not completion.choices:
        raise msgspec.DecodeError("it has no choices")
    choice = completion.choices[0]
    content = choice.message.content
    text = content if isinstance(content, str) else "".join(part.text or "" for part in content or ())
    finish = choice.finish_reason or "stop"
    error = None
    if choice.message.refusal:
        error, text = "refused", choice.message.refusal
    elif finish == "content_filter":
        error = "refused"
    elif not text.strip():
        error = "empty"
    usage = completion.usage or _Tokens()
    return Response(
        text=text,
        finish_reason=finish,
        model=completion.model or request.model,
        prompt_tokens=estimate(request) if usage.prompt_tokens is None else usage.prompt_tokens,
        completion_tokens=estimate(text) if usage.completion_tokens is None else usage.completion_tokens,
        error=error,
    )
