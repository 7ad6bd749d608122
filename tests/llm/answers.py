"""What a server of OpenAI's protocol says, good and bad, in the words of the real ones."""

from __future__ import annotations

from typing import Any

from tests.llm.wire import Reply, as_json


def completion(
    text: str | None, *, model: str = "tiny-1", finish: str = "stop", refusal: str | None = None, usage: bool = True
) -> Reply:
    """A chat completion; its tokens, if it has them, are words."""
    body: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": text, "refusal": refusal},
                "finish_reason": finish,
            }
        ],
    }
    if usage:
        body["usage"] = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}
    return as_json(body)


def error(status: int, words: str, *, code: str | None = None, param: str | None = None, **headers: str) -> Reply:
    """An error as OpenAI sends it; `Retry_After` becomes the header of that name."""
    body = {"error": {"message": words, "type": "invalid_request_error", "param": param, "code": code}}
    return as_json(body, status, **{name.replace("_", "-"): value for name, value in headers.items()})


def throttled(retry_after: str | None = None) -> Reply:
    headers = {} if retry_after is None else {"Retry_After": retry_after}
    return error(429, "Rate limit reached for requests", code="rate_limit_exceeded", **headers)


def server_error() -> Reply:
    return error(500, "The server had an error while processing your request.")


def web_page(status: int = 200) -> Reply:
    return Reply(status, b"<!doctype html><html><body>Welcome to nginx!</body></html>", {"Content-Type": "text/html"})


NOT_JSON = Reply(200, b'{"choices": [{"message": {"content": "half a')
"""An answer that ends in the middle, though its length says otherwise."""

TOO_LONG = {
    "openai": error(
        400,
        "This model's maximum context length is 128000 tokens. However, your messages resulted in 130000 tokens.",
        code="context_length_exceeded",
        param="messages",
    ),
    "vllm": as_json(
        {
            "object": "error",
            "message": "This model's maximum context length is 4096 tokens. However, you requested 5120 tokens (4096 in the "
            "messages, 1024 in the completion). Please reduce the length of the messages or completion.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        400,
    ),
    "vllm, newer": as_json(
        {
            "error": {
                "message": "The decoder prompt (length 9000) is longer than the maximum model length of 4096.",
                "type": "BadRequestError",
                "param": None,
                "code": 400,
            }
        },
        400,
    ),
    "llama.cpp": as_json(
        {
            "error": {
                "code": 400,
                "message": "the request exceeds the available context size (4096 tokens), try increasing it",
                "type": "exceed_context_size_error",
                "n_prompt_tokens": 9000,
                "n_ctx": 4096,
            }
        },
        400,
    ),
    "ollama": as_json({"error": {"message": "the input length exceeds the context length", "type": "api_error"}}, 400),
    "tgi": as_json(
        {
            "error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens"
        },
        422,
    ),
    "413": Reply(413, b""),
}
"""How servers say that a prompt is too long."""
