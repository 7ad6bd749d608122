"""Elements of instructions by spaCy, with a parser that is trained here on three sentences."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.quality.making import record, write
from vlit_hub import plugin_manager
from vlit_hub.errors import ModelError, UsageError
from vlit_hub.quality.engine import score
from vlit_hub.quality.measured import Measured

NAME = "object_granularity_complexity"

# word, place of the head, dependency
PARSED = (
    (("Describe", 0, "ROOT"), ("the", 2, "det"), ("photo", 0, "dobj"), (".", 0, "punct")),
    (
        *(("What", 1, "det"), ("color", 2, "attr"), ("is", 2, "ROOT"), ("the", 5, "det"), ("fire", 5, "compound")),
        *(("hydrant", 2, "nsubj"), ("in", 5, "prep"), ("the", 8, "det"), ("background", 6, "pobj"), ("?", 2, "punct")),
    ),
    (("Count", 0, "ROOT"), ("big", 2, "amod"), ("dogs", 0, "dobj"), ("and", 2, "cc"), ("cats", 2, "conj")),
)
ELEMENTS = (2, 4, 4)


def test_without_spacy_or_its_model_it_says_what_to_install(tmp_path: Path) -> None:
    dataset = write(tmp_path / "d", {"train": [[record(0)]]})
    with pytest.raises(UsageError, match=r"python -m spacy download"):
        score(dataset, [NAME], {NAME: {"model": "no_such_model"}})


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spacy: Any = pytest.importorskip("spacy", reason="spaCy isn't installed: pip install spacy")
    from spacy.tokens import Doc
    from spacy.training import Example

    random.seed(0)
    spacy.util.fix_random_seed(0)
    nlp = spacy.blank("en")
    nlp.add_pipe("parser", config={"min_action_freq": 1})
    examples = []
    for sentence in PARSED:
        words, heads, deps = (list(part) for part in zip(*sentence, strict=True))
        told = Doc(nlp.vocab, words=words, heads=heads, deps=deps)
        examples.append(Example(Doc(nlp.vocab, words=words), told))
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(60):
        nlp.update(examples, sgd=optimizer)
    folder = tmp_path_factory.mktemp("parser")
    nlp.to_disk(folder)
    return folder


def test_elements_are_counted_by_dependencies(tmp_path: Path, parser: Path) -> None:
    texts = [" ".join(word for word, _, _ in sentence) for sentence in PARSED]
    rows = [record(n, instruction=text) for n, text in enumerate([*texts, texts[0]])]
    dataset = write(tmp_path / "d", {"train": [rows[:2], rows[2:]]})
    score(dataset, [NAME], {NAME: {"model": str(parser)}})
    found = Measured(dataset).read(["instruction_elements"])["instruction_elements"].to_list()
    assert found == [*ELEMENTS, ELEMENTS[0]]


def test_a_model_without_a_parser_is_refused(tmp_path: Path) -> None:
    spacy: Any = pytest.importorskip("spacy", reason="spaCy isn't installed: pip install spacy")
    spacy.blank("en").to_disk(tmp_path / "blank")
    indicator = plugin_manager.indicators()[NAME]
    with pytest.raises(ModelError, match="has no parser"):
        indicator.load(indicator.Options(model=str(tmp_path / "blank")), "cpu")  # type: ignore[call-arg]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="can't be loaded"):
        indicator.load(indicator.Options(model=str(tmp_path / "empty")), "cpu")  # type: ignore[call-arg]
