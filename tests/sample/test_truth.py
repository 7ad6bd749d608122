"""What the files say against each other, and against the scene graph: nothing false may be said of a picture."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from vlit_hub.sample import write_sample
from vlit_hub.sample.annotations import image_id
from vlit_hub.sample.catalog import ATTRIBUTES, CATEGORIES, COLOURS
from vlit_hub.sample.layout import compose
from vlit_hub.sample.scene import Scene

IMAGES = 60
NUMBERS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
PLURALS = {category.plural: name for name, category in CATEGORIES.items() if category.plural != name}
# "orange" is also a colour, "sign" also a shop's, and a table or desk can be the place itself.
NAMED = [
    name for name in CATEGORIES if name not in ("orange", "sign", "stop sign", "dining table", "desk", "sports ball")
]


class Sample:
    """A written sample and its files, read back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str) -> Any:
        return json.loads((self.folder / "annotations" / name).read_bytes())

    def both(self, pattern: str, key: str) -> list[dict[str, Any]]:
        """The rows of a section in the train file and the val file."""
        return [row for split in ("train", "val") for row in self.read(pattern.format(split))[key]]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("samples") / "data"
    write_sample(folder, images=IMAGES)
    return Sample(folder)


@pytest.fixture(scope="module")
def scenes() -> dict[int, Scene]:
    return {image_id(0, number): compose(0, number) for number in range(IMAGES)}


@pytest.fixture(scope="module")
def counts(sample: Sample) -> dict[int, Counter[str]]:
    """Instances by image and category; crowds as a hundred."""
    names = {row["id"]: row["name"] for row in sample.read("instances_train2014.json")["categories"]}
    found: dict[int, Counter[str]] = {row["id"]: Counter() for row in sample.both("instances_{}2014.json", "images")}
    for row in sample.both("instances_{}2014.json", "annotations"):
        found[row["image_id"]][names[row["category_id"]]] += 100 if row["iscrowd"] else 1
    return found


def test_captions_count_right_and_name_nothing_that_is_not_there(
    sample: Sample, counts: dict[int, Counter[str]]
) -> None:
    counted = 0
    adjective = f"(?:{'|'.join({*COLOURS, *ATTRIBUTES})})"
    plurals = "|".join(sorted(PLURALS, key=len, reverse=True))
    for row in sample.both("captions_{}2014.json", "annotations"):
        caption, here = row["caption"].lower(), counts[row["image_id"]]
        for number, name in re.findall(
            rf"\b({'|'.join(NUMBERS)}) (?:{adjective} (?:and {adjective} )?)*({plurals})\b", caption
        ):
            counted += 1
            assert here[PLURALS[name]] == NUMBERS[number], (row, here)
        unquoted = re.sub(r'"[^"]*"', "", row["caption"])
        for name in NAMED:
            if re.search(rf"\b{name}\b", unquoted):
                assert here[name], (row, here)
    assert counted > 20


def test_captions_colour_things_as_they_are(sample: Sample, scenes: dict[int, Scene]) -> None:
    coloured = 0
    whole = [name for name in NAMED if CATEGORIES[name].tint == "whole"]
    for row in sample.both("captions_{}2014.json", "annotations"):
        for colour, name in re.findall(rf"\b({'|'.join(COLOURS)}) ({'|'.join(whole)})\b", row["caption"]):
            coloured += 1
            here = {(thing.colour, thing.name) for thing in scenes[row["image_id"]].things}
            assert (colour, name) in here, row
        for shirt in re.findall(rf"\b(?:in|wearing) an? ({'|'.join(COLOURS)}) (?:shirt|top)\b", row["caption"]):
            worn = {thing.colour for thing in scenes[row["image_id"]].things if thing.name == "person"}
            assert shirt in worn, row
    assert coloured > 20


def test_captions_quote_words_that_are_drawn(sample: Sample) -> None:
    text = sample.read("cocotext.v2.json")
    quoted = 0
    for row in sample.both("captions_{}2014.json", "annotations"):
        drawn = {text["anns"][str(id)]["utf8_string"].lower() for id in text["imgToAnns"][str(row["image_id"])]}
        for quote in re.findall(r'"([^"]*)"', row["caption"]):
            quoted += 1
            assert set(quote.lower().split()) <= drawn, row
    assert quoted > 3


