"""Indicators by models that judge: what is asked, what their answers become, and that nothing is asked twice.

The server answers by rule; that a good model tells right from wrong can't be seen here.
"""

from __future__ import annotations

import base64
import io
import json
import math
import re
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from PIL import Image

from tests.generation.asking import hurry
from tests.generation.killing import fresh
from tests.llm.answers import completion, error
from tests.llm.server import Llm
from tests.llm.wire import Reply
from tests.quality.making import record, save, scene, write
from vlit_hub import plugin_manager
from vlit_hub.dataset.reading import Dataset, Shard, open_dataset
from vlit_hub.errors import BudgetReached, InputError, ModelError, UsageError
from vlit_hub.generation.store import ResponseStore
from vlit_hub.quality import kept
from vlit_hub.quality.engine import score
from vlit_hub.quality.judge_prompts import load_prompt
from vlit_hub.quality.judging import Judge, entropy_of, mode_of
from vlit_hub.quality.measured import Measured

CORRECTNESS = ("correctness", "correctness_entropy", "correctness_votes")


def options(llm: Llm, folder: Path, **more: Any) -> dict[str, Any]:
    return {"model": "tiny", "base_url": llm.url, "store": folder / "responses.sqlite", **more}


def judged(llm: Llm, dataset: Dataset, name: str, *columns: str, **more: Any) -> list[tuple[Any, ...]]:
    score(dataset, [name], {name: options(llm, dataset.path.parent, **more)})
    return Measured(dataset).read(columns or (name,)).rows()


def photos(folder: Path, count: int) -> list[Path]:
    return [save(scene(n, 60, 50), folder / f"{n}.png") for n in range(count)]


def verdict(score: object) -> str:
    return json.dumps({"reason": "Seen.", "score": score})


def words_of(body: dict[str, Any]) -> str:
    return " ".join(part.get("text", "") for part in body["messages"][1]["content"])


def stop_of(body: dict[str, Any]) -> int:
    """Which record a request is about, by its response."""
    found = re.search(r"stop (\d+)", words_of(body))
    assert found
    return int(found[1])


def test_the_most_frequent_vote_counts(tmp_path: Path, llm: Llm) -> None:
    votes = {0: [5, 5, 1, 5, 2], 1: [4, 2, 2, 4, 5], 2: [1, 1, 1, 1, 1]}
    llm.rule = lambda body: verdict(votes[stop_of(body)][body["seed"]])
    files = photos(tmp_path, 3)
    dataset = write(tmp_path / "d", {"train": [[record(n, [files[n]]) for n in range(3)]]})
    found = judged(llm, dataset, "correctness", *CORRECTNESS)
    entropy = [-(0.6 * math.log2(0.6) + 0.4 * math.log2(0.2)), -(0.8 * math.log2(0.4) + 0.2 * math.log2(0.2)), 0]
    assert found == [
        (1.0, pytest.approx(entropy[0]), 5),
        (0.25, pytest.approx(entropy[1]), 5),
        (0.0, 0.0, 5),
    ]
    assert len(llm.asked) == 15 and {body["temperature"] for body in llm.asked} == {0.7}


def test_the_judge_sees_the_photo_the_turns_and_the_examples(tmp_path: Path, llm: Llm) -> None:
    llm.rule = lambda body: verdict(5)
    picture = Image.new("RGB", (1000, 500), (200, 30, 30))
    file = save(picture, tmp_path / "a.png")
    turns = [{"instruction": "What is it?", "response": "A tram."}]
    rows = [record(0, [file], history=turns, text="Look at the left."), record(1, [file, file])]
    judged(llm, write(tmp_path / "d", {"train": [rows]}), "correctness", votes=1, image_edge=200)
    one, two = sorted(llm.asked, key=stop_of)
    system, user = one["messages"]
    assert "double-decker bus" in system["content"] and '"score": 3' in system["content"]
    shown, text = user["content"]
    head, _, data = shown["image_url"]["url"].partition(",")
    sent = Image.open(io.BytesIO(base64.b64decode(data)))
    assert head == "data:image/jpeg;base64" and sent.size == (200, 100)
    told = (
        "User: What is it?\nAssistant: A tram.\nUser: Describe the image in one sentence.\nLook at the left.\n"
        "Assistant: A red tram waits at stop 0 in the rain."
    )
    assert told in text["text"] and "{conversation}" not in text["text"]
    assert one["response_format"]["json_schema"]["schema"]["properties"]["score"] == {"type": "integer"}
    assert [part["type"] for part in two["messages"][1]["content"]] == ["image_url", "image_url", "text"]


