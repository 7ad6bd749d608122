"""What may be said of the objects: each trap, by annotations that are written by hand."""

from __future__ import annotations

import pytest

from tests.by_hand import annotations_of, question

LARGE = [100, 100, 300, 400]  # of an image of 640 by 480
SECOND = [350, 100, 550, 400]
SMALL = [10, 10, 40, 30]

# Other images make the sources know these categories.
ELSEWHERE = [
    {"image_id": 99, "category": name, "box": LARGE, "object_id": 900 + number}
    for number, name in enumerate(("dog", "cat", "bus", "elephant", "bed", "toilet", "car", "truck", "person", "sheep"))
]


def _image(objects=(), captions=(), **more):
    return annotations_of(
        objects=[{"image_id": 1, "box": LARGE, **given} for given in objects] + ELSEWHERE,
        captions=[{"image_id": 1, "caption": text} for text in captions],
        **more,
    )


def _names(facts, frame):
    categories = facts.vocabulary.categories
    return {categories[code] for code in frame.filter(image_id=1)["code"]}


DOG = {"category": "dog"}
CAPTION = "A dog runs over the grass."


@pytest.mark.parametrize(
    ("objects", "captions", "counted"),
    [
        ([DOG], [CAPTION], {"dog": 1}),
        ([DOG], [], {"dog": 1}),
        ([DOG, {**DOG, "box": SECOND}], ["Two dogs run."], {"dog": 2}),
        # a crowd is of unknown number
        ([DOG, {**DOG, "box": SECOND, "crowd": True}], ["Dogs run."], {}),
        # others of the category may be unannotated
        ([{**DOG, "exhaustive": False}], [CAPTION], {}),
        # captions with another number, with more of them, or with none
        ([DOG], ["Two dogs run."], {}),
        ([DOG], ["Two small white dogs run."], {}),
        ([DOG], ["Dogs run."], {}),
        ([DOG, {**DOG, "box": SECOND}], ["A group of dogs."], {}),
        ([DOG, {**DOG, "box": SECOND}], ["Three dogs run."], {}),
        ([{"category": "person"}], ["A lawn."], {}),
        # where one is tiny there may be more
        ([DOG, {**DOG, "box": SMALL}], ["Two dogs run."], {}),
        # more than annotators count well
        ([{"category": "sheep", "box": [100 * n, 100, 100 * n + 90, 300]} for n in range(5)], ["Sheep graze."], {}),
        # fruit, books, cups: never
        ([{"category": "banana"}], ["A banana."], {}),
        ([{"category": "cup"}], ["A cup."], {}),
        # some draw a box round each ski, some round the pair
        ([{"category": "skis"}], ["A pair of skis."], {}),
        # what is mixed up with it is there too
        ([{"category": "bus"}, {"category": "truck", "box": SECOND}], ["A bus and a truck."], {}),
        # pictures, mirrors and figures show others
        ([DOG], ["A dog looks at itself in a mirror."], {}),
        ([DOG], ["A stuffed dog."], {}),
        ([DOG], ["A dog in front of a poster."], {}),
    ],
)
def test_numbers_that_are_stated(facts_of, objects, captions, counted):
    facts = facts_of(_image(objects, captions))
    found = facts.counted.filter(image_id=1)
    assert dict(found.select("category", "number").iter_rows()) == counted


@pytest.mark.parametrize(
    ("answers", "stated"),
    [(["1"] * 10, True), (["2"] * 10, False), (["1"] * 5 + ["2"] * 5, False), (["one dog"] * 10, False)],
)
def test_a_number_that_people_answered_otherwise_is_not_stated(facts_of, answers, stated):
    asked = [question(1, "How many dogs are there?", answers, answer_type="number")]
    facts = facts_of(_image([DOG], [CAPTION], questions=asked))
    assert bool(len(facts.counted.filter(image_id=1))) == stated


def test_nothing_is_stated_of_a_source_that_left_something_out(facts_of):
    left_out = [{"image_id": 1, "what": "annotation 7", "reason": "no box"}]
    facts = facts_of(_image([DOG], [CAPTION], rejected=left_out))
    assert facts.counted.filter(image_id=1).is_empty()
    assert facts.absent.filter(image_id=1).is_empty()


@pytest.mark.parametrize(
    ("objects", "captions", "present"),
    [
        ([DOG], [CAPTION], {"dog"}),
        # a figurine, a speck
        ([{**DOG, "box": SMALL}], ["A desk."], set()),
        # small, but a caption names it
        ([{**DOG, "box": [10, 10, 70, 50]}], [CAPTION], {"dog"}),
        # what annotators call a cup may be a glass, a pot, a bottle's cap
        ([{"category": "cup"}], ["A glass of water."], set()),
        ([{"category": "cup"}], ["A cup of tea."], {"cup"}),
        ([{"category": "cup"}], [], {"cup"}),
        # large and plain
        ([{"category": "toilet"}], ["A small room."], {"toilet"}),
        ([{"category": "teddy bear"}], ["A stuffed sheep."], set()),
        ([{**DOG, "crowd": True}], [CAPTION], set()),
    ],
)
def test_presence_that_is_stated(facts_of, objects, captions, present):
    facts = facts_of(_image(objects, captions))
    assert _names(facts, facts.present) == present


