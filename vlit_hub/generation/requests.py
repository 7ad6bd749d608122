"""What is asked of a language model, and what it answers.

A request is the same on every machine and for every server: its key names it in the response store. How it is transported
(which server, which key, how a JSON schema is asked for) is no part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import xxhash

__all__ = ["Request", "Response", "Settings", "image_part", "photo_part", "repair", "text_of"]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One call of a model.

    Attributes:
        backend: Name of the backend that serves it (`openai` is every server that speaks its protocol).
        model: The model, as the server calls it.
        messages: In OpenAI's form: `{"role": "system" | "user" | "assistant", "content": text or parts}`. A part of
            `photo_part` stands for a photo that is read only when the request is sent.
        schema: JSON schema that the answer has to satisfy; None for free text.
        temperature: Of sampling; None leaves it to the server.
        max_tokens: At most so many tokens in the answer; None leaves it to the server.
        seed: For servers that take one; it also tells repeated requests apart.
        group: What the request is for ("region"): cost is told by it. It is no part of the key.
        repairs: It asks once more for what didn't validate (see `repair`). It is no part of the key.
    """

    backend: str = "openai"
    model: str
    messages: tuple[Mapping[str, Any], ...]
    schema: Mapping[str, Any] | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    group: str = ""
    repairs: bool = False

    def key(self) -> str:
        """32 hex digits of everything that decides the answer."""
        decisive = msgspec.structs.asdict(self)
        del decisive["group"], decisive["repairs"]
        decisive["messages"] = [_without_paths(message) for message in self.messages]
        return xxhash.xxh3_128_hexdigest(msgspec.json.encode(decisive, order="sorted"))


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, good or final failure.

    Attributes:
        text: The answer; what the server or the model said instead where `error` is set.
        finish_reason: `stop`, `length` (cut off at `max_tokens`), `content_filter`, ... as the server says.
        model: The model that answered, as the server says: may be more exact than the request's.
        prompt_tokens: As the server counts them; estimated where it doesn't.
        completion_tokens: Likewise.
        error: None for an answer. Otherwise why asking again is in vain: `context_too_long`, `image_too_large`, `photo_unusable`
            (it wasn't even sent), `refused` (by the model or a filter), `empty`, `bad_request`.
    """

    text: str
    finish_reason: str = "stop"
    model: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    error: str | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How requests are sent. None of it changes what is asked.

    Attributes:
        base_url: Of the server; None for OpenAI's own.
        api_key_env: The environment variable that holds the key. The key itself is never stored.
        store: The response store's file; None for `responses.sqlite` in vlit-hub's cache folder.
        concurrency: At most so many requests in flight.
        timeout: Seconds until a request counts as lost.
        max_tries: How often one request is tried before the run gives up on it.
        max_cost: In dollars, everything paid for the same requests in earlier runs included; None for no limit.
        prices: A YAML file of prices that come before the built-in ones.
        batch: Ask through the server's Batch API.
        wait: With `batch`, wait for the answers instead of returning.
    """

    base_url: str | None = None
    api_key_env: str = "OPENAI_API_KEY"
    store: str | None = None
    concurrency: int = 64
    timeout: float = 120.0
    max_tries: int = 8
    max_cost: float | None = None
    prices: str | None = None
    batch: bool = False
    wait: bool = False


def text_of(message: Mapping[str, Any]) -> str:
    """A message's text, without its pictures."""
    content = message["content"]
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")


def image_part(mime: str, base64: str) -> dict[str, Any]:
    """A picture as part of a message's content."""
    return {"type": "image_url", "image_url": {"url": f"data:{mime};base64,{base64}"}}


def photo_part(
    path: str, digest: str, edge: int, box: tuple[float, float, float, float] | None = None
) -> dict[str, Any]:
    """A photo as part of a message's content, without its bytes: `vlit_hub.generation.pictures` puts them in.

    Args:
        path: Of the photo; no part of the request's key.
        digest: Of the photo's content.
        edge: Its longer edge is made at most so many pixels.
        box: x1, y1, x2, y2 in pixels of the upright photo, drawn into it.
    """
    return {"type": "photo", "path": path, "digest": digest, "edge": edge, "box": box}


def _without_paths(message: Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(message["content"], str):
        return message
    parts = [{name: value for name, value in part.items() if name != "path"} for part in message["content"]]
    return {**message, "content": parts}


def repair(request: Request, answer: str, fault: str) -> Request:
    """The request sent once more with the answer that didn't validate and what was wrong with it."""
    return msgspec.structs.replace(
        request,
        repairs=True,
        messages=(
            *request.messages,
            {"role": "assistant", "content": answer},
            {
                "role": "user",
                "content": f"That answer can't be used: {fault}. Send the whole answer again, mended, in the same format.",
            },
        ),
    )
