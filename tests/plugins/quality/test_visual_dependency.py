"""Answers without the picture: how many agree with the response. The server answers by rule."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.llm.answers import completion
from tests.llm.server import Llm, last_words
from tests.llm.wire import Reply
from tests.quality.making import record, write
from vlit_hub.dataset.reading import Dataset
from vlit_hub.errors import BudgetReached, InputError, UsageError
from vlit_hub.plugins.quality.visual_dependency import normal_form
from vlit_hub.quality.engine import score
from vlit_hub.quality.measured import Measured

COLUMNS = ("visual_dependency", "visual_dependency_answers")


def dependency(llm: Llm, dataset: Dataset, **more: Any) -> list[tuple[Any, ...]]:
    given = {"model": "tiny", "base_url": llm.url, "store": dataset.path.parent / "responses.sqlite", **more}
    score(dataset, ["visual_dependency"], {"visual_dependency": given})
    return Measured(dataset).read(COLUMNS).rows()


def is_comparison(body: dict[str, Any]) -> bool:
    return "The second answer:" in last_words(body)


def said(answer: str) -> str:
    return json.dumps({"answer": answer})


def test_what_can_be_guessed_depends_less_on_the_picture(tmp_path: Path, llm: Llm) -> None:
    guesses = {
        "capital": ["Paris", "paris.", "The Paris", "PARIS"],
        "color": ["red", "blue", "a red one", "green"],
        "dogs": ["two", "3", "2", "Two."],
        "sunny": ["Yes, it is.", "no", "yes", "Not yes"],
        "street": ["Fifth Avenue", "Broadway", "Wall Street", "Main Street"],
    }
    responses = {"capital": "Paris", "color": "red", "dogs": "2", "sunny": "Yes", "street": "Elm Street"}

    def rule(body: dict[str, Any]) -> str:
        [key] = [key for key in guesses if key in last_words(body)]
        return said(guesses[key][body["seed"]])

    llm.rule = rule
    rows = [record(n, instruction=f"What about the {key}?", response=responses[key]) for n, key in enumerate(guesses)]
    found = dependency(llm, write(tmp_path / "d", {"train": [rows]}), answers=4)
    assert found == [(0.0, 4), (0.75, 4), (0.25, 4), (0.5, 4), (1.0, 4)]
    assert len(llm.asked) == 20 and {body["temperature"] for body in llm.asked} == {0.7}


def test_neither_picture_nor_response_is_shown(tmp_path: Path, llm: Llm) -> None:
    llm.rule = lambda body: said("blue")
    turns = [{"instruction": "Is it a tram?", "response": "It is one."}]
    rows = [record(0, history=turns, instruction="Its color?", text="Look left.", response="crimson")]
    dependency(llm, write(tmp_path / "d", {"train": [rows]}), answers=1)
    [body] = llm.asked
    words = last_words(body)
    assert "User: Is it a tram?\nAssistant: It is one.\nUser: Its color?\nLook left.\n" in words
    assert "crimson" not in json.dumps(body) and "image_url" not in json.dumps(body)


def test_long_responses_are_compared_by_the_model(tmp_path: Path, llm: Llm) -> None:
    def rule(body: dict[str, Any]) -> str:
        if is_comparison(body):
            agrees = "A tram in the rain, says 0" in last_words(body)
            assert "The right answer: A red tram waits at stop 0 in the rain." in last_words(body)
            return json.dumps({"reason": "Compared.", "agrees": agrees})
        return said(f"A tram in the rain, says {body['seed']}")

    llm.rule = rule
    dataset = write(tmp_path / "d", {"train": [[record(0)]]})
    assert dependency(llm, dataset, answers=4) == [(0.75, 4)]
    assert len(llm.asked) == 8
    assert dependency(llm, dataset, answers=4, concurrency=2) == [(0.75, 4)]
    assert len(llm.asked) == 8  # nothing is asked twice


def test_equal_questions_are_asked_once(tmp_path: Path, llm: Llm) -> None:
    llm.rule = lambda body: said("2")
    rows = [record(n, instruction="How many?", response=str(n)) for n in range(5)]
    found = dependency(llm, write(tmp_path / "d", {"train": [rows]}), answers=3)
    assert [value for value, _ in found] == [1, 1, 0, 1, 1]
    assert len(llm.asked) == 3


def test_what_cannot_be_read_is_no_answer(tmp_path: Path, llm: Llm) -> None:
    def rule(body: dict[str, Any]) -> Reply | str:
        number = re.search(r"number (\d)", " ".join(message["content"] for message in body["messages"][1:]))
        assert number
        if number[1] == "0":
            return completion(None, refusal="I can't see it.")
        if number[1] == "1":
            return said("red") if len(body["messages"]) > 2 else "I can't see it."
        return "red" if body["seed"] else said("red")

    llm.rule = rule
    rows = [record(n, instruction=f"The color of number {n}?", response="red") for n in range(3)]
    rows += [record(3, image_ids=[])]
    found = dependency(llm, write(tmp_path / "d", {"train": [rows]}), answers=2)
    assert found == [(None, None), (0.0, 2), (0.0, 1), (None, None)]


def test_both_rounds_share_one_limit_of_cost(tmp_path: Path, llm: Llm) -> None:
    verdict = json.dumps({"reason": "Compared.", "agrees": False})
    llm.rule = lambda body: verdict if is_comparison(body) else said(f"Some words of {body['seed']} for all")
    prices = tmp_path / "prices.yaml"
    prices.write_text("[{models: {tiny: {prompt: 10000, completion: 0}}}]")  # a dollar an answer, by the server's count
    dataset = write(tmp_path / "d", {"train": [[record(0, instruction="Now?")]]})
    limit = {"prices": prices, "concurrency": 1, "answers": 4}
    with pytest.raises(BudgetReached):
        dependency(llm, dataset, max_cost=9.0, **limit)
    assert 4 <= len(llm.asked) < 8  # were the limit for each round, it would do
    assert dependency(llm, dataset, max_cost=200.0, **limit) == [(1.0, 4)]
    assert len(llm.asked) == 8


def test_your_own_prompts(tmp_path: Path, llm: Llm) -> None:
    verdict = json.dumps({"reason": "Compared.", "agrees": True})
    llm.rule = lambda body: verdict if is_comparison(body) else said("Some words that are long")
    answer, agreement = tmp_path / "answer.yaml", tmp_path / "agreement.yaml"
    answer.write_text("version: 1\nsystem: Guess.\nask: 'Guess: {conversation}'\n")
    agreement.write_text("version: 1\nsystem: Compare.\nask: 'Compare: {conversation}'\n")
    dataset = write(tmp_path / "d", {"train": [[record(0)]]})
    prompts = {"answer_prompt": str(answer), "agreement_prompt": str(agreement)}
    assert dependency(llm, dataset, answers=1, **prompts) == [(0.0, 1)]
    assert [body["messages"][0]["content"] for body in llm.asked] == ["Guess.", "Compare."]
    assert [last_words(body).split(":")[0] for body in llm.asked] == ["Guess", "Compare"]
    agreement.write_text(agreement.read_text().replace("Compare.", "Compare with care."))
    dependency(llm, dataset, answers=1, **prompts)  # another prompt: measured anew, answers that are there are taken
    assert len(llm.asked) == 3
    answer.unlink()
    with pytest.raises(InputError, match=r"answer\.yaml: can't be read"):
        dependency(llm, dataset, answers=1, **prompts)


def test_without_a_model_it_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--option visual_dependency\.model"):
        score(write(tmp_path / "d", {"train": [[record(0)]]}), ["visual_dependency"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Two dogs.", ["2", "dogs"]),
        ("A", ["A"]),
        ("12", ["12"]),
        ("!?", ["!?"]),
        ("à la carte", ["à", "la", "carte"]),
    ],
)
def test_normal_form(text: str, words: list[str]) -> None:
    assert normal_form(text) == words
