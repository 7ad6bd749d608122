"""What servers of OpenAI's protocol mean by their errors: each server words them its own way."""

from __future__ import annotations

import email.utils
import re
import time
from collections.abc import Mapping
from typing import Any

import msgspec

__all__ = ["Fault", "fault_of", "retry_after"]

# The wordings of OpenAI, vLLM, SGLang, TGI, llama.cpp, Ollama, LM Studio.
_TOO_LONG = re.compile(
    r"context[ _](length|size|window)|maximum context|max_model_len|maximum model length|prompt is too long|input is too long"
    r"|too many (input )?tokens|exceed_context|`?inputs`? tokens \+ `?max_new_tokens`?|token count exceeds",
    re.IGNORECASE,
)
_PICTURE = re.compile(r"\b(image|picture|photo|pixel)s?\b|image_url|multi-?modal|\bmmproj\b|\bvision\b", re.IGNORECASE)
_TOO_LARGE = re.compile(r"too (large|big)|size (limit|exceed)|exceed|maximum|dimensions|resolution", re.IGNORECASE)
_BLIND = re.compile(
    r"(not|n't|no) (a )?(support|multi-?modal|accept|vision|allow)|does not have vision|mmproj"
    r"|only support(s|ed)? text|text-only",
    re.IGNORECASE,
)
_FORMAT = re.compile(
    r"response_format|json_schema|json_object|structured[ _]output|guided|grammar|xgrammar|outlines", re.IGNORECASE
)
_UNKNOWN_MODEL = re.compile(
    r"model\b.{0,200}\b(not found|does not exist|doesn't exist|unknown|not available)", re.IGNORECASE | re.DOTALL
)
_NO_MONEY = re.compile(
    r"insufficient_quota|billing|insufficient (credits|balance|funds)|payment required", re.IGNORECASE
)
_FILTERED = re.compile(
    r"content_filter|content_policy|content management policy|moderation|ResponsibleAI", re.IGNORECASE
)
_REFUSES = re.compile(
    r"unsupported|not support|unrecognized|unknown|not permitted|not allowed|unexpected|only the default|deprecated",
    re.IGNORECASE,
)


class Fault(msgspec.Struct, frozen=True):
    """One error of a server.

    Attributes:
        kind: What to do about it:
            - `key`, `model`, `money`, `blind` (the model takes no photos), `no_server`: stop;
            - `throttled`, `transient`: later again;
            - `format`, `parameter`: ask in another dialect;
            - else the error of a `Response`: `context_too_long`, `image_too_large`, `refused`, `bad_request`.
        words: The server's.
        parameter: With `parameter`, which one.
    """

    kind: str
    words: str
    parameter: str = ""


def fault_of(status: int, answer: bytes, has_picture: bool, parameters: frozenset[str]) -> Fault:
    """What an answer means that is no completion.

    Args:
        status: Of HTTP; errors in answers of status 200 exist.
        answer: The body.
        has_picture: Whether the request has one.
        parameters: Names in the request that could be left out or called otherwise.
    """
    words, code, named = _parts(answer)
    told = f"{code} {words}"
    if kind := _by_status(status, told):
        return Fault(kind, words or f"status {status}")
    if status == 413:
        return Fault("image_too_large" if has_picture else "context_too_long", words or "the request is too large")
    # What is left is about this request: 400, 404 with a reason, 422, and what some servers send as 500 or 200.
    for name in sorted(parameters, key=len, reverse=True):  # max_completion_tokens before max_tokens
        if (named == name or re.search(rf"\b{name}\b", told)) and _REFUSES.search(told) and not _TOO_LONG.search(told):
            return Fault("parameter", words, name)
    if _TOO_LONG.search(told):
        return Fault("context_too_long", words)
    if has_picture and _PICTURE.search(told):
        return Fault(
            "blind" if _BLIND.search(told) else "image_too_large" if _TOO_LARGE.search(told) else "bad_request", words
        )
    if _FILTERED.search(told):
        return Fault("refused", words)
    if _FORMAT.search(told):
        return Fault("format", words)
    if _UNKNOWN_MODEL.search(told):
        return Fault("model", words)
    return Fault("transient" if status >= 500 or status == 200 else "bad_request", words or f"status {status}")


def _by_status(status: int, told: str) -> str | None:
    """What the status says alone, or with a code that leaves no doubt."""
    if status == 402 or (status in (400, 403, 429) and _NO_MONEY.search(told)):
        return "money"
    if status == 401 or (status == 403 and not _UNKNOWN_MODEL.search(told) and not _FILTERED.search(told)):
        return "key"
    if status in (429, 529):
        return "throttled"
    if status in (404, 405):
        return "model"
    if status in (408, 409, 425, 502, 503, 504):
        return "transient"
    return None


def _parts(answer: bytes) -> tuple[str, str, str]:
    """The words, the code and the parameter of an error, in whichever of the usual shapes it is."""
    try:
        found: Any = msgspec.json.decode(answer)
    except msgspec.DecodeError:
        text = answer.decode("utf-8", "replace")
        return ("" if "<html" in text[:1000].lower() else text[:2000], "", "")
    error = found.get("error", found) if isinstance(found, dict) else found
    if not isinstance(error, dict):
        return str(error), "", ""
    words = error.get("message") or error.get("detail") or error.get("error") or error
    codes = " ".join(str(error[name]) for name in ("code", "type", "error_type") if isinstance(error.get(name), str))
    return (
        words if isinstance(words, str) else msgspec.json.encode(words).decode(),
        codes,
        str(error.get("param") or ""),
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a server wants to be left alone, as its headers say; None where they don't."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return max(0.0, float(milliseconds) / 1000)
        if not (said := headers.get("retry-after")):
            return None
        if re.fullmatch(r"[\d.]+", said):
            return float(said)
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
