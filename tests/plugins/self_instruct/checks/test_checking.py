from vlit_hub.image_by_image.annotations import ImageAnnotations, Object
from vlit_hub.plugins.strategies.self_instruct.checks import Checked, check

DOG = Object("dog", 10, 10, 50, 60)
IMAGE = ImageAnnotations(image_id=1, objects=[DOG, Object("person", 60, 0, 99, 90)])
GOOD = [
    ("What is the dog doing?", "It is lying on the grass and looks at the man beside it."),
    ("Is there a cat as well?", "No, there is no cat in the picture."),
]


def test_good():
    for kind in ("global", "region"):
        assert check(GOOD, kind=kind, image=IMAGE, region=DOG) == Checked([], [])


def test_everything_that_is_wrong():
    talk = [
        ("What is the man doing?", "According to the description, the man sits on a bench. I cannot see the image."),
        ("What is the man doing?", "As an AI language model, I can't say. The man reads a book."),
    ]
    assert check(talk, kind="region", image=IMAGE, region=DOG) == Checked(
        [
            "repeated question",
            "leaks the clues: 'the description'",
            "refusal: 'cannot see the image'",
            "refusal: 'as an ai language model'",
            "the first turn doesn't name the marked object",
            "most turns aren't about the marked object",
        ],
        ["bench", "book"],
    )
    assert "most turns" not in str(check(talk, kind="global", image=IMAGE))


def test_other_languages_are_checked_for_form_and_language():
    german = [("Was macht der Hund auf der Wiese?", "Der Hund liegt neben dem Mann im Gras und schaut ihn an.")]
    assert check(german, kind="global", image=IMAGE, language="de") == Checked([], [])
    assert check(german, kind="global", image=IMAGE).reasons == ["language: de instead of en"]
    assert check(GOOD, kind="global", image=IMAGE, language="de").reasons == ["language: en instead of de"]


def test_nothing_to_check():
    assert check([], kind="region", image=IMAGE, region=DOG).reasons == ["no turns"]
