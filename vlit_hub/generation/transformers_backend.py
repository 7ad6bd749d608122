"""The backend `transformers`: a local model in this process, without a server.

It answers one request at a time, in a thread of its own. For much work, or a large model, a server (vLLM, `transformers serve`)
through the backend `openai` is faster, since it answers many at once.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from importlib.util import find_spec

from vlit_hub.errors import MissingExtra
from vlit_hub.generation.backends import Backend, Session
from vlit_hub.generation.local_model import LocalModel, load
from vlit_hub.generation.requests import Request, Response, Settings

__all__ = ["TransformersBackend"]


class TransformersBackend(Backend):
    """Models of the Hugging Face format, text or vision: `Request.model` is a folder, or a name on the Hub.

    A schema is told in words, and answers may break it. Of the settings only `concurrency` has a meaning: how many requests wait.
    """

    name = "transformers"

    @asynccontextmanager
    async def open(self, settings: Settings) -> AsyncIterator[Session]:
        """A session; the model is loaded at the first request.

        Raises:
            MissingExtra: `torch` or `transformers` isn't installed.
        """
        if not all(find_spec(module) for module in ("torch", "transformers")):
            raise MissingExtra("The backend transformers", "models")
        session = _Session()
        try:
            yield session
        finally:
            await asyncio.to_thread(session.close)


class _Session(Session):
    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, "transformers")  # generation would block the event loop
        self._stop = threading.Event()
        self._model: LocalModel | None = None

    async def complete(self, request: Request) -> Response:
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._answer, request)

    def _answer(self, request: Request) -> Response:
        if self._model is None or self._model.name != request.model:
            self._model = None  # there may be no room for two
            self._model = load(request.model)
        return self._model.answer(request, self._stop)

    def close(self) -> None:
        """Stop the answer that is being made; those that wait are given up."""
        self._stop.set()
        self._worker.shutdown(cancel_futures=True)
