"""Task labels by a language model: proposed, merged, kept, assigned. The server answers by rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.generation.asking import hurry
from tests.llm.answers import error
from tests.llm.server import Llm, last_words
from tests.llm.wire import Reply
from tests.quality.making import record, write
from vlit_hub.dataset.reading import Dataset
from vlit_hub.errors import InputError, ModelError, UsageError
from vlit_hub.plugins.quality.label_merging import Kept, frequent_labels, tidy
from vlit_hub.quality.engine import score
from vlit_hub.quality.measured import Measured

NUMBERS = ("task_diversity", "task_diversity_entropy", "task_diversity_other")
SPELLINGS = {
    "count": ["Counting objects", "object counting", "counting objects"],
    "color": ["color recognition"],
    "poem": ["creative writing"],
}
ASSIGNED = {"count": "counting objects", "color": "color recognition", "poem": "other"}


def options(llm: Llm, dataset: Dataset, **more: Any) -> dict[str, Any]:
    store = dataset.path.parent / "responses.sqlite"
    return {"task_labelling": {"model": "tiny", "base_url": llm.url, "store": store, **more}}


def measured(llm: Llm, dataset: Dataset, **more: Any) -> tuple[list[str | None], dict[str, Any]]:
    found = score(dataset, ["task_label", "task_diversity"], options(llm, dataset, **more))
    return Measured(dataset).read(["task_label"])["task_label"].to_list(), found["indicators"]["task_diversity"][
        "numbers"
    ]


def is_assignment(body: dict[str, Any]) -> bool:
    return "Its label?" in last_words(body)


def by_word(body: dict[str, Any]) -> str:
    """Labels by the instruction's first word, in another spelling each time."""
    word, number = body["messages"][1]["content"].split("\n\n")[1].split()
    if is_assignment(body):
        return json.dumps({"label": ASSIGNED[word]})
    spellings = SPELLINGS[word]
    return json.dumps({"labels": [spellings[int(number) % len(spellings)]]})


def asking(*counts: tuple[str, int]) -> list[dict[str, Any]]:
    texts = [f"{word} {number}" for word, count in counts for number in range(count)]
    return [record(n, instruction=text) for n, text in enumerate(texts)]


def test_planted_tasks_are_found(tmp_path: Path, llm: Llm) -> None:
    llm.rule = by_word
    rows = asking(("count", 9), ("color", 9), ("poem", 2))
    dataset = write(tmp_path / "d", {"train": [rows[:7], rows[7:]]})
    labels, numbers = measured(llm, dataset, least=0.2)
    assert labels == ["counting objects"] * 9 + ["color recognition"] * 9 + ["other"] * 2
    assert numbers == {
        "task_diversity": 2,
        "task_diversity_entropy": pytest.approx(1.0),
        "task_diversity_other": pytest.approx(0.1),
    }
    system = next(body["messages"][0]["content"] for body in llm.asked if is_assignment(body))
    assert "- color recognition\n- counting objects\n" in system and "creative" not in system
    assert "{labels}" not in system
    schema = next(body for body in llm.asked if is_assignment(body))["response_format"]["json_schema"]["schema"]
    assert set(schema["properties"]["label"]["enum"]) == {"color recognition", "counting objects", "other"}


def test_even_tasks_have_more_entropy_than_uneven_ones(tmp_path: Path, llm: Llm) -> None:
    llm.rule = by_word
    even = write(tmp_path / "even", {"train": [asking(("count", 10), ("color", 10))]})
    uneven = write(tmp_path / "uneven", {"train": [asking(("count", 18), ("color", 2))]})
    one, two = (measured(llm, dataset)[1] for dataset in (even, uneven))
    assert one["task_diversity"] == two["task_diversity"] == 2
    assert one["task_diversity_entropy"] > two["task_diversity_entropy"] + 0.5


def test_equal_instructions_are_asked_about_once_and_a_sample_proposes(tmp_path: Path, llm: Llm) -> None:
    llm.rule = by_word
    rows = [record(n, instruction=f"count {n % 6}") for n in range(30)]
    labels, _ = measured(llm, write(tmp_path / "d", {"train": [rows]}), propose=4)
    assert len(set(labels)) == 1 and None not in labels
    assert [is_assignment(body) for body in llm.asked].count(False) == 4
    assert len(llm.asked) == 10


