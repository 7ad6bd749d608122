"""Every statement about the synthetic sample, read back from its wording, holds of the scene that the picture was drawn from."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from vlit_hub.builders.coco_prog import CocoProg
from vlit_hub.building.gathering import gather_annotations
from vlit_hub.building.plan import BuildOptions, make_plan
from vlit_hub.drafting.templates import parse
from vlit_hub.plugins.strategies.rule_conversations.makers import SPECS
from vlit_hub.plugins.strategies.rule_conversations.profiles import colours, postures, profile
from vlit_hub.plugins.strategies.rule_conversations.wordings import load
from vlit_hub.sample import write_sample
from vlit_hub.sample.annotations import image_id
from vlit_hub.sample.catalog import CATEGORIES
from vlit_hub.sample.layout import compose
from vlit_hub.wording.nouns import forms, number_word

IMAGES = 100
OBJECTS_AN_IMAGE = 100  # the sample numbers its objects image * 100 + place

SAID = {}
for _name in CATEGORIES:
    _forms = forms(profile(_name).said)
    for _form in (_forms.a_label, _forms.the_label, _forms.labels, _forms.one, _forms.label):
        SAID[_form.lower()] = _name
NUMBERS = {number_word(number): number for number in range(30)}
ORDINALS = ("first", "second", "third", "fourth", "fifth")
PARTS = {
    "left": lambda x1, y1, x2, y2: x2,
    "right": lambda x1, y1, x2, y2: 1 - x1,
    "upper": lambda x1, y1, x2, y2: y2,
    "lower": lambda x1, y1, x2, y2: 1 - y1,
}

NAMING = ("one", "the_other", "a_other", "another", "first", "second", "third")

# What may stand for a placeholder, where that isn't any words.
PATTERNS = {
    "picture": "picture|image",
    "colour": rf"(?:{'|'.join(colours())})(?: and (?:{'|'.join(colours())}))?",
    "posture": "|".join(set(postures().values())),
    "part": r"in the [a-z ]+?|near the middle",
    "edge": "left|right|upper|lower",
    "claimed": "left|right",
    "opposite": "left|right",
    "ordinal": "|".join(ORDINALS),
    "percent": r"\d+",
    "box": r"\[\d+, \d+, \d+, \d+\]",
    "Is": "Is",
    "is": "is",
    "it": "it|the person|It|The person",
}


def _pattern(template):
    literals, names = parse(template)
    seen = Counter()
    pattern = re.escape(literals[0])
    for name, literal in zip(names, literals[1:], strict=True):
        seen[name] += 1
        named = name in NAMING or ("label" in name and not name.startswith("number"))
        said = PATTERNS.get(name) or ("|".join(map(re.escape, SAID)) if named else ".+?")
        pattern += f"(?P<{name}_{seen[name]}>{said})" + re.escape(literal)
    return re.compile(pattern + "$", re.IGNORECASE)


@pytest.fixture(scope="module")
def patterns():
    """Of each pool the patterns of its questions, and of its answers with their outcome."""
    found = {}
    for name, pool in load(SPECS.values(), "pixel").items():
        questions = [_pattern(text) for text in pool.questions + pool.follow_ups]
        answers = [(outcome, _pattern(text)) for outcome, texts in pool.answers.items() for text in texts]
        found[name] = questions, answers
    return found


@pytest.fixture(scope="module")
def world(tmp_path_factory, drafts_of):
    folder = tmp_path_factory.mktemp("sample") / "data"
    write_sample(folder, images=IMAGES, photos=False)
    annotations = gather_annotations(make_plan(CocoProg, BuildOptions(data_dir=folder))).annotations
    scenes = {image_id(0, number): compose(0, number) for number in range(IMAGES)}
    return annotations, scenes, drafts_of(annotations)


def _values(match):
    return {name.rsplit("_", 1)[0].lower(): value for name, value in match.groupdict().items()}


def _readings(patterns, question, answer):
    """All pools by which question and answer can be read, with the outcome and what stands for the placeholders."""
    for name, (questions, answers) in patterns.items():
        asked = [match for pattern in questions if (match := pattern.match(question))]
        if not asked:
            continue
        for outcome, pattern in answers:
            if match := pattern.match(answer):
                for one in asked:
                    yield name, outcome, _values(one) | _values(match)


class Check:
    """Whether what a turn says holds of a scene."""

    def __init__(self, scene, thing, annotations):
        self.scene, self.thing = scene, thing
        self.things = scene.by_category()
        self.crowd = scene.crowd.category.name if scene.crowd else None
        self.annotations = annotations

    def single(self, said):
        (thing,) = self.things[SAID[said.lower()]]
        assert self.crowd != thing.name
        return thing

    def absent(self, said):
        name = SAID[said.lower()]
        assert name not in self.things
        assert name != self.crowd

    def number(self, said, number):
        name = SAID[said.lower()]
        assert name != self.crowd
        assert len(self.things[name]) == number

    def in_part(self, thing, words):
        x1, y1, x2, y2 = thing.visible
        box = x1 / self.scene.width, y1 / self.scene.height, x2 / self.scene.width, y2 / self.scene.height
        if words == "near the middle":
            assert abs((box[0] + box[2]) / 2 - 0.5) < 0.1
            assert abs((box[1] + box[3]) / 2 - 0.5) < 0.1
            return
        reach = 1 / 3 + 0.02 if "third" in words else 0.5
        sides = [side for side in PARTS if side in words.split()]
        assert sides
        for side in sides:
            assert PARTS[side](*box) <= reach

    @staticmethod
    def on_side(thing, other, side):
        left, right = (thing, other) if side == "left" else (other, thing)
        assert left.visible[2] < right.visible[0]

    @staticmethod
    def coloured(thing, colour):
        assert set(colour.split(" and ")) <= {thing.colour, thing.second}

    def presence(self, outcome, said):
        if outcome == "no":
            self.absent(said.get("a_label") or said["one"])
            return
        name = SAID[(said.get("a_label") or said["labels"]).lower()]
        assert len(self.things.get(name, ())) + (name == self.crowd) * 2 > (outcome == "several")

    def premise(self, outcome, said):
        self.absent(said.get("one") or said["a_label"])

    def choice(self, outcome, said):
        named = {SAID[said[place].lower()] for place in ("first", "second", "third")}
        there = SAID[said["a_label"].lower()]
        assert there in self.things
        for name in named - {there}:
            assert name not in self.things
            assert name != self.crowd

    def count(self, outcome, said):
        self.number(said.get("labels") or said["one"], NUMBERS[said["number"].lower()] if outcome == "several" else 1)

    def count_people(self, outcome, said):
        self.number("people", NUMBERS[said["number"].lower()] if outcome == "several" else 1)

    def position(self, outcome, said):
        if "the_label" in said:
            self.in_part(self.single(said["the_label"]), said["part"])

    def side(self, outcome, said):
        self.on_side(self.single(said["the_label"]), self.single(said["the_other"]), outcome)

    def side_check(self, outcome, said):
        opposite = "left" if said["claimed"] == "right" else "right"
        side = said["claimed"] if outcome == "yes" else opposite
        self.on_side(self.single(said["the_label"]), self.single(said["the_other"]), side)

    def higher(self, outcome, said):
        two = {SAID[said["first"].lower()], SAID[said["second"].lower()]}
        upper = self.single(said["the_label"])
        (other,) = two - {upper.name}
        (lower,) = self.things[other]
        assert upper.visible[3] < lower.visible[1]

    def larger(self, outcome, said):
        two = {SAID[said["first"].lower()], SAID[said["second"].lower()]}
        large = self.single(said["the_label"])
        (other,) = two - {large.name}
        (small,) = self.things[other]
        assert large.area > 1.5 * small.area

    def more(self, outcome, said):
        two = {SAID[said["labels_first"].lower()], SAID[said["labels_second"].lower()]}
        many = SAID[said["labels"].lower()]
        (few,) = two - {many}
        assert self.crowd not in two
        assert len(self.things[many]) > len(self.things[few])
        if "number_labels" in said:
            assert NUMBERS[said["number_labels"].split()[0].lower()] == len(self.things[many])
            assert NUMBERS[said["number_others"].split()[0].lower()] == len(self.things[few])
        if "number_other" in said:
            assert NUMBERS[said["number"].lower()] == len(self.things[many])
            assert NUMBERS[said["number_other"].lower()] == len(self.things[few])

    def colour(self, outcome, said):
        if "the_label" in said:
            self.coloured(self.single(said["the_label"]), said["colour"].lower())

    def posture(self, outcome, said):
        assert self.single(said["the_label"]).pose == said["posture"].lower()

    def caption(self, outcome, said):
        assert said["caption"].lower() in {
            text.strip().rstrip(".").lower() + "." for text in self.annotations["captions"]
        }

    caption_again = caption

    def text(self, outcome, said):
        assert said["text"] in {word.text for word in self.scene.words}

    def question(self, outcome, said):
        answer = outcome if outcome in ("yes", "no") else said["answer"].rstrip(".").lower()
        assert (said["question"].lower().rstrip("?"), answer) in self.annotations["questions"]

    def region_what(self, outcome, said):
        assert SAID[said["a_label"].lower()] == self.thing.name
        box = [float(side) for side in said["box"].strip("[]").split(",")]
        assert box == pytest.approx(self.thing.visible, abs=1)

    def region_other(self, outcome, said):
        self.absent(said["another"])
        assert "a_label" not in said or SAID[said["a_label"].lower()] == self.thing.name

    def region_place(self, outcome, said):
        self.in_part(self.thing, said["part"])

    def region_only(self, outcome, said):
        number = NUMBERS[said["number"].lower()] if outcome == "no" else 1
        self.number(said.get("labels") or said.get("one"), number)

    def region_order(self, outcome, said):
        row = sorted(self.things[self.thing.name], key=lambda thing: thing.visible[0])
        assert row.index(self.thing) == ORDINALS.index(said["ordinal"].lower())
        if "number" in said:
            assert NUMBERS[said["number"].lower()] == len(row)

    def region_beside(self, outcome, said):
        self.on_side(self.thing, self.single(said["the_other"]), outcome)

    def region_share(self, outcome, said):
        x1, y1, x2, y2 = self.thing.visible
        share = (x2 - x1) * (y2 - y1) / (self.scene.width * self.scene.height) * 100
        assert abs(int(said["percent"]) - share) <= (0.55 if share < 10 else 2.6)

    def region_edge(self, outcome, said):
        x1, y1, x2, y2 = self.thing.visible
        gaps = {"left": x1, "upper": y1, "right": self.scene.width - x2, "lower": self.scene.height - y2}
        if outcome == "yes":
            assert gaps[said["edge"].lower()] <= 2
        else:
            assert min(gaps.values()) > 5

    def region_shape(self, outcome, said):
        x1, y1, x2, y2 = self.thing.visible
        assert (x2 - x1 > y2 - y1) == (outcome == "wide")

    def region_colour(self, outcome, said):
        self.coloured(self.thing, said["colour"].lower())

    def region_posture(self, outcome, said):
        assert self.thing.pose == said["posture"].lower()


def test_every_statement_holds_of_its_scene(world, patterns, turns_of):
    annotations, scenes, drafts = world
    captions = annotations.captions.group_by("image_id").agg("caption").rows()
    captions = dict(captions)
    asked = {image: set() for image in scenes}
    for image, question, answer in annotations.questions.select("image_id", "question", "answer").iter_rows():
        asked[image].add((question.lower().rstrip("?"), answer))
    said = Counter()
    for draft in drafts.iter_rows(named=True):
        scene = scenes[draft["image_id"]]
        thing = None
        if draft["key"].startswith("region-"):
            thing = scene.things[int(draft["key"].removeprefix("region-")) % OBJECTS_AN_IMAGE]
        about = {"captions": captions[draft["image_id"]], "questions": asked[draft["image_id"]]}
        check = Check(scene, thing, about)
        for question, answer in turns_of(draft):
            readings = list(_readings(patterns, question, answer))
            readings = [one for one in readings if one[0].startswith("region_") == (thing is not None)]
            # a question that people asked can be read as any
            own = [one for one in readings if one[0] not in ("question", "caption", "caption_again")] or readings
            assert own, (question, answer)
            wrong = []
            for name, outcome, values in own:
                try:
                    getattr(check, name)(outcome, values)
                except (AssertionError, KeyError, ValueError) as error:
                    wrong.append((name, outcome, values, error))
                else:
                    said[name] += 1
                    break
            else:
                pytest.fail(f"{draft['image_id']} {draft['key']}: {question} {answer} {wrong}")
    # all kinds of turns were met, so that no check was idle
    assert set(SPECS) - set(said) <= {"more", "larger"}, said
