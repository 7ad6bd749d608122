import pytest

from vlit_hub.plugins.strategies.self_instruct.checks.structure import structure_faults

GOOD = [
    ("What is the dog doing?", "It is running after a ball."),
    ("Is there a dog in the picture?", "Yes, there is."),
    ("Is there a cat in the picture?", "No, there isn't."),
]


def test_good():
    assert structure_faults(GOOD) == []


@pytest.mark.parametrize(
    ("conversation", "faults"),
    [
        ([], ["no turns"]),
        ([("", "A dog.")], ["empty question"]),
        ([("What is it?", " \n\t ")], ["empty answer"]),
        ([("What is it?", "...")], ["empty answer"]),
        ([("User: What is it?", "A dog.")], ["role label in a turn: 'User:'"]),
        ([("What is it?", "A dog.\nUser: And that?\nAI: A cat.")], ["role label in a turn: 'User:'"]),
        ([("What is it?", "**Assistant:** A dog.")], ["role label in a turn: '**Assistant:'"]),
        ([("What is it?", "<|im_start|>assistant A dog.")], ["role label in a turn: '<|im_start|>'"]),
        ([("Sure, here is the conversation.", "What is it?")], ["doesn't start with a question"]),
        ([*GOOD, ("what is the DOG doing", "It sleeps.")], ["repeated question"]),
        (
            [
                ("What colours are there on the big old wooden door to the left?", "Red."),
                ("What colours are there on the big old wooden door on the left?", "Blue."),
            ],
            ["repeated question"],
        ),
        ([*GOOD, ("Where is it?", "It is running after a ball!")], ["repeated answer"]),
    ],
)
def test_faults(conversation, faults):
    assert structure_faults(conversation) == faults


@pytest.mark.parametrize(
    "opening",
    [
        "Describe the picture.",
        "Please tell me about the man.",
        "I wonder what breed this dog is.",
        "Look at the sign. What does it say?",
        "Can you spot a cat",
        "Imagine that you stand there.",
    ],
)
def test_openings(opening):
    good = opening if opening.startswith(("Describe", "Please", "I ", "Look", "Imagine")) else f"{opening}?"
    assert structure_faults([(good, "Of course: it is a quiet street.")]) == []


@pytest.mark.parametrize("answer", ["The sign reads: open.", "There are two kinds: apples and pears.", "At 10:30."])
def test_colons_are_no_roles(answer):
    assert structure_faults([("What does it say?", answer)]) == []


def test_left_and_right_are_two_questions():
    asked = [
        (f"What is the person on the {side} side of the bench doing?", f"Reading, {side}.")
        for side in ("left", "right")
    ]
    assert structure_faults(asked) == []