def test_five_different_captions_an_image(sample: Sample) -> None:
    captions: dict[int, list[str]] = {}
    for row in sample.both("captions_{}2014.json", "annotations"):
        captions.setdefault(row["image_id"], []).append(row["caption"].strip().rstrip(".").lower())
    assert len(captions) == IMAGES
    assert {len(some) for some in captions.values()} == {5}
    assert sum(len(set(some)) for some in captions.values()) > 4.9 * IMAGES
    lengths = [len(caption.split()) for some in captions.values() for caption in some]
    assert 8 < sum(lengths) / len(lengths) < 14 and min(lengths) <= 6 and max(lengths) >= 18


def asked(sample: Sample) -> list[tuple[str, dict[str, Any]]]:
    texts = {row["question_id"]: row for row in sample.both("v2_OpenEnded_mscoco_{}2014_questions.json", "questions")}
    rows = sample.both("v2_mscoco_{}2014_annotations.json", "annotations")
    assert len(texts) == len(rows) and all(texts[row["question_id"]]["image_id"] == row["image_id"] for row in rows)
    return [(texts[row["question_id"]]["question"], row) for row in rows]


def test_presence_and_colour_questions_are_answered_by_the_picture(
    sample: Sample, counts: dict[int, Counter[str]], scenes: dict[int, Scene]
) -> None:
    present, coloured = Counter[str](), 0
    for question, row in asked(sample):
        here, answer = counts[row["image_id"]], row["multiple_choice_answer"]
        if found := re.fullmatch(r"(?:Is there|Do you see) an? ([\w ]+?)(?: in (?:the|this) \w+)?\?", question):
            if found[1] in NAMED:
                present[answer] += 1
                assert answer == ("yes" if here[found[1]] else "no"), (question, here)
        elif (found := re.fullmatch(r"Are there any ([\w ]+?)(?: in (?:the|this) \w+| here)?\?", question)) and found[
            1
        ] in PLURALS:
            present[answer] += 1
            assert answer == ("yes" if here[PLURALS[found[1]]] else "no"), (question, here)
        elif (found := re.fullmatch(r"What color is the ([\w ]+)\?", question)) and found[1] in CATEGORIES:
            things = [thing for thing in scenes[row["image_id"]].things if thing.name == found[1]]
            assert len(things) == 1
            thing = things[0]
            true = {
                thing.pose,
                thing.colour,
                f"{thing.colour} and {thing.second}",
                f"{thing.second} and {thing.colour}",
            }
            assert answer in true
            coloured += 1
    assert present["yes"] > 5 and present["no"] > 5 and coloured > 5


def test_sides_are_those_of_the_boxes(sample: Sample) -> None:
    images = {row["id"]: row for row in sample.both("instances_{}2014.json", "images")}
    names = {row["id"]: row["name"] for row in sample.read("instances_train2014.json")["categories"]}
    boxes: dict[tuple[int, str], list[list[float]]] = {}
    for row in sample.both("instances_{}2014.json", "annotations"):
        boxes.setdefault((row["image_id"], names[row["category_id"]]), []).append(row["bbox"])
    compared = 0
    for question, row in asked(sample):
        pattern = (
            r"(?:Which side of the picture is|Is|On which side is) the ([\w ]+?)(?: on| on the left or on the right)?\?"
        )
        if (
            (found := re.fullmatch(pattern, question))
            and row["multiple_choice_answer"] in ("left", "right")
            and found[1] in NAMED
        ):
            ((x, _, width, _),) = boxes[row["image_id"], found[1]]
            assert (x + width / 2 < images[row["image_id"]]["width"] / 2) == (row["multiple_choice_answer"] == "left")
            compared += 1
    assert compared > 3