def test_a_run_that_ended_early_pays_nothing_twice(tmp_path: Path, llm: Llm, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    answered: list[str] = []

    def rule(body: dict[str, Any]) -> Reply | str:
        if len(answered) >= 8:
            return error(401, "Incorrect API key provided.", code="invalid_api_key")
        answered.append(last_words(body))
        return by_word(body)

    llm.rule = rule
    dataset = write(tmp_path / "d", {"train": [asking(("count", 6))]})
    with pytest.raises(ModelError):
        measured(llm, dataset, concurrency=1)
    asked_before = len(answered)
    llm.rule = lambda body: answered.append(last_words(body)) or by_word(body)  # type: ignore[func-returns-value]
    labels, _ = measured(llm, dataset)
    assert labels == ["counting objects"] * 6
    assert asked_before == 8 and len(answered) == len(set(answered)) == 12


def test_what_cannot_be_read_is_null(tmp_path: Path, llm: Llm) -> None:
    def rule(body: dict[str, Any]) -> str:
        told = body["messages"][1]["content"]
        if "Its label?" in told and "count 1" in told:
            return json.dumps({"label": "no such label"})
        return by_word({**body, "messages": body["messages"][:2]})

    llm.rule = rule
    labels, numbers = measured(llm, write(tmp_path / "d", {"train": [asking(("count", 3))]}))
    assert labels == ["counting objects", None, "counting objects"]
    assert numbers["task_diversity"] == 1 and numbers["task_diversity_other"] == 0


def test_nothing_is_labelled_where_nothing_is_frequent(tmp_path: Path, llm: Llm) -> None:
    llm.rule = by_word
    rows = asking(("count", 3), ("color", 3), ("poem", 3))
    labels, numbers = measured(llm, write(tmp_path / "d", {"train": [rows]}), least=0.9)
    assert labels == [None] * 9 and numbers == dict.fromkeys(NUMBERS)


def test_your_own_prompts(tmp_path: Path, llm: Llm) -> None:
    llm.rule = lambda body: json.dumps(
        {"label": "counting"} if "Choose" in last_words(body) else {"labels": ["counting"]}
    )
    proposal, assignment = tmp_path / "proposal.yaml", tmp_path / "assignment.yaml"
    proposal.write_text("version: 1\nsystem: Name the task.\nask: 'Name: {conversation}'\n")
    assignment.write_text("version: 1\nsystem: 'Of {labels}.'\nask: 'Choose: {conversation}'\n")
    dataset = write(tmp_path / "d", {"train": [asking(("count", 2))]})
    prompts = {"proposal_prompt": str(proposal), "assignment_prompt": str(assignment)}
    assert measured(llm, dataset, **prompts)[0] == ["counting", "counting"]
    systems = sorted({body["messages"][0]["content"] for body in llm.asked})
    assert systems == ["Name the task.", "Of - counting."]
    assignment.write_text("version: 1\nsystem: Choose one.\nask: 'Choose: {conversation}'\n")
    with pytest.raises(InputError, match=r"assignment\.yaml: `system` lacks \{labels\}"):
        measured(llm, dataset, **prompts)


def test_without_a_model_it_says_how_to_name_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"it needs task_labelling: no model is named: --option task_labelling\.model"):
        score(write(tmp_path / "d", {"train": [[record(0)]]}), ["task_diversity"])


def test_labels_are_merged_by_their_letters_and_kept_by_their_coverage() -> None:
    proposed = [
        ["Object counting!"],
        ["counting  objects", "object counting"],
        ["counting objects"],
        ["OCR"],
        ["", "x" * 99],
    ]
    kept = frequent_labels(proposed, least=0, most=9, similarity=0.8)
    assert kept == [
        Kept("counting objects", 3),
        Kept("ocr", 1),
    ]  # the second text proposed both spellings, and counts once
    assert frequent_labels(proposed, least=0.3, most=9, similarity=0.8) == kept[:1]
    assert frequent_labels(proposed, least=0, most=1, similarity=0.8) == kept[:1]
    apart = [["color recognition"], ["action recognition"], ["image description"], ["scene description"]]
    assert len(frequent_labels(apart, least=0, most=9, similarity=0.8)) == 4
    assert frequent_labels([], least=0, most=9, similarity=0.8) == []


def test_tidy() -> None:
    assert [tidy(label) for label in ("Yes/No  question", "color_naming", "...", "a" * 61)] == [
        "yes no question",
        "color naming",
        "",
        "",
    ]
