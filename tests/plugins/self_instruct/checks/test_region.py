import pytest

from vlit_hub.image_by_image.annotations import Object
from vlit_hub.plugins.strategies.self_instruct.checks.region import region_faults

DOG = Object("dog", 10, 10, 50, 60, supercategory="animal")
UNNAMED = "the first turn doesn't name the marked object"
AWAY = "most turns aren't about the marked object"


@pytest.mark.parametrize(
    "conversation",
    [
        [("What is the dog doing?", "Running.")],
        [("What is this?", "A puppy that plays.")],
        [("What animal is it?", "It is small and brown.")],
        [("What is marked in the picture?", "Something furry.")],
        [("What is in the red box?", "Something furry.")],
        [("What is at [10, 10, 50, 60]?", "Something furry.")],
        [("What is this object?", "Something furry.")],
        [
            ("What is the dog doing?", "Running."),
            ("Is it fast?", "Yes, faster than a cat."),
            ("Is there a car?", "No, no car."),
        ],
        [("What is the dog doing?", "Running."), ("What is next to it?", "A bench."), ("Who is with it?", "A man.")],
        [("What is the dog doing?", "Running."), ("Where is the man?", "He sits beside the dog.")],
        [("What is the dog doing?", "Running."), ("What season is shown?", "Summer."), ("Is the sky blue?", "Yes.")],
    ],
)
def test_stays(conversation):
    assert region_faults(conversation, DOG) == []


@pytest.mark.parametrize(
    ("conversation", "faults"),
    [
        ([("What is the man doing?", "Reading.")], [UNNAMED, AWAY]),
        ([("What colour is the sky?", "Blue.")], [UNNAMED]),
        ([("What colour is the sky?", "Blue."), ("And the dog?", "Brown.")], [UNNAMED]),
        (
            [
                ("What is the dog doing?", "Running."),
                ("What is the man doing?", "Reading a book."),
                ("What colour is the car?", "The car is red."),
            ],
            [AWAY],
        ),
    ],
)
def test_leaves(conversation, faults):
    assert region_faults(conversation, DOG) == faults


def test_half_the_turns_may_leave():
    assert region_faults([("What is the dog doing?", "Running."), ("What is the man doing?", "Reading.")], DOG) == []


def test_other_words_of_the_category():
    assert region_faults([("What does the woman hold?", "A bag.")], Object("person", 1, 1, 5, 5)) == []
