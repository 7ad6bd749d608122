"""Questions to a language model, on a server or here, through the response store.

A run that is killed goes on where it was and pays nothing twice. An answer that isn't of the shape asked for is sent back once,
with what is wrong; one that still isn't, and what the server refuses, is no answer.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import msgspec

from vlit_hub.generation.requests import Request, Response, Settings, repair
from vlit_hub.generation.structured import Invalid, parse

__all__ = ["Asker"]

_LOOKED_UP = 512
_Place = TypeVar("_Place")
_Placed = Callable[[], Iterator[tuple[_Place, Request]]]


class Asker:
    """Asks in one or several rounds, all within one `max_cost`.

    Args:
        settings: How requests are sent.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def ask(self, placed: _Placed[_Place], answer: type[Any], total: int | None = None) -> Iterator[tuple[_Place, Any]]:
        """Have requests answered; then the valid answers, with the places of their requests, in the requests' order.

        Args:
            placed: Makes the requests, each with a place of the caller's; called several times, and gives the same each time.
            answer: What an answer has to be, a `msgspec.Struct`.
            total: How many requests there are, for the progress bar.

        Raises:
            VlitHubError: As `vlit_hub.generation.run.generate`. What was answered is stored.
        """
        from vlit_hub.generation.run import generate
        from vlit_hub.generation.store import ResponseStore, store_path

        def mend(request: Request, response: Response) -> Request | None:
            if request.repairs or response.error is not None:
                return None
            try:
                parse(response.text, answer, response.finish_reason)
            except Invalid as fault:
                return repair(request, response.text, str(fault))
            return None

        summary = generate(_Requests(placed), self._settings, total=total, follow_up=mend)
        if self._settings.max_cost is not None:
            left = max(0.0, self._settings.max_cost - summary.paid_before - (summary.cost or 0.0))
            self._settings = msgspec.structs.replace(self._settings, max_cost=left)
        numbered = placed()
        with ResponseStore(store_path(self._settings)) as store:
            while part := list(itertools.islice(numbered, _LOOKED_UP)):
                found = store.get_many([request.key() for _, request in part])
                for place, request in part:
                    response = found.get(request.key())
                    if response and (again := mend(request, response)):
                        response = store.get(again.key())
                    if response and response.error is None:
                        try:
                            yield place, parse(response.text, answer, response.finish_reason)
                        except Invalid:
                            continue  # twice: it is no answer


class _Requests:
    """The requests alone, made anew at each pass, so that not all of them are in memory."""

    def __init__(self, placed: _Placed[Any]) -> None:
        self._placed = placed

    def __iter__(self) -> Iterator[Request]:
        for _, request in self._placed():
            yield request
