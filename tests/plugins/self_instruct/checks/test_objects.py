import pytest

from vlit_hub.image_by_image.annotations import (
    Attribute,
    Caption,
    ImageAnnotations,
    Object,
    Phrase,
    Question,
    Relationship,
    Text,
)
from vlit_hub.plugins.strategies.self_instruct.checks.objects import supported, unsupported

STREET = ImageAnnotations(image_id=1, objects=[Object("car"), Object("person")])

CLAIMS = [
    ("What do you see?", "A dog is lying on the pavement.", ["dog"]),
    ("What do you see?", "I see two dogs, a cat and a bus.", ["bus", "cat", "dog"]),
    ("What do you see?", "There are several umbrellas in the background.", ["umbrella"]),
    ("What do you see?", "The dog next to the car looks tired.", ["dog"]),
    ("What do you see?", "There is no cat, but a dog sits by the car.", ["dog"]),
    ("What do you see?", "A man who isn't alone walks with his dog.", ["dog"]),
    ("What do you see?", "A dog is there, perhaps waiting for its owner.", ["dog"]),
    ("What do you see?", "Not only a car but also a truck is parked there.", ["truck"]),
    ("What do you see?", "There is no doubt that a horse stands there.", ["horse"]),
    ("What is he holding?", "He is holding an umbrella.", ["umbrella"]),
    ("Is there a dog?", "Yes, there is.", ["dog"]),
    ("Can you see a clock?", "Yes, on the tower.", ["clock"]),
    ("What is parked?", "A bike and a van.", ["bicycle"]),
    ("What does he eat?", "The man eats a hot dog.", ["hot dog"]),
    ("What flies?", "Kites are flying over the beach.", ["kite"]),
    ("What do you see?", "Cars line the street, and birds are sitting on the wires.", ["bird"]),
]

NO_CLAIMS = [
    ("What do you see?", "A man stands beside his car."),
    ("Is there a dog?", "No, there is no dog."),
    ("Is there a dog?", "No, there isn't a dog in the picture."),
    ("Is there a dog?", "I don't see any dog."),
    ("Is there a dog?", "No, a dog is not visible."),
    ("Is there a dog?", "No. A dog can't be seen here."),
    ("Is there a dog or a cat?", "There is no dog, cat, or horse."),
    ("Is there a dog?", "There are neither dogs nor cats."),
    ("Is there a bus?", "The street is free of buses."),
    ("Could a dog live here?", "A dog would like this garden."),
    ("Could a dog live here?", "There might be a dog, a cat or a horse nearby."),
    ("Why is he outside?", "Perhaps he is waiting for a bus."),
    ("Why is he outside?", "If it rains, he needs an umbrella."),
    ("What does the cloud look like?", "It looks like a cat."),
    ("How big is it?", "It is as big as an elephant."),
    ("What shape?", "The bush is shaped like a bear."),
    ("What do you know of dogs?", "Dogs need a walk every day."),
    ("What do you know of dogs?", "A dog needs a walk every day."),
    ("What is such a street good for?", "Such streets are popular for bicycles, skateboards and buses."),
    ("What would you like to know?", "Is that a dog?"),
    ("What is this?", "A toy bus on a shelf."),
    ("What is in the window?", "A poster of a cat."),
    ("How can I get there?", "Book a room, and bear in mind that the bus station is far."),
    ("Is the man with a dog?", "Yes, he walks alone."),
    ("What is missing?", "The man is not wearing a tie."),
    ("What does the sign say?", "The sign says 'Beware of the dog'."),
    ("What is it?", "A child's bike helmet, and shoes for girls."),
    ("What is it?", "The person taking the picture stands in the shade."),
    ("Why?", "Many people use umbrellas, backpacks and bicycles in the city."),
    ("What could happen?", "The driver should watch out for bicycles, dogs and trains."),
]


@pytest.mark.parametrize(("question", "answer", "found"), CLAIMS)
def test_claims(question, answer, found):
    assert unsupported([(question, answer)], STREET) == found


@pytest.mark.parametrize(("question", "answer"), NO_CLAIMS)
def test_no_claims(question, answer):
    assert unsupported([(question, answer)], STREET) == []


def test_what_the_user_says_is_no_claim():
    assert unsupported([("Why is the dog on the car?", "It is hard to say.")], STREET) == []


@pytest.mark.parametrize(
    "image",
    [
        ImageAnnotations(image_id=1, objects=[Object("dog")]),
        ImageAnnotations(image_id=1, captions=[Caption("A puppy on a mat.")]),
        ImageAnnotations(image_id=1, questions=[Question("Is there a dog?", "yes")]),
        ImageAnnotations(image_id=1, questions=[Question("What colour is the dog?", "brown")]),
        ImageAnnotations(image_id=1, questions=[Question("What animal is it?", "dog")]),
        ImageAnnotations(image_id=1, questions=[Question("What is it?", "cat", answers=["cat", "cat", "dog"])]),
        ImageAnnotations(image_id=1, questions=[Question("Is it a dog?", "no", tied=True)]),
        ImageAnnotations(image_id=1, texts=[Text("DOG")]),
        ImageAnnotations(image_id=1, regions=[Phrase("black dog on grass")]),
        ImageAnnotations(image_id=1, relationships=[Relationship("man", "walking", "dog")]),
        ImageAnnotations(image_id=1, attributes=[Attribute("brown", category="dog")]),
    ],
)
def test_support(image):
    assert "dog" in supported(image)
    assert unsupported([("What do you see?", "A dog.")], image) == []


def test_no_is_no_support():
    image = ImageAnnotations(image_id=1, questions=[Question("Is there a dog?", "no")])
    assert unsupported([("Is there a dog?", "There is a dog.")], image) == ["dog"]


def test_either_meaning_supports_a_word():
    image = ImageAnnotations(image_id=1, objects=[Object("motorcycle")])
    assert unsupported([("What is it?", "A bike.")], image) == []
