"""Turns that are made, and those that mustn't be."""

from __future__ import annotations

import pytest

from tests.by_hand import annotations_of, question
from vlit_hub.plugins.strategies.rule_conversations import about_attributes, about_objects, about_regions, about_texts

LEFT, RIGHT = [20, 200, 200, 400], [400, 200, 600, 400]


def _two(first, second, **more):
    return annotations_of(
        objects=[
            {"image_id": 1, "category": "dog", "box": first},
            {"image_id": 1, "category": "person", "box": second},
        ],
        **more,
    )


@pytest.mark.parametrize(
    ("first", "second", "sides"),
    [
        (LEFT, RIGHT, {("dog", "left"), ("person", "right")}),
        (RIGHT, LEFT, {("dog", "right"), ("person", "left")}),
        # they overlap, or all but touch
        (LEFT, [150, 100, 400, 400], set()),
        (LEFT, [205, 100, 400, 400], set()),
        ([20, 20, 300, 100], [20, 200, 300, 400], set()),
    ],
)
def test_sides_only_where_boxes_are_apart(facts_of, first, second, sides):
    found = about_objects.side(facts_of(_two(first, second)))
    assert set(found.select("category", "outcome").iter_rows()) == sides


@pytest.mark.parametrize(
    ("first", "second", "upper"),
    [
        ([20, 20, 300, 100], [20, 200, 300, 400], {"dog"}),
        ([20, 200, 300, 400], [20, 20, 300, 100], {"person"}),
        ([20, 20, 300, 250], [20, 200, 300, 400], set()),
    ],
)
def test_higher_only_where_nothing_is_lower(facts_of, first, second, upper):
    assert set(about_objects.higher(facts_of(_two(first, second)))["category"]) == upper


@pytest.mark.parametrize(
    ("box", "part"),
    [
        ([10, 10, 200, 200], "in the upper left quarter"),
        ([400, 300, 600, 470], "in the lower right quarter"),
        ([10, 10, 200, 470], "in the left third"),
        ([10, 10, 300, 470], "in the left half"),
        ([10, 350, 630, 470], "in the lower third"),
        ([250, 150, 400, 330], "near the middle"),
        ([10, 10, 630, 470], None),
        # it reaches over the middle line
        ([10, 10, 330, 470], None),
    ],
)
def test_places_that_are_said(facts_of, box, part):
    objects = [{"image_id": 1, "category": "dog", "box": box}]
    found = about_objects.position(facts_of(annotations_of(objects=objects)))
    assert found["part"].to_list() == ([] if part is None else [part])


def test_relations_only_of_objects_that_are_alone_of_their_kind(facts_of):
    dogs = [{"image_id": 1, "category": "dog", "box": box} for box in (LEFT, [210, 200, 380, 400])]
    person = {"image_id": 1, "category": "person", "box": RIGHT}
    assert about_objects.side(facts_of(annotations_of(objects=[*dogs, person]))).is_empty()


def test_larger_means_much_larger_by_mask_and_by_box(facts_of):
    def larger(first, second):
        objects = [
            {"image_id": 1, "category": "dog", "box": LEFT, "area": first},
            {"image_id": 1, "category": "person", "box": [300, 100, 620, 420], "area": second},
        ]
        return about_objects.larger(facts_of(annotations_of(objects=objects)))["category"].to_list()

    assert larger(20_000, 90_000) == ["person"]
    assert larger(30_000, 40_000) == []
    assert larger(90_000, 20_000) == []


def test_more_means_two_more(facts_of):
    def more(dogs):
        objects = [{"image_id": 1, "category": "dog", "box": [150 * n, 100, 150 * n + 100, 200]} for n in range(dogs)]
        cat = {"image_id": 1, "category": "cat", "box": [100, 300, 250, 450]}
        return about_objects.more(facts_of(annotations_of(objects=[*objects, cat])))["category"].to_list()

    assert more(2) == []
    assert more(3) == ["dog"]


def test_people_are_counted_in_part(facts_of, drafts_of, turns_of):
    annotations = annotations_of(objects=[{"image_id": 1, "category": "person", "box": box} for box in (LEFT, RIGHT)])
    facts = facts_of(annotations)
    assert about_objects.count(facts).is_empty()
    assert about_objects.count_people(facts)["number"].to_list() == [2]


@pytest.mark.parametrize(
    ("text", "more", "read"),
    [
        ("STOP", {}, True),
        ("Lvan's", {}, False),  # nobody else wrote this word
        ("PO", {}, False),
        ("STOP", {"legible": False}, False),
        ("STOP", {"box": [10, 10, 60, 18]}, False),
        (None, {}, False),
        ("stop.", {}, False),
    ],
)
def test_texts_that_are_read_out(facts_of, text, more, read):
    texts = [{"image_id": 1, "text": text, "box": [10, 10, 100, 60], **more}]
    captions = [{"image_id": 1, "caption": "A stop sign."}]
    found = about_texts.text(facts_of(annotations_of(texts=texts, captions=captions)))
    assert len(found) == read


def test_a_word_that_was_read_in_two_images_is_read_out(facts_of):
    texts = [{"image_id": image, "text": "OAKLEY", "box": [10, 10, 100, 60]} for image in (1, 2)]
    assert len(about_texts.text(facts_of(annotations_of(texts=texts)))) == 2


