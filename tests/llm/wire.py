"""HTTP as far as a server of language models needs it, with the ways it can go wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Asked:
    """One HTTP request."""

    method: str
    path: str  # with the query
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """One HTTP response, and how it is sent."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    delay: float = 0.0  # seconds before anything is sent
    cut: int | None = None  # the connection is closed after so many bytes of the body; -1: before the head


def as_json(value: object, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **headers})


async def serve_connection(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Callable[[Asked], Reply]
) -> None:
    """Answer the requests of one connection, one after the other, until somebody closes it."""
    try:
        while (asked := await _read(reader)) is not None:
            reply = answer(asked)
            if reply.delay:
                await asyncio.sleep(reply.delay)
            if reply.cut == -1:
                return
            head = [f"HTTP/1.1 {reply.status} Because", *(f"{name}: {value}" for name, value in reply.headers.items())]
            head += [f"Content-Length: {len(reply.body)}", "", ""]
            writer.write("\r\n".join(head).encode() + reply.body[: reply.cut])
            await writer.drain()
            if reply.cut is not None:
                return
    except (ConnectionError, asyncio.IncompleteReadError):
        return
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    return Asked(method, path, headers, await reader.readexactly(int(headers.get("content-length", 0))))
