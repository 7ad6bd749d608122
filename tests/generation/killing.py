"""What the runs ask that are killed; they are processes forked from one that has imported everything, to start at once."""

from __future__ import annotations

import multiprocessing

from tests.generation.asking import ask
from vlit_hub.generation import limits
from vlit_hub.generation.requests import Request, Response, Settings
from vlit_hub.generation.run import generate

REQUESTS = 600

fresh = multiprocessing.get_context("forkserver")
fresh.set_forkserver_preload(["aiohttp", "openai", "vlit_hub.generation.openai_backend", __name__])


def asked() -> list[Request]:
    return [ask(f"number {n}", seed=n) for n in range(REQUESTS)]


def repair(request: Request, response: Response) -> Request | None:
    """One in ten answers isn't good enough."""
    return ask(f"again: {response.text}") if response.text.endswith("7!") and "again" not in response.text else None


def run(settings: Settings) -> None:
    limits._FIRST = 0.02
    generate(asked(), settings, follow_up=repair)


def run_in_notebook(settings: Settings) -> None:
    import asyncio

    async def cell() -> None:
        run(settings)

    asyncio.run(cell())
