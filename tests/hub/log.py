"""What was asked of the server and what it answered, for tests that count. Holds no token and no signature."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Exchange:
    """One request.

    Args:
        plane: `hub`, or `storage` for the data of LFS files.
        target: Path and query, without signatures; tokens read `<token>`.
        user: Whose token came with the request.
        status: Of the answer; 0 while there is none.
        received: Bytes of the request's body that arrived.
        sent: Bytes of the answer's body that were sent.
        fault: What was done to the request on purpose, "" if nothing.
        leaks: Where a token appeared that had no business there.
    """

    number: int
    plane: str
    method: str
    target: str
    user: str | None = None
    status: int = 0
    received: int = 0
    sent: int = 0
    seconds: float = 0.0
    fault: str = ""
    leaks: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        who = self.user or "-"
        tail = f" [{self.fault}]" if self.fault else ""
        return (
            f"{self.number:4} {self.plane:7} {who:8} {self.method:6} {self.status or '---':3} "
            f"in {self.received:>9} out {self.sent:>9} {self.seconds:6.3f}s {self.target}{tail}"
        )


class Log:
    """All requests since the start, or since `clear()`."""

    def __init__(self, echo: Callable[[Exchange], None] | None = None) -> None:
        self.entries: list[Exchange] = []
        self.crashes: list[str] = []
        self._echo = echo
        self._lock = threading.Lock()
        self._number = 0

    def open(self, plane: str, method: str, target: str) -> Exchange:
        """Note a request as it comes in."""
        target = re.sub(r"(signature=)[0-9a-f]+", r"\1...", target)
        with self._lock:
            self._number += 1
            entry = Exchange(self._number, plane, method, target)
            self.entries.append(entry)
        return entry

    def close(self, entry: Exchange, seconds: float) -> None:
        """Note that a request is done with."""
        entry.seconds = seconds
        if self._echo:
            self._echo(entry)

    def select(self, method: str = "", path: str = "", *, status: int | None = None, plane: str = "") -> list[Exchange]:
        """The requests whose method, target (`path` is a regular expression, searched), status and plane fit."""
        pattern = re.compile(path)
        return [
            entry
            for entry in list(self.entries)
            if method in ("", entry.method)
            and plane in ("", entry.plane)
            and status in (None, entry.status)
            and pattern.search(entry.target)
        ]

    def clear(self) -> None:
        self.entries.clear()
