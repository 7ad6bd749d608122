"""A server of OpenAI's protocol with answers by rule: a real one, on a socket, for the real clients.

Nothing in it knows vlit-hub. A test gives it a rule (what it answers to which request), and reads afterwards what came.
"""

from __future__ import annotations

import asyncio
import json
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.llm.answers import completion, error
from tests.llm.wire import Asked, Reply, as_json, serve_connection

Rule = Callable[[dict[str, Any]], Reply | str]


def last_words(body: dict[str, Any]) -> str:
    """The text of a chat request's last message."""
    content = body["messages"][-1]["content"]
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)


class Llm:
    """A running server.

    Attributes:
        rule: From the body of a chat request to its answer: a text, or any HTTP response. Called in the order of arrival.
        models: What `/models` lists; None for a server that has no such route.
        key: The key that it wants; None to take any.
        routes: Further routes, as (method, start of the path below /v1) to a function of the HTTP request.
        asked: All chat requests, as they came.
        headers: And their headers.
        crashes: Tracebacks of rules and routes that raised.
    """

    def __init__(self) -> None:
        self.rule: Rule = lambda body: "Hello."
        self.models: list[str] | None = ["tiny", "small"]
        self.key: str | None = None
        self.routes: dict[tuple[str, str], Callable[[Asked], Reply]] = {}
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.crashes: list[str] = []
        self.port = 0
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._connections: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="llm", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def counts(self) -> Counter[str]:
        """How often each content was asked: all messages, as JSON."""
        with self._lock:
            return Counter(json.dumps(body["messages"], sort_keys=True) for body in self.asked)

    def __enter__(self) -> Llm:
        started = asyncio.run_coroutine_threadsafe(self._start(), self._loop)
        self._thread.start()
        started.result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _start(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port, limit=2**26, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None
        self._connections.add(connection)
        try:
            await serve_connection(reader, writer, self._answer)
        except asyncio.CancelledError:
            writer.transport.abort()  # the server stops; the streams' own callback would log a cancelled task
        finally:
            self._connections.discard(connection)

    def _answer(self, asked: Asked) -> Reply:
        try:
            return self._route(asked)
        except Exception:
            self.crashes.append(traceback.format_exc())
            return Reply(500)

    def _route(self, asked: Asked) -> Reply:
        if self.key is not None and asked.headers.get("authorization") != f"Bearer {self.key}":
            said = asked.headers.get("authorization", "").removeprefix("Bearer ")
            return error(
                401, f"Incorrect API key provided: {said}. You can find your key at ...", code="invalid_api_key"
            )
        for (method, start), route in self.routes.items():
            if asked.method == method and asked.path.startswith(f"/v1{start}"):
                return route(asked)
        if asked.method == "GET" and asked.path == "/v1/models" and self.models is not None:
            return as_json({"object": "list", "data": [{"id": name, "object": "model"} for name in self.models]})
        if asked.method == "POST" and asked.path == "/v1/chat/completions":
            return self._chat(asked)
        return as_json({"detail": "Not Found"}, 404)

    def _chat(self, asked: Asked) -> Reply:
        body = asked.json
        with self._lock:
            self.asked.append(body)
            self.headers.append(dict(asked.headers))
        if self.models is not None and body["model"] not in self.models:
            return error(404, f"The model `{body['model']}` does not exist.", code="model_not_found")
        said = self.rule(body)
        return completion(said, model=f"{body['model']}-1") if isinstance(said, str) else said
