"""End to end, with real models: requests go out, answers come back, are stored, and are sent back once where they don't validate."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import msgspec
import pytest

from tests.tiny_models import write_text_model
from vlit_hub.generation.requests import Request, Response, Settings, repair
from vlit_hub.generation.run import generate
from vlit_hub.generation.store import ResponseStore, store_path
from vlit_hub.generation.structured import Invalid, parse, schema_of

pytest.importorskip("torch")
pytest.importorskip("transformers")

ANSWER = '{"turns": [{"user": "What is in the picture?", "assistant": "There are two dogs on the grass."}]}'
_START = 120  # seconds that a server may take to start


class Turn(msgspec.Struct):
    user: str
    assistant: str


class Conversation(msgspec.Struct):
    turns: list[Turn]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("models")
    return {
        "chance": str(write_text_model(folder / "chance")),
        "trained": str(write_text_model(folder / "trained", answer=ANSWER)),
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `transformers serve`, which loads the models that requests name."""
    if not all(importlib.util.find_spec(module) for module in ("fastapi", "uvicorn")):
        pytest.skip("transformers serve isn't installed: pip install 'transformers[serving]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", "--host", "127.0.0.1", "--port", str(port)]
    log = tmp_path_factory.mktemp("server") / "log"
    with log.open("wb") as said:
        environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        process = subprocess.Popen([*command, "--device", "cpu"], stdout=said, stderr=said, env=environment)
    try:
        end = time.monotonic() + _START
        while not _up(f"http://127.0.0.1:{port}/health"):
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()


def _up(address: str) -> bool:
    try:
        with urlopen(address, timeout=1) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@pytest.fixture(params=["openai", "transformers"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Settings]:
    """A backend's name, and the settings that go with it."""
    base_url = request.getfixturevalue("server") if request.param == "openai" else None
    return request.param, Settings(base_url=base_url, store=str(tmp_path / "responses.sqlite"), concurrency=4)


def requests_of(backend: str, model: str, count: int) -> list[Request]:
    return [
        Request(
            backend=backend,
            model=model,
            messages=(
                {"role": "system", "content": "You write conversations about pictures."},
                {"role": "user", "content": f"Picture {number}: two dogs on the grass."},
            ),
            schema=schema_of(Conversation),
            temperature=0.8,
            max_tokens=24,
            seed=number,
        )
        for number in range(count)
    ]


def mended(request: Request, response: Response) -> Request | None:
    if request.repairs:
        return None
    try:
        parse(response.text, Conversation, response.finish_reason)
    except Invalid as fault:
        return repair(request, response.text, str(fault))
    return None


def stored(requests: list[Request], settings: Settings) -> list[Response]:
    with ResponseStore(store_path(settings)) as store:
        found = store.get_many([request.key() for request in requests])
    return [found[request.key()] for request in requests]


def test_valid_answers_are_stored_and_asked_for_once(
    settings: tuple[str, Settings], models: dict[str, str]
) -> None:
    backend, how = settings
    asked = requests_of(backend, models["trained"], 5)
    first = generate(asked, how, follow_up=mended)
    assert (first.answered, first.stored, first.follow_ups) == (5, 0, 0)
    responses = stored(asked, how)
    for response in responses:
        assert parse(response.text, Conversation).turns[0].assistant == "There are two dogs on the grass."
    assert first.tokens == sum(response.prompt_tokens + response.completion_tokens for response in responses)
    again = generate(asked, how, follow_up=mended)
    assert (again.answered, again.stored) == (0, 5)


def test_nonsense_is_sent_back_once_and_kept_as_it_came(settings: tuple[str, Settings], models: dict[str, str]) -> None:
    backend, how = settings
    asked = requests_of(backend, models["chance"], 3)
    summary = generate(asked, how, follow_up=mended)
    assert (summary.answered, summary.follow_ups) == (6, 3)
    first = stored(asked, how)
    repairs = [repaired for request, response in zip(asked, first, strict=True) if (repaired := mended(request, response))]
    for response in (*first, *stored(repairs, how)):
        assert response.text and response.error is None
        with pytest.raises(Invalid):
            parse(response.text, Conversation, response.finish_reason)
