import json
import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.llm.answers import completion
from tests.llm.server import Llm, last_words
from tests.llm.wire import Reply, as_json
from vlit_hub.errors import InputError
from vlit_hub.generation.estimating import EXAMPLES, estimate_run
from vlit_hub.generation.requests import Request, Response, Settings
from vlit_hub.generation.run import generate
from vlit_hub.generation.store import ResponseStore
from vlit_hub.generation.tokens import estimate

SYSTEM = "You look at a photo and talk about it with a user. " * 20


def made(number: int, group: str = "global", model: str = "gpt-4o-mini") -> Request:
    clues = f"Captions:\n- A dog of number {number} sits on a red sofa.\nObjects: 1 dog, 2 couch."
    messages = ({"role": "system", "content": SYSTEM}, {"role": "user", "content": clues})
    return Request(model=model, messages=messages, max_tokens=1000, group=group)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(store=str(tmp_path / "store.sqlite"))


def test_nothing_stored(settings: Settings) -> None:
    requests = [made(number) for number in range(30)] + [made(number, "region") for number in range(100, 120)]
    preview = estimate_run(iter(requests), settings, {"global": 200, "region": 100})
    assert preview.model == "gpt-4o-mini"
    assert list(preview.groups) == ["global", "region"]
    talk = preview.groups["global"]
    assert (talk.requests, talk.stored) == (30, 0)
    assert talk.prompt_tokens == sum(map(estimate, requests[:30]))
    assert talk.completion_tokens == 30 * 200
    assert talk.cost == pytest.approx((talk.prompt_tokens * 0.15 + 6000 * 0.6) / 1e6)
    assert preview.groups["region"].completion_tokens == 20 * 100


def test_stored_answers_are_not_asked_again_and_tell_how_long_answers_are(settings: Settings) -> None:
    requests = [made(number) for number in range(10)]
    with ResponseStore(Path(settings.store or "")) as store:
        for number, request in enumerate(requests[:4]):
            store.put(request, Response(text="x", prompt_tokens=2 * estimate(request), completion_tokens=300 + number))
        store.put(made(1000), Response(text="y", prompt_tokens=7, completion_tokens=398))  # of another run
        store.put(made(1001), Response(text="", error="refused", prompt_tokens=5, completion_tokens=0))
        store.put(made(1002, "region"), Response(text="z", completion_tokens=1))
        store.put(made(1003, model="other"), Response(text="z", completion_tokens=1))
    talk = estimate_run(requests, settings, {"global": 50}).groups["global"]
    assert (talk.requests, talk.stored) == (10, 4)
    assert talk.completion_tokens == round(6 * (300 + 301 + 302 + 303 + 398) / 5)
    assert talk.prompt_tokens == 2 * sum(map(estimate, requests[4:]))


def test_all_stored_costs_nothing(settings: Settings) -> None:
    with ResponseStore(Path(settings.store or "")) as store:
        store.put(made(0), Response(text="x", prompt_tokens=100, completion_tokens=10))
    assert estimate_run([made(0)], settings, {}).groups["global"].cost == 0


def test_a_group_nobody_expects_anything_of_uses_all_it_may(settings: Settings) -> None:
    assert estimate_run([made(0), made(1)], settings, {}).groups["global"].completion_tokens == 2000


def test_batch_price_users_price_and_no_price(settings: Settings, tmp_path: Path) -> None:
    full = estimate_run([made(0)], settings, {"global": 100}).groups["global"].cost
    half = estimate_run([made(0)], msgspec.structs.replace(settings, batch=True), {"global": 100}).groups["global"].cost
    assert full and half == pytest.approx(full / 2)
    assert estimate_run([made(0, model="llama")], settings, {"global": 100}).groups["global"].cost is None
    prices = tmp_path / "prices.yaml"
    prices.write_text("- models: {llama: {prompt: 0, completion: 10}}\n")
    own = msgspec.structs.replace(settings, prices=str(prices))
    assert estimate_run([made(0, model="llama")], own, {"global": 100}).groups["global"].cost == pytest.approx(0.001)
    prices.write_text("nothing")
    with pytest.raises(InputError):
        estimate_run([made(0, model="llama")], own, {})


def test_no_requests(settings: Settings) -> None:
    preview = estimate_run([], settings, {"global": 100})
    assert (preview.model, preview.examples, preview.groups) == ("", (), {})


def test_examples_are_of_all_groups_and_of_no_order(settings: Settings) -> None:
    requests = [made(number) for number in range(300)] + [made(number, "region") for number in range(300, 303)]
    examples = estimate_run(requests, settings, {}).examples
    assert len(examples) == EXAMPLES == len({example.key() for example in examples})
    assert [example.group for example in examples].count("region") == 3
    assert estimate_run(reversed(requests), settings, {}).examples == examples
    assert any(example in requests[50:300] for example in examples)  # not just the first ones
    assert len(estimate_run(requests[:4], settings, {}).examples) == 4
    assert len(estimate_run([made(0)] * 50, settings, {}).examples) == 1  # the same request, many times


def test_memory_does_not_grow_with_the_requests(settings: Settings) -> None:
    def peak(count: int) -> int:
        def requests() -> Iterator[Request]:
            yield from map(made, range(count))

        tracemalloc.start()
        estimate_run(requests(), settings, {"global": 100})
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(600)
    assert peak(4000) < 1.2 * peak(1000)


def test_the_estimate_is_near_what_the_store_counts_afterwards(llm: Llm, settings: Settings) -> None:
    """The server counts in its own way, and answers now short, now long."""

    def count(text: str) -> int:
        return len(re.findall(r"\w+|[^\w\s]", text))

    def rule(body: dict[str, Any]) -> Reply:
        number = int(re.search(r"number (\d+)", last_words(body))[1])  # type: ignore[index]
        answer = "It is a red sofa, I think, with a dog on it. " * (5 + number * 7919 % 11)
        reply = json.loads(completion(answer).body)
        prompt = sum(count(message["content"]) + 4 for message in body["messages"])
        reply["usage"] = {"prompt_tokens": prompt, "completion_tokens": count(answer)}
        return as_json(reply)

    llm.rule = rule
    llm.models = None
    requests = [made(number, "region" if number % 4 else "global") for number in range(120)]
    settings = msgspec.structs.replace(settings, base_url=llm.url)
    usual = estimate("It is a red sofa, I think, with a dog on it. " * 10)
    before = estimate_run(requests, settings, {"global": usual, "region": usual}).total
    first = generate(requests[:40], settings)
    half = estimate_run(requests, settings, {}).total
    second = generate(requests, settings)
    spent = (first.cost or 0) + (second.cost or 0)
    assert before.cost == pytest.approx(spent, rel=0.2)
    assert half.stored == 40
    assert half.cost == pytest.approx(second.cost, rel=0.05)
