from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pydantic
import pytest

from vlit_hub import Draft, Draw, ImageAnnotations, Options, Region, Strategy, hookimpl, per_image, plugin_manager
from vlit_hub.drafts import DRAFT
from vlit_hub.errors import PluginError
from vlit_hub.frames import Annotations, conform
from vlit_hub.image_by_image.annotations import Caption, Object, Text
from vlit_hub.image_by_image.objects import images_of, sources_looked_at


def annotations(**kinds: list[dict]) -> Annotations:
    frames = {kind: conform(kind, pl.DataFrame(rows)) for kind, rows in kinds.items()}
    return Annotations.of(frames)


def image(number: int, **columns) -> dict:
    named = {"image_key": str(number), "file_name": f"{number}.jpg", "width": 640, "height": 480, "source": "lister"}
    return {"image_id": number, "split": "train", "exhaustive": False, **named, **columns}


def thing(number: int, category: str, **columns) -> dict:
    flags = {"crowd": False, "exhaustive": True, "source": "coco_instances"}
    return {"image_id": number, "object_id": 1, "category": category, **flags, **columns}


def caption(number: int, key: int, text: str) -> dict:
    return {"image_id": number, "caption_id": key, "caption": text, "source": "coco_captions"}


def box(x1: float, y1: float, x2: float, y2: float) -> dict:
    return {"x1": x1, "y1": y1, "x2": x2, "y2": y2}


def draft(**changes) -> Draft:
    return Draft(**{"task": "conversation", "key": "k", "instruction": "Say.", "response": "Said.", **changes})


def strategy(function, tasks=("conversation",)):
    return per_image(name="tried", tasks=tasks)(function)


# images as objects


def test_every_image_with_its_own_annotations() -> None:
    images = [image(number) for number in (-4, 3, 9)]
    captions = [caption(-4, 1, "first"), caption(9, 2, "second"), caption(9, 3, "third")]
    found = list(images_of(annotations(images=images, captions=captions)))
    assert [(one.image_id, [text.caption for text in one.captions]) for one in found] == [
        (-4, ["first"]),
        (3, []),
        (9, ["second", "third"]),
    ]
    assert found[2].captions[1] == Caption("third", 3, "coco_captions")
    assert (found[0].image_key, found[0].file_name, found[0].width, found[0].height) == ("-4", "-4.jpg", 640, 480)


def test_more_images_than_are_taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vlit_hub.image_by_image.objects.IMAGES_AT_ONCE", 7)
    images = [image(number) for number in range(0, 60, 3)]
    captions = [caption(number, number, f"of {number}") for number in range(0, 60, 6)]
    found = list(images_of(annotations(images=images, captions=captions)))
    assert [one.image_id for one in found] == list(range(0, 60, 3))
    assert all(
        [c.caption for c in one.captions] == ([f"of {one.image_id}"] if one.image_id % 6 == 0 else []) for one in found
    )


def test_no_images() -> None:
    assert list(images_of(annotations())) == []


def test_every_kind_is_there() -> None:
    row = {"image_id": 1, "source": "s"}
    [one] = images_of(
        annotations(
            images=[image(1)],
            objects=[thing(1, "cat", **box(1, 2, 3, 4), supercategory="animal", area=4)],
            absent=[{**row, "category": "dog"}],
            questions=[
                {**row, "question_id": 5, "question": "Why?", "answer": "so", "votes": 7, "answers": ["so", "no"]}
            ],
            texts=[{**row, "text_id": 6, "text": "STOP", "legible": True, **box(0, 0, 9, 9)}],
            attributes=[{**row, "object_id": 1, "category": "cat", "attribute": "black", **box(1, 2, 3, 4)}],
            relationships=[{**row, "relationship_id": 8, "subject": "cat", "predicate": "on", "object": "mat"}],
            regions=[{**row, "region_id": 9, "phrase": "a black cat", **box(1, 2, 3, 4)}],
        )
    )
    assert one.objects[0] == Object("cat", 1, 2, 3, 4, 1, "animal", 4, False, True, "coco_instances", ("black",))
    assert one.objects[0].box == (1, 2, 3, 4)
    assert one.absent[0].category == "dog"
    assert (one.questions[0].answer, one.questions[0].votes, one.questions[0].answers) == ("so", 7, ["so", "no"])
    assert one.texts[0] == Text("STOP", 0, 0, 9, 9, 6, True, None, None, "s")
    assert (one.attributes[0].attribute, one.attributes[0].box) == ("black", (1, 2, 3, 4))
    assert (one.relationships[0].predicate, one.relationships[0].subject_box) == ("on", None)
    assert (one.regions[0].phrase, one.regions[0].box) == ("a black cat", (1, 2, 3, 4))


