"""Asynchronous work from synchronous code, in a notebook too."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["run"]

_T = TypeVar("_T")


def run(work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """What the coroutine gives; in a thread of its own where this one's event loop runs already (Jupyter's does).

    Ctrl-C cancels the coroutine, waits until it has cleaned up, and is raised again.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work())
    return _in_thread(work)


def _in_thread(work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    results: list[_T] = []
    errors: list[BaseException] = []
    cancel: list[Callable[[], object]] = []

    async def cancellable() -> _T:
        task = asyncio.ensure_future(work())
        loop = asyncio.get_running_loop()
        cancel.append(lambda: loop.call_soon_threadsafe(task.cancel))
        return await task

    def body() -> None:
        try:
            results.append(asyncio.run(cancellable()))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=body, name="vlit-hub requests", daemon=True)
    thread.start()
    try:
        thread.join()
    except KeyboardInterrupt:
        for one in cancel:
            one()
        thread.join()
        raise
    if errors:
        raise errors[0]
    return results[0]