def test_presence_that_somebody_denied_is_not_stated(facts_of):
    asked = [question(1, "Is there a dog in the picture?", ["no"] * 9 + ["yes"], answer_type="yes/no")]
    facts = facts_of(_image([DOG], [CAPTION], questions=asked))
    assert facts.present.filter(image_id=1).is_empty()


ALWAYS_ABSENT = {"bed", "bus", "cat", "elephant", "sheep", "toilet"}


@pytest.mark.parametrize(
    ("objects", "more", "absent"),
    [
        # people, cars and trucks are missed too often
        ([DOG], {}, ALWAYS_ABSENT),
        ([DOG, {"category": "cat", "box": SMALL}], {}, ALWAYS_ABSENT - {"cat"}),
        ([DOG, {"category": "cat", "box": SMALL, "crowd": True}], {}, ALWAYS_ABSENT - {"cat"}),
        # mentioned, in any text and in other words
        ([DOG], {"captions": ["A dog and a kitten."]}, ALWAYS_ABSENT - {"cat"}),
        ([DOG], {"captions": ["A dog in a bathroom."]}, ALWAYS_ABSENT - {"toilet"}),
        ([DOG], {"questions": [question(1, "Who owns the cat?", ["nobody"] * 10)]}, ALWAYS_ABSENT - {"cat"}),
        ([DOG], {"texts": [{"image_id": 1, "text": "BUS", "box": SMALL}]}, ALWAYS_ABSENT - {"bus"}),
        ([DOG], {"regions": [{"image_id": 1, "phrase": "lambs", "box": SMALL}]}, ALWAYS_ABSENT - {"sheep"}),
        # something that it is mixed up with is there
        ([DOG, {"category": "car"}], {}, ALWAYS_ABSENT - {"bus"}),
        # the source doesn't look for all objects
        ([DOG], {"images": [{"image_id": 1, "exhaustive": False}]}, set()),
        # toys and posters: only what is out of place there, and no animals
        ([DOG, {"category": "cat"}], {"captions": ["Toys in a room: a dog and a cat."]}, {"bus"}),
        # nobody annotated anything
        ([], {"images": [{"image_id": 1}]}, set()),
        ([], {"captions": ["A lawn."], "images": [{"image_id": 1}]}, ALWAYS_ABSENT | {"dog"}),
    ],
)
def test_absence_that_is_stated(facts_of, objects, more, absent):
    facts = facts_of(_image(objects, **more))
    assert _names(facts, facts.absent) == absent


def test_categories_that_no_image_has_are_unknown_to_the_source(facts_of):
    facts = facts_of(_image([DOG]))
    assert "giraffe" not in set(facts.vocabulary.categories)


def test_absence_that_annotators_verified(facts_of):
    facts = facts_of(
        annotations_of(
            objects=[{"image_id": 1, "category": "dog", "box": LARGE, "exhaustive": False}],
            absent=[{"image_id": 1, "category": "lamp"}],
        )
    )
    assert _names(facts, facts.absent) == {"lamp"}


@pytest.mark.parametrize(
    ("objects", "captions", "marked"),
    [
        ([DOG], [CAPTION], {"dog"}),
        # too small to be sure what it is, or much smaller than another of its category
        ([{**DOG, "box": [100, 100, 160, 180]}], [CAPTION], set()),
        ([{"category": "toilet", "box": [100, 100, 180, 180]}], ["A toilet."], {"toilet"}),
        ([{"category": "bus"}, {"category": "car", "box": SECOND}], ["A bus."], set()),
        ([DOG], ["A toy dog."], set()),
        ([{**DOG, "crowd": True}], [CAPTION], set()),
    ],
)
def test_objects_that_region_conversations_are_about(facts_of, objects, captions, marked):
    facts = facts_of(_image(objects, captions))
    assert set(facts.marked.filter(image_id=1)["category"]) == marked


def test_an_object_much_smaller_than_another_of_its_category_is_not_marked(facts_of):
    meters = [{"category": "parking meter"}, {"category": "parking meter", "box": [500, 10, 620, 130]}]
    facts = facts_of(_image(meters, ["A parking meter."]))
    assert facts.marked.filter(image_id=1)["row"].to_list() == [0]
    assert facts.present.filter(image_id=1)["sure_number"].to_list() == [1]
