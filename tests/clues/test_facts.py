import pytest

from vlit_hub.clues.captions import caption_facts
from vlit_hub.clues.facts import Worth, joined, sentence
from vlit_hub.clues.links import phrase_facts, related, relationship_facts
from vlit_hub.clues.objects import absent_facts, count_facts, place_facts
from vlit_hub.clues.places import place, share, written
from vlit_hub.clues.questions import question_facts
from vlit_hub.clues.texts import lines, text_facts
from vlit_hub.image_by_image.annotations import (
    Absent,
    Attribute,
    Caption,
    ImageAnnotations,
    Object,
    Phrase,
    Question,
    Relationship,
    Text,
)
from vlit_hub.wording.nouns import forms


def image(**rows):
    return ImageAnnotations(image_id=1, width=100, height=100, **rows)


def texts(facts):
    return [fact.text for fact in facts]


def test_counts_of_all_names_of_coco(coco_names):
    for name in coco_names:
        said = forms(name)
        one, two, many = (texts(count_facts(image(objects=[Object(name, source="a")] * n)))[0] for n in (1, 2, 13))
        if name == "skis":
            assert (one, two, many) == ("Skis.", "Skis.", "Skis.")
        else:
            assert one == f"One {said.one}."
            assert two == f"Two {said.labels}."
            assert many == f"At least 13 {said.labels}."
        crowd = texts(count_facts(image(objects=[Object(name, crowd=True)])))
        assert crowd == (["Skis."] if name == "skis" else [f"A group of {said.labels}."])


def test_places_of_all_names_of_coco(coco_names):
    for name in coco_names:
        said = forms(name)
        small = [Object(name, 1, n, 4, n + 2, object_id=n) for n in (3, 6)]
        together = texts(place_facts(image(objects=small)))[0].split(" at ")[0]
        alone = texts(place_facts(image(objects=small[:1])))[0].split(" at ")[0]
        expected = ("Skis", "Skis") if name == "skis" else (f"Two {said.labels}", said.a_label.capitalize())
        assert (together, alone.replace("TV", "tv")) == (expected[0], expected[1].replace("TV", "tv"))


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        # exact, one source
        ([Object("dog", source="a")] * 2, "Two dogs."),
        # a crowd beside single ones
        ([Object("dog"), Object("dog", crowd=True)], "One dog and a group of more dogs."),
        # not exhaustive
        ([Object("dog", exhaustive=False)], "At least one dog."),
        # two sources may mean the same dog
        ([Object("dog", source="a"), Object("dog", source="b"), Object("dog", source="b")], "At least two dogs."),
        # many, or tiny: annotators stop counting
        ([Object("dog", source="a")] * 6, "At least six dogs."),
        ([Object("dog", 0, 0, 3, 3)], "At least one dog."),
        # no plural
        ([Object("grass"), Object("grass")], "Grass."),
        # names of other sources
        ([Object("mouse_(computer_equipment)")], "One mouse (computer equipment)."),
    ],
)
def test_counts(objects, expected):
    assert texts(count_facts(image(objects=objects))) == [expected]


def test_counts_by_supercategory():
    objects = [Object("fork", supercategory="kitchen"), Object("cup", supercategory="kitchen"), Object("kite")]
    assert texts(count_facts(image(objects=objects))) == ["Kitchen: one cup and one fork.", "Other: one kite."]


def test_attributes_with_and_without_their_object():
    rows = [
        Attribute("red", "kite", 5, 1, 1, 50, 50, source="x"),
        Attribute("old", "man", 7, 60, 60, 90, 90, source="x"),
        Attribute("tall", "man", 7, 60, 60, 90, 90, source="x"),
        Attribute("green", None, None),
    ]
    objects = [Object("kite", 1, 1, 50, 50, 5, attributes=("round",)), Object("cup", attributes=("blue",))]
    assert texts(place_facts(image(objects=objects, attributes=rows))) == [
        "A kite (red, round) at the top left, about 24% of the picture, [1, 1, 50, 50].",
        "A cup (blue).",
        "Something (green).",
        "A man (old, tall) at the bottom right, about 9% of the picture, [60, 60, 90, 90].",
    ]


def test_an_object_of_two_sources_has_one_place():
    objects = [Object("cup", 1, 1, 50, 50, 1, source="a"), Object("cup", 2, 1, 50, 50, 2, source="b")]
    assert len(place_facts(image(objects=objects))) == 1


def test_absent_unless_annotated():
    facts = absent_facts(
        image(objects=[Object("dog")], absent=[Absent("dog"), Absent("wine glass"), Absent("scissors")])
    )
    assert texts(facts) == ["pairs of scissors", "wine glasses"]


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((0, 0, 10, 10), "at the top left"),
        ((45, 0, 55, 10), "at the top"),
        ((90, 45, 99, 55), "at the right"),
        ((45, 45, 55, 55), "in the middle"),
        ((0, 80, 100, 100), "across the bottom"),
        ((0, 40, 100, 60), "across the middle"),
        ((0, 0, 20, 100), "from top to bottom at the left"),
        ((40, 0, 60, 100), "from top to bottom in the middle"),
        ((0, 0, 100, 100), "filling nearly the whole picture"),
    ],
)
def test_place(box, words):
    assert place(image(), box) == words
    assert place(ImageAnnotations(image_id=1), box) == ""


