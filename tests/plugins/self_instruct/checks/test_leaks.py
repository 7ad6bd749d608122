import pytest

from vlit_hub.plugins.strategies.self_instruct.checks.leaks import leaks

LEAKS = [
    "According to the description, there are two dogs.",
    "The given text mentions a red bus.",
    "The description doesn't say what the man is holding.",
    "Based on the provided information, the street is busy.",
    "Based on the text, it is probably winter.",
    "As mentioned, there are three cups on the table.",
    "As described, the cat is black.",
    "According to the clues, a boy is riding a skateboard.",
    "The captions agree that the food is a pizza.",
    "One of the image captions calls it a playground.",
    "The caption says that a woman is reading.",
    "The annotations list four chairs.",
    "Annotators counted four chairs.",
    "Two objects are annotated as umbrellas.",
    "The bounding box of the dog starts at the left edge.",
    "The dog is at [12, 30, 200, 310].",
    "No further details are provided.",
    "The information given does not tell the time.",
    "The color of the car is not mentioned.",
    "It isn't specified whether the shop is open.",
    "There is no mention of a cat.",
    "From the image description, the sky is clear.",
    "The text describes a man on a bench.",
    "The picture is described as a busy market.",
    "In the given context, this is a kitchen.",
    "The list of objects includes a vase.",
    "9 of 10 people agree that the bananas are ripe.",
    "I was told that the frames are made of wood.",
    "The question-answer pairs suggest a birthday.",
    "The metadata shows that it is 640 pixels wide.",
    "The dataset says so, and it's in the dataset as a cup.",
    "According to the description, a man sits on the bench.",
    "The description says that a dog is on the truck.",
    "The textual description speaks of a beach.",
]

CLEAN = [
    "The text on the sign says that parking is free.",
    "The caption under the photo on the newspaper names a politician.",
    "According to the text on the billboard, the sale ends on Sunday.",
    "Based on the text printed on the bus, it goes to the airport.",
    "The information provided on the sign is in French.",
    "The price isn't mentioned on the menu.",
    "The brand is not specified on the label.",
    "The description on the museum plaque is too small to read.",
    "There is no mention of a price on the sign.",
    "What does the text say?",
    "The text reads STOP.",
    "It is an old photo with handwritten annotations in the margin of the page.",
    "As mentioned earlier, the dog is on the couch.",
    "Could you give me a detailed description of the scene?",
    "Write a caption for this picture.",
    "Thanks for the description! What is the weather like?",
    "The visual clues in the picture, such as the long shadows, suggest late afternoon.",
    "The box on the table is made of cardboard.",
    "The man provides information to a tourist.",
    "Two of the people are laughing.",
    "It is a text message on the phone.",
    "The list of ingredients on the package is long.",
    "The style is best described as rustic.",
    "They are given food by the keeper.",
    "The stairs provided access to the beach.",
    "The name is stated on the badge.",
    "She listed the house for sale, judging by the sign.",
    "The label says that it contains milk.",
    "The context of the scene is a wedding.",
    "I don't see any details on the wall.",
    "He notes the time on the clock.",
    "It isn't a description but a poem that is written on the wall.",
]


@pytest.mark.parametrize("sentence", LEAKS)
def test_leaks(sentence):
    assert leaks([("What do you see?", sentence)])[0].startswith("leaks the clues: ")


@pytest.mark.parametrize("sentence", CLEAN)
def test_no_leaks(sentence):
    assert leaks([("What do you see?", sentence)]) == []


def test_user_may_not_leak_either():
    assert leaks([("What does the description say of the dog?", "It is brown.")]) == [
        "leaks the clues: 'the description'"
    ]


def test_boxes_where_asked_for():
    where = ("What are the coordinates of the dog's box?", "It is at [12, 30, 200, 310].")
    assert leaks([where]) == []
    assert leaks([where, ("And the cat?", "At [1, 2, 30, 40].")]) == []
    assert leaks([("And the cat?", "At [1, 2, 30, 40]."), where]) == ["leaks the clues: 'box in numbers'"]


def test_a_leak_is_told_once():
    assert leaks([("Is it?", "The caption says so."), ("Sure?", "The caption says so.")]) == [
        "leaks the clues: 'the caption'"
    ]


def test_curly_apostrophes():
    assert leaks([("Is it open?", "That isn\u2019t specified.")]) == ['leaks the clues: "n\'t specified"']