def test_records_without_a_readable_photo_are_not_asked_about(tmp_path: Path, llm: Llm) -> None:
    llm.rule = lambda body: verdict(5)
    [file] = photos(tmp_path, 1)
    (tmp_path / "bad.png").write_text("bad")
    rows = [record(0, [file]), record(1), record(2, [tmp_path / "bad.png"]), record(3, [file, tmp_path / "bad.png"])]
    dataset = write(tmp_path / "d", {"train": [rows]})
    assert judged(llm, dataset, "correctness", *CORRECTNESS, votes=2) == [(1.0, 0.0, 2), *[(None, None, None)] * 3]
    assert len(llm.asked) == 2


def test_photos_in_the_file_are_asked_about_as_those_beside_it(tmp_path: Path, llm: Llm) -> None:
    llm.rule = lambda body: verdict(4)
    rows = [record(n, [file]) for n, file in enumerate(photos(tmp_path, 2))]
    beside = write(tmp_path / "beside", {"train": [rows]})
    within = write(tmp_path / "within", {"train": [rows]}, embed=True)
    first = judged(llm, beside, "correctness", votes=1)
    for n in range(2):
        (tmp_path / f"{n}.png").unlink()
    assert judged(llm, within, "correctness", votes=1) == first == [(0.75,)] * 2
    assert len(llm.asked) == 2


def test_an_answer_of_another_shape_is_mended_once(tmp_path: Path, llm: Llm) -> None:
    def rule(body: dict[str, Any]) -> Reply | str:
        stop, again = stop_of(body), len(body["messages"]) > 2
        if stop == 0:
            return verdict(3) if again else verdict(9)
        if stop == 1:
            return verdict("all right")
        return completion(None, refusal="I can't help with that.") if stop == 2 else f"```json\n{verdict(2)}\n```"

    llm.rule = rule
    files = photos(tmp_path, 4)
    dataset = write(tmp_path / "d", {"train": [[record(n, [files[n]]) for n in range(4)]]})
    found = judged(llm, dataset, "correctness", *CORRECTNESS, votes=1)
    assert found == [(0.5, 0.0, 1), (None, None, None), (None, None, None), (0.25, 0.0, 1)]
    assert sorted(stop_of(body) for body in llm.asked) == [0, 0, 1, 1, 2, 3]
    mended = next(body for body in llm.asked if stop_of(body) == 0 and len(body["messages"]) > 2)
    assert "score" in mended["messages"][-1]["content"]


