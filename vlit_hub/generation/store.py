"""The response store: what language models answered, by the key of the whole request, in one SQLite file.

Nothing that was answered is asked, or paid, again. Requests aren't stored (they may hold photos), only what they came to.
A store that was committed to survives the death of the process; several processes may share one.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from vlit_hub.errors import StoreError
from vlit_hub.generation.requests import Request, Response, Settings
from vlit_hub.paths import cache_folder

__all__ = ["Answer", "ResponseStore", "Stored", "store_path"]

VERSION = 1
"""Of the tables below; `PRAGMA user_version` of a store."""

APPLICATION = 0x766C6974
"""`vlit`: `PRAGMA application_id` of a store, which tells it from other programs' SQLite files."""

_TABLES = """
CREATE TABLE responses (
    key TEXT PRIMARY KEY,
    model TEXT NOT NULL,
    "group" TEXT NOT NULL,
    served_by TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cost REAL,
    error TEXT,
    finish_reason TEXT NOT NULL,
    text TEXT NOT NULL,
    created REAL NOT NULL
);
CREATE TABLE batches (
    id TEXT PRIMARY KEY,
    server TEXT NOT NULL,
    remote TEXT,
    state TEXT NOT NULL,
    model TEXT NOT NULL,
    reserved REAL NOT NULL,
    created REAL NOT NULL,
    requests TEXT NOT NULL
);
"""
_PUT = "INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_GET = 'SELECT key, text, finish_reason, served_by, prompt_tokens, completion_tokens, error, model, "group", cost FROM responses'
_CHUNK = 500  # SQLite takes 999 parameters in its oldest builds
_BUSY = 60.0  # seconds that a write waits for another process's


class Answer(NamedTuple):
    """What is to be stored of one request; `cost` is in dollars, None where the model has no price."""

    key: str
    request: Request
    response: Response
    cost: float | None


class Stored(NamedTuple):
    """What is stored of one request: its response, model, group, and cost as in `Answer`."""

    response: Response
    model: str
    group: str
    cost: float | None


