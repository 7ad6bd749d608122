"""End to end, with real models: requests go out, answers come back and are stored, and invalid ones are sent back once."""

from __future__ import annotations

import importlib.util
import json
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
import polars as pl
import pytest

from tests.by_hand import annotations_of
from tests.tiny_models import write_text_model
from vlit_hub.generation.requests import Request, Response, Settings, repair
from vlit_hub.generation.run import generate
from vlit_hub.generation.store import ResponseStore, store_path
from vlit_hub.generation.structured import Invalid, parse, schema_of
from vlit_hub.plugins.strategies.self_instruct.strategy import SelfInstruct

pytest.importorskip("torch")
pytest.importorskip("transformers")

TURNS = [
    ("What do you notice first here?", "The scene is set outdoors, in plain daylight."),
    ("Does it look busy?", "Not really; it is a calm moment, and nothing is in a hurry."),
    ("Which season would you guess?", "Summer, since the light is bright and the colours are warm."),
]
ANSWER = json.dumps({"turns": [{"user": user, "assistant": assistant} for user, assistant in TURNS]})
_CONTEXT = 16_384  # self-instruct's prompts are thousands of the tiny tokenizer's tokens
_START = 120  # seconds that a server may take to start


ANNOTATIONS = annotations_of(
    captions=[
        {"image_id": 1, "caption": "Two dogs run over the grass."},
        {"image_id": 2, "caption": "A bus waits at a crossing."},
    ]
)


class Turn(msgspec.Struct):
    user: str
    assistant: str


class Conversation(msgspec.Struct):
    turns: list[Turn]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("models")
    return {
        "chance": str(write_text_model(folder / "chance", context=_CONTEXT)),
        "trained": str(write_text_model(folder / "trained", answer=ANSWER, context=_CONTEXT)),
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `transformers serve`, which loads the models that requests name."""
    if not all(importlib.util.find_spec(module) for module in ("fastapi", "uvicorn")):
        pytest.skip("transformers serve isn't installed: pip install 'transformers[serving]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "transformers.cli.transformers",
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
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


def requests_of(backend: str, model: str, count: int, max_tokens: int) -> list[Request]:
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
            max_tokens=max_tokens,
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


def test_valid_answers_are_stored_and_asked_for_once(settings: tuple[str, Settings], models: dict[str, str]) -> None:
    backend, how = settings
    asked = requests_of(backend, models["trained"], 5, 64)
    first = generate(asked, how, follow_up=mended)
    assert (first.answered, first.stored, first.follow_ups) == (5, 0, 0)
    responses = stored(asked, how)
    for response in responses:
        turns = parse(response.text, Conversation).turns
        assert [(turn.user, turn.assistant) for turn in turns] == TURNS
    assert first.tokens == sum(response.prompt_tokens + response.completion_tokens for response in responses)
    again = generate(asked, how, follow_up=mended)
    assert (again.answered, again.stored) == (0, 5)


def test_nonsense_is_sent_back_once_and_kept_as_it_came(settings: tuple[str, Settings], models: dict[str, str]) -> None:
    backend, how = settings
    asked = requests_of(backend, models["chance"], 3, 12)
    summary = generate(asked, how, follow_up=mended)
    assert (summary.answered, summary.follow_ups) == (6, 3)
    first = stored(asked, how)
    repairs = [
        repaired for request, response in zip(asked, first, strict=True) if (repaired := mended(request, response))
    ]
    for response in (*first, *stored(repairs, how)):
        assert response.text and response.error is None
        with pytest.raises(Invalid):
            parse(response.text, Conversation, response.finish_reason)


def drafts_of(settings: tuple[str, Settings], model: str, max_tokens: int) -> pl.DataFrame:
    """What self-instruct makes of two images' captions, with this model."""
    backend, how = settings
    strategy = SelfInstruct()
    options = strategy.Options(
        **{"kinds": "global", "backend": backend, "model": model, "base_url": how.base_url, "store": how.store},
        max_tokens=max_tokens,
    )
    strategy.generate(ANNOTATIONS, options)
    return strategy.drafts(ANNOTATIONS, options, strategy.prepare(ANNOTATIONS, options))


def test_a_models_conversations_become_drafts(settings: tuple[str, Settings], models: dict[str, str]) -> None:
    drafts = drafts_of(settings, models["trained"], 64)
    assert drafts["reject_reason"].to_list() == [None, None]
    for draft in drafts.iter_rows(named=True):
        said = [(turn["instruction"], turn["response"]) for turn in draft["history"]]
        assert [*said, (draft["instruction"], draft["response"])] == TURNS
        assert draft["generation"]["model"].startswith(models["trained"])


def test_a_models_nonsense_becomes_rejected_drafts(settings: tuple[str, Settings], models: dict[str, str]) -> None:
    drafts = drafts_of(settings, models["chance"], 12)
    assert len(drafts) == 2
    assert drafts["reject_reason"].str.starts_with("answer isn't valid").all()
    assert (drafts["response"] != "").all()
