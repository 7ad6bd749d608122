"""Sentences that stand for a short answer, and those that don't."""

from __future__ import annotations

import pytest

from vlit_hub.plugins.strategies.annotation_adaption.expansion.answer_checks import fault
from vlit_hub.plugins.strategies.annotation_adaption.expansion.answers import _file

GOOD = [
    ("What color is the bus?", "red", "The bus is red."),
    ("What color is the bus?", "red and white", "It is red and white."),  # an answer of several words
    ("How many dogs are there?", "2", "There are two dogs."),  # a number as a word
    ("How many dogs are there?", "two", "There are 2 dogs."),  # and the other way round
    ("How many dogs are there?", "0", "There aren't any dogs."),  # none
    ("What is on the table?", "nothing", "There is nothing on the table."),
    ("Is the man wearing a hat?", "yes", "Yes, the man is wearing a hat."),
    ("Is the man wearing a hat?", "no", "No, the man isn\u2019t wearing a hat."),  # a typographic apostrophe
    ("Did he catch the ball?", "yes", "Yes, he caught the ball."),  # one word in another form
    ("Isn't the dog wet?", "no", "No, the dog is dry."),  # what a no denies is open
    ("Isn't the dog wet?", "yes", "Yes, the dog isn't dry."),
    ("What is he doing?", "ride horse", "He is riding a horse."),  # inflections
    ("What animals are these?", "giraffe", "These are giraffes."),
    ("Which city is it?", "St. Louis", "The city is St. Louis."),  # a period within the answer
    ("What does the sign say?", "Stop!", 'The sign says "Stop!".'),
    ("What time is it?", "5:10", "The time on the clock is 5:10."),  # a word of its own
    ("What can't be seen?", "sun", "The sun can't be seen."),  # the question's own negation
]

BAD = [
    ("What color is the bus?", "red", "The bus is blue.", "it doesn't hold the answer"),
    ("What color is the bus?", "red", "The bus isn't red.", "it denies what the answer affirms"),
    ("What color is the bus?", "red", "The red bus is parked near a busy crossing.", "it adds what neither"),
    ("How many dogs are there?", "2", "There are three dogs.", "it doesn't hold the answer"),
    ("How many dogs are there?", "2", "There are two dogs and a dozen of 12 cats.", "it adds a number (12)"),
    ("How many dogs are there?", "0", "There are dogs here.", "it doesn't hold the answer"),
    ("Is it raining?", "yes", "Yes, it isn't raining.", "it turns the answer round"),
    ("Is it raining?", "yes", "It is raining.", 'it doesn\'t begin with "Yes,"'),
    ("Is it raining?", "yes", "No, it isn't raining.", 'it doesn\'t begin with "Yes,"'),
    ("Is it raining?", "no", "No, the sky is clear.", "it doesn't deny what was asked"),
    ("Is it raining?", "yes", "Yes, the wet street shines.", "it adds what neither"),
    ("What is this?", "clock", "Clock.", "it is no full sentence"),
    ("What is this?", "alarm clock", "An alarm clock.", None),  # three words: as a sentence goes, it passes
    ("What is this?", "clock", "This is a clock. It is old.", "it is more than one sentence"),
    ("What is this?", "clock", "This is\na clock.", "it is more than one sentence"),
    ("What is this?", "clock", "Is this a clock?", "it is a question"),
    ("What is this?", "clock", "This is a clock " + "and " * 30 + "a clock.", "it has more than 30 words"),
    ("What is this?", "giraffe", "Das Tier auf dem Bild ist eine Giraffe.", "it adds what neither"),  # another language
    ("What is this?", "clock", "I'm sorry, I can't identify clock images reliably.", "it denies"),  # a refusal
]


@pytest.mark.parametrize(("question", "answer", "sentence"), GOOD)
def test_sentences_that_say_the_answer(question: str, answer: str, sentence: str) -> None:
    assert fault(question, answer, sentence) is None


@pytest.mark.parametrize(("question", "answer", "sentence", "reason"), BAD)
def test_sentences_that_do_not(question: str, answer: str, sentence: str, reason: str | None) -> None:
    found = fault(question, answer, sentence)
    assert (found or "").startswith(reason or "") and (found is None) == (reason is None)


def test_the_prompts_own_examples_pass() -> None:
    for example in _file()["examples"]:
        assert fault(example["question"], example["answer"], example["sentence"]) is None, example
