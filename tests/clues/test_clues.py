import random
from dataclasses import replace

import pytest

from vlit_hub.clues import Clues, write_clues
from vlit_hub.generation.tokens import estimate
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

DOG = Object("dog", 0, 100, 40, 190, 1, "animal", source="coco_instances")
IMAGE = ImageAnnotations(
    image_id=9,
    width=300,
    height=200,
    captions=[
        Caption("a dog  watches a man on a bench", 1, "coco_captions"),
        Caption("I am unable to see an image above.", 2, "coco_captions"),
        Caption("A dog watches a man on a bench.", 3, "coco_captions"),
        Caption("Somebody reads in a quiet park", 4, "coco_captions"),
        Caption("A dog watches a man on a green bench", 5, "coco_captions"),
    ],
    objects=[
        DOG,
        Object("person", 100, 20, 160, 180, 2, "person", source="coco_instances"),
        Object("person", 0, 0, 300, 30, 3, "person", crowd=True, source="coco_instances"),
        Object("bench", 90, 90, 290, 190, 4, "outdoor", source="coco_instances"),
        Object("book", 110, 80, 140, 100, 5, "indoor", source="coco_instances"),
    ],
    attributes=[
        Attribute("furry", "dog", 1, 0, 100, 40, 190, "coco_attributes"),
        Attribute("brown", "dog", 1, 0, 100, 40, 190, "coco_attributes"),
    ],
    questions=[
        Question("what is the man doing", "reading", 1, 9, False, ["reading"] * 9 + ["sitting"], source="vqa"),
        Question("Is the dog old?", "yes", 2, 4, True, ["yes"] * 4 + ["no"] * 4 + ["maybe"] * 2, source="vqa"),
        Question("Nobody answered?", None, 3, source="vqa"),
    ],
    texts=[
        Text("KEEP", 200, 100, 230, 110, 1, source="coco_text"),
        Text("OUT", 235, 101, 260, 111, 2, source="coco_text"),
        Text("Rex", 10, 120, 20, 126, 3, source="coco_text"),
        Text("--", 200, 130, 210, 140, 4, source="coco_text"),
        Text(None, 1, 1, 5, 5, 5, False, source="coco_text"),
    ],
    relationships=[Relationship("man", "sitting on", "bench", 1, source="visual_genome")],
    regions=[Phrase("a man's blue hat", 120, 20, 140, 40, 1, "visual_genome")],
    absent=[Absent("cat", "lvis"), Absent("bus", "lvis")],
)

WHOLE = """The picture is 300 pixels wide and 200 pixels high. Boxes are [left, top, right, bottom] in pixels, counted \
from the top left corner.

The whole picture, as different people put it:
- A dog watches a man on a bench.
- Somebody reads in a quiet park.
- A dog watches a man on a green bench.

What is in it (numbers are exact unless it says "at least" or "a group"):
- Person: one person and a group of more people.
- Animal: one dog.
- Indoor: one book.
- Outdoor: one bench.

Where objects are, the largest in the picture first:
- A bench at the bottom, about 33% of the picture, [90, 90, 290, 190].
- A person from top to bottom in the middle, about 16% of the picture, [100, 20, 160, 180].
- A group of people across the top, about 15% of the picture, [0, 0, 300, 30].
- A dog (brown, furry) at the bottom left, about 6% of the picture, [0, 100, 40, 190].
- A book in the middle, about 1% of the picture, [110, 80, 140, 100].

Text that can be read in it:
- “KEEP OUT” at the right, [200, 100, 260, 111].
- “Rex” at the left, [10, 120, 20, 126].
- One more piece of text is illegible.

Questions about it, each with the answer most people gave and how many of those asked gave it:
- What is the man doing? reading (9 of 10).
- Is the dog old? Uncertain: no (4 of 10), yes (4 of 10) or maybe (2 of 10).

How things relate:
- A man is sitting on a bench.

Parts of it:
- “a man's blue hat” at the top, [120, 20, 140, 40].

Looked for, and not there: buses and cats."""


def test_everything():
    clues = write_clues(IMAGE, budget=2000)
    assert clues.text == WHOLE
    assert clues.tokens == estimate(WHOLE)
    assert clues.dropped == {}
    assert clues.sources == (
        "coco_attributes",
        "coco_captions",
        "coco_instances",
        "coco_text",
        "lvis",
        "visual_genome",
        "vqa",
    )


def test_marked_object():
    text = write_clues(IMAGE, budget=2000, region=DOG).text
    section = text.split("\n\n")[1]
    assert section == (
        "The marked object:\n"
        "- It is a dog at the bottom left, about 6% of the picture, [0, 100, 40, 190].\n"
        "- Its attributes: brown, furry.\n"
        "- “Rex” can be read inside its box."
    )
    assert text.count("Rex") == 1 and "A dog (brown" not in text
    assert "- A bench at the bottom" in text


