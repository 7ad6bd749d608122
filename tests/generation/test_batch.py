import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.llm.answers import TOO_LONG, error, server_error
from tests.llm.batches import BatchApi
from tests.llm.server import Llm, last_words
from tests.llm.wire import Reply
from vlit_hub.errors import BatchPending, BudgetReached, InputError, ModelError, RequestsFailed, UsageError
from vlit_hub.generation import batch as batches
from vlit_hub.generation import batch_files
from vlit_hub.generation.batch_records import server_name
from vlit_hub.generation.requests import Request, Response, Settings, photo_part, repair
from vlit_hub.generation.run import generate
from vlit_hub.generation.store import ResponseStore

SCHEMA = {"type": "object", "properties": {"n": {"type": "string"}}, "required": ["n"], "additionalProperties": False}
PRICES = "- models: {tiny: {prompt: 100, completion: 200, batch: 0.5}}\n"
DIRECT = (100 * 100 + 50 * 200) / 1e6  # dollars of one answer: the server always counts 100 and 50 tokens


def asked(number: int, group: str = "global") -> Request:
    messages = ({"role": "system", "content": "Be brief."}, {"role": "user", "content": f"question {number}"})
    return Request(model="tiny", messages=messages, schema=SCHEMA, temperature=0.5, max_tokens=60, group=group)


def said(body: dict[str, Any]) -> str:
    return f'{{"n": "{last_words(body)}"}}'


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_FIRST_WAIT", 0.01)


@pytest.fixture
def api(llm: Llm) -> BatchApi:
    llm.rule = said
    return BatchApi(llm)


@pytest.fixture
def settings(llm: Llm, tmp_path: Path) -> Settings:
    prices = tmp_path / "prices.yaml"
    prices.write_text(PRICES)
    return Settings(base_url=llm.url, store=str(tmp_path / "batch.sqlite"), prices=str(prices), batch=True, max_tries=3)


def stored(settings: Settings, requests: list[Request]) -> dict[str, Response]:
    with ResponseStore(Path(settings.store or "")) as store:
        return store.get_many([request.key() for request in requests])


def waiting(settings: Settings, **more: Any) -> Settings:
    return msgspec.structs.replace(settings, wait=True, **more)


def test_the_store_is_the_same_as_of_the_direct_way(api: BatchApi, settings: Settings, tmp_path: Path) -> None:
    requests = [asked(number, "global" if number % 3 else "region") for number in range(30)]
    direct = msgspec.structs.replace(settings, batch=False, store=str(tmp_path / "direct.sqlite"))
    assert generate(requests, direct).answered == 30

    with pytest.raises(BatchPending, match=r"29 requests are in batches .*\(1 submitted\); 1 are answered") as pending:
        generate(requests, settings)
    assert pending.value.exit_code == 3
    summary = generate(requests, settings)
    assert (summary.answered, summary.stored, summary.total) == (29, 1, 30)

    assert stored(settings, requests) == stored(direct, requests)
    with ResponseStore(Path(settings.store or "")) as store:
        looked_up = store.look_up([request.key() for request in requests])
    assert [found.group for found in looked_up.values()].count("region") == 10
    costs = sorted(found.cost or 0 for found in looked_up.values())
    assert costs == pytest.approx([DIRECT / 2] * 29 + [DIRECT])
    assert summary.cost == pytest.approx(29 * DIRECT / 2)
    assert set(api.counts.values()) == {2}  # once for each store
    assert {body["response_format"]["type"] for body in api.asked} == {"json_schema"}

    again = generate(requests, settings)
    assert (again.answered, again.stored, again.cost) == (0, 30, None)
    assert len(api.batches) == 1


def test_waiting(api: BatchApi, settings: Settings) -> None:
    api.looks = 3
    summary = generate([asked(number) for number in range(5)], waiting(settings))
    assert (summary.answered, summary.stored) == (5, 0) or (summary.answered, summary.stored) == (4, 1)
    assert [batch.looks for batch in api.batches.values()] == [4]


def test_follow_ups_are_a_second_round(api: BatchApi, llm: Llm, settings: Settings) -> None:
    llm.rule = lambda body: said(body) if len(body["messages"]) > 2 else "no JSON"

    def follow_up(request: Request, response: Response) -> Request | None:
        return repair(request, response.text, "it is no JSON") if response.text == "no JSON" else None

    requests = [asked(number) for number in range(6)]
    for _ in range(2):
        with pytest.raises(BatchPending):
            generate(requests, settings, follow_up=follow_up)
    summary = generate(requests, settings, follow_up=follow_up)
    assert (summary.follow_ups, summary.total) == (6, 12)
    repairs = [repair(request, "no JSON", "it is no JSON") for request in requests]
    assert len(stored(settings, requests + repairs)) == 12


