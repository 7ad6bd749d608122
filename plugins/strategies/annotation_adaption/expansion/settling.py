"""Answers of a given shape: read, sent back once where they don't validate, and then settled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from vlit_hub.errors import VlitHubError
from vlit_hub.generation.requests import Request, Response, repair
from vlit_hub.generation.store import ResponseStore
from vlit_hub.generation.structured import Invalid

__all__ = ["Read", "Settled", "Unfit", "mended", "settle"]

_Value = TypeVar("_Value")

Read = Callable[[Request, Response], _Value]
"""Gives what an answer says, or raises `Invalid`; gets the request as it was sent first."""


class Unfit(Invalid):
    """An answer of the right shape that can't be used; the message is why, with details in parentheses at its end."""


@dataclass(frozen=True)
class Settled(Generic[_Value]):
    """How one request ended.

    Attributes:
        response: The last answer.
        value: What it says; None where it can't be used.
        reason: Why it can't, without the details: to be counted by.
    """

    response: Response
    value: _Value | None = None
    reason: str | None = None


def mended(read: Read[_Value], request: Request, response: Response) -> Request | None:
    """What is asked after an answer: once more with the fault, if it doesn't validate and wasn't sent back before."""
    if request.repairs or response.error is not None:
        return None
    try:
        read(request, response)
    except Invalid as fault:
        return repair(request, response.text, str(fault))
    return None


def settle(read: Read[_Value], requests: Sequence[Request], store: ResponseStore) -> list[Settled[_Value]]:
    """How these requests, as sent first, ended.

    Raises:
        StoreError: The store can't be read.
        VlitHubError: It lacks an answer.
    """
    answers = store.get_many([request.key() for request in requests])
    last: list[Request] = []
    for request in requests:
        found = answers.get(request.key())
        last.append((found and mended(read, request, found)) or request)
    answers |= store.get_many([final.key() for final in last if final.repairs])
    return [_settled(read, request, answers.get(final.key())) for request, final in zip(requests, last, strict=True)]


def _settled(read: Read[_Value], request: Request, response: Response | None) -> Settled[_Value]:
    if response is None:
        raise VlitHubError("the response store lacks an answer that was there before. Run the same command again.")
    if response.error is not None:
        return Settled(response, reason=f"model: {response.error.replace('_', ' ')}")
    try:
        return Settled(response, value=read(request, response))
    except Unfit as fault:
        return Settled(response, reason=str(fault).partition(" (")[0])
    except Invalid:
        return Settled(response, reason="it isn't the JSON asked for")