@pytest.mark.parametrize(
    ("text", "answers", "used"),
    [
        ("What is the wall made of?", ["wood"] * 8 + ["brick"] * 2, True),
        ("What is the wall made of?", ["wood"] * 7 + ["brick"] * 3, False),
        ("Is the wall blue?", ["no"] * 9 + ["yes"], True),
        ("Is the wall blue?", ["no"] * 8 + ["yes"] * 2, False),
        ("Is the wall blue?", ["no"] * 3, False),  # few were asked
        ("Does the man look happy?", ["yes"] * 10, False),
        ("Why is the wall blue?", ["paint"] * 10, False),
        ("Are they near water?", ["no"] * 10, False),  # who?
        ("What is on the wall?", ["nothing"] * 10, False),
        ("How many dogs are there?", ["2"] * 10, False),  # annotations answer it
        ("How many windows has the wall?", ["2"] * 10, True),
    ],
)
def test_questions_that_are_used(facts_of, text, answers, used):
    annotations = _two(LEFT, RIGHT, questions=[question(1, text, answers)])
    assert len(about_texts.question(facts_of(annotations))) == used


@pytest.mark.parametrize(
    ("captions", "used"),
    [
        (["a dog runs in a park", "a dog is running through the park", "a small dog in a park"], True),
        (["a dog runs in a park"], True),
        (["I am unable to see an image above."], False),
        (["A very pretty dog."], False),
        (["A DOG IN A PARK"], False),
        (["a women with a dog"], False),
        (["a man with ski's and poles"], False),
        (["two dog\u2019s in a park"], False),
        (["a dog on a man's lap"], True),
        # they contradict each other
        (["a red bus", "an orange bus"], False),
        (["a dog is sitting on a roof", "a dog lying on a roof"], False),
        (["toys in a kitchen", "toys in a classroom"], False),
        (["two buses in a street", "a bus in a street", "the street has a bus"], True),
    ],
)
def test_captions_that_are_used(facts_of, captions, used):
    rows = [{"image_id": 1, "caption": text} for text in captions]
    found = about_texts.caption(facts_of(annotations_of(captions=rows)))
    assert len(found) == used
    assert "two" not in "".join(found["caption"])


@pytest.mark.parametrize(
    ("objects", "used"),
    [
        ([LEFT], False),
        ([LEFT, RIGHT], True),
    ],
)
def test_questions_about_these_only_where_there_are_several(facts_of, objects, used):
    annotations = annotations_of(
        objects=[{"image_id": 1, "category": "sheep", "box": box} for box in objects],
        questions=[question(1, "How many legs do these animals have?", ["4"] * 10)],
    )
    assert len(about_texts.question(facts_of(annotations))) == used


@pytest.mark.parametrize(
    ("crowd", "outcome"),
    [
        (None, "one"),
        ([300, 0, 640, 200], "several"),
        ([300, 0, 310, 10], "one"),  # too small to be sure of
    ],
)
def test_a_person_beside_a_crowd_is_not_one_person(facts_of, crowd, outcome):
    objects = [{"image_id": 1, "category": "person", "box": LEFT}]
    if crowd:
        objects.append({"image_id": 1, "category": "person", "box": crowd, "crowd": True})
    found = about_objects.present(facts_of(annotations_of(objects=objects)))
    assert list(found["outcome"]) == [outcome]


def test_colours_and_postures_that_are_stated(facts_of):
    def said(category, *attributes):
        objects = [{"image_id": 1, "category": category, "box": LEFT, "object_id": 5}]
        rows = [
            {"image_id": 1, "object_id": 5, "category": category, "attribute": name, "box": LEFT} for name in attributes
        ]
        facts = facts_of(annotations_of(objects=objects, attributes=rows))
        colour, posture = about_attributes.colour(facts), about_attributes.posture(facts)
        return colour["colour"].to_list(), posture["posture"].to_list()

    assert said("dog", "brown", "sitting", "cute", "soft/fluffy") == (["brown"], ["sitting"])
    assert said("dog", "white", "black") == (["black and white"], [])
    assert said("dog", "white", "black", "brown", "sitting", "standing") == ([], [])
    assert said("person", "red", "standing") == ([], ["standing"])
    assert said("bus", "red", "standing") == (["red"], [])


def test_order_from_the_left_only_where_it_is_plain(facts_of):
    def ordinals(*boxes):
        objects = [{"image_id": 1, "category": "dog", "box": box} for box in boxes]
        found = about_regions.order(facts_of(annotations_of(objects=objects), regions=9))
        return found.sort("row")["ordinal"].to_list()

    assert ordinals([300, 100, 450, 300], [20, 100, 200, 300]) == ["second", "first"]
    assert ordinals([20, 100, 450, 300], [100, 100, 300, 300]) == []
    assert ordinals([20, 100, 200, 300], [25, 100, 300, 300]) == []


def test_edges_that_are_reached(facts_of):
    def edge(*box):
        objects = [{"image_id": 1, "category": "dog", "box": box}]
        return about_regions.edge(facts_of(annotations_of(objects=objects))).select("outcome", "edge").rows()

    assert edge(0, 100, 200, 300) == [("yes", "left")]
    assert edge(100, 100, 200, 480) == [("yes", "lower")]
    assert edge(100, 100, 300, 300) == [("no", "")]
    assert edge(0, 0, 200, 300) == []  # two edges
    assert edge(5, 100, 200, 300) == []  # near


def test_what_a_marked_object_is_not_is_nowhere_in_the_image(facts_of):
    rows = [
        {"image_id": 1, "category": "person", "box": LEFT},
        {"image_id": 1, "category": "horse", "box": RIGHT},
        {"image_id": 2, "category": "elephant", "box": LEFT},
    ]
    found = about_regions.other(facts_of(annotations_of(objects=rows))).filter(image_id=1)
    assert set(found["another_said"]) == {"elephant"}
