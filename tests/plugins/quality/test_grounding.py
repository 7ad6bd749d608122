"""Indicators that look at the annotations of the images: planted errors are found, right records pass."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.quality.annotation_files import write_annotations
from tests.quality.making import record, write
from vlit_hub.dataset.reading import Dataset
from vlit_hub.quality.annotations import ImagesKnown, find_annotations
from vlit_hub.quality.engine import score
from vlit_hub.quality.measured import Measured

# Image 1 shows a dog, a person and a motorcycle, and image 2 the others, so that all were looked for.
OBJECTS = {1: ["dog", "person", "motorcycle"], 2: ["bus", "car", "cat", "umbrella", "bicycle"], 4: ["dog"]}


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLIT_HUB_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def images(tmp_path: Path) -> ImagesKnown:
    captions = {1: ["A man and his dog in the rain, with a parasol."], 4: ["A bicycle."]}
    return find_annotations(write_annotations(tmp_path / "data", objects=OBJECTS, captions=captions, lvis=LVIS))


LVIS = {3: (["cat"], ["bus"])}


def said(tmp_path: Path, *responses: str, image: str = "1") -> Dataset:
    rows = [
        record(n, response=text, image_ids=[image], instruction="What do you see?") for n, text in enumerate(responses)
    ]
    return write(tmp_path / "d", {"train": [rows[:1], rows[1:]] if len(rows) > 1 else [rows]})


def column(dataset: Dataset, images: ImagesKnown, indicator: str, name: str | None = None) -> list[Any]:
    score(dataset, [indicator], images=images)
    return Measured(dataset).read([name or indicator])[name or indicator].to_list()


def numbers(dataset: Dataset, images: ImagesKnown, name: str) -> dict[str, Any]:
    return dict(score(dataset, [name], images=images)["indicators"][name]["numbers"])


def test_hallucinated_objects_are_found_and_right_ones_pass(tmp_path: Path, images: ImagesKnown) -> None:
    cases = {
        "A dog sits beside a man.": (0, None),
        "A dog sits beside a bus.": (1, "bus"),
        "I see two cats and a bus.": (2, "bus, cat"),
        "There is no cat, and no bus.": (0, None),
        "He may be waiting for a bus.": (0, None),
        "A bus stop in the rain.": (0, None),
        "A man holds an umbrella.": (0, None),  # a caption has it
        "A bike is parked there.": (0, None),  # a motorcycle may be meant
        "A car is parked there.": (1, "car"),
        "A zebra stands there.": (0, None),  # nobody looked for zebras
        "[10, 20, 30, 40]": (0, None),
    }
    dataset = said(tmp_path, *cases)
    assert column(dataset, images, "hallucinated_objects") == [count for count, _ in cases.values()]
    names = column(dataset, images, "hallucinated_objects", "hallucinated_object_names")
    assert names == [listed for _, listed in cases.values()]
    shares = column(dataset, images, "hallucinated_objects", "hallucinated_share")
    assert shares[:3] == [0, 0.5, 1] and shares[-1] is None


def test_every_turn_is_looked_at(tmp_path: Path, images: ImagesKnown) -> None:
    history = [{"instruction": "What is there?", "response": "A bus stands there."}]
    asked = [{"instruction": "Is that a bus standing there?", "response": "I can't say."}]
    rows = [
        record(0, image_ids=["1"], response="A dog.", history=history),
        record(1, image_ids=["1"], response="A dog.", history=asked),
    ]
    dataset = write(tmp_path / "d", {"train": [rows]})
    assert column(dataset, images, "hallucinated_objects") == [1, 0]


def test_chair_of_the_dataset(tmp_path: Path, images: ImagesKnown) -> None:
    dataset = said(tmp_path, "A dog sits beside a bus.", "A dog sits beside a man.", "Nothing.", "I see a cat.")
    assert numbers(dataset, images, "chair") == {
        "chair_i": pytest.approx(2 / 5),
        "chair_s": pytest.approx(2 / 3),
        "chair_records": 3,
    }


def test_one_meaning_supports_a_word(tmp_path: Path, images: ImagesKnown) -> None:
    assert column(said(tmp_path, "A bike is parked there.", image="2"), images, "hallucinated_objects") == [0]


def test_nothing_is_hallucinated_where_nobody_looked(tmp_path: Path, images: ImagesKnown) -> None:
    dataset = said(tmp_path, "A bus.", image="3")
    assert column(dataset, images, "hallucinated_objects") == [None]
    assert numbers(dataset, images, "chair")["chair_i"] is None


def test_captions_of_another_image_are_hallucinated(tmp_path: Path, images: ImagesKnown) -> None:
    texts = ["A dog looks at a man.", "A bus and a car are parked there.", "A cat sits on a car."]
    rows = [
        record(n, response=text, image_ids=[image]) for n, (text, image) in enumerate(zip(texts, "122", strict=True))
    ]
    wrong = [
        record(n, response=text, image_ids=[image]) for n, (text, image) in enumerate(zip(texts, "211", strict=True))
    ]
    right = numbers(write(tmp_path / "right", {"train": [rows]}), images, "chair")
    assert right["chair_i"] == 0
    assert numbers(write(tmp_path / "wrong", {"train": [wrong]}), images, "chair")["chair_s"] == 1


def test_grounded_recall(tmp_path: Path, images: ImagesKnown) -> None:
    cases = {
        "A dog beside a woman on a motorbike.": 1,
        "Dogs and people.": 2 / 3,
        "A hotdog.": 0,  # whole words
        "A puppy.": 1 / 3,
        "A bus, a car and a cat.": 0,
    }
    dataset = said(tmp_path, *cases)
    assert column(dataset, images, "grounded_recall") == pytest.approx(list(cases.values()))
    other = write(tmp_path / "o", {"train": [[record(0, image_ids=["9"]), record(1, image_ids=["1", "2"])]]})
    assert column(other, images, "grounded_recall") == [None, 0]


def asked(*turns: tuple[str, str, str], image: str = "1") -> list[dict[str, Any]]:
    return [
        record(n, instruction=question, text=text, response=answer, image_ids=[image])
        for n, (question, text, answer) in enumerate(turns)
    ]


PRESENCE: Sequence[tuple[str, str, str, bool | None]] = [
    ("Is there a dog in the image?", "", "Yes.", True),
    ("Is there a dog in the image?", "", "No.", False),
    ("Is there a bus in the image?", "", "No, there is no bus.", True),
    ("Are there any buses? Answer yes or no.", "", "yes", False),
    ("Can you see an object of this category in the picture? Just yes or no.", "cat", "No", True),
    ('Is the category "car" present in the image? Reply with yes or no.', "", "Yes", False),
    ("I wonder whether this image shows a dog. Tell me in a sentence.", "", "Yes, it does.", True),
    ("Do you see a puppy here?", "", "Yes", True),
    ("Is there a bike in the picture?", "", "Yes", True),
    ("Answer the question using a single word or phrase.", "Is there a bus?", "no", True),
    ("Question: Are there any people in this image? Short answer:", "", "no", False),
    ("Is there an umbrella?", "", "Yes", None),  # not annotated, but a caption has it
    ("Is there a zebra?", "", "No", None),  # nobody looked for zebras
    ("Is there a black dog in the image?", "", "No", None),
    ("Is there a dog on the couch?", "", "No", None),
    ("Is there no dog in the image?", "", "No", None),
    ("Is there only a dog in the image?", "", "No", None),
    ("Is it a dog?", "", "No", None),
    ("Is there a picture of a dog?", "", "No", None),
    ("Is there a small dog? Give a short answer.", "", "No", None),
    ("Is this a dog?", "", "No", None),
    ("Is there a dog or a cat?", "", "No", None),
    ("Can the dog see?", "", "No", None),
    ("Is the dog in the box?", "", "No", None),
    ("Is there a dog in the image?", "", "There is one.", None),
]


def test_presence_answers_are_checked(tmp_path: Path, images: ImagesKnown) -> None:
    dataset = write(tmp_path / "d", {"train": [asked(*(case[:3] for case in PRESENCE))]})
    assert column(dataset, images, "presence_answer_correct") == [right for *_, right in PRESENCE]


def test_presence_verified_by_lvis(tmp_path: Path, images: ImagesKnown) -> None:
    turns = [("Is there a cat?", "", "Yes"), ("Is there a bus?", "", "Yes"), ("Is there a car?", "", "Yes")]
    dataset = write(tmp_path / "d", {"train": [asked(*turns, image="3")]})
    assert column(dataset, images, "presence_answer_correct") == [True, False, None]


def test_presence_of_a_word_with_two_meanings_is_unknown_where_one_is(tmp_path: Path, images: ImagesKnown) -> None:
    turns = [("Is there a bike?", "", "No"), ("Is there a motorbike?", "", "No"), ("Is there a bicycle?", "", "No")]
    dataset = write(tmp_path / "d", {"train": [asked(*turns, image="4")]})
    assert column(dataset, images, "presence_answer_correct") == [None, True, None]


def test_presence_in_earlier_turns(tmp_path: Path, images: ImagesKnown) -> None:
    history = [{"instruction": "Is there a bus?", "response": "Yes."}]
    rows = [record(0, instruction="Is there a dog?", response="Yes.", image_ids=["1"], history=history)]
    dataset = write(tmp_path / "d", {"train": [rows]})
    assert column(dataset, images, "presence_answer_correct") == [False]
    assert numbers(dataset, images, "presence_answers")["presence_checked"] == 2


def test_numbers_of_pope(tmp_path: Path, images: ImagesKnown) -> None:
    there, gone = "Is there a dog?", "Is there a bus?"
    turns = [(there, "", "Yes")] * 3 + [(there, "", "No")] + [(gone, "", "No")] * 4 + [(gone, "", "Yes")] * 2
    dataset = write(tmp_path / "d", {"train": [asked(*turns)]})
    assert numbers(dataset, images, "presence_answers") == {
        "presence_checked": 10,
        "presence_accuracy": pytest.approx(0.7),
        "presence_yes_share": pytest.approx(0.5),
        "presence_precision": pytest.approx(3 / 5),
        "presence_recall": pytest.approx(3 / 4),
        "presence_f1": pytest.approx(2 * (3 / 5) * (3 / 4) / (3 / 5 + 3 / 4)),
    }


def test_annotated_object_diversity_counts_each_image_once(tmp_path: Path) -> None:
    images = find_annotations(
        write_annotations(tmp_path / "data", objects={1: ["dog", "dog", "cat"], 2: ["cat", "bus"]})
    )
    rows = [record(n, id=f"{n}", image_ids=["1"]) for n in range(5)] + [record(9, image_ids=["2"])]
    found = numbers(write(tmp_path / "d", {"train": [rows]}), images, "annotated_object_diversity")
    assert found["annotated_categories"] == 3
    assert found["annotated_categories_entropy"] == pytest.approx(1.5)  # a half, and two quarters
    assert found["annotated_categories_effective"] == pytest.approx(2**1.5)


def test_the_same_numbers_for_any_shards(tmp_path: Path, images: ImagesKnown) -> None:
    texts = ["A dog and a bus.", "Cats sit on a car.", "No cat.", "People.", "A man on a bike."]
    rows = [record(n, id=f"{n}", response=text, image_ids=[str(1 + n % 3)]) for n, text in enumerate(texts * 3)]
    whole = write(tmp_path / "whole", {"train": [rows]})
    parts = write(tmp_path / "parts", {"train": [rows[n : n + 2] for n in range(0, len(rows), 2)]})
    for indicator, name in (
        ("hallucinated_objects", "hallucinated_object_names"),
        ("grounded_recall", "grounded_recall"),
        ("presence_answer_correct", "presence_answer_correct"),
    ):
        assert column(whole, images, indicator, name) == column(parts, images, indicator, name)
    assert numbers(whole, images, "chair") == numbers(parts, images, "chair")