@pytest.mark.parametrize("ending", ["expired", "cancelled"])
def test_what_a_batch_left_is_submitted_anew(api: BatchApi, settings: Settings, ending: Any) -> None:
    requests = [asked(number) for number in range(11)]
    api.ends = ending
    with pytest.raises(BatchPending):
        generate(requests, settings)
    api.ends = "completed"
    # of eleven, one was asked directly at first, five in the batch, and one directly now
    with pytest.raises(
        BatchPending, match=rf"4 requests are in .*; 7 are answered.*Of earlier batches: a batch .*{ending}"
    ):
        generate(requests, settings)
    assert generate(requests, settings).answered == 4
    assert set(api.counts.values()) == {1}


def test_a_refused_batch_is_told_and_submitted_anew(api: BatchApi, settings: Settings) -> None:
    requests = [asked(number) for number in range(6)]
    api.ends = "failed"
    with pytest.raises(ModelError, match=r"refused a batch of 5 requests: .*Enqueued token limit reached"):
        generate(requests, waiting(settings))
    api.ends = "failed"
    with pytest.raises(BatchPending):
        generate(requests, settings)
    api.ends = "completed"
    with pytest.raises(BatchPending, match=r"Of earlier batches: .*Enqueued token limit reached"):
        generate(requests, settings)
    assert generate(requests, settings).answered == 3  # the others were asked directly, one a run
    assert len(stored(settings, requests)) == 6


def test_lines_that_failed(api: BatchApi, llm: Llm, settings: Settings) -> None:
    requests = [asked(number) for number in range(6)]
    failures = 2

    def rule(body: dict[str, Any]) -> Reply | str:
        nonlocal failures
        if last_words(body) == "question 2":
            return TOO_LONG["openai"]
        if last_words(body) == "question 3" and (failures := failures - 1) >= 0:
            return server_error()
        return said(body)

    llm.rule = rule
    summary = generate(requests, waiting(settings))
    assert summary.errors == {"context_too_long": 1}
    found = stored(settings, requests)
    assert found[requests[2].key()].error == "context_too_long"
    assert found[requests[3].key()].error is None
    assert len(found) == 6
    assert len(api.batches) == 3  # one, and two for the request that failed twice


def test_a_request_that_never_succeeds(api: BatchApi, llm: Llm, settings: Settings) -> None:
    llm.rule = lambda body: server_error() if last_words(body) == "question 3" else said(body)
    requests = [asked(number) for number in range(6)]
    with pytest.raises(
        RequestsFailed, match=r"1 requests came back without an answer 3 times .*500: The server had an error"
    ):
        generate(requests, waiting(settings))
    assert len(stored(settings, requests)) == 5


def test_money_ran_out_in_a_batch(api: BatchApi, llm: Llm, settings: Settings) -> None:
    broke = error(429, "You exceeded your current quota", code="insufficient_quota")
    llm.rule = lambda body: broke if last_words(body) == "question 3" else said(body)
    requests = [asked(number) for number in range(6)]
    with pytest.raises(ModelError, match=r"refuses requests of a batch .*exceeded your current quota"):
        generate(requests, waiting(settings))
    assert len(stored(settings, requests)) == 5
    llm.rule = said
    assert generate(requests, waiting(settings)).answered == 1


def test_files_hold_as_much_as_is_allowed(api: BatchApi, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_files, "MOST_REQUESTS", 4)
    summary = generate([asked(number) for number in range(11)], waiting(settings))
    assert summary.answered == 11
    assert sorted(len(batch.lines) for batch in api.batches.values()) == [2, 4, 4]
    monkeypatch.setattr(batch_files, "MOST_BYTES", 1000)
    generate([asked(number) for number in range(20, 31)], waiting(settings))
    sizes = [len(api.files[batch.input_file_id].data) for batch in api.batches.values()]
    assert max(sizes[3:]) <= 1000 and len(sizes) > 6
    assert set(api.counts.values()) == {1}


def test_a_models_ways_are_learnt_before_anything_is_submitted(api: BatchApi, llm: Llm, settings: Settings) -> None:
    def rule(body: dict[str, Any]) -> Reply | str:
        if "max_tokens" in body:
            return error(
                400,
                "Unsupported parameter: use 'max_completion_tokens'.",
                param="max_tokens",
                code="unsupported_parameter",
            )
        return said(body)

    llm.rule = rule
    generate([asked(number) for number in range(4)], waiting(settings))
    assert [body["max_completion_tokens"] for body in api.asked] == [60, 60, 60]
    assert len(api.batches) == 1


def test_an_unknown_model_is_told_before_anything_is_submitted(api: BatchApi, settings: Settings) -> None:
    with pytest.raises(ModelError, match="no model 'huge'"):
        generate([msgspec.structs.replace(asked(0), model="huge")], settings)
    assert not api.files


