"""Which batches of requests were submitted, in the response store: no kill may submit one twice, or lose one.

A batch is recorded before anything is uploaded (`intended`), under a name of ours that travels in the batch's metadata. When the
server has made it, its id there is recorded (`submitted`). A run that was killed in between left an intended batch: the server
is asked whether it has a batch of that name. A batch whose answers are stored is `closed`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from vlit_hub.generation.store import ResponseStore

__all__ = ["BatchRecord", "BatchRecords", "server_name"]

_FIELDS = "id, remote, model, reserved, created, requests"


class BatchRecord(msgspec.Struct, frozen=True):
    """One batch.

    Attributes:
        id: Our name of it.
        remote: The server's id of it; None as long as we don't know of any.
        model: The model of all its requests.
        reserved: Dollars that it costs at most; 0 where there was no limit.
        created: When it was recorded, in seconds since 1970.
        groups: The group of each request, by the request's key.
    """

    id: str
    remote: str | None
    model: str
    reserved: float
    created: float
    groups: dict[str, str]


class BatchRecords:
    """The batches of one server that aren't closed.

    Args:
        store: Where they are recorded.
        server: As `server_name` has it.
    """

    def __init__(self, store: ResponseStore, server: str) -> None:
        self._store = store
        self._server = server

    def intended(self) -> list[BatchRecord]:
        """Batches of which nobody knows whether the server has them, oldest first."""
        return self._of("intended")

    def submitted(self) -> list[BatchRecord]:
        """Batches that the server has, oldest first."""
        return self._of("submitted")

    def _of(self, state: str) -> list[BatchRecord]:
        question = f"SELECT {_FIELDS} FROM batches WHERE server = ? AND state = ? ORDER BY created, id"
        return [
            BatchRecord(name, remote, model, reserved, created, msgspec.json.decode(requests, type=dict[str, str]))
            for name, remote, model, reserved, created, requests in self._store.run(question, self._server, state)
        ]

    def intend(self, model: str, groups: Mapping[str, str], reserved: float) -> BatchRecord:
        """Record a batch before it is submitted."""
        record = BatchRecord(uuid.uuid4().hex, None, model, reserved, time.time(), dict(groups))
        self._store.run(
            f"INSERT INTO batches (server, state, {_FIELDS}) VALUES (?, 'intended', ?, ?, ?, ?, ?, ?)",
            self._server,
            record.id,
            record.remote,
            record.model,
            record.reserved,
            record.created,
            msgspec.json.encode(record.groups).decode(),
        )
        return record

    def submit(self, record: BatchRecord, remote: str) -> None:
        """Record that the server has it, under this id."""
        self._store.run("UPDATE batches SET state = 'submitted', remote = ? WHERE id = ?", remote, record.id)

    def close(self, record: BatchRecord) -> None:
        """Record that all its answers are stored; which requests it had isn't needed any more."""
        self._store.run("UPDATE batches SET state = 'closed', requests = '{}' WHERE id = ?", record.id)

    def forget(self, record: BatchRecord) -> None:
        """Remove a batch that the server doesn't have."""
        self._store.run("DELETE FROM batches WHERE id = ?", record.id)


def server_name(base_url: str) -> str:
    """The server that a base URL names, without what may be secret in it."""
    parts = urlsplit(base_url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.hostname}{port}{parts.path.rstrip('/')}"