def test_attributes_stay_with_their_object() -> None:
    things = [thing(1, "cat"), thing(1, "dog", object_id=2), thing(2, "cat", object_id=3)]
    said = [
        (1, 1, "cat", "black"),
        (1, 1, "cat", "old"),
        (1, 1, "cat", "black"),
        (1, 2, "cat", "not a dog"),
        (2, 3, "cat", "red"),
    ]
    attributes = [
        {
            "image_id": number,
            "object_id": one,
            "category": category,
            "attribute": attribute,
            "source": "coco_attributes",
        }
        for number, one, category, attribute in said
    ]
    first, second = images_of(annotations(images=[image(1), image(2)], objects=things, attributes=attributes))
    assert [one.attributes for one in first.objects] == [("black", "old"), ()]
    assert [one.attributes for one in second.objects] == [("red",)]


def test_objects_by_category_is_sorted() -> None:
    found = ImageAnnotations(image_id=1, objects=[Object("dog"), Object("cat"), Object("dog", crowd=True)])
    assert found.objects_by_category() == {"cat": [Object("cat")], "dog": [Object("dog"), Object("dog", crowd=True)]}
    assert list(found.objects_by_category()) == ["cat", "dog"]


@pytest.mark.parametrize(
    ("objects", "countable"),
    [
        ([Object("cat", source="a"), Object("cat", source="a")], True),
        ([Object("cat"), Object("cat", crowd=True)], False),
        ([Object("cat"), Object("cat", exhaustive=False)], False),
        ([Object("cat", source="a"), Object("cat", source="b")], False),  # perhaps the same cat
        ([Object("cat"), Object("dog", crowd=True)], True),  # a crowd of others
        ([Object("dog")], False),
    ],
)
def test_countable(objects: list[Object], countable: bool) -> None:
    assert ImageAnnotations(image_id=1, objects=objects).countable("cat") is countable


def test_what_isnt_looked_at_isnt_a_source() -> None:
    [one] = images_of(annotations(images=[image(1)], captions=[caption(1, 1, "a")], objects=[thing(1, "cat")]))
    assert sources_looked_at(one) == []
    assert len(one.captions) == 1
    assert sources_looked_at(one) == ["coco_captions"]
    assert one.objects[0].category == "cat"
    assert sources_looked_at(one) == ["coco_captions", "coco_instances"]


# drafts


def test_a_draft_is_frozen() -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        draft().response = "other"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"response": 3}, "response"),
        ({"instruction": " \n"}, "instruction"),
        ({"response": ""}, "response"),
        ({"key": None}, "key"),
        ({"key": 1.5}, "key"),
        ({"answer": "yes"}, "answer"),  # no field of a draft
        ({"granularity": "local"}, "granularity"),
        ({"regions": [{"box": (1, 2, 3), "label": "cat"}]}, "regions"),
        ({"history": [("asked", "")]}, "history"),
        ({"sources": "coco_captions"}, "sources"),
        ({"annotator_agreement": 0}, "annotator_agreement"),
        ({"annotator_agreement": 1.1}, "annotator_agreement"),
    ],
)
def test_a_wrong_draft_names_the_field(changes: dict, field: str) -> None:
    with pytest.raises(pydantic.ValidationError) as caught:
        draft(**changes)
    assert caught.value.errors()[0]["loc"][0] == field


# strategies


def test_is_a_strategy_with_what_was_said() -> None:
    def told(image: ImageAnnotations) -> list[Draft]:
        """Tells."""
        return []

    made = per_image(name="teller", tasks=["conversation", "storytelling"], version=3)(told)
    assert isinstance(made, Strategy)
    assert (made.name, made.tasks, made.version, made.__doc__) == (
        "teller",
        ("conversation", "storytelling"),
        3,
        "Tells.",
    )
    assert made.Options is Options


def test_drafts_of_all_images_have_the_columns_of_drafts() -> None:
    def ask(image: ImageAnnotations):
        for one in image.captions:
            yield draft(key=one.caption_id, response=one.caption, sources=["mine"], annotator_agreement=0.5)
        for one in image.objects:
            regions = [Region(box=one.box, label=one.category)]
            yield draft(key="o", history=[("Hm?", "Hm.")], regions=regions, granularity="region", reject_reason="dull")

    given = annotations(
        images=[image(1), image(2), image(3)],
        captions=[caption(1, 7, "a"), caption(3, 8, "b")],
        objects=[thing(3, "cat", **box(1, 2, 3, 4))],
    )
    made = strategy(ask).drafts(given, Options(), None)
    assert made.schema == DRAFT
    assert made.select("image_id", "key", "response", "sources", "annotator_agreement").rows() == [
        (1, "7", "a", ["mine"], 0.5),
        (3, "8", "b", ["mine"], 0.5),
        (3, "o", "Said.", ["coco_captions", "coco_instances"], None),
    ]
    last = made.row(2, named=True)
    assert last["history"] == [{"instruction": "Hm?", "response": "Hm."}]
    assert last["regions"] == [{"image": 0, "bbox": [1, 2, 3, 4], "label": "cat"}]
    assert (last["granularity"], last["reject_reason"], last["text"]) == ("region", "dull", "")