def test_photos(api: BatchApi, llm: Llm, settings: Settings, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (40, 30), "red").save(tmp_path / "a.jpg")
    (tmp_path / "b.jpg").write_bytes(b"no photo")
    requests = []
    for name in "bab":  # the unusable one comes first, and once more as another request
        photo = photo_part(str(tmp_path / f"{name}.jpg"), name, 512)
        content = [photo, {"type": "text", "text": "What is it?"}]
        request = msgspec.structs.replace(
            asked(1), messages=({"role": "user", "content": content},), seed=len(requests) + 1
        )
        requests.append(request)
    summary = generate([*requests[:1], asked(0), *requests[1:]], waiting(settings))
    assert summary.errors == {"photo_unusable": 2}
    photos = [body["messages"][0]["content"] for body in (*llm.asked, *api.asked) if "seed" in body]
    assert [content[0]["image_url"]["url"][:23] for content in photos] == ["data:image/jpeg;base64,"]

    (tmp_path / "a.jpg").unlink()
    with pytest.raises(InputError, match=r"a\.jpg: the photo can't be read: No such file"):
        generate([msgspec.structs.replace(requests[1], seed=9)], settings)


# Money


def test_max_cost_holds_and_is_used(api: BatchApi, settings: Settings) -> None:
    requests = [asked(number) for number in range(20)]
    limit = 8 * DIRECT
    with pytest.raises(BatchPending, match=r"more as far as --max-cost 0\.16 goes"):
        generate(requests, msgspec.structs.replace(settings, max_cost=limit))
    with pytest.raises(BudgetReached, match=r"--max-cost 0\.16 doesn't reach: \$0\.1\d spent, (\d+) requests answered"):
        generate(requests, waiting(settings, max_cost=limit))
    with ResponseStore(Path(settings.store or "")) as store:
        found = store.look_up([request.key() for request in requests]).values()
    spent = sum(one.cost or 0 for one in found)
    assert 0.7 * limit < spent <= limit
    assert len(found) < 20
    assert generate(requests, waiting(settings, max_cost=30 * DIRECT)).total == 20
    assert set(api.counts.values()) == {1}


def test_max_cost_too_small_for_anything(api: BatchApi, llm: Llm, settings: Settings) -> None:
    with pytest.raises(BudgetReached):
        generate([asked(0)], msgspec.structs.replace(settings, max_cost=DIRECT / 10))
    assert not llm.asked and not api.files


# Kills

RUN = """
import sys
import msgspec
from vlit_hub.generation.requests import Request, Settings
from vlit_hub.generation.run import generate
requests, settings = (msgspec.json.decode(one, type=kind) for one, kind in zip(sys.argv[1:], (list[Request], Settings)))
generate(requests, settings)
"""


def run_and_kill(api: BatchApi, requests: list[Request], settings: Settings, moment: str) -> int:
    """A run in a process of its own, killed when the server meets the moment; its exit code."""
    told = [msgspec.json.encode(one).decode() for one in (requests, settings)]
    process = subprocess.Popen([sys.executable, "-c", RUN, *told])

    def meets(met: str) -> Reply | None:
        if met != moment:
            return None
        os.kill(process.pid, signal.SIGKILL)
        return Reply(cut=-1)

    api.meets = meets
    try:
        return process.wait(60)
    finally:
        api.meets = lambda met: None


@pytest.mark.parametrize("moment", ["uploaded", "created"])
def test_a_kill_neither_submits_twice_nor_loses(api: BatchApi, settings: Settings, moment: str) -> None:
    requests = [asked(number) for number in range(8)]
    assert run_and_kill(api, requests, settings, moment) == -signal.SIGKILL
    assert len(stored(settings, requests)) == 1
    if moment == "created":  # the batch is there, though nobody told the killed run
        assert generate(requests, settings).answered == 7
    else:
        with pytest.raises(BatchPending, match=r"6 requests"):
            generate(requests, settings)
        assert generate(requests, settings).answered == 6
    assert len(api.batches) == 1
    assert len(stored(settings, requests)) == 8
    assert set(api.counts.values()) == {1}


@pytest.mark.parametrize("cut", ["create", "created"])
def test_a_lost_reply_is_found_out_about(api: BatchApi, settings: Settings, cut: str) -> None:
    requests = [asked(number) for number in range(8)]
    api.meets = lambda met: Reply(cut=-1) if met == cut else None
    with pytest.raises(ModelError, match="Run the same command again"):
        generate(requests, settings)
    api.meets = lambda met: None
    generate(requests, waiting(settings))
    assert len(api.batches) == 1
    assert set(api.counts.values()) == {1}


