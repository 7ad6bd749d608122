"""Asynchronous work from synchronous code, in a notebook too."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["run"]

_T = TypeVar("_T")
_LOOK = 0.2  # seconds between looks for Ctrl-C


def run(work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """What the coroutine gives; in a thread of its own where this one's event loop runs already (Jupyter's does).

    Ctrl-C cancels the coroutine, waits until it has cleaned up, and is raised again.
    """
    return _in_thread(work) if _is_running() else asyncio.run(work())


def _is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


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
        _wait(thread)
    except (KeyboardInterrupt, asyncio.CancelledError):
        for one in cancel:
            one()
        thread.join()
        raise
    if errors:
        raise errors[0]
    return results[0]


def _wait(thread: threading.Thread) -> None:
    """Wait for its end.

    Raises:
        KeyboardInterrupt: Ctrl-C, in Jupyter.
        CancelledError: Ctrl-C below `asyncio.run`, which only marks the task that is blocked here as cancelled.
    """
    blocked = asyncio.current_task()
    while thread.is_alive():
        thread.join(_LOOK)
        if blocked is not None and blocked.cancelling():
            raise asyncio.CancelledError
