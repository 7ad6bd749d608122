"""What a backend is: the thing that runs a language model, here or on a server."""

from __future__ import annotations

import abc
from contextlib import AbstractAsyncContextManager

from vlit_hub.generation.requests import Request, Response, Settings

__all__ = ["Backend", "Session", "Throttled", "Transient"]


class Throttled(Exception):
    """The server asks for fewer requests; the request is sent again later.

    Args:
        message: The server's words, for people.
        retry_after: Seconds that the server wants to be left alone; None where it doesn't say.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class Transient(Exception):
    """It failed, and may succeed at the next try: a time-out, a cut connection, a server's error. The text is for people."""


class Session(abc.ABC):
    """A backend in use, for one run."""

    @abc.abstractmethod
    async def complete(self, request: Request) -> Response:
        """Ask the model.

        Called for many requests at a time, at most `Settings.concurrency`. A request is asked again after `Throttled` and
        `Transient`, and never after a response, which is stored: one with an `error` too.

        Raises:
            Throttled: The server wants fewer requests.
            Transient: This try failed.
            VlitHubError: Every other request would fail likewise; stops the run. The message is what the user reads: no key
                or password may be in it.
        """


class Backend(abc.ABC):
    """Runs language models.

    Attributes:
        name: What `Request.backend` and `--backend` name it by.
    """

    name: str

    @abc.abstractmethod
    def open(self, settings: Settings) -> AbstractAsyncContextManager[Session]:
        """A session, which `async with` opens and closes; called once a run.

        Raises:
            VlitHubError: The settings lack something (on entering).
        """
