"""The `openai` package's client: which server, which key, and how both are spoken of."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from vlit_hub.errors import UsageError
from vlit_hub.generation.requests import Settings

if TYPE_CHECKING:
    from openai import AsyncOpenAI

__all__ = ["client", "models", "public_url", "scrub"]

_NO_KEY = "EMPTY"  # what servers without keys are sent, as vLLM's documentation does
_CREDENTIALS = re.compile(r"//[^/@\s]*@")
_KEYS = re.compile(
    r"\b(?:sk|pk|rk|gsk|hf|key|AIza|xai|r8|nvapi)[-_][\w*.…-]{4,}"  # of OpenAI and others; OpenAI quotes them with stars
    r"|(?<=[Bb]earer )\S+"
    r"|(?<=provided: )\S+"
)


def client(settings: Settings) -> AsyncOpenAI:
    """The `openai` package's client of the settings' server. It never retries: who uses it does.

    `OPENAI_BASE_URL`, `OPENAI_ORG_ID` and `OPENAI_PROJECT_ID` have the meaning that the package gives them.

    Raises:
        UsageError: No key and no server; or the server's address isn't one.
    """
    base_url = settings.base_url or os.environ.get("OPENAI_BASE_URL") or None
    key = os.environ.get(settings.api_key_env, "").strip()
    if not key and base_url is None:
        raise UsageError(
            f"no language model to ask. Set {settings.api_key_env} to a key of OpenAI; or name your own server with --base-url "
            "(vLLM: http://localhost:8000/v1, Ollama: http://localhost:11434/v1); or run a model in this process with "
            "-o backend=transformers. Without any model there is: vlit-hub build coco_prog"
        )
    if not (key or _NO_KEY).isascii() or any(mark.isspace() for mark in key):
        raise UsageError(f"{settings.api_key_env} holds no key: there is white space or a letter beyond ASCII in it.")
    if base_url is not None and not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", base_url):
        raise UsageError(
            f"{public_url(base_url)!r} is no server's address: --base-url reads like http://localhost:8000/v1"
        )
    from openai import AsyncOpenAI

    return AsyncOpenAI(api_key=key or _NO_KEY, base_url=base_url, max_retries=0, timeout=settings.timeout)


async def models(client: AsyncOpenAI) -> list[str] | None:
    """The names of the server's models, sorted; None where it doesn't say."""
    import httpx2
    from openai import OpenAIError

    try:
        page = await client.models.list(timeout=10)
        return sorted(str(model.id) for model in page.data)
    except (OpenAIError, httpx2.HTTPError, TypeError, AttributeError, ValueError):  # it may answer with anything
        return None


def public_url(url: object) -> str:
    """An address as it may be shown: without user and password, and without a query, where some write their key."""
    return re.sub(r"[?#].*", "", _CREDENTIALS.sub("//", str(url)), flags=re.DOTALL).rstrip("/")


def scrub(words: str, key: str) -> str:
    """A server's words on one line, at most 300 characters, without the key or anything that looks like one."""
    if key and key != _NO_KEY:
        words = words.replace(key, "[key]")
    words = _KEYS.sub("[key]", _CREDENTIALS.sub("//", words))
    words = " ".join(words.split())
    return words if len(words) <= 300 else f"{words[:297]}..."
