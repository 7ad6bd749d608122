"""The server's side of batches: files, batches and their answers, through the `openai` package's client."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterator
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import msgspec

from vlit_hub.errors import ModelError
from vlit_hub.generation.backends import Throttled, Transient
from vlit_hub.generation.batch_files import ENDPOINT, line_of
from vlit_hub.generation.batch_records import BatchRecord, server_name
from vlit_hub.generation.limits import backoff
from vlit_hub.generation.openai_backend import OpenAIBackend
from vlit_hub.generation.openai_client import client, public_url, scrub
from vlit_hub.generation.openai_faults import fault_of
from vlit_hub.generation.openai_protocol import Dialect, body, read
from vlit_hub.generation.requests import Request, Response, Settings

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAIError

__all__ = ["BatchServer", "NotSubmitted", "Outcome", "RemoteBatch", "batch_server"]

_FINISHED = {"completed", "failed", "expired", "cancelled"}
_NAME = "vlit_hub"  # our name of a batch, in its metadata
_CLOCKS_APART = 3600  # seconds that the server's clock and ours may differ by
_UPLOAD_SECONDS = 1800.0
_STOPPING = {"key", "model", "money", "blind", "no_server"}
_LATER = {"throttled", "transient", "format", "parameter"}


_ENDED = {"failed": "was refused", "expired": "expired", "cancelled": "was cancelled"}


class _Why(msgspec.Struct):
    code: str | None = None
    message: str | None = None


class _Answered(msgspec.Struct):
    status_code: int
    body: msgspec.Raw


class _Line(msgspec.Struct):
    """A line of a batch's answers or errors."""

    custom_id: str = ""
    response: _Answered | None = None
    error: _Why | None = None


class NotSubmitted(Exception):
    """The server has certainly not made the batch; the message says why."""


