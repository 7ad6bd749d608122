"""Which instructions a pool takes from a model."""

from __future__ import annotations

import pytest

from vlit_hub.plugins.strategies.annotation_adaption.expansion.judging import Judge, tidy
from vlit_hub.plugins.strategies.annotation_adaption.pools import STYLES, contents
from vlit_hub.plugins.strategies.annotation_adaption.strategy import POOLS

TAKEN = [
    ("image_captioning", "short", "Caption the scene in at most ten words."),
    ("image_captioning", "sentence", "Walk me through what the camera has captured here."),
    ("image_captioning", "sentence", "Describe the picture."),  # short texts differ enough by one word
    ("object_counting", "short", "Tally the {labels} you can find. Only the number, please."),
    ("object_presence", "short", "Can you spot {a_label} anywhere in this image? Yes or no."),
    ("visual_question_answering", "sentence", "{question} Phrase what you find as one complete sentence."),
    (
        "text_recognition/region",
        "short",
        "The box {box}, as {box_format}: which word is in it? Reply with the text only.",
    ),
]

REFUSED = [
    ("image_captioning", "sentence", "", "is empty"),
    ("image_captioning", "sentence", "Describe {label}.", "has {label}; known here are no placeholders"),
    ("image_captioning", "sentence", "Describe the {image.", "a brace has no partner"),
    ("image_captioning", "sentence", "Describe the {{image}}.", "has braces that are no placeholder"),
    ("object_detection/category", "short", "Box all {labels}, nothing else.", "lacks {box_format}"),
    (
        "object_detection/category",
        "short",
        "Box all {labels}, only {labels}, as {box_format}.",
        "has {labels} more than once",
    ),
    ("image_captioning", "sentence", "Describe the picture " * 10, "is too long"),
    ("image_captioning", "short", "Describa la imagen en una frase corta.", "seems to be in another language"),
    ("image_captioning", "sentence", "Beschreibe das Bild in einem Satz.", "seems to be in another language"),
    ("image_captioning", "sentence", "\u63cf\u8ff0\u8fd9\u5f20\u56fe\u7247", "seems to be in another language"),
    ("image_captioning", "short", "Tell me about the scene.", "doesn't ask for a limit on the answer"),
    ("image_captioning", "sentence", "Describe this image with a single word.", "asks for a limit on the answer"),
    ("object_counting", "short", "Count the {labels}. Only one sentence, please.", "asks for a sentence"),
    ("object_counting", "sentence", "How many {labels} can you count here?", "doesn't ask for a sentence"),
    ("image_captioning", "sentence", "describe the IMAGE", "is almost the same as another"),
    (
        "object_counting",
        "short",
        "How many {a_label} are in the image? Answer with a number.",
        "is almost the same as another",
    ),
]


def judge(pool: str) -> Judge:
    texts = contents(POOLS, [pool], (), STYLES)[pool]
    return Judge(POOLS[pool], {style: texts[style].instructions for style in STYLES})


@pytest.mark.parametrize(("pool", "style", "text"), TAKEN)
def test_instructions_that_are_taken(pool: str, style: str, text: str) -> None:
    assert judge(pool).fault(style, text) is None


@pytest.mark.parametrize(("pool", "style", "text", "reason"), REFUSED)
def test_instructions_that_are_not(pool: str, style: str, text: str, reason: str) -> None:
    assert (judge(pool).fault(style, text) or "").startswith(reason)


def test_nothing_like_what_was_taken_is_taken_again() -> None:
    judging = judge("image_captioning")
    text = "Walk me through what the camera has captured here."
    assert judging.fault("sentence", text) is None
    judging.take(text)
    assert judging.fault("sentence", "Walk me through what the camera has captured!") == "is almost the same as another"


@pytest.mark.parametrize("pool", sorted(set(POOLS) - {"object_detection/all", "region_classification"}))
def test_most_of_a_pools_own_instructions_would_be_taken(pool: str) -> None:
    texts = contents(POOLS, [pool], (), STYLES)[pool]
    refused = []
    for style in STYLES:
        for text in texts[style].instructions:
            others = {one: [other for other in texts[one].instructions if other != text] for one in STYLES}
            if fault := Judge(POOLS[pool], others).fault(style, text):
                refused.append((text, fault))
    assert len(refused) <= 8, refused


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("  Describe\n the image. ", "Describe the image."),
        ("1. Describe the image.", "Describe the image."),
        ("- Describe the image.", "Describe the image."),
        ('"Describe the image."', "Describe the image."),
        ('Which region fits "{phrase}"?', 'Which region fits "{phrase}"?'),
        ('"{phrase}": where is it, and "why"', '"{phrase}": where is it, and "why"'),
    ],
)
def test_tidying(written: str, clean: str) -> None:
    assert tidy(written) == clean
