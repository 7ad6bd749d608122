"""A run's progress on a terminal: what is answered, what it cost, what failed."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

from vlit_hub.generation.summary import Summary

__all__ = ["live"]

_EVERY = 0.25  # seconds


@contextlib.asynccontextmanager
async def live(state: Summary) -> AsyncIterator[None]:
    """Shows a run's state while it changes; silent where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("asking"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TextColumn("{task.fields[told]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), auto_refresh=False) as bar:
        task = bar.add_task("asking", total=state.total, told="")
        loop = asyncio.get_running_loop()
        start = loop.time()

        def show() -> None:
            done = state.stored + state.answered + state.failed
            bar.update(task, total=state.total, completed=done, told=_told(state, loop.time() - start))
            bar.refresh()

        async def keep_showing() -> None:
            while True:
                show()
                await asyncio.sleep(_EVERY)

        showing = asyncio.create_task(keep_showing())
        try:
            yield
        finally:
            showing.cancel()
            show()


def _told(state: Summary, seconds: float) -> str:
    told = [f"{state.stored:,} stored", f"{state.answered / max(seconds, 0.1):.1f}/s", f"{state.tokens:,} tokens"]
    if state.cost is not None:
        told.append(f"${state.cost:.2f}")
    if state.failed:
        told.append(f"{state.failed:,} failed")
    return " · ".join(told)
