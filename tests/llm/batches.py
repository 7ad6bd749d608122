"""The Batch API of the local language model server: /v1/files and /v1/batches, as OpenAI's documentation describes them."""

from __future__ import annotations

import email
import email.policy
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from tests.llm.answers import completion, error
from tests.llm.server import Llm
from tests.llm.wire import Asked, Reply, as_json

__all__ = ["BatchApi"]


@dataclass
class File:
    id: str
    name: str
    data: bytes


@dataclass
class Batch:
    id: str
    input_file_id: str
    metadata: dict[str, str]
    lines: list[dict[str, Any]]
    created_at: int
    status: str = "validating"
    looks: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    output_file_id: str | None = None
    error_file_id: str | None = None
    done: int = 0


class BatchApi:
    """Takes files and batches, and works on a batch when it is looked at; requests are answered by the server's rule.

    Attributes:
        looks: A batch is finished when it has been looked at more often than this.
        ends: How batches that are made from now on end. `expired` and `cancelled` ones answer their first half.
        refusal: The error of batches that end as `failed`.
        meets: Called before and after a file is taken (`upload`, `uploaded`) or a batch is made (`create`, `created`),
            and before a file is sent (`read`): tests kill the client there, or return what is replied instead.
        forgets: Files of answers are gone when they are asked for.
        files: What was uploaded or made, by id; likewise `batches`.
        asked: The bodies of all requests that were answered in batches.
    """

    def __init__(self, llm: Llm) -> None:
        self.looks = 0
        self.ends: Literal["completed", "failed", "expired", "cancelled"] = "completed"
        self.refusal = {"code": "token_limit_exceeded", "message": "Enqueued token limit reached", "line": None}
        self.meets: Callable[[str], Reply | None] = lambda moment: None
        self.forgets = False
        self.files: dict[str, File] = {}
        self.batches: dict[str, Batch] = {}
        self.asked: list[dict[str, Any]] = []
        self._endings: dict[str, str] = {}
        self._llm = llm
        for method, start in (("POST", "/files"), ("GET", "/files"), ("POST", "/batches"), ("GET", "/batches")):
            llm.routes[method, start] = self._reply

    @property
    def counts(self) -> Counter[str]:
        """How often each content was answered, in batches and directly."""
        return self._llm.counts + Counter(json.dumps(body["messages"], sort_keys=True) for body in self.asked)

    def _reply(self, asked: Asked) -> Reply:
        url = urlsplit(asked.path)
        match asked.method, url.path.removeprefix("/v1/").split("/"):
            case "POST", ["files"]:
                return self._upload(asked)
            case "GET", ["files", file_id, "content"] if file_id in self.files and not self.forgets:
                return self.meets("read") or Reply(
                    200, self.files[file_id].data, {"Content-Type": "application/octet-stream"}
                )
            case "GET", ["batches"]:
                return self._list(parse_qs(url.query))
            case "POST", ["batches"]:
                return self._create(asked.json)
            case "GET", ["batches", batch_id] if batch_id in self.batches:
                return self._look(self.batches[batch_id])
        return error(404, f"No such object: {url.path}")

    def _upload(self, asked: Asked) -> Reply:
        if instead := self.meets("upload"):
            return instead
        head = f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode()
        message = email.message_from_bytes(head + asked.body, policy=email.policy.HTTP)
        parts = {part.get_param("name", header="content-disposition"): part for part in message.iter_parts()}
        if parts["purpose"].get_content().strip() != "batch":
            return error(400, "Invalid purpose")
        data = parts["file"].get_payload(decode=True)
        file = self._keep(parts["file"].get_filename() or "", data)
        return self.meets("uploaded") or as_json(
            {"id": file.id, "object": "file", "bytes": len(data), "filename": file.name, **_FILE}
        )

    def _keep(self, name: str, data: bytes) -> File:
        file = File(f"file-{len(self.files) + 1}", name, data)
        self.files[file.id] = file
        return file

    def _create(self, asked: dict[str, Any]) -> Reply:
        if instead := self.meets("create"):
            return instead
        file = self.files.get(asked["input_file_id"])
        if file is None or asked["endpoint"] != "/v1/chat/completions" or asked["completion_window"] != "24h":
            return error(400, "Invalid batch")
        lines = [json.loads(line) for line in file.data.splitlines()]
        batch = Batch(f"batch_{len(self.batches) + 1}", file.id, asked.get("metadata") or {}, lines, int(time.time()))
        self.batches[batch.id] = batch
        self._endings[batch.id] = self.ends
        return self.meets("created") or as_json(self._shown(batch))

    def _list(self, query: dict[str, list[str]]) -> Reply:
        ids = list(reversed(self.batches))
        if "after" in query:
            ids = ids[ids.index(query["after"][0]) + 1 :]
        limit = int(query.get("limit", ["20"])[0])
        page = [self._shown(self.batches[one]) for one in ids[:limit]]
        ends = {"first_id": ids[0], "last_id": page[-1]["id"]} if page else {"first_id": None, "last_id": None}
        return as_json({"object": "list", "data": page, "has_more": len(ids) > limit, **ends})

    def _look(self, batch: Batch) -> Reply:
        batch.looks += 1
        if batch.status in ("validating", "in_progress"):
            batch.status = "in_progress"
            if batch.looks > self.looks:
                self._finish(batch, self._endings[batch.id])
        return as_json(self._shown(batch))

    def _finish(self, batch: Batch, ending: str) -> None:
        batch.status = ending
        if ending == "failed":
            batch.errors = [self.refusal]
            return
        reached = len(batch.lines) if ending == "completed" else len(batch.lines) // 2
        good, bad = [], []
        for number, line in enumerate(batch.lines):
            entry = {"id": f"batch_req_{number}", "custom_id": line["custom_id"], "response": None, "error": None}
            if number >= reached:
                entry["error"] = {"code": f"batch_{ending}", "message": "This request could not be executed."}
                bad.append(entry)
                continue
            self.asked.append(line["body"])
            said = self._llm.rule(line["body"])
            reply = completion(said, model=f"{line['body']['model']}-1") if isinstance(said, str) else said
            entry["response"] = {
                "status_code": reply.status,
                "request_id": f"req_{number}",
                "body": json.loads(reply.body),
            }
            (good if reply.status == 200 else bad).append(entry)
        batch.done = len(good)
        # The order of answers is nobody's promise.
        batch.output_file_id = self._result(batch, "output", good[::-1])
        batch.error_file_id = self._result(batch, "error", bad)

    def _result(self, batch: Batch, kind: str, entries: list[dict[str, Any]]) -> str | None:
        if not entries:
            return None
        data = b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)
        return self._keep(f"{batch.id}_{kind}.jsonl", data).id

    def _shown(self, batch: Batch) -> dict[str, Any]:
        counts = {"total": len(batch.lines), "completed": batch.done, "failed": 0}
        return {
            "id": batch.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "errors": {"object": "list", "data": batch.errors} if batch.errors else None,
            "input_file_id": batch.input_file_id,
            "completion_window": "24h",
            "status": batch.status,
            "output_file_id": batch.output_file_id,
            "error_file_id": batch.error_file_id,
            "created_at": batch.created_at,
            "metadata": batch.metadata,
            "request_counts": counts,
        }


_FILE = {"created_at": 0, "purpose": "batch", "status": "processed"}