class ResponseStore:
    """One store, open.

    Usable from several threads, and by several processes at once.

    Args:
        path: Its file; made where there is none, with its folders.

    Raises:
        StoreError: It isn't a response store, or one of another version, or can't be opened, read or written. Likewise in all
            methods; a full disk is the usual reason there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        with self._told():
            path.parent.mkdir(parents=True, exist_ok=True)
            # The connection commits where a statement ends; `_transaction` makes longer ones.
            self.connection = sqlite3.connect(path, timeout=_BUSY, isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self.connection.close()
                raise

    def _prepare(self) -> None:
        with self._transaction("DEFERRED"):  # one moment's view: another process may be making the store just now
            self._check_version()  # before anything is written to a file that may be somebody else's
        run = self.connection.execute
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = NORMAL")  # a commit survives the process; only a power cut can undo the last ones
        with self._transaction():
            if self._check_version():
                for statement in _TABLES.split(";"):
                    run(statement)
                run(f"PRAGMA application_id = {APPLICATION}")
                run(f"PRAGMA user_version = {VERSION}")

    def _check_version(self) -> bool:
        """Whether the file is new; one that is no store of this version is an error."""
        [application], [version], [tables] = (
            self.connection.execute(question).fetchone()
            for question in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")
        )
        if not tables:
            return True
        other = "Name another file with --store, or move this one away"
        if version > VERSION:
            raise StoreError(
                self.path,
                f"the response store was written by a newer vlit-hub (version {version}, this one knows {VERSION})",
                f"Upgrade with: pip install -U vlit-hub. Or: {other[0].lower()}{other[1:]}.",
            )
        if version < VERSION and (application == APPLICATION or self._has_responses()):
            raise StoreError(
                self.path,
                f"the response store is of an older vlit-hub (version {version}, this one writes {VERSION})",
                f"Its answers can't be used. {other}.",
            )
        if application != APPLICATION:
            raise StoreError(self.path, "it is an SQLite file of another program, not a response store", f"{other}.")
        return False

    def _has_responses(self) -> bool:
        question = "SELECT 1 FROM sqlite_schema WHERE name = 'responses'"
        return self.connection.execute(question).fetchone() is not None

    def __enter__(self) -> ResponseStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.connection.close()

    def get(self, key: str) -> Response | None:
        """The response to the request of this key; None where there is none."""
        return self.get_many([key]).get(key)

    def get_many(self, keys: Sequence[str]) -> dict[str, Response]:
        """The responses there are, by key."""
        return {key: stored.response for key, stored in self.look_up(keys).items()}

    def look_up(self, keys: Sequence[str]) -> dict[str, Stored]:
        """What is stored of these requests, by key."""
        found: dict[str, Stored] = {}
        with self._told(), self._lock:
            for start in range(0, len(keys), _CHUNK):
                part = keys[start : start + _CHUNK]
                marks = ", ".join("?" * len(part))
                for row in self.connection.execute(f"{_GET} WHERE key IN ({marks})", part):
                    key, text, finish, served_by, prompt_tokens, completion_tokens, error, model, group, cost = row
                    found[key] = Stored(
                        Response(
                            text=text,
                            finish_reason=finish,
                            model=served_by,
                            prompt_tokens=prompt_tokens,
                            completion_tokens=completion_tokens,
                            error=error,
                        ),
                        model,
                        group,
                        cost,
                    )
        return found

    def mean_completions(self, model: str) -> dict[str, float]:
        """How many tokens a model's answers have on average, by group; groups without answers are left out."""
        question = (
            'SELECT "group", avg(completion_tokens) FROM responses WHERE model = ? AND error IS NULL GROUP BY "group"'
        )
        return dict(self.run(question, model))

    def run(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Run one SQL statement, for good when this returns; the rows it gives."""
        with self._told(), self._lock:
            return self.connection.execute(statement, parameters).fetchall()

    def put(self, request: Request, response: Response, cost: float | None = None) -> None:
        """Store a response, for good when this returns. A response that is there already is replaced."""
        self.put_many([Answer(request.key(), request, response, cost)])

    def put_many(self, answers: Iterable[Answer]) -> None:
        """Store all of them or, if this raises, none."""
        now = time.time()
        rows = [
            (
                answer.key,
                answer.request.model,
                answer.request.group,
                answer.response.model,
                answer.response.prompt_tokens,
                answer.response.completion_tokens,
                answer.cost,
                answer.response.error,
                answer.response.finish_reason,
                answer.response.text.encode("utf-8", "replace").decode(),  # a lone surrogate can't be stored
                now,
            )
            for answer in answers
        ]
        with self._told(), self._lock, self._transaction():
            self.connection.executemany(_PUT, rows)

    @contextlib.contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        self.connection.execute(f"BEGIN {kind}")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's errors as ours."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            code = getattr(error, "sqlite_errorcode", None)
            primary = code & 0xFF if code is not None else None
            if primary == sqlite3.SQLITE_NOTADB:
                reason, mend = "it isn't an SQLite file", "Name another file with --store"
            elif primary in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
                reason = (
                    f"the disk is full ({error})"
                    if primary == sqlite3.SQLITE_FULL
                    else f"it can't be written ({error})"
                )
                mend = "What was stored before is safe: make room on the disk and run the same command again to go on"
            elif primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                reason = f"another process has kept it locked for {_BUSY:.0f} s"
                mend = "Run the same command again when that process is done"
            elif primary == sqlite3.SQLITE_CORRUPT:
                reason, mend = f"it is damaged ({error})", "Move it away, or name another file with --store"
            else:
                reason, mend = (
                    f"it can't be used ({error})",
                    "Check the path and its rights, or name another file with --store",
                )
            raise StoreError(self.path, reason, f"{mend}.") from error


def store_path(settings: Settings) -> Path:
    """The store's file: as the settings say, or `responses.sqlite` in vlit-hub's cache folder."""
    return Path(settings.store).expanduser() if settings.store else cache_folder() / "responses.sqlite"