def test_what_surrounds_the_marked_object():
    hat = replace(IMAGE, relationships=[Relationship("man", "wear", "hat", 1, 100, 20, 160, 180)])
    section = write_clues(hat, budget=2000, region=IMAGE.objects[1]).text.split("\n\n")[1]
    assert section.splitlines()[1:] == [
        "- It is a person from top to bottom in the middle, about 16% of the picture, [100, 20, 160, 180].",
        "- The whole picture has one person and a group of more people.",
        "- To be seen here: “a man's blue hat”, [120, 20, 140, 40].",
        "- A man wears a hat.",
        "- Its box overlaps that of a bench, [90, 90, 290, 190].",
        "- Inside its box is that of a book, [110, 80, 140, 100].",
    ]


def test_order_of_the_annotations_makes_no_difference():
    kinds = ("captions", "objects", "attributes", "questions", "texts", "relationships", "regions", "absent")
    for seed in range(20):
        shuffle = random.Random(seed)
        rows = {kind: list(getattr(IMAGE, kind)) for kind in kinds}
        for some in rows.values():
            shuffle.shuffle(some)
        assert write_clues(replace(IMAGE, **rows), budget=300) == write_clues(IMAGE, budget=300)
        assert write_clues(replace(IMAGE, **rows), budget=2000, region=DOG) == write_clues(
            IMAGE, budget=2000, region=DOG
        )


@pytest.mark.parametrize("region", [None, DOG])
def test_a_larger_budget_keeps_what_a_smaller_one_keeps(region):
    before = write_clues(IMAGE, budget=0, region=region)
    for budget in range(0, 700, 5):
        clues = write_clues(IMAGE, budget=budget, region=region)
        assert clues.tokens <= max(budget, write_clues(IMAGE, budget=0, region=region).tokens)
        lines = [line for line in clues.text.splitlines() if line.startswith("- ")]
        assert {line for line in before.text.splitlines() if line.startswith("- ")} <= {*lines}
        whole = write_clues(IMAGE, budget=2000, region=region).text.splitlines()
        assert all(line in whole for line in lines)
        before = clues
    assert before.text == write_clues(IMAGE, budget=2000, region=region).text


def test_what_goes_first():
    before, order = {}, []
    for budget in range(write_clues(IMAGE, budget=2000).tokens, 0, -1):
        dropped = write_clues(IMAGE, budget=budget).dropped
        order += [kind for kind in dropped for _ in range(dropped[kind] - before.get(kind, 0))]
        before = dropped
    assert order == [
        *("questions", "texts", "captions", "texts"),  # uncertain, illegible, repeated, small
        *("absent", "absent", "regions", "relationships"),
        *("places", "places", "places", "places", "places"),
        *("texts", "questions", "captions", "captions", "picture"),
    ]


def test_no_budget_states_the_objects():
    clues = write_clues(IMAGE, budget=0)
    assert [line for line in clues.text.splitlines() if line.startswith("- ")] == [
        "- Person: one person and a group of more people.",
        "- Animal: one dog.",
        "- Indoor: one book.",
        "- Outdoor: one bench.",
    ]
    assert clues.sources == ("coco_instances",)
    assert clues.dropped == {
        "absent": 2,
        "captions": 3,
        "picture": 1,
        "places": 5,
        "questions": 2,
        "regions": 1,
        "relationships": 1,
        "texts": 3,
    }


def test_nothing_is_known():
    assert write_clues(ImageAnnotations(image_id=1), budget=100) == Clues("", 0, {}, ())


def test_unicode_and_quotes():
    image = ImageAnnotations(
        image_id=1,
        captions=[Caption("一只狗在草地上", 1), Caption('A sign says "Stop!"', 2)],
        texts=[Text('say "hi"\n', 1, 1, 9, 9), Text("東京駅", 1, 20, 30, 40), Text("naïve", None)],
    )
    text = write_clues(image, budget=1000).text
    assert '- A sign says "Stop!"\n' in text
    assert '- “say "hi"” [1, 1, 9, 9].\n- “東京駅” [1, 20, 30, 40].\n- “naïve”.' in text


def test_a_region_without_a_box():
    thing = Object("dog", source="llava")
    text = write_clues(ImageAnnotations(image_id=1, objects=[thing]), budget=100, region=thing).text
    assert text.startswith("The marked object:\n- It is a dog.\n")


def test_a_crowded_region_leaves_room_for_captions():
    table = Object("dining table", 0, 0, 300, 200, 99, source="a")
    cups = [Object("cup", 10 * n, 0, 10 * n + 9, 9, n, source="a") for n in range(25)]
    laden = replace(IMAGE, objects=[table, *cups])
    clues = write_clues(laden, budget=450, region=table)
    assert clues.text.count("- Inside its box") == 7  # after a phrase and two texts
    assert clues.dropped["marked"] == 18
    assert "- Somebody reads in a quiet park." in clues.text


def test_one_of_several_is_told():
    dogs = [Object("dog", 10 * n, 0, 10 * n + 9, 9, n, source="a") for n in range(3)]
    text = write_clues(ImageAnnotations(image_id=1, objects=dogs), budget=500, region=dogs[1]).text
    assert "- The whole picture has three dogs." in text
