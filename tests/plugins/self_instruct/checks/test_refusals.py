import pytest

from vlit_hub.plugins.strategies.self_instruct.checks.refusals import refusals

REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I\u2019m sorry, but I cannot see the image.",
    "Sorry, I am unable to answer.",
    "I apologize, but I have no access to the picture.",
    "As an AI language model, I have no eyes.",
    "As a large language model, I only read.",
    "I'm just an AI and don't have feelings.",
    "I cannot see the image.",
    "I can't view pictures.",
    "I am unable to view the photo directly.",
    "I do not have the ability to look at it.",
    "I can't assist with that request.",
    "No image was provided.",
    "Please provide the image so that I can answer.",
    "That is against my guidelines.",
    "My training data ends in 2021.",
]

ANSWERS = [
    "I can't tell from the picture who they are.",
    "It is not possible to say what time it is.",
    "I cannot see any dog in the picture.",
    "I can't see the picture on the wall clearly, since it hangs in the shade.",
    "I can't see the image on the screen well enough to say.",
    "Sorry, there is no dog here.",
    "Unfortunately, the face is hidden.",
    "The man apologizes to the woman.",
    "He works as an assistant in a shop.",
    "No, no photos are hanging on the wall.",
    "The sign says that visitors can't open the gate.",
    "I don't see a clock.",
    "As a language student, she may carry many books.",
    "I cannot determine the identity of the women.",
    "They cannot see the picture of the cat from there.",
    "The player is in training for a match.",
]


@pytest.mark.parametrize("answer", REFUSALS)
def test_refusals(answer):
    assert refusals([("Who is it?", answer)])[0].startswith("refusal: ")


@pytest.mark.parametrize("answer", ANSWERS)
def test_answers(answer):
    assert refusals([("Who is it?", answer)]) == []


def test_what_the_user_says_is_no_refusal():
    assert refusals([("I'm sorry, but I can't find the cat. Where is it?", "On the bed.")]) == []