def test_many_other_batches_are_looked_through(api: BatchApi, settings: Settings, llm: Llm) -> None:
    requests = [asked(number) for number in range(3)]
    api.meets = lambda met: Reply(cut=-1) if met == "created" else None
    with pytest.raises(ModelError):
        generate(requests, settings)
    api.meets = lambda met: None
    [(name, ours)] = api.batches.items()
    for number in range(250):
        api.batches[f"other{number}"] = msgspec.json.decode(msgspec.json.encode(ours), type=type(ours))
        api.batches[f"other{number}"].id = f"other{number}"
        api.batches[f"other{number}"].metadata = {}
    assert generate(requests, settings).answered == 2
    assert api.batches[name].looks == 1


# Servers and keys


def test_a_server_without_batches(llm: Llm, settings: Settings) -> None:
    llm.rule = said
    with pytest.raises(ModelError, match=r"has no Batch API .*Leave out --batch") as caught:
        generate([asked(number) for number in range(3)], settings)
    assert "\n" not in str(caught.value)
    assert generate([asked(0)], settings).stored == 1  # nothing is left behind that has to be found out about


def test_a_wrong_key_is_told_without_the_key(
    api: BatchApi, llm: Llm, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [asked(number) for number in range(3)]
    with pytest.raises(BatchPending):
        generate(requests, settings)
    llm.key = "right"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-1234567")
    with pytest.raises(ModelError, match="refuses the key in OPENAI_API_KEY") as caught:
        generate(requests, settings)
    assert "sk-wrong" not in str(caught.value)


def test_a_batch_that_the_server_forgot(api: BatchApi, settings: Settings) -> None:
    requests = [asked(number) for number in range(3)]
    with pytest.raises(BatchPending):
        generate(requests, settings)
    api.batches.clear()
    with pytest.raises(ModelError, match=r"doesn't know batch batch_1 with 2 requests, .*leave out --batch"):
        generate(requests, settings)
    assert generate([asked(number) for number in range(10, 13)], waiting(settings)).total == 3  # it isn't theirs
    assert generate(requests, msgspec.structs.replace(settings, batch=False)).answered == 2
    assert generate(requests, settings).stored == 3


def test_a_connection_lost_while_answers_are_read(api: BatchApi, settings: Settings) -> None:
    requests = [asked(number) for number in range(30)]
    with pytest.raises(BatchPending):
        generate(requests, settings)
    api.meets = lambda met: (
        Reply(200, b"{}" * 100, {"Content-Type": "application/jsonl"}, cut=60) if met == "read" else None
    )
    with pytest.raises(ModelError, match="connection lost") as caught:
        generate(requests, settings)
    assert "\n" not in str(caught.value)
    api.meets = lambda met: None
    assert generate(requests, settings).answered == 29


def test_only_servers_have_batches(api: BatchApi, settings: Settings) -> None:
    with pytest.raises(UsageError, match="not for the backend 'transformers'"):
        generate([msgspec.structs.replace(asked(0), backend="transformers")], settings)


def test_answers_that_the_server_forgot_are_asked_for_anew(api: BatchApi, settings: Settings) -> None:
    requests = [asked(number) for number in range(4)]
    with pytest.raises(BatchPending):
        generate(requests, settings)
    [batch] = api.batches.values()
    api.forgets = True
    with pytest.raises(BatchPending, match=r"2 requests are in .*Of earlier batches: .*no longer on the server"):
        generate(requests, settings)
    api.forgets = False
    assert batch.status == "completed"
    assert generate(requests, settings).answered == 2


def test_batches_of_another_server_are_left_alone(api: BatchApi, settings: Settings) -> None:
    requests = [asked(number) for number in range(3)]
    with pytest.raises(BatchPending):
        generate(requests, settings)
    with Llm() as other:
        other.rule = said
        there = BatchApi(other)
        generate(requests, waiting(settings, base_url=other.url))
        assert len(there.batches) == 1
    assert len(api.batches) == 1
    assert generate(requests, settings).answered == 2  # it isn't forgotten here either


def test_one_process_at_a_time(api: BatchApi, settings: Settings) -> None:
    from filelock import FileLock

    with FileLock(f"{settings.store}.batches.lock"), pytest.raises(UsageError, match="another process"):
        generate([asked(0)], settings)


def test_an_iterator_cannot_be_gone_through_again(settings: Settings) -> None:
    for more in (waiting(settings), msgspec.structs.replace(settings, max_cost=1.0)):
        with pytest.raises(UsageError, match="iterator"):
            generate(iter([asked(0)]), more)


def test_no_requests(api: BatchApi, settings: Settings) -> None:
    assert generate([], settings).total == 0


def test_servers_are_named_without_secrets() -> None:
    assert server_name("https://me:secret@example.org:8000/v1/?key=secret") == "example.org:8000/v1"
