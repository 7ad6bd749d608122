"""The files that batches are submitted as: a request a line, as many as one batch may hold."""

from __future__ import annotations

import tempfile
from types import TracebackType
from typing import BinaryIO, Final

import msgspec

from vlit_hub.generation.requests import Request

__all__ = ["ENDPOINT", "MOST_BYTES", "MOST_REQUESTS", "BatchFile", "line_of"]

MOST_REQUESTS = 50_000
"""So many requests a batch may have, and `MOST_BYTES` its file: https://platform.openai.com/docs/guides/batch."""
MOST_BYTES = 200_000_000

ENDPOINT: Final = "/v1/chat/completions"
"""What the requests of a batch are sent to."""


def line_of(key: str, body: object) -> bytes:
    """A request's line: its key comes back with the answer."""
    return msgspec.json.encode({"custom_id": key, "method": "POST", "url": ENDPOINT, "body": body}) + b"\n"


class BatchFile:
    """The file of a batch that is being gathered, in the folder of temporary files; gone when it is closed.

    Args:
        model: Of all its requests, as the Batch API asks for.

    Attributes:
        groups: The group of each request in it, by the request's key.
        reserved: Dollars that it costs at most; 0 where there is no limit.
    """

    def __init__(self, model: str) -> None:
        self.model = model
        self.groups: dict[str, str] = {}
        self.reserved = 0.0
        self._size = 0
        self._file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - closed with this

    def takes(self, line: bytes) -> bool:
        """Whether there is room for another line."""
        return len(self.groups) < MOST_REQUESTS and self._size + len(line) <= MOST_BYTES

    def add(self, key: str, request: Request, line: bytes, reserved: float) -> None:
        """Add a request."""
        self._file.write(line)
        self._size += len(line)
        self.groups[key] = request.group
        self.reserved += reserved

    def opened(self) -> BinaryIO:
        """The file, to be read from its start."""
        self._file.seek(0)
        return self._file

    def __enter__(self) -> BatchFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()
