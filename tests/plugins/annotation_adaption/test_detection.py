import polars as pl
import pytest

DETECTION, COUNTING = "object_detection", "object_counting"
REFERRING = "referring_expression_comprehension"


def _object(category, x=10, image=1, **more):
    return {"image_id": image, "category": category, "box": (x, 20, x + 30, 60), **more}


def _by_key(drafts, task, column="response"):
    rows = drafts.filter(pl.col("task") == task, pl.col("reject_reason").is_null())
    return dict(rows.select("key", column).rows())


def test_a_category_is_located_from_left_to_right(annotations_of, drafts_of):
    rows = [_object("dog", 200), _object("cat", 50), _object("dog", 10)]
    drafts = drafts_of(annotations_of(objects=rows), tasks=(DETECTION,), style="short")
    found = _by_key(drafts, DETECTION)
    assert found["dog"] == "[10, 20, 40, 60], [200, 20, 230, 60]"
    assert found["cat"] == "[50, 20, 80, 60]"
    regions = _by_key(drafts, DETECTION, "regions")
    assert [(region["label"], region["bbox"]) for region in regions["dog"]] == [
        ("dog", [10, 20, 40, 60]),
        ("dog", [200, 20, 230, 60]),
    ]


def test_all_categories_are_located_at_once(annotations_of, drafts_of):
    rows = [_object("dog", 200), _object("cat", 50), _object("dog", 10), _object("cow", 3, image=2)]
    drafts = drafts_of(annotations_of(objects=rows), tasks=(DETECTION,), style="short")
    whole = drafts.filter(pl.col("key") == "*")
    assert whole["image_id"].to_list() == [1]  # image 2 has one category: its own draft says all
    assert whole["response"].to_list() == ["cat: [50, 20, 80, 60]\ndog: [10, 20, 40, 60], [200, 20, 230, 60]"]
    assert "cat, dog" in whole["instruction"][0] + whole["text"][0]
    assert [region["label"] for region in whole["regions"][0]] == ["cat", "dog", "dog"]
    assert whole["granularity"].to_list() == ["global"]


def test_objects_are_counted(annotations_of, drafts_of):
    rows = [_object("person", n) for n in range(0, 260, 20)] + [
        _object("dog"),
        _object("knife", 5),
        _object("knife", 60),
    ]
    objects = annotations_of(objects=rows)
    assert _by_key(drafts_of(objects, style="short"), COUNTING) == {"person": "13", "dog": "1", "knife": "2"}
    said = _by_key(drafts_of(objects, style="sentence"), COUNTING)
    assert "13 people" in said["person"] or said["person"].endswith("the image is 13.")
    assert "one dog" in said["dog"] or "number of dogs in the image is 1" in said["dog"]
    assert "two knives" in said["knife"] or "number of knives in the image is 2" in said["knife"]


@pytest.mark.parametrize("category", ["skis", "trees", "grass"])
def test_what_has_no_number_is_not_counted(annotations_of, drafts_of, category):
    drafts = drafts_of(annotations_of(objects=[_object(category)]))
    assert not _by_key(drafts, COUNTING)
    assert category in _by_key(drafts, DETECTION)


@pytest.mark.parametrize(
    "spoiler", [{"crowd": True}, {"exhaustive": False}], ids=["a crowd", "others of it may not be annotated"]
)
def test_what_is_not_complete_is_neither_located_nor_counted(annotations_of, drafts_of, spoiler):
    rows = [_object("person"), _object("person", 90, **spoiler), _object("dog"), _object("cat", 70)]
    drafts = drafts_of(annotations_of(objects=rows), tasks=(DETECTION, COUNTING, REFERRING), style="short")
    assert set(_by_key(drafts, DETECTION)) == {"*", "dog", "cat"}
    assert set(_by_key(drafts, COUNTING)) == {"dog", "cat"}
    assert set(_by_key(drafts, REFERRING)) == {"dog", "cat"}
    assert "person" not in _by_key(drafts, DETECTION)["*"]


def test_the_only_one_of_its_category_is_referred_to(annotations_of, drafts_of):
    rows = [_object("dog", 5), _object("cat", 5), _object("cat", 90)]
    drafts = drafts_of(annotations_of(objects=rows), style="short")
    assert _by_key(drafts, REFERRING) == {"dog": "[5, 20, 35, 60]"}


def test_two_sources_are_not_added_up(annotations_of, drafts_of):
    rows = [
        _object("dog", 5, source="coco_instances"),
        _object("dog", 6, source="lvis"),
        _object("dog", 90, source="lvis"),
        _object("cat", 5, source="coco_instances", crowd=True),
        _object("cat", 6, source="lvis"),
        _object("cow", 1, source="coco_instances"),
    ]
    drafts = drafts_of(annotations_of(objects=rows), style="short")
    assert _by_key(drafts, COUNTING) == {"dog": "1", "cat": "1", "cow": "1"}
    assert _by_key(drafts, COUNTING, "sources") == {
        "dog": ["coco_instances"],
        "cat": ["lvis"],
        "cow": ["coco_instances"],
    }
    assert _by_key(drafts, DETECTION, "sources")["*"] == ["lvis", "coco_instances"]  # by category: cat, cow, dog


def test_a_box_that_cannot_be_written_rejects_its_draft(annotations_of, drafts_of):
    rows = [_object("dog", 5), {"image_id": 1, "category": "dog", "box": (9, 9, 9, 12)}, _object("cat", 70)]
    drafts = drafts_of(annotations_of(objects=rows), tasks=(DETECTION,))
    reasons = dict(drafts.select("key", "reject_reason").rows())
    assert reasons == {"dog": "the box is empty", "cat": None, "*": "the box is empty"}


def test_what_a_source_left_out_makes_its_image_incomplete(annotations_of, drafts_of):
    annotations = annotations_of(
        objects=[_object("dog"), _object("cat", 70), _object("dog", image=2)],
        rejected=[{"image_id": 1, "what": "annotation 9", "reason": "no category", "source": "coco_instances"}],
    )
    drafts = drafts_of(annotations, tasks=(DETECTION, COUNTING, REFERRING))
    assert drafts["image_id"].unique().to_list() == [2]
