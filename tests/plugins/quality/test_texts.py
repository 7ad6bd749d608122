"""Indicators of texts: that they mean what they say."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from tests.quality.making import record, write
from vlit_hub.errors import InputError, UsageError
from vlit_hub.quality.engine import score
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.words import split_words

SUBJECTS = ("the red tram", "a small dog", "an old man", "the tall woman", "a white horse", "the yellow bus")
VERBS = ("stands next to", "looks at", "walks away from", "waits in front of", "sits behind")
PLACES = (
    "the kitchen table",
    "a green tree",
    "the train station",
    "an open window",
    "the wooden bench",
    "a parked car",
)
SENTENCES = [
    f"{subject} {verb} {place} in the middle of the picture".capitalize() + "."
    for subject in SUBJECTS
    for verb in VERBS
    for place in PLACES
]


def measured(folder: Path, texts: list[str], *indicators: str, options: Any = None, **more: Any) -> pl.DataFrame:
    """What indicators measure of records with these responses, of an image each."""
    dataset = write(folder, {"train": [[record(n, response=text, **more) for n, text in enumerate(texts)]]})
    score(dataset, indicators, options)
    found = Measured(dataset)
    return found.read(found.indicators)


def shuffled(sentence: str) -> str:
    words = sentence.rstrip(".").split()
    random.Random(sentence).shuffle(words)
    return " ".join(words)


def test_split_words() -> None:
    words = split_words(pl.Series(["Hello,  World!\n-- it's", None, "", "a b A", "x-y, 7"]))
    texts = np.split(np.array(words.vocabulary.to_list())[words.codes], words.offsets[1:-1])
    assert [list(text) for text in texts] == [["hello", "world", "it's"], [], [], ["a", "b", "a"], ["x-y", "7"]]
    grams, owners = words.ngrams(2)
    assert owners.tolist() == [0, 0, 3, 3, 4] and len(set(grams.tolist())) == 5
    assert len(split_words(pl.Series([None, ""], dtype=pl.String)).codes) == 0


def test_lengths(tmp_path: Path) -> None:
    turns = [{"instruction": "What is it?", "response": "A tram."}]
    rows = [
        record(0, instruction="Look  at\nthis.", text="Is it\tred?", response="Yes, it is", history=turns),
        record(1, instruction="Wait.", response="\u00e9t\u00e9"),
    ]
    dataset = write(tmp_path / "d", {"train": [rows]})
    score(dataset, ["lengths"])
    found = Measured(dataset).read(["instruction_words", "response_words", "turns"])
    assert found.rows() == [(6, 3, 2), (1, 1, 1)]


def test_gibberish_reads_worse_than_words(tmp_path: Path) -> None:
    pytest.importorskip("wordfreq")
    texts = [
        "The cat sat on the mat.",
        "Thaumaturgy obfuscates perspicacity.",
        "xqzv jkwqp zzzvx qqwx.",
        "1234 5678",
        "Skateboarderish people.",
    ]
    plain, rare, gibberish, numbers, coined = measured(
        tmp_path / "d", texts, "text_readability_unigram", instruction="7"
    )["text_readability_unigram"]
    assert plain > rare > gibberish
    assert gibberish < coined and -9 < plain < -3 and numbers is None


def test_a_missing_extra_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "wordfreq", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    dataset = write(tmp_path / "d", {"train": [[record(0)]]})
    with pytest.raises(UsageError, match=r"wordfreq isn't installed: pip install 'vlit-hub\[readability\]'"):
        score(dataset, ["text_readability_unigram"])
    assert "text_readability_unigram" in score(dataset)["left_out"]


def test_shuffled_words_read_worse_than_the_original(tmp_path: Path) -> None:
    strange = SENTENCES[::9]
    texts = [sentence for sentence in SENTENCES if sentence not in strange]
    texts += strange + [shuffled(sentence) for sentence in strange]
    found = measured(tmp_path / "d", texts, "text_word_order")["text_word_order"].to_list()
    right, wrong = found[-2 * len(strange) : -len(strange)], found[-len(strange) :]
    assert all(a > b for a, b in zip(right, wrong, strict=True))
    assert min(right) > 1 and np.mean(wrong) < 0.5


def test_one_word_has_no_order(tmp_path: Path) -> None:
    found = measured(tmp_path / "d", ["red", "blue", "it is red"], "text_word_order", "text_repetition")
    assert found["text_word_order"].is_null().to_list() == [True, True, False]
    assert found["text_repetition"].to_list() == [None, None, 0.0]


def test_loops_are_seen(tmp_path: Path) -> None:
    loop = "the man is standing " * 10
    found = measured(tmp_path / "d", [SENTENCES[0], loop, loop[:39]], "text_repetition")["text_repetition"].to_list()
    assert found[0] == 0 and found[1] > 0.85 and 0 < found[2] < found[1]


def test_copies_of_texts_are_found(tmp_path: Path) -> None:
    long = "A man in a blue shirt walks his two brown dogs along a busy street while cars and a red bus pass by in the rain."
    texts = [long, long.replace("brown", "black"), long.upper() + "!", SENTENCES[0], SENTENCES[40], SENTENCES[0]]
    rows = [record(n, id=f"r{n}", response=text, image_ids=["1"]) for n, text in enumerate(texts)]
    rows.append(record(9, id="r9", response=long, image_ids=["2"]))
    dataset = write(tmp_path / "d", {"train": [rows]})
    score(dataset, ["text_copies"])
    columns = ["text_copies", "text_copy_rank"]
    assert Measured(dataset).read(columns).rows() == [(2, 0), (2, 1), (2, 2), (1, 0), (0, 0), (1, 1), (0, 0)]
    score(dataset, ["text_copies"], {"text_copies": {"within": "dataset"}})
    assert Measured(dataset).read(columns).rows()[-1] == (3, 3)
    score(dataset, ["text_copies"], {"text_copies": {"similarity": 1}})
    assert Measured(dataset).read(columns)["text_copies"].to_list() == [1, 0, 1, 1, 0, 1, 0]
    turned = write(tmp_path / "turned", {"train": [rows[4:], rows[:4]]})
    score(turned, ["text_copies"])
    assert Measured(turned).read(columns).rows()[-4:] == [(2, 0), (2, 1), (2, 2), (1, 0)]


def test_estimated_similarity_is_near_the_true_one(tmp_path: Path) -> None:
    draw = random.Random(0)
    rows, true = [], []
    for n in range(200):
        words = [f"w{draw.randrange(10_000)}" for _ in range(61)]
        other = list(words)
        for _ in range(draw.randrange(0, 12)):
            other[draw.randrange(len(other))] = f"w{draw.randrange(10_000)}"
        rows += [
            record(n, id=f"{n}-{k}", instruction="x", response=" ".join(text)) for k, text in enumerate((words, other))
        ]
        grams = [set(zip(["x", *text], text, strict=False)) for text in (words, other)]
        true.append(len(grams[0] & grams[1]) / len(grams[0] | grams[1]))
    dataset = write(tmp_path / "d", {"train": [rows]})
    score(dataset, ["text_copies"])
    found = Measured(dataset).read(["text_copies"])["text_copies"].to_list()[::2]
    clear = [(share, copies) for share, copies in zip(true, found, strict=True) if abs(share - 0.8) > 0.1]
    wrong = [share for share, copies in clear if (share > 0.8) != (copies > 0)]
    assert len(clear) > 100 and len(wrong) <= 0.06 * len(clear)


def test_personal_data(tmp_path: Path) -> None:
    texts = [
        "Write to jane.doe+x@example.co.uk or call +49 30 1234567.",
        "Call (555) 123-4567 or 555-123-4567 today.",
        "The license plate reads AB12 CDE.",
        "The sign reads AB12 CDE.",
        "The boxes are [12, 30, 456, 789] at 12:30, 1999-2004, 3 of 4.",
        "No one @ home. 1234567890",
        "The number plate of the car is ABC-1234.",
    ]
    found = measured(tmp_path / "d", texts, "personal_data").select(
        "personal_emails", "personal_phones", "personal_plates"
    )
    assert found.rows() == [(1, 1, 0), (0, 2, 0), (0, 0, 1), (0, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 1)]


def test_unsafe_words(tmp_path: Path) -> None:
    texts = [
        "A naked man, and more Nudity.",
        "Snaked around the shitake mushrooms in Scunthorpe.",
        "Whores and BASTARDS",
    ]
    assert measured(tmp_path / "a", texts, "unsafe_words")["unsafe_words"].to_list() == [2, 0, 2]
    own = tmp_path / "own.yaml"
    own.write_text(yaml.safe_dump({"fungi": ["shitake mushroom"]}))
    options = {"unsafe_words": {"file": str(own)}}
    assert measured(tmp_path / "a", texts, "unsafe_words", options=options)["unsafe_words"].to_list() == [0, 1, 0]
    own.write_text("- a\n- b")
    with pytest.raises(InputError, match="isn't a list of words by kind"):
        measured(tmp_path / "a", texts, "unsafe_words", options=options)


def test_diversity_of_responses(tmp_path: Path) -> None:
    def numbers(name: str, texts: list[str]) -> dict[str, Any]:
        dataset = write(tmp_path / name, {"train": [[record(n, response=text) for n, text in enumerate(texts)]]})
        found: dict[str, Any] = score(dataset, ["response_diversity_ngrams"])["indicators"]
        return dict(found["response_diversity_ngrams"]["numbers"])

    same = numbers("same", ["a red tram"] * 30)
    assert same["response_effective_ngrams"] == pytest.approx(1) and same["response_distance_ngrams"] == pytest.approx(
        0, abs=1e-6
    )
    assert same["response_distinct_1"] == pytest.approx(1 / 30)
    varied, five = numbers("varied", SENTENCES[::3]), numbers("five", [SENTENCES[n % 5 * 31] for n in range(60)])
    other = [f"{word}a {word}b {word}c" for word in ("x", "y", "z", "u")]
    planted = numbers("planted", other * 20)
    assert planted["response_effective_ngrams"] == pytest.approx(4, abs=0.3)  # four wholly different answers
    assert varied["response_effective_ngrams"] > five["response_effective_ngrams"] > 1
    assert varied["response_distance_ngrams"] > five["response_distance_ngrams"]
    empty = numbers("punctuation", ["?!", "..."])
    assert set(empty.values()) == {None}
