import pytest

from vlit_hub.wording.nouns import forms, number_word

# All 80 of COCO whose plural isn't the name and an s, and whose article isn't "a".
COCO_ODD = {
    "person": ("a person", "people"),
    "airplane": ("an airplane", "airplanes"),
    "bus": ("a bus", "buses"),
    "bench": ("a bench", "benches"),
    "sheep": ("a sheep", "sheep"),
    "elephant": ("an elephant", "elephants"),
    "umbrella": ("an umbrella", "umbrellas"),
    "skis": ("a pair of skis", "pairs of skis"),
    "wine glass": ("a wine glass", "wine glasses"),
    "knife": ("a knife", "knives"),
    "apple": ("an apple", "apples"),
    "sandwich": ("a sandwich", "sandwiches"),
    "orange": ("an orange", "oranges"),
    "broccoli": ("a piece of broccoli", "pieces of broccoli"),
    "couch": ("a couch", "couches"),
    "tv": ("a TV", "TVs"),
    "mouse": ("a mouse", "mice"),
    "oven": ("an oven", "ovens"),
    "scissors": ("a pair of scissors", "pairs of scissors"),
    "toothbrush": ("a toothbrush", "toothbrushes"),
}


def test_all_names_of_coco(coco_names):
    assert len(coco_names) == 80
    for name in coco_names:
        said = forms(name)
        assert (said.a_label, said.labels) == COCO_ODD.get(name, (f"a {name}", f"{name}s"))
        assert said.the_label == f"the {said.one}"
        assert (said.is_, said.are, said.label) == ("is", "are", name)
        assert said.countable == (name != "skis")


@pytest.mark.parametrize(
    ("name", "a_label", "labels"),
    [
        ("can of soda", "a can of soda", "cans of soda"),
        ("mouse_(computer_equipment)", "a mouse (computer equipment)", "mice (computer equipment)"),
        ("police officer", "a police officer", "police officers"),
        ("SUV", "an SUV", "SUVs"),
        ("unicycle", "a unicycle", "unicycles"),
        ("hour hand", "an hour hand", "hour hands"),
        ("utensil", "a utensil", "utensils"),
        ("lady", "a lady", "ladies"),
        ("toy", "a toy", "toys"),
        ("fox", "a fox", "foxes"),
        ("trees", "trees", "trees"),
        ("people", "people", "people"),
        ("grass", "grass", "grass"),
        ("Child", "a Child", "Children"),
    ],
)
def test_other_names(name, a_label, labels):
    assert (forms(name).a_label, forms(name).labels) == (a_label, labels)


@pytest.mark.parametrize(("name", "is_", "are"), [("trees", "are", "are"), ("grass", "is", "is"), ("dog", "is", "are")])
def test_agreement(name, is_, are):
    assert (forms(name).is_, forms(name).are) == (is_, are)


def test_numbers():
    assert [number_word(number) for number in (1, 12, 13)] == ["one", "twelve", "13"]