class RemoteBatch(NamedTuple):
    """A batch as the server has it: its status, files of answers and of errors, and what is wrong with it, if anything."""

    status: str
    files: tuple[str, ...]
    trouble: str

    @property
    def finished(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in _FINISHED


class Outcome(NamedTuple):
    """What became of one request; without a response it is to be asked again, and `trouble` says why.

    `stops` says that no other request would succeed now.
    """

    key: str
    response: Response | None
    trouble: str = ""
    stops: bool = False


@contextlib.asynccontextmanager
async def batch_server(settings: Settings) -> AsyncIterator[BatchServer]:
    """The settings' server.

    Raises:
        UsageError: No key and no server; or the server's address isn't one.
    """
    async with client(settings) as asking:
        yield BatchServer(asking, settings)


class BatchServer:
    """A server with a Batch API.

    Attributes:
        name: Under which batches are recorded.
        shown: Its address as people may see it.
    """

    def __init__(self, asking: AsyncOpenAI, settings: Settings) -> None:
        self.name = server_name(str(asking.base_url))
        self._settings = settings
        self.shown = public_url(asking.base_url)
        self._key = asking.api_key
        self._once = asking
        self._often = asking.with_options(max_retries=settings.max_tries - 1)
        self._dialects: dict[str, Dialect] = {}

    # Submitting

    async def learn(self, request: Request) -> Response:
        """Ask one request, as it is sent, directly, as the others of its model will be asked in batches.

        A batch takes hours to tell that the model is unknown, or takes no `temperature`; this tells at once.

        Raises:
            VlitHubError: No other request would succeed either.
        """
        async with OpenAIBackend().open(self._settings) as session:
            for tries in range(1, self._settings.max_tries + 1):
                try:
                    response = await session.complete(request)
                    self._dialects[request.model] = session.dialects[request.model]
                    return response
                except (Throttled, Transient) as error:
                    trouble = str(error)
                    await asyncio.sleep(backoff(tries, getattr(error, "retry_after", None)))
        raise ModelError(f"{self.shown} fails at every try (last: {trouble}). Run the same command again later.")

    def knows(self, model: str) -> bool:
        """Whether `learn` has been called for the model."""
        return model in self._dialects

    def line(self, key: str, request: Request) -> bytes:
        """The line, in a batch's file, of a request as it is sent."""
        return line_of(key, body(request, self._dialects[request.model]))

    async def submit(self, name: str, file: BinaryIO) -> str:
        """Upload the file and make the batch; the server's id of it.

        Raises:
            NotSubmitted: The server refuses.
            ModelError: Nobody knows whether the server made the batch.
        """
        from openai import APIStatusError, OpenAIError

        try:
            uploading = self._often.with_options(timeout=_UPLOAD_SECONDS)
            uploaded = await uploading.files.create(file=(f"vlit-hub-{name}.jsonl", file), purpose="batch")
        except OpenAIError as error:
            raise NotSubmitted(self._told(error)) from None
        try:
            batch = await self._once.batches.create(
                input_file_id=uploaded.id, endpoint=ENDPOINT, completion_window="24h", metadata={_NAME: name}
            )
        except APIStatusError as error:
            if error.status_code < 500:
                raise NotSubmitted(self._told(error)) from None
            raise ModelError(self._told(error)) from None
        except OpenAIError as error:
            raise ModelError(self._told(error)) from None
        return batch.id

    async def find(self, names: Collection[str], since: float) -> dict[str, str]:
        """The server's ids of batches by our names, of those that it has.

        Args:
            names: Of batches, as `submit` was given them.
            since: When the first of them was made at the earliest, in seconds since 1970.
        """
        found = {}
        with self._errors():
            async for batch in self._often.batches.list(limit=100):  # newest first
                name = (batch.metadata or {}).get(_NAME, "")
                if name in names:
                    found[name] = batch.id
                if batch.created_at < since - _CLOCKS_APART:
                    break
        return found

    # Collecting

    async def look(self, record: BatchRecord) -> RemoteBatch | None:
        """How a batch stands; None if the server doesn't know it, or doesn't show it to this key."""
        from openai import NotFoundError

        assert record.remote is not None  # of submitted batches, which these are
        with self._errors():
            try:
                batch = await self._often.batches.retrieve(record.remote)
            except NotFoundError:
                return None
        faults = [fault.message for fault in (batch.errors.data if batch.errors else None) or () if fault.message]
        trouble = ""
        if batch.status in _FINISHED - {"completed"}:
            trouble = scrub(f"a batch {_ENDED[batch.status]}" + (f": {faults[0]}" if faults else ""), self._key)
        files = tuple(file for file in (batch.output_file_id, batch.error_file_id) if file)
        return RemoteBatch(batch.status, files, trouble)

    async def outcomes(self, record: BatchRecord, batch: RemoteBatch) -> AsyncIterator[Outcome]:
        """What became of a finished batch's requests, in no order; some may be missing."""
        from openai import NotFoundError

        for file in batch.files:
            with self._errors():
                try:
                    async with self._often.files.with_streaming_response.content(file) as content:
                        async for line in content.iter_lines():
                            if line.strip():
                                yield self._outcome(record, line)
                except NotFoundError:
                    yield Outcome("", None, "a batch's answers are no longer on the server")

    def _outcome(self, record: BatchRecord, line: str) -> Outcome:
        try:
            entry = msgspec.json.decode(line, type=_Line)
        except msgspec.DecodeError as error:
            return Outcome("", None, scrub(f"a line of answers that can't be read: {error}", self._key))
        if entry.response is None:
            why = entry.error or _Why()
            return Outcome(entry.custom_id, None, scrub(f"{why.code}: {why.message}", self._key))
        answer, status = bytes(entry.response.body), entry.response.status_code
        if status == 200:
            try:
                return Outcome(entry.custom_id, read(Request(model=record.model, messages=()), answer))
            except msgspec.DecodeError as error:
                return Outcome(entry.custom_id, None, f"an answer that is no completion: {error}")
        fault = fault_of(
            status, answer, True, frozenset({"temperature", "seed", "max_tokens", "max_completion_tokens"})
        )
        words = scrub(fault.words, self._key)
        if fault.kind in _STOPPING or fault.kind in _LATER:
            return Outcome(entry.custom_id, None, f"{status}: {words}", stops=fault.kind in _STOPPING)
        return Outcome(entry.custom_id, Response(text=words, model=record.model, error=fault.kind))

    # Errors

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """The client's errors as ours."""
        import httpx2
        from openai import OpenAIError

        try:
            yield
        except OpenAIError as error:
            raise ModelError(self._told(error)) from None
        except httpx2.HTTPError as error:  # while a file of answers is read
            words = scrub(str(error) or type(error).__name__, self._key)
            raise ModelError(f"{self.shown}: connection lost ({words}). Run the same command again to go on.") from None

    def _told(self, error: OpenAIError) -> str:
        from openai import APIConnectionError, APIStatusError, AuthenticationError, NotFoundError, PermissionDeniedError

        words = scrub(str(error), self._key)
        if isinstance(error, NotFoundError):
            return f"{self.shown} has no Batch API ({words}). Leave out --batch."
        if isinstance(error, (AuthenticationError, PermissionDeniedError)):
            return f"{self.shown} refuses the key in {self._settings.api_key_env} ({words})."
        if isinstance(error, APIConnectionError):
            return f"{self.shown} can't be reached ({words}). Run the same command again to go on."
        if isinstance(error, APIStatusError):
            return f"{self.shown} refuses ({error.status_code}: {words})."
        return f"{self.shown}: {words}"
