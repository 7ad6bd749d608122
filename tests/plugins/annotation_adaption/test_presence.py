import polars as pl
import pytest

from vlit_hub.wording.mentions import terms

TASK = ("object_presence",)


def _objects(images):
    return [
        {"image_id": image, "category": name, "box": (1, 1, 50, 50)}
        for image, names in images.items()
        for name in names
    ]


def _answers(drafts):
    """Per image the categories said to be there and those said not to be."""
    found = {}
    for image, key, response in drafts.select("image_id", "key", "response").rows():
        found.setdefault(image, {"Yes": set(), "No": set()})[response].add(key)
    return found


def _ask(annotations, drafts_of, **options):
    return _answers(drafts_of(annotations, tasks=TASK, style="short", **options))


# In every image of the kitchen all three go together; a picture of the street lends no candidates to the kitchen.
KITCHEN = {n: ["oven", "sink", "cup"] for n in range(10, 40)} | {n: ["car", "bus"] for n in range(40, 60)}


def test_half_of_the_answers_are_no_in_every_image(scenes, drafts_of):
    drafts = drafts_of(scenes(120), tasks=TASK, style="short")
    assert len(drafts) > 300
    for answers in _answers(drafts).values():
        assert len(answers["Yes"]) == len(answers["No"])


def test_yes_and_no_are_true(scenes, drafts_of):
    annotations = scenes(120)
    there = set(annotations.objects.select("image_id", "category").rows())
    exhaustive = set(annotations.images.filter("exhaustive")["image_id"])
    verified = set(annotations.absent.select("image_id", "category").rows())
    for image, answers in _ask(annotations, drafts_of).items():
        for name in answers["Yes"]:
            assert (image, name) in there
        for name in answers["No"]:
            assert (image, name) not in there
            assert image in exhaustive or (image, name) in verified


def test_absent_objects_are_plausible(annotations_of, drafts_of):
    images = KITCHEN | {1: ["oven"], 2: ["car"]}
    answers = _ask(annotations_of(objects=_objects(images)), drafts_of)
    assert answers[1]["No"] <= {"sink", "cup"}
    assert answers[2]["No"] == {"bus"}


def test_the_likelier_is_asked_for_more_often_but_not_always(annotations_of, drafts_of):
    often = {n: ["oven", "sink"] for n in range(1000, 1300)}
    seldom = {n: ["oven", "cup"] for n in range(2000, 2100)}
    alone = {n: ["oven"] for n in range(400)}
    answers = _ask(annotations_of(objects=_objects(often | seldom | alone)), drafts_of)
    asked = [name for image in alone for name in answers[image]["No"]]
    assert len(asked) == 400
    assert 240 < asked.count("sink") < 360  # three of four expected
    assert asked.count("cup") == 400 - asked.count("sink")


def test_an_image_that_is_not_exhaustive_has_no_absent_objects(annotations_of, drafts_of):
    images = [{"image_id": 1, "exhaustive": False}]
    objects = [
        {**row, **({"exhaustive": False} if row["image_id"] == 1 else {})} for row in _objects(KITCHEN | {1: ["oven"]})
    ]
    for row in objects:
        row["source"] = "visual_genome" if row["image_id"] == 1 else "coco_instances"
    assert 1 not in _ask(annotations_of(images=images, objects=objects), drafts_of)


def test_a_source_that_is_not_exhaustive_lends_no_candidates(annotations_of, drafts_of):
    objects = _objects(KITCHEN | {1: ["oven"]})
    # Trees stand in every kitchen, by a source that doesn't annotate all of them.
    trees = [{**row, "category": "tree", "source": "visual_genome", "exhaustive": False} for row in objects[:60]]
    answers = _ask(annotations_of(objects=[*objects, *trees]), drafts_of)
    assert not any("tree" in found["No"] | found["Yes"] for found in answers.values())


def test_another_source_that_has_it_spares_it(annotations_of, drafts_of):
    objects = _objects(KITCHEN | {1: ["oven"]})
    more = {"image_id": 1, "box": (1, 1, 9, 9), "source": "visual_genome", "exhaustive": False}
    seen = [{**more, "category": "sink"}, {**more, "category": "coffee mug"}]  # a mug may be what COCO calls a cup
    assert 1 not in _ask(annotations_of(objects=[*objects, *seen]), drafts_of)


def test_a_crowd_is_there(annotations_of, drafts_of):
    objects = _objects(KITCHEN | {1: ["oven"]})
    objects.append({"image_id": 1, "category": "sink", "box": (1, 1, 9, 9), "crowd": True})
    answers = _ask(annotations_of(objects=objects), drafts_of)
    assert answers[1]["No"] == {"cup"}
    assert len(answers[1]["Yes"]) == 1  # as many as no


@pytest.mark.parametrize(
    "texts",
    [
        {"captions": [{"image_id": 1, "caption": "Two SINKS and some mugs."}]},
        {"questions": [{"image_id": 1, "question": "Is the sink full of cups?", "answer": "yes", "answers": ["yes"]}]},
        {"questions": [{"image_id": 1, "question": "What?", "answer": "sink", "answers": ["sink", "a cup"]}]},
        {"regions": [{"image_id": 1, "phrase": "cup in a sink", "box": (1, 1, 9, 9)}]},
    ],
    ids=["captions", "questions", "answers, the minority's too", "regions"],
)
def test_what_a_text_mentions_is_never_called_absent(annotations_of, drafts_of, texts):
    objects = _objects(KITCHEN | {1: ["oven"]})
    assert _ask(annotations_of(objects=objects), drafts_of)[1]["No"]
    assert 1 not in _ask(annotations_of(objects=objects, **texts), drafts_of)


@pytest.mark.parametrize(
    ("category", "word"),
    [
        ("person", "women"),
        ("person", "A man"),
        ("knife", "knives"),
        ("mouse", "mice"),
        ("tv", "television"),
        ("couch", "sofa"),
    ],
)
def test_other_words_mention_a_category(category, word):
    assert any(term in word.lower() for term in terms([category])["term"])


def test_verified_absence_is_used_where_the_image_is_not_exhaustive(annotations_of, drafts_of):
    images = [{"image_id": 1, "exhaustive": False}]
    objects = [{"image_id": 1, "category": "owl", "box": (1, 1, 9, 9), "source": "lvis"}]
    absent = [{"image_id": 1, "category": "heron"}]
    drafts = drafts_of(
        annotations_of(images=images, objects=objects, absent=[*absent, {"image_id": 2, "category": "owl"}]),
        tasks=TASK,
        style="short",
    )
    assert _answers(drafts) == {1: {"Yes": {"owl"}, "No": {"heron"}}}
    assert drafts["sources"].to_list() == [["lvis"], ["lvis"]]


def test_the_sources_are_those_that_know(annotations_of, drafts_of):
    objects = _objects(KITCHEN | {1: ["oven"]})
    objects.append(
        {"image_id": 1, "category": "oven", "box": (1, 1, 9, 9), "source": "visual_genome", "exhaustive": False}
    )
    drafts = drafts_of(annotations_of(objects=objects), tasks=TASK, style="short").filter(pl.col("image_id") == 1)
    by_answer = dict(drafts.select("response", "sources").rows())
    assert by_answer == {"Yes": ["coco_instances", "visual_genome"], "No": ["coco_instances"]}
