"""Requests, replies and the table of routes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from tests.hub import refusals
from tests.hub.accounts import Token
from tests.hub.log import Exchange

if TYPE_CHECKING:
    from tests.hub.server import Hub

CHUNK = 1 << 20


@dataclass
class FilePart:
    """A part of a file as an answer's body."""

    path: Path
    start: int
    length: int


@dataclass
class Reply:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | FilePart = b""


def json_reply(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return Reply(
        status, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, json.dumps(value).encode()
    )


class Request:
    """A request, its body not read yet."""

    def __init__(
        self, hub: Hub, method: str, target: str, headers: Message, stream: BufferedIOBase, entry: Exchange
    ) -> None:
        self.hub = hub
        self.method = method
        self.target = target
        self.path, _, query = target.partition("?")
        self.query = {key: values[-1] for key, values in parse_qs(query).items()}
        self.headers = headers
        self.entry = entry
        self.token: Token | None = None
        self.left = int(headers.get("Content-Length") or 0)
        self._stream = stream

    def chunks(self, limit: int | None = None) -> Iterator[bytes]:
        """What is left of the body (at most `limit` bytes of it), counted, and looked through for tokens.

        Raises:
            ConnectionError: the client went away in the middle.
        """
        stop = self.left - min(self.left, limit) if limit is not None else 0
        tail = b""
        while self.left > stop:
            data = self._stream.read(min(CHUNK, self.left - stop))
            if not data:
                raise ConnectionError("the client closed the connection inside a body")
            self.left -= len(data)
            self.entry.received += len(data)
            self.look_for_tokens(tail + data, "body")
            tail = data[-128:]
            yield data

    def body(self) -> bytes:
        return b"".join(self.chunks())

    def drain(self) -> None:
        for _ in self.chunks():
            pass

    def json(self) -> Any:
        try:
            return json.loads(self.body())
        except ValueError:
            raise refusals.bad_request("The body is not JSON") from None

    def look_for_tokens(self, data: bytes, where: str) -> None:
        """Note tokens that appear in data where none belongs."""
        for token in self.hub.accounts.spot(data):
            if (note := f"{token.user}'s token in the {where}") not in self.entry.leaks:
                self.entry.leaks.append(note)


Route = Callable[..., Reply]

_ROUTES: dict[str, list[tuple[str, re.Pattern[str], Route]]] = {"hub": [], "storage": []}

REPO = r"(?P<repo>[^/]+/[^/]+)"


def route(method: str, pattern: str, plane: str = "hub") -> Callable[[Route], Route]:
    """Register a function for a method and a path; named groups reach it unquoted, None where they didn't take part.

    The path is matched as sent, so a quoted slash (`refs%2Fpr%2F1`) stays inside its group.
    """

    def register(function: Route) -> Route:
        _ROUTES[plane].append((method, re.compile(pattern), function))
        return function

    return register


def find_route(plane: str, method: str, path: str) -> tuple[Route, dict[str, str | None]] | None:
    """The function for a request, with the groups of its path; HEAD goes where GET goes."""
    for wanted, pattern, function in _ROUTES[plane]:
        if wanted == ("GET" if method == "HEAD" else method) and (match := pattern.fullmatch(path)):
            return function, {
                name: unquote(value) if value is not None else None for name, value in match.groupdict().items()
            }
    return None


def file_reply(request: Request, path: Path, size: int, headers: dict[str, str]) -> Reply:
    """A file, or the part of it that a Range header asks for."""
    headers = {"Accept-Ranges": "bytes", "Content-Type": "application/octet-stream", **headers}
    wanted = request.headers.get("Range")
    if wanted is None:
        return Reply(200, headers, FilePart(path, 0, size))
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted.strip())
    if match is None or match.groups() == ("", ""):
        return Reply(200, headers, FilePart(path, 0, size))
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    if start >= stop:
        return Reply(416, {"Content-Range": f"bytes */{size}", "Content-Type": "text/plain"}, b"Range Not Satisfiable")
    headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return Reply(206, headers, FilePart(path, start, stop - start))
