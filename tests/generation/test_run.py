"""The engine, with a real server: everything is answered once, stored, and never asked again."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.generation.asking import ask, hurry, only, settings_of, stored, texts
from tests.llm.answers import NOT_JSON, completion, error, server_error, throttled
from tests.llm.server import Llm, last_words
from tests.llm.wire import Reply
from vlit_hub.errors import ModelError, RequestsFailed, StoreError, UnknownName
from vlit_hub.generation import limits
from vlit_hub.generation.requests import Request, Response
from vlit_hub.generation.run import generate
from vlit_hub.generation.store import ResponseStore


def test_everything_is_answered_and_stored(llm: Llm, tmp_path: Path) -> None:
    llm.rule = lambda body: f"you said {last_words(body)}"
    asked = [ask(n, temperature=0.5, seed=n) for n in range(200)]
    summary = generate(asked, settings_of(llm, tmp_path))
    assert [one.text for one in stored(tmp_path, *asked) if one] == [f"you said {n}" for n in range(200)]
    assert (summary.answered, summary.stored, summary.total, summary.failed) == (200, 0, 200, 0)
    assert msgspec.structs.astuple(summary.usage["tiny"])[:3] == (200, 20_000, 10_000)
    assert only(tmp_path, asked[0]).model == "tiny-1"
    assert llm.asked[0].keys() == {"model", "messages", "temperature", "max_tokens", "seed"}
    assert "200 answered, 0 from the store, 30,000 tokens" in str(summary)


def test_a_second_run_sends_nothing(llm: Llm, tmp_path: Path) -> None:
    asked = [ask(n) for n in range(100)]
    generate(asked, settings_of(llm, tmp_path))
    summary = generate([*asked, ask("new")], settings_of(llm, tmp_path))
    assert (summary.answered, summary.stored) == (1, 100)
    assert set(llm.counts.values()) == {1} and len(llm.asked) == 101


def test_changed_requests_are_asked_again_and_others_not(llm: Llm, tmp_path: Path) -> None:
    asked = [ask(n) for n in range(10)]
    generate(asked, settings_of(llm, tmp_path))
    changed = [ask(n, temperature=0.1) if n < 3 else ask(n, group="other") for n in range(10)]
    assert generate(changed, settings_of(llm, tmp_path)).answered == 3


def test_equal_requests_are_sent_once(llm: Llm, tmp_path: Path) -> None:
    llm.rule = lambda body: Reply(delay=0.05, body=completion("same").body)
    seen: list[str] = []

    def follow_up(request: Request, response: Response) -> None:
        seen.append(request.group)

    asked = [ask("same", group=str(n)) for n in range(150)]
    summary = generate(asked, settings_of(llm, tmp_path), follow_up=follow_up)
    assert len(llm.asked) == 1
    assert (summary.answered, summary.stored) == (1, 149)
    assert sorted(seen, key=int) == [str(n) for n in range(150)]


def test_follow_ups_are_sent_counted_and_stored(llm: Llm, tmp_path: Path) -> None:
    llm.rule = lambda body: last_words(body) + "!"

    def follow_up(request: Request, response: Response) -> Request | None:
        return ask(response.text) if len(response.text) < 5 else None

    summary = generate([ask("a"), ask("bb")], settings_of(llm, tmp_path), follow_up=follow_up)
    assert sorted(texts(tmp_path).values()) == ["a!", "a!!", "a!!!", "a!!!!", "bb!", "bb!!", "bb!!!"]
    assert (summary.answered, summary.follow_ups, summary.total) == (7, 5, 7)
    again = generate([ask("a"), ask("bb")], settings_of(llm, tmp_path), follow_up=follow_up)
    assert (again.answered, again.stored, again.follow_ups) == (0, 7, 5)


def test_an_answer_is_stored_before_it_is_used(llm: Llm, tmp_path: Path) -> None:
    missing = []

    def follow_up(request: Request, response: Response) -> None:
        with ResponseStore(tmp_path / "responses.sqlite") as store:
            if store.get(request.key()) != response:
                missing.append(request)

    generate([ask(n) for n in range(50)], settings_of(llm, tmp_path), follow_up=follow_up)
    assert missing == []


def test_requests_are_drawn_as_they_are_needed(llm: Llm, tmp_path: Path) -> None:
    ahead = []

    def requests() -> Iterator[Request]:
        for n in range(2_000):
            ahead.append(n - len(llm.asked))
            yield ask(n)

    summary = generate(requests(), settings_of(llm, tmp_path, concurrency=8))
    assert (summary.answered, summary.total) == (2_000, None)
    assert max(ahead) <= 4 * 64


def test_no_more_in_flight_than_allowed(llm: Llm, tmp_path: Path) -> None:
    def rule(body: object) -> Reply:
        started.append(time.monotonic())
        return Reply(delay=0.1, body=completion("a").body)

    started: list[float] = []
    llm.rule = rule
    generate([ask(n) for n in range(40)], settings_of(llm, tmp_path, concurrency=10))
    started.sort()
    # The 11th starts when the first is answered, and so on.
    assert all(later - earlier > 0.09 for earlier, later in zip(started, started[10:], strict=False))
    assert started[9] - started[0] < 0.09


def test_faults_of_every_kind_end_in_answers(llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    faults = [
        lambda: server_error(),
        lambda: throttled(),
        lambda: throttled("0.01"),
        lambda: NOT_JSON,
        lambda: Reply(cut=-1),
        lambda: Reply(cut=20, body=completion("cut").body),
        lambda: Reply(503, b"<html>Bad gateway</html>", {"Content-Type": "text/html"}),
        lambda: Reply(delay=1.5, body=completion("late").body),
    ]
    draw = random.Random(7)

    def rule(body: dict[str, object]) -> Reply | str:
        return draw.choice(faults)() if draw.random() < 0.3 else "good"

    llm.rule = rule
    asked = [ask(n) for n in range(300)]
    summary = generate(asked, settings_of(llm, tmp_path, timeout=0.5, max_tries=20))
    assert summary.answered == 300
    assert set(texts(tmp_path).values()) == {"good"}
    assert len(llm.asked) > 350


def test_a_request_that_always_fails_doesnt_keep_the_others(
    llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)
    llm.rule = lambda body: server_error() if last_words(body) in ("13", "14") else "good"
    asked = [ask(n) for n in range(100)]
    with pytest.raises(RequestsFailed) as caught:
        generate(asked, settings_of(llm, tmp_path, max_tries=3))
    assert str(caught.value) == (
        "2 requests failed at every try (last: 500: The server had an error while processing your request.). "
        "What was answered is stored. Run the same command again to go on."
    )
    assert len(texts(tmp_path)) == 98
    assert sorted(llm.counts.values()) == [1] * 98 + [3, 3]
    llm.rule = lambda body: "good"
    assert generate(asked, settings_of(llm, tmp_path)).answered == 2


def test_a_dead_server_isnt_asked_everything(llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    llm.rule = lambda body: server_error()
    with pytest.raises(RequestsFailed, match="10 requests failed at every try"):
        generate([ask(n) for n in range(5_000)], settings_of(llm, tmp_path, max_tries=2, concurrency=4))
    assert len(llm.asked) < 200


def test_fewer_at_a_time_for_a_server_that_is_too_busy(
    llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)
    busy = 0
    worst = [0]
    lock = threading.Lock()

    def rule(body: object) -> Reply:
        nonlocal busy
        with lock:
            if busy >= 6:
                worst[0] += 1
                return throttled()
            busy += 1

        def done() -> None:
            nonlocal busy
            with lock:
                busy -= 1

        threading.Timer(0.02, done).start()
        return Reply(delay=0.03, body=completion("good").body)

    llm.rule = rule
    summary = generate([ask(n) for n in range(400)], settings_of(llm, tmp_path, concurrency=64))
    assert summary.answered == 400
    assert worst[0] < 400  # sixty-four at a time all along would be turned down ten times as often as not


def test_retry_after_is_honoured(llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    times: list[float] = []

    def rule(body: object) -> Reply | str:
        times.append(time.monotonic())
        return throttled("0.4") if len(times) == 1 else "good"

    llm.rule = rule
    generate([ask(1)], settings_of(llm, tmp_path))
    assert 0.4 <= times[1] - times[0] < 1.0


def test_one_that_waits_for_its_next_try_keeps_no_slot(
    llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "_FIRST", 0.6)
    llm.rule = lambda body: server_error() if last_words(body) == "0" and len(llm.asked) == 1 else "good"
    generate([ask(n) for n in range(20)], settings_of(llm, tmp_path, concurrency=1))
    assert [last_words(body) for body in llm.asked] == [*map(str, range(20)), "0"]


def test_a_server_that_refuses_everything_as_bad(llm: Llm, tmp_path: Path) -> None:
    llm.rule = lambda body: error(400, "max_tokens is too large: 64. This model supports at most 32.")
    with pytest.raises(ModelError, match="refuses every request of model 'tiny': max_tokens is too large: 64"):
        generate([ask(n) for n in range(500)], settings_of(llm, tmp_path))
    assert texts(tmp_path) == {}  # so that they are asked again when that is mended
    assert len(llm.asked) <= 100


def test_one_bad_request_is_stored(llm: Llm, tmp_path: Path) -> None:
    llm.rule = lambda body: error(400, "no, thanks") if last_words(body) == "0" else "good"
    asked = [ask(n) for n in range(5)]
    assert generate(asked, settings_of(llm, tmp_path)).errors == {"bad_request": 1}
    assert only(tmp_path, asked[0]) == Response(text="no, thanks", model="tiny", error="bad_request")
    assert generate(asked, settings_of(llm, tmp_path)).errors == {"bad_request": 1}
    assert len(llm.asked) == 5


def test_a_few_bad_requests_alone_are_stored_too(llm: Llm, tmp_path: Path) -> None:
    llm.rule = lambda body: error(400, "no, thanks")
    generate([ask(n) for n in range(3)], settings_of(llm, tmp_path))
    assert len(texts(tmp_path)) == 3


def test_a_disk_that_fills_up(llm: Llm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    llm.rule = lambda body: "x" * 3_000
    prepare = ResponseStore._prepare

    def small(store: ResponseStore) -> None:
        prepare(store)
        store.connection.execute("PRAGMA max_page_count = 60")

    asked = [ask(n) for n in range(200)]
    with monkeypatch.context() as limited:
        limited.setattr(ResponseStore, "_prepare", small)
        with pytest.raises(StoreError, match="the disk is full") as caught:
            generate(asked, settings_of(llm, tmp_path, concurrency=4))
    assert caught.value.exit_code == 1
    kept = len(texts(tmp_path))
    assert 10 < kept < 200
    assert generate(asked, settings_of(llm, tmp_path)).answered == 200 - kept


def test_no_backend_of_that_name(llm: Llm, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"no backend 'opneai'\. Did you mean 'openai'"):
        generate([ask(1, backend="opneai")], settings_of(llm, tmp_path))


def test_a_follow_up_that_raises_ends_the_run_as_what_it_is(llm: Llm, tmp_path: Path) -> None:
    def follow_up(request: Request, response: Response) -> None:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        generate([ask(1), ask(2)], settings_of(llm, tmp_path), follow_up=follow_up)
    assert len(texts(tmp_path)) == 2


def test_requests_that_raise_end_the_run(llm: Llm, tmp_path: Path) -> None:
    def requests() -> Iterator[Request]:
        yield from (ask(n) for n in range(100))
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        generate(requests(), settings_of(llm, tmp_path))


def test_nothing_to_ask(llm: Llm, tmp_path: Path) -> None:
    summary = generate([], settings_of(llm, tmp_path))
    assert (summary.total, summary.answered, summary.stored) == (0, 0, 0)


def test_in_a_running_event_loop(llm: Llm, tmp_path: Path) -> None:
    async def notebook() -> int:
        return generate([ask(n) for n in range(20)], settings_of(llm, tmp_path)).answered

    assert asyncio.run(notebook()) == 20
    with pytest.raises(UnknownName):

        async def failing() -> None:
            generate([ask(1, backend="none")], settings_of(llm, tmp_path))

        asyncio.run(failing())


def test_silent_where_no_terminal_is(llm: Llm, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate([ask(n) for n in range(20)], settings_of(llm, tmp_path))
    assert capsys.readouterr() == ("", "")
