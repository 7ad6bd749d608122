"""Indicators of instructions: that they count what was planted."""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.quality.making import record, write
from vlit_hub.errors import InputError
from vlit_hub.plugins.quality.benchmark_overlap import BenchmarkOverlap
from vlit_hub.plugins.quality.co_occurrence import linked_words, personas
from vlit_hub.plugins.quality.instruction_diversity import InstructionDiversity
from vlit_hub.plugins.quality.object_granularity_complexity_chunks import ObjectGranularityComplexityChunks
from vlit_hub.plugins.quality.stop_words import stop_words
from vlit_hub.plugins.quality.task_diversity_rules import TaskDiversityRules
from vlit_hub.plugins.quality.task_label_rules import TaskLabelRules
from vlit_hub.quality.engine import score
from vlit_hub.quality.measured import Measured

networkit = pytest.mark.skipif(importlib.util.find_spec("networkit") is None, reason="networkit isn't installed")


def planted(topics: int, each: int, seed: int = 0, words: int = 8, shared: Sequence[str] = ()) -> list[str]:
    """Instructions about so many topics, each with words of its own beside those that all share."""
    draw = random.Random(seed)
    made = []
    for topic in range(topics):
        own = [f"topic{topic}word{word}" for word in range(words)]
        made += ["Describe the " + " and the ".join([*draw.sample(own, min(4, words)), *shared]) for _ in range(each)]
    draw.shuffle(made)
    return made


def diversity(
    texts: Sequence[str], tasks: Sequence[str] | None = None, **options: int
) -> dict[str, float | int | None]:
    records = pl.DataFrame(
        {"instruction": texts, "input.text": [""] * len(texts), "task": tasks or ["describing"] * len(texts)}
    )
    indicator = InstructionDiversity()
    return dict(indicator.summarise(records, indicator.Options(**options)))


@networkit
def test_planted_communities_are_counted() -> None:
    for topics in (1, 4, 9):
        assert diversity(planted(topics, 60))["instruction_communities"] == topics
    # a word that all topics share has a persona in each, and joins none of them to another
    assert diversity(planted(6, 60, shared=["kitchen"]))["instruction_communities"] == 6


@networkit
def test_communities_are_counted_by_task() -> None:
    texts = planted(3, 60) + planted(1, 60, seed=1)
    found = diversity(texts, ["one"] * 180 + ["two"] * 60)
    assert found == {"instruction_diversity": 2.0, "instruction_communities": 4}


@networkit
def test_saying_it_again_adds_nothing() -> None:
    texts = planted(4, 60)
    assert diversity(texts * 3) == diversity(texts)
    assert diversity(["Describe the image in detail."] * 1000)["instruction_diversity"] == 0
    assert diversity(["", "", "the of a"])["instruction_diversity"] == 0
    assert diversity(planted(4, 60, words=3))["instruction_communities"] == 0  # `describe` and three others are too few
    assert diversity(planted(4, 60, words=3), smallest=4)["instruction_communities"] == 4


@networkit
def test_the_order_of_records_changes_nothing() -> None:
    import networkit as library

    draw = np.random.default_rng(0)
    texts = [
        "Describe the " + " ".join(f"word{word}" for word in np.minimum(draw.zipf(1.5, 5), 300)) for _ in range(800)
    ]
    threads = library.getMaxNumberOfThreads()
    assert diversity(texts) == diversity(texts[::-1]) == diversity(sorted(texts))
    assert library.getMaxNumberOfThreads() == threads


def test_personas_by_hand() -> None:
    """Two triangles that share a word: that word has two personas, the others one each."""
    texts = pl.Series(["bank river water", "bank money loan"])
    graph, words = linked_words(texts, stop_words(), at_least=1)
    assert words.to_list() == ["bank", "loan", "money", "river", "water"] and graph.nnz == 12
    own, other, of = personas(graph)
    assert np.bincount(of).tolist() == [2, 1, 1, 1, 1]
    names = words.to_list()
    rows = np.repeat(np.arange(5), np.diff(graph.indptr))
    for entry, (row, column) in enumerate(zip(rows, graph.indices, strict=True)):
        assert names[of[own[entry]]] == names[row] and names[of[other[entry]]] == names[column]
    assert linked_words(texts, stop_words(), at_least=2)[0].nnz == 0


def chunks(*texts: str | None) -> list[int]:
    records = pl.DataFrame({"instruction": pl.Series(texts, dtype=pl.String), "input.text": [""] * len(texts)})
    found = ObjectGranularityComplexityChunks().measure(records, None, None)
    return found["instruction_elements_chunks"].to_list()


