"""The backend `openai`: every server that speaks OpenAI's protocol (OpenAI, vLLM, Ollama, TGI, llama.cpp, `transformers serve`).

The `openai` package knows the server, the key and the headers. Requests themselves go out through aiohttp, which the package
itself uses underneath, with one set of headers for all: what the package does for each request anew (typed models, copies of
options, headers merged) costs several times the CPU of the request.
"""

from __future__ import annotations

import logging
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from vlit_hub.errors import ModelError
from vlit_hub.generation.backends import Backend, Session, Throttled, Transient
from vlit_hub.generation.openai_client import client, models, public_url, scrub
from vlit_hub.generation.openai_faults import Fault, fault_of, retry_after
from vlit_hub.generation.openai_protocol import Dialect, body, looks_like_json, read
from vlit_hub.generation.requests import Request, Response, Settings

if TYPE_CHECKING:
    import aiohttp
    from openai import AsyncOpenAI

__all__ = ["OpenAIBackend", "OpenAISession"]

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode
_CONNECT = 10.0  # seconds to reach the server


class OpenAIBackend(Backend):
    """Servers of OpenAI's protocol."""

    name = "openai"

    @asynccontextmanager
    async def open(self, settings: Settings) -> AsyncIterator[OpenAISession]:
        """A session with connections for `settings.concurrency` requests.

        Raises:
            UsageError: No key and no server; or the server's address isn't one.
        """
        import aiohttp
        import httpx2

        async with client(settings) as asking:
            headers = {name: value for name, value in asking.default_headers.items() if isinstance(value, str)}
            if not asking.base_url.userinfo:  # else aiohttp makes the header of them
                headers |= asking.auth_headers
            async with aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=settings.concurrency, ssl=httpx2.create_ssl_context()),
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=settings.timeout, sock_connect=min(_CONNECT, settings.timeout)),
                proxy=_proxy(
                    asking.base_url.scheme, asking.base_url.host
                ),  # aiohttp itself would look for it at every request
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as connections:
                yield OpenAISession(asking, connections, settings)


def _proxy(scheme: str, host: str) -> str | None:
    """The proxy that the environment names for a host."""
    return None if urllib.request.proxy_bypass(host) else urllib.request.getproxies().get(scheme)