def test_ten_answers_whose_most_frequent_is_the_given_one(sample: Sample) -> None:
    tied, unanimous, rows = 0, 0, [row for _, row in asked(sample)]
    for row in rows:
        assert [answer["answer_id"] for answer in row["answers"]] == list(range(1, 11))
        assert {answer["answer_confidence"] for answer in row["answers"]} <= {"yes", "maybe", "no"}
        ranked = Counter(answer["answer"] for answer in row["answers"]).most_common()
        best = [answer for answer, votes in ranked if votes == ranked[0][1]]
        assert row["multiple_choice_answer"] in best
        tied += len(best) > 1
        unanimous += len(ranked) == 1
    kinds = Counter(row["answer_type"] for row in rows)
    assert set(kinds) == {"yes/no", "number", "other"} and min(kinds.values()) > 0.05 * len(rows)
    assert 0 < tied < 0.2 * len(rows) and 0.2 * len(rows) < unanimous < 0.8 * len(rows)


def test_coco_text_has_every_word_drawn(sample: Sample, scenes: dict[int, Scene]) -> None:
    text = sample.read("cocotext.v2.json")
    assert {int(id) for id in text["imgs"]} == set(scenes)
    legible = illegible = 0
    for id, scene in scenes.items():
        rows = [text["anns"][str(ann)] for ann in text["imgToAnns"][str(id)]]
        assert len(rows) == len(scene.words)
        for row, word in zip(rows, scene.words, strict=True):
            x, y, width, height = row["bbox"]
            assert (x, y, x + width, y + height) == pytest.approx(word.box, abs=0.11)
            assert row["utf8_string"] == (word.text if row["legibility"] == "legible" else "")
            assert row["image_id"] == id and len(row["mask"]) == 8
            legible += row["legibility"] == "legible"
            illegible += row["legibility"] == "illegible"
    assert legible > 20 and illegible > 20
    assert {row["set"] for row in text["imgs"].values()} == {"train", "val"}


def test_attributes_hold(sample: Sample, scenes: dict[int, Scene]) -> None:
    file = sample.read("cocottributes.json")
    assert [row["name"] for row in file["attributes"]] == list(ATTRIBUTES)
    objects = {row["id"]: row for row in sample.both("instances_{}2014.json", "annotations") if not row["iscrowd"]}
    splits = {
        row["id"]: split for split in ("train", "val") for row in sample.read(f"instances_{split}2014.json")["images"]
    }
    by_id = {(id, round(thing.area, 4)): thing for id, scene in scenes.items() for thing in scene.things}
    assert file["ann_vecs"].keys() == file["patch_id_to_ann_id"].keys() == file["split"].keys()
    for patch, scores in file["ann_vecs"].items():
        row = objects[file["patch_id_to_ann_id"][patch]]
        assert file["split"][patch] == f"{splits[row['image_id']]}2014"
        holding = {name for name, score in zip(ATTRIBUTES, scores, strict=True) if score >= 0.5}
        thing = by_id[row["image_id"], row["area"]]
        assert thing.category.id == row["category_id"]
        assert holding & set(COLOURS) <= {thing.colour, thing.second}
        assert set(holding) & {"standing", "sitting", "lying", "flying", "walking", "waving"} <= {thing.pose}
        assert not ({"small", "large"} <= holding)
    assert len(file["ann_vecs"]) > 50


def test_ids_and_licences(sample: Sample) -> None:
    images = sample.both("instances_{}2014.json", "images")
    assert sample.both("captions_{}2014.json", "images") == images
    licences = {row["id"] for row in sample.read("instances_train2014.json")["licenses"]}
    assert {row["license"] for row in images} <= licences == set(range(1, 9))
    assert len({row["license"] for row in images}) == 8
    for section, pattern in (("annotations", "instances_{}2014.json"), ("annotations", "captions_{}2014.json")):
        ids = [row["id"] for row in sample.both(pattern, section)]
        assert len(set(ids)) == len(ids)
    assert all("example.com" in row["coco_url"] and "example.com" in row["flickr_url"] for row in images)
    assert len(sample.read("instances_val2014.json")["images"]) == pytest.approx(0.15 * IMAGES, abs=1)


def test_crowds_are_run_lengths(sample: Sample) -> None:
    crowds = [row for row in sample.both("instances_{}2014.json", "annotations") if row["iscrowd"]]
    assert crowds
    for row in crowds:
        height, width = row["segmentation"]["size"]
        counts = row["segmentation"]["counts"]
        assert sum(counts) == height * width and sum(counts[1::2]) == row["area"]