def test_a_run_that_ended_early_pays_nothing_twice(tmp_path: Path, llm: Llm, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    asked: list[int] = []

    def rule(body: dict[str, Any]) -> Reply | str:
        if len(asked) >= 3:
            return error(401, "Incorrect API key provided.", code="invalid_api_key")
        asked.append(stop_of(body))
        return verdict(5)

    llm.rule = rule
    rows = [record(n, [file]) for n, file in enumerate(photos(tmp_path, 6))]
    dataset = write(tmp_path / "d", {"train": [rows]})
    with pytest.raises(ModelError):
        judged(llm, dataset, "correctness", votes=1, concurrency=1)
    llm.rule = lambda body: asked.append(stop_of(body)) or verdict(5)  # type: ignore[func-returns-value]
    assert judged(llm, dataset, "correctness", votes=1) == [(1.0,)] * 6
    assert sorted(asked) == [0, 1, 2, 3, 4, 5]
    judged(llm, dataset, "correctness", votes=1, concurrency=3)  # how it is asked changes nothing
    assert len(asked) == 6
    judged(llm, dataset, "correctness", votes=2)  # the first votes are there
    assert len(asked) == 12


def judge_all(folder: Path, given: dict[str, Any]) -> None:
    score(open_dataset(folder), ["correctness"], {"correctness": given})


def test_a_killed_run_loses_no_answer_that_was_stored(tmp_path: Path, llm: Llm) -> None:
    """Nothing of the indicator is written before all is judged; what it paid for is in the response store."""
    llm.rule = lambda body: Reply(delay=0.02, body=completion(verdict(stop_of(body) % 5 + 1)).body)
    rows = [record(n, [file]) for n, file in enumerate(photos(tmp_path, 40))]
    dataset = write(tmp_path / "d", {"train": [rows[:20], rows[20:]]})
    given = options(llm, tmp_path, votes=1, concurrency=2)
    process = fresh.Process(target=judge_all, args=(dataset.path, given))
    process.start()
    while process.is_alive() and len(llm.asked) < 25:
        time.sleep(0.005)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    time.sleep(0.1)  # what had come to the server by then is counted
    assert not list(dataset.path.glob("quality/correctness/*/*.parquet"))
    with ResponseStore(Path(given["store"])) as store:
        kept = store.connection.execute("SELECT count(*) FROM responses").fetchone()[0]
    before = len(llm.asked)
    assert judged(llm, dataset, "correctness", votes=1) == [(n % 5 / 4,) for n in range(40)]
    assert kept > 10 and len(llm.asked) - before == 40 - kept


def test_embedded_photos_are_read_some_at_a_time(tmp_path: Path, llm: Llm, monkeypatch: pytest.MonkeyPatch) -> None:
    llm.rule = lambda body: verdict(stop_of(body) % 5 + 1)
    rows = [record(n, [file]) for n, file in enumerate(photos(tmp_path, 20))]
    dataset = write(tmp_path / "d", {"train": [rows[:13], rows[13:]]}, embed=True)
    sizes: list[int] = []
    plain = Shard.read

    def read(self: Shard, columns: Sequence[str], *more: Any, **named: Any) -> Iterator[pl.DataFrame]:
        for batch in plain(self, columns, *more, **named):
            if "input.images" in columns:
                sizes.append(len(batch))
            yield batch

    monkeypatch.setattr(Shard, "read", read)
    monkeypatch.setattr(kept, "_WITH_PHOTOS", 5)
    assert judged(llm, dataset, "correctness", votes=1) == [(n % 5 / 4,) for n in range(20)]
    assert len(sizes) >= 10 and max(sizes) == 5
    whole = dataset.read(["instruction", "input.text", "response", "history", "input.images"])
    one = plugin_manager.indicators()["correctness"]
    assert isinstance(one, Judge)
    records = whole.with_columns(image_hash=pl.Series([[1]] * 20, dtype=pl.List(pl.UInt64)))
    given = one.Options(**options(llm, tmp_path, votes=1))
    assert one.compare(records, given)["correctness"].to_list() == [n % 5 / 4 for n in range(20)]  # type: ignore[arg-type]
    assert len(llm.asked) == 20


def test_max_cost_is_for_all_records(tmp_path: Path, llm: Llm) -> None:
    llm.rule = lambda body: verdict(5)
    prices = tmp_path / "prices.yaml"
    prices.write_text("[{models: {tiny: {prompt: 10000, completion: 0}}}]")
    rows = [record(n) for n in range(20)]
    dataset = write(tmp_path / "d", {"train": [rows[:10], rows[10:]]})
    with pytest.raises(BudgetReached):  # an answer costs a dollar, by the server's count
        judged(llm, dataset, "instruction_complexity", prices=prices, max_cost=14.0, concurrency=1)
    paid = len(llm.asked)
    assert 0 < paid < 14
    judged(llm, dataset, "instruction_complexity", prices=prices, max_cost=40.0, concurrency=1)
    assert len(llm.asked) == 20


def test_instruction_complexity_is_judged_by_the_text_alone(tmp_path: Path, llm: Llm) -> None:
    llm.rule = lambda body: verdict(7)
    [file] = photos(tmp_path, 1)
    rows = [record(0, [file], response="Because of the rain."), record(1)]
    dataset = write(tmp_path / "d", {"train": [rows]})
    assert judged(llm, dataset, "instruction_complexity") == [(7,), (7,)]
    assert all(isinstance(body["messages"][1]["content"], str) for body in llm.asked)
    assert "Because of the rain." in "".join(body["messages"][1]["content"] for body in llm.asked)


def test_four_ratings(tmp_path: Path, llm: Llm) -> None:
    ratings = {"relevance": 5, "correspondence": 4, "dependency": 2, "formatting": 1}
    llm.rule = lambda body: json.dumps({"reason": "Seen.", **ratings})
    [file] = photos(tmp_path, 1)
    dataset = write(tmp_path / "d", {"train": [[record(0, [file]), record(1)]]})
    columns = [f"judge_{aspect}" for aspect in ratings]
    assert judged(llm, dataset, "judge", *columns) == [(5, 4, 2, 1), (None,) * 4]


def test_your_own_prompt(tmp_path: Path, llm: Llm) -> None:
    llm.rule = lambda body: verdict(2)
    prompt = tmp_path / "mine.yaml"
    prompt.write_text("version: 3\nsystem: Rate it.\nask: 'Here: {conversation}'\n")
    dataset = write(tmp_path / "d", {"train": [[record(0)]]})
    judged(llm, dataset, "instruction_complexity", prompt=prompt)
    system, user = llm.asked[0]["messages"]
    assert system["content"] == "Rate it." and user["content"].startswith("Here: User: Describe")
    prompt.write_text(prompt.read_text().replace("Rate it.", "Rate it well."))
    judged(llm, dataset, "instruction_complexity", prompt=prompt)  # another prompt: measured anew
    assert len(llm.asked) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("version: 1\nsystem: a\nask: no place\n", "lacks {conversation}"),
        ("version: 1\nsystem: a\n", "missing required field `ask`"),
        ("version: 1\nsystem: a\nask: '{conversation}'\nmore: 1\n", "unknown field `more`"),
        ("a: [", "is no YAML"),
        (None, "can't be read"),
    ],
)
def test_a_prompt_that_cannot_be_used(tmp_path: Path, text: str | None, words: str) -> None:
    file = tmp_path / "mine.yaml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InputError, match=re.escape(words)) as raised:
        load_prompt(file)
    assert str(raised.value).startswith(str(file)) and "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["correctness", "instruction_complexity", "judge"])
def test_built_in_prompts_show_answers_of_the_shape_they_ask_for(name: str) -> None:
    from vlit_hub.generation.structured import parse

    judge = plugin_manager.indicators()[name]
    assert isinstance(judge, Judge)
    answers = re.findall(r"^Your answer: (.*)$", load_prompt(judge.prompt).system, re.MULTILINE)
    assert len(answers) >= 2
    for answer in answers:
        assert parse(answer, judge.Answer).reason


def test_without_a_model_it_says_how_to_name_one(tmp_path: Path) -> None:
    dataset = write(tmp_path / "d", {"train": [[record(0)]]})
    with pytest.raises(UsageError, match=r"--option instruction_complexity\.model"):
        score(dataset, ["instruction_complexity"])


def test_modes_and_entropy() -> None:
    assert [mode_of(votes) for votes in ([], [4], [2, 1, 2], [5, 1, 1, 5], [3, 2, 1])] == [None, 4, 2, 1, 1]
    assert [entropy_of(votes) for votes in ([], [4, 4], [1, 2], [1, 2, 3, 4])] == [None, 0.0, 1.0, 2.0]
