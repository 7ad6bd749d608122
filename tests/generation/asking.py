"""What tests of generation ask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.llm.server import Llm
from vlit_hub.generation import limits
from vlit_hub.generation.requests import Request, Response, Settings
from vlit_hub.generation.store import ResponseStore

SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}


def ask(words: object, **more: Any) -> Request:
    fields: dict[str, Any] = {"model": "tiny", "max_tokens": 64, **more}
    return Request(messages=({"role": "user", "content": str(words)},), **fields)


def settings_of(llm: Llm, folder: Path, **more: Any) -> Settings:
    fields: dict[str, Any] = {"base_url": llm.url, "store": str(folder / "responses.sqlite"), **more}
    return Settings(**fields)


def stored(folder: Path, *requests: Request) -> list[Response | None]:
    with ResponseStore(folder / "responses.sqlite") as store:
        return [store.get(request.key()) for request in requests]


def only(folder: Path, request: Request) -> Response:
    [response] = stored(folder, request)
    assert response is not None
    return response


def texts(folder: Path) -> dict[str, str]:
    """All that a store has: texts by key."""
    with ResponseStore(folder / "responses.sqlite") as store:
        return dict(store.connection.execute("SELECT key, text FROM responses"))


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the pauses before further tries short."""
    monkeypatch.setattr(limits, "_FIRST", 0.005)


def fields(response: Response) -> dict[str, Any]:
    return msgspec.structs.asdict(response)