class OpenAISession(Session):
    """A session with one server.

    Attributes:
        dialects: What it understands, by model, as far as that was found out.
    """

    def __init__(self, asking: AsyncOpenAI, connections: aiohttp.ClientSession, settings: Settings) -> None:
        self._client = asking
        self._connections = connections
        self._settings = settings
        self._url = f"{str(asking.base_url).rstrip('/')}/chat/completions"
        self._shown = public_url(asking.base_url)
        self.dialects: dict[str, Dialect] = {}
        self._answered = False  # a completion has come
        self._reached = False  # anything has come

    async def complete(self, request: Request) -> Response:
        """Ask the model, in the dialect that the server understands."""
        dialect = self.dialects.setdefault(request.model, Dialect())
        while True:
            mode, limit, without = dialect.mode, dialect.limit, dialect.without
            built = body(request, dialect)
            status, headers, answer = await self._post(_encode(built))
            if status == 200:
                try:
                    response = read(request, answer)
                except msgspec.DecodeError as error:
                    if not answer.lstrip()[:50].startswith(b'{"error"'):
                        self._not_a_completion(answer, headers.get("content-type", ""), error)
                else:
                    self._answered = True
                    if request.schema is None or response.error or dialect.sure:
                        return response
                    if looks_like_json(response.text):
                        dialect.sure = dialect.mode == mode
                        return response
                    if not dialect.step_down(mode):  # it ignores the schema: ask in words, once
                        dialect.sure = True
                        return response
                    continue
            if 300 <= status < 400:
                raise self._no_server(f"it redirects to {public_url(headers.get('location', 'nowhere'))}")
            named = frozenset(built) & {"temperature", "seed", "max_tokens", "max_completion_tokens"}
            fault = fault_of(status, answer, _has_picture(request), named)
            words = scrub(fault.words, self._client.api_key)
            if fault.kind == "format" and "response_format" in built and dialect.step_down(mode):
                continue
            if fault.kind == "parameter" and self._leave_out(dialect, fault.parameter, limit, without):
                continue
            await self._raise(fault, status, request, headers.get("content-type", ""), retry_after(headers), words)
            kind = fault.kind if fault.kind not in ("format", "parameter") else "bad_request"
            return Response(text=words, model=request.model, error=kind)

    async def _post(self, content: bytes) -> tuple[int, Mapping[str, str], bytes]:
        import aiohttp

        try:
            async with self._connections.post(self._url, data=content, allow_redirects=False) as answer:
                found = answer.status, answer.headers, await answer.read()
            self._reached = True
            return found
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            if not self._reached:
                raise ModelError(
                    f"no server at {self._shown} ({scrub(str(error), self._client.api_key)}). "
                    "Start it, or name another with --base-url."
                ) from None
            raise Transient(f"{self._shown} can't be reached any more") from None
        except TimeoutError:
            raise Transient(f"no answer within {self._settings.timeout:g} s (--timeout)") from None
        except (aiohttp.ClientError, OSError) as error:
            raise Transient(
                f"connection lost: {scrub(str(error) or type(error).__name__, self._client.api_key)}"
            ) from None

    def _not_a_completion(self, answer: bytes, content_type: str, error: Exception) -> None:
        """A 200 whose body isn't a completion is a slip of a server of models, or an answer of another server.

        Raises:
            Transient: It is the former.
            ModelError: It is the latter: a web page or other JSON, and no completion before it.
        """
        if not self._answered and ("html" in content_type or answer.lstrip()[:1] == b"<"):
            raise self._no_server("it sends a web page")
        if not self._answered and isinstance(error, msgspec.ValidationError):
            raise self._no_server("what it sends is no chat completion")
        raise Transient(f"an answer that is no completion: {scrub(str(error), self._client.api_key)}")

    def _no_server(self, why: str) -> ModelError:
        return ModelError(
            f"{self._shown} is no server of OpenAI's protocol: {why}. A base URL mostly ends in /v1, as in http://localhost:8000/v1"
        )

    def _leave_out(self, dialect: Dialect, parameter: str, limit: str, without: frozenset[str]) -> bool:
        """Do without a parameter from now on; False where that was tried already."""
        if parameter in ("max_tokens", "max_completion_tokens"):
            other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}[limit]
            if "limit" in dialect.without:
                return False
            if dialect.limit == limit:
                dialect.limit = other
                dialect.without |= {"limit"}
            return True
        if parameter in without:
            return False
        if parameter not in dialect.without:
            dialect.without |= {parameter}
            _log.warning("the server takes no %s for this model: its own is used", parameter)
        return True

    async def _raise(
        self, fault: Fault, status: int, request: Request, content_type: str, wait: float | None, words: str
    ) -> None:
        """Raise what the fault means, unless it is about this request alone."""
        if fault.kind == "throttled" or (fault.kind == "transient" and wait is not None):
            raise Throttled(f"{status}: {words}", wait)
        if fault.kind == "transient":
            raise Transient(f"{status}: {words}")
        if fault.kind == "key":
            name = self._settings.api_key_env
            raise ModelError(
                f"{self._shown} refuses the key in {name} ({status}: {words}). Check it, and what it may be used for."
            )
        if fault.kind == "money":
            raise ModelError(
                f"{self._shown} wants money ({status}: {words}). Add credit, then run the same command again to go on."
            )
        if fault.kind == "blind":
            raise ModelError(
                f"the model {request.model!r} at {self._shown} takes no photos ({words}). "
                "Ask a vision model, or ask without photos."
            )
        if fault.kind == "model":
            there = await models(self._client)
            if there is None and (status != 404 or "html" in content_type or request.model not in fault.words):
                raise self._no_server(f"{status} at {public_url(self._url)}")
            if there and request.model in there:
                raise self._no_server(f"{status} at {public_url(self._url)} ({words})")
            listed = f" There are: {', '.join(there[:20])}{', ...' if len(there) > 20 else ''}." if there else ""
            raise ModelError(f"no model {request.model!r} at {self._shown} ({words}).{listed}")


def _has_picture(request: Request) -> bool:
    return any(not isinstance(message["content"], str) for message in request.messages)