def test_elements_by_hand() -> None:
    assert chunks("What color is the car in the background?", "red, green and blue", "Who is it?", "", None) == [
        3,
        3,
        0,
        0,
        0,
    ]
    assert chunks("Describe the image.\nLook at the old man's hat") == [4]
    assert chunks("the traffic light, the street (wet); a bus: late") == [5]
    short, long = chunks(
        "Describe the image.", "Describe the man by the door, his dog, and what the sign above them says."
    )
    assert short < long


READS = ("instruction", "input.text")


def labelled(*texts: str | None) -> list[str]:
    records = pl.DataFrame({"instruction": texts, "input.text": [None] * len(texts)}, dict.fromkeys(READS, pl.String))
    indicator = TaskLabelRules()
    options = indicator.Options()
    return indicator.measure(records, options, indicator.load(options, "cpu"))["task_label_rules"].to_list()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("How many dogs are there?", "counting"),
        ("What color is the bus?", "attributes"),
        ("Where is the man standing?", "locating"),
        ("Describe the image in one sentence.", "describing"),
        ("What does the sign say?", "reading text"),
        ("Is there a cat on the sofa?", "checking"),
        ("Why is the woman laughing?", "explaining"),
        ("Write a short story about these people.", "writing"),
        ("What is the man holding?", "actions"),
        ("What is on the table?", "identifying"),
        ("What time of day is it?", "time and weather"),
        ("Which is right?\nA. a dog\nB. a cat", "choosing"),
        ("Fjords nod quietly westwards", "other"),
        ("", "other"),
        (None, "other"),
    ],
)
def test_labels_by_rules(text: str | None, label: str) -> None:
    assert labelled(text) == [label]


def test_more_kinds_of_instructions_are_more_diverse() -> None:
    few = ["Describe the image."] * 100
    many = ["How many dogs?", "Where is it?", "Why is that?", "What color is it?", "Describe it."] * 20
    indicator = TaskDiversityRules()
    found = [
        indicator.summarise(pl.DataFrame({"instruction": texts, "input.text": [""] * 100}), indicator.Options())
        for texts in (few, many)
    ]
    assert [one["task_labels_rules"] for one in found] == [1, 5]
    assert found[0]["task_labels_rules_effective"] == pytest.approx(1)
    assert found[1]["task_labels_rules_effective"] == pytest.approx(5)
    rare = [*few * 10, "Why?"]
    one = indicator.summarise(pl.DataFrame({"instruction": rare, "input.text": [""] * 1001}), indicator.Options())
    assert one["task_labels_rules"] == 1  # a label of a record in a thousand is no task


def test_what_is_in_a_benchmark_is_found(tmp_path: Path) -> None:
    asked = "Which of the two trams that wait at the stop has more passengers inside?"
    benchmark = tmp_path / "bench.jsonl"
    benchmark.write_text(f'{{"question": "{asked}", "image": "val/000000000007.jpg"}}\n{{"question": "What is it?"}}\n')
    rows = [
        record(0, instruction=asked),
        record(1, instruction="what is it", response="A tram."),
        record(2, instruction="What is it that waits?", response="A tram."),
        record(7),
        record(3, text="What is it?"),
    ]
    dataset = write(tmp_path / "d", {"train": [rows]})
    score(dataset, ["benchmark_overlap"], {"benchmark_overlap": {"file": benchmark}})
    text, image = Measured(dataset).read(["benchmark_text", "benchmark_image"])
    assert text[0] > 0.4 and text[1] == 1 and text[2] is None and text[3] == 0 and text[4] == 1
    assert image.to_list() == [False, False, False, True, False]
    plain = tmp_path / "bench.txt"
    plain.write_text("What is it?\n\n")
    score(dataset, ["benchmark_overlap"], {"benchmark_overlap": {"file": plain}})
    text, image = Measured(dataset).read(["benchmark_text", "benchmark_image"])
    assert text[0] == 0 and text[1] == 1 and image.null_count() == 5


@pytest.mark.parametrize(
    ("content", "message"),
    [("{", "line 1"), ('{"text": "What?"}', "line 1 has no `question`"), ("[1]", "no `question`")],
)
def test_a_file_that_is_no_benchmark(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "bench.jsonl"
    file.write_text(content)
    indicator = BenchmarkOverlap()
    with pytest.raises(InputError, match=message):
        indicator.load(indicator.Options(file=file), "cpu")
    with pytest.raises(InputError, match="can't be read"):
        indicator.revision(indicator.Options(file=tmp_path / "none"))
    assert "no benchmark is named" in str(indicator.cannot_run(indicator.Options()))
