import pytest

from vlit_hub.wording.coco_words import CATEGORIES
from vlit_hub.wording.naming import mentions
from vlit_hub.wording.nouns import forms


def named(text):
    return [mention.categories[0] for mention in mentions(text)]


def test_the_categories_are_those_of_coco(coco_names):
    assert sorted(coco_names) == list(CATEGORIES)


def test_every_category_is_found_in_singular_and_plural(coco_names):
    for name in coco_names:
        said = forms(name)
        assert named(f"Here I see {said.a_label}.") == [name]
        assert named(f"Here I see two {said.labels}.") == [name]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a hot dog with mustard", ["hot dog"]),
        ("the dog eats a hot dog", ["dog", "hot dog"]),
        ("a baseball bat and a ball", ["baseball bat", "sports ball"]),
        ("a red and white bus at the bus stop", ["bus"]),
        ("the bus station", []),
        ("an orange on a plate", ["orange"]),
        ("an orange cat", ["cat"]),
        ("the walls are orange", []),
        ("apples and oranges", ["apple", "orange"]),
        ("a bear catches a salmon", ["bear"]),
        ("bear in mind that it rains", []),
        ("a teddy bear", ["teddy bear"]),
        ("a stuffed bear", ["teddy bear"]),
        ("he wears a tie", ["tie"]),
        ("they tie the rope", []),
        ("she ties her shoes", []),
        ("it ended in a tie", []),
        ("to tie a knot", []),
        ("book a room", []),
        ("a book on the shelf", ["book"]),
        ("a bookshelf", []),
        ("a bed of flowers", []),
        ("a flower bed", []),
        ("the bed is made", ["bed"]),
        ("a chair lift", []),
        ("a chairlift and a wheelchair", []),
        ("a mouse pad beside a computer mouse", ["mouse"]),
        ("two mice", ["mouse"]),
        ("a toy car", []),
        ("a statue of a horse", []),
        ("a poster of two cats", []),
        ("a horse-drawn carriage", []),
        ("the train station", []),
        ("they train hard", []),
        ("a train of thought", []),
        ("a remote village", []),
        ("the remote lies on the couch", ["remote", "couch"]),
        ("a kite in the sky", ["kite"]),
        ("a fork in the road", []),
        ("a coffee table", []),
        ("a zebra crossing", []),
        ("toilet paper", []),
        ("five o'clock", []),
        ("a cutting board and a cupboard", []),
        ("the sun will sink into the sea", []),
        ("a carpet, a scarf and a catalogue", []),
        ("a piece of cake", ["cake"]),
        ("pancakes and cupcakes", []),
        ("the dog's tail", ["dog"]),
        ("two men and a woman", ["person", "person"]),
        ("a snowman", []),
        ("cake batter", []),
        ("a ping-pong table and a desk", []),
        ("The KITCHEN TABLE", ["dining table"]),
        ("the tennis player holds a racket", ["person", "tennis racket"]),
        ("they make a racket", []),
        ("the World Cup", []),
    ],
)
def test_names(text, found):
    assert named(text) == found


def test_a_word_of_two_categories():
    assert [mention.categories for mention in mentions("a bike and a van")] == [
        ("bicycle", "motorcycle"),
        ("car", "truck", "bus"),
    ]


def test_places_and_number():
    (mention,) = mentions("Some  wine\nglasses here")
    assert (mention.start, mention.end, mention.plural) == (6, 18, True)