def test_sources_left_out_are_those_looked_at() -> None:
    given = annotations(images=[image(1)], captions=[caption(1, 7, "a")], objects=[thing(1, "cat")])
    by_objects = strategy(lambda image: [draft(response=str(len(image.objects)))])
    by_size = strategy(lambda image: [draft(response=str(image.width))])
    assert by_objects.drafts(given, Options(), None)["sources"].to_list() == [["coco_instances"]]
    assert by_size.drafts(given, Options(), None)["sources"].to_list() == [["lister"]]


def test_no_drafts_at_all() -> None:
    made = strategy(lambda image: []).drafts(annotations(images=[image(1)]), Options(), None)
    assert made.schema == DRAFT
    assert made.is_empty()


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda image: [draft(task="poetry")], "Draft.task: 'poetry' is none of its tasks (conversation)"),
        (lambda image: [draft(response=3)], "Draft.response: Input should be a valid string (given: 3)"),
        (lambda image: [draft(response=" ")], "Draft.response: Value error, is blank (given: ' ')"),
        (lambda image: [draft(), draft()], "Draft.key: two drafts of task 'conversation' have the key 'k'"),
        (lambda image: [draft(key=1), draft(key="1")], "Draft.key: two drafts of task 'conversation' have the key '1'"),
        (lambda image: ["text"], "it gave 'text', not a Draft"),
        (lambda image: {}["missing"], "KeyError: 'missing'"),
        (lambda image: None, "TypeError: 'NoneType' object is not iterable"),
    ],
)
def test_an_error_names_plugin_strategy_image_and_field(function, reason: str) -> None:
    made = strategy(function)

    class Plugin:
        @staticmethod
        @hookimpl
        def register_strategies() -> list[Strategy]:
            return [made]

    plugin_manager.register(Plugin, "trying")
    with pytest.raises(PluginError) as caught:
        made.drafts(annotations(images=[image(9, image_key="0009")]), Options(), None)
    assert str(caught.value) == f"strategy 'tried' of plugin 'trying', image 0009: {reason}"


def test_the_cause_is_kept_for_the_author() -> None:
    with pytest.raises(PluginError) as caught:
        strategy(lambda image: 1 / 0)(ImageAnnotations(image_id=1))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_the_ten_lines_of_the_docs_run() -> None:
    page = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text()
    first, second = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict = {}
    exec(first, names)
    exec(second, names)  # has an assertion of its own
    crowd = ImageAnnotations(image_id=1, objects=[Object("cat"), Object("dog", crowd=True)])
    assert [(one.key, one.response) for one in names["count_quiz"](crowd)] == [("cat", "1")]


# draws

CHOOSE = """
import json
from vlit_hub import ImageAnnotations, Draft, per_image

@per_image(name="chooser", tasks=["conversation"])
def chooser(image, draw):
    yield Draft(task="conversation", key=0, instruction=draw.choice("abcd", "i"), response=str(draw.integer(10**6)))

drafts = [chooser(ImageAnnotations(image_id=number), seed=3)[0] for number in range(50)]
chosen = [[draft.instruction, draft.response] for draft in drafts]
"""


def test_draws_are_the_same_in_every_process() -> None:
    here: dict = {}
    exec(CHOOSE, here)
    command = [sys.executable, "-c", CHOOSE + "print(json.dumps(chosen))"]
    there = subprocess.run(command, env={"PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True).stdout
    assert json.loads(there) == here["chosen"]
    assert {letter for letter, _ in here["chosen"]} == set("abcd")
    assert len({number for _, number in here["chosen"]}) == 50


def test_draws_depend_on_seed_image_and_keys() -> None:
    draws = [
        Draw(seed, "tried", image).integer(2**60, *keys)
        for seed in (0, 1)
        for image in ("1", "2")
        for keys in ((), ("a",), ("b",))
    ]
    assert len(set(draws)) == len(draws)
    assert Draw(0, "tried", "1").integer(2**60, "a", 5) == Draw(0, "tried", "1").integer(2**60, "a", 5)


def test_the_seed_of_the_options_reaches_the_draw() -> None:
    made = strategy(lambda image, draw: [draft(response=str(draw.integer(2**60)))])
    given = annotations(images=[image(1)])
    one, same, other = (made.drafts(given, Options(seed=seed), None)["response"][0] for seed in (1, 1, 2))
    assert one == same != other
    assert made(replace(next(images_of(given))), seed=2)[0].response == other


def test_draws_are_uniform() -> None:
    counts = [0] * 5
    for key in range(5000):
        counts[Draw(0, "uniform").choice(range(5), key)] += 1
    assert all(860 < count < 1140 for count in counts)  # five standard deviations (28) around 1000