def test_boxes():
    assert written((0.4, 1.6, 9.5, 12.2)) == "[0, 2, 10, 12]"
    assert written((3.1, 5.2, 3.4, 5.4)) == "[3, 5, 4, 6]"
    assert share(image(), (0, 0, 50, 50)) == 0.25
    assert share(image(), (0, 0, 50, 50), pixels=1000) == 0.1
    assert share(ImageAnnotations(image_id=1), (0, 0, 50, 50)) == 0.0


def test_captions():
    facts = caption_facts(
        [
            Caption("no image", 1),
            Caption("", 2),
            Caption("Unrelated words entirely", 3),
            Caption("Two cats sleep on a couch", 4),
            Caption("two cats sleep on a couch.", 5),
            Caption("Two grey cats on a couch sleep", 6),
            Caption("http://example.com/x.jpg", 7),
        ]
    )
    assert [(fact.text, fact.worth) for fact in facts] == [
        ("Two cats sleep on a couch.", Worth.SUMMARY),
        ("Unrelated words entirely.", Worth.CAPTION),
        ("Two grey cats on a couch sleep.", Worth.REPEATED),
    ]


@pytest.mark.parametrize(
    ("question", "text", "worth"),
    [
        (Question("is it red", "yes", votes=10, answers=["yes"] * 10), "Is it red? yes (10 of 10).", Worth.AGREED),
        (
            Question("Is it red?", "yes", votes=6, answers=["yes"] * 6 + ["no"] * 4),
            "Is it red? yes (6 of 10).",
            Worth.DISPUTED,
        ),
        (
            Question("How many?", "2", votes=4, answers=["2"] * 4 + ["3"] * 3 + ["4", "5", "6"]),
            "How many? Uncertain: 2 (4 of 10), 3 (3 of 10) or 4 (1 of 10).",
            Worth.UNCERTAIN,
        ),
        (
            Question("How many?", "2", votes=5, tied=True, answers=["2", "Three"] * 5),
            "How many? Uncertain: 2 (5 of 10) or three (5 of 10).",
            Worth.UNCERTAIN,
        ),
        (Question("How many?", "2"), "How many? 2.", Worth.AGREED),
        (Question("Name the animal.", "a cat."), "Name the animal. a cat.", Worth.AGREED),
    ],
)
def test_questions(question, text, worth):
    (fact,) = question_facts([question, Question("", "yes"), Question("Why?", None)])
    assert (fact.text, fact.worth) == (text, worth)


def test_words_become_lines():
    found = lines(
        [
            Text("WORLD", 42, 11, 70, 21),
            Text("HELLO", 10, 10, 40, 20),
            Text("far", 90, 10, 99, 20),
            Text("below", 10, 30, 40, 40),
            Text("up", 1, 1, 5, 60),
            Text("!", 71, 10, 73, 20),
        ]
    )
    assert [line.text for line in found] == ["up", "HELLO WORLD", "far", "below"]


def test_texts():
    rows = [
        Text("STOP", 1, 1, 30, 10),
        Text("STOP", 60, 80, 90, 90),
        Text("tiny", 50, 50, 52, 51),
        Text("small", 56, 50, 58, 51),
        Text("", 1, 1, 2, 2),
        Text("seen", 1, 1, 2, 2, legible=False),
        Text(None, 1, 1, 2, 2, legible=False),
    ]
    assert texts(text_facts(image(texts=rows), lines(rows))) == [
        "“STOP”, two times: at the top left, at the bottom right.",
        "Tiny in the middle: “tiny”, “small”.",
        "Two more pieces of text are illegible.",
        "One more piece of text is readable, but what it says isn't known.",
    ]
    assert texts(text_facts(image(texts=rows[-1:]), [])) == ["One piece of text is illegible."]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (("man", "riding", "horse"), "A man is riding a horse."),
        (("men", "wear", "hat"), "Men wear a hat."),
        (("woman", "wear", "glasses"), "A woman wears glasses."),
        (("child", "have", "ice cream"), "A child has an ice cream."),
        (("dog", "ON", "grass"), "A dog is on grass."),
        (("wheel", "of", "car"), "There is a wheel of a car."),
        (("sign", "says", "stop"), "A sign says “stop”."),
        (("cup", "is on", "the table"), "A cup is on the table."),
        (("trees", "in front of", "house"), "Trees are in front of a house."),
        (("", "on", "x"), ""),
    ],
)
def test_relationships(row, expected):
    assert related(Relationship(*row)) == expected


def test_relationships_and_phrases_are_told_once():
    twice = [Relationship("man", "on", "horse", 2, source="b"), Relationship("man", "on", "horse", 1, source="a")]
    (fact,) = relationship_facts(twice)
    assert (fact.text, fact.sources) == ("A man is on a horse.", ("a", "b"))
    rows = [Phrase("Red kite.", 1, 1, 9, 9, 1), Phrase("red kite", 1, 1, 50, 50, 2), Phrase(" ", 1, 1, 50, 50)]
    assert texts(phrase_facts(image(), rows)) == ["“red kite” at the top left, [1, 1, 50, 50]."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" a dog  on\tgrass ", "A dog on grass."),
        ("Stop!", "Stop!"),
        ('He says "stop."', 'He says "stop."'),
        ("a dog,", "A dog."),
        ("狗。", "狗。"),
        (" - ", ""),
    ],
)
def test_sentence(text, expected):
    assert sentence(text) == expected


def test_joined():
    assert joined([]) == ""
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"], "or") == "a, b or c"
    assert joined(["a and b", "c"]) == "a and b; and c"
