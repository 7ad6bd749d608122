import polars as pl
import pytest

BOX = (10, 20, 60, 90)
WRITTEN = "[10, 20, 60, 90]"


def test_an_object_is_classified_by_its_box(annotations_of, drafts_of):
    rows = [{"image_id": 1, "category": "wine glass", "box": BOX, "object_id": 77}]
    drafts = drafts_of(annotations_of(objects=rows), tasks=("region_classification",), style="short")
    (draft,) = drafts.iter_rows(named=True)
    assert draft["response"] == "wine glass"
    assert draft["key"] == "77"
    assert draft["granularity"] == "region"
    assert WRITTEN in draft["instruction"] + draft["text"]
    assert draft["regions"] == [{"image": 0, "bbox": [10, 20, 60, 90], "label": "wine glass"}]


def test_a_crowd_is_no_object_and_a_tiny_one_is_rejected(annotations_of, drafts_of):
    rows = [
        {"image_id": 1, "category": "person", "box": BOX, "crowd": True},
        {"image_id": 1, "category": "dog", "box": (0, 0, 9.9, 50)},
        {"image_id": 1, "category": "cat", "box": (0, 0, 10, 10)},
        {"image_id": 1, "category": "cow", "box": (5, 5, 5, 50)},
    ]
    drafts = drafts_of(annotations_of(objects=rows), tasks=("region_classification",))
    reasons = {region[0]["label"]: reason for region, reason in drafts.select("regions", "reject_reason").rows()}
    assert reasons == {"dog": "the box is under 10 pixels wide or high", "cat": None, "cow": "the box is empty"}


def test_attributes_of_an_object_come_together(annotations_of, drafts_of):
    more = {"image_id": 1, "object_id": 5, "category": "dog", "box": BOX}
    rows = [{**more, "attribute": text} for text in ("sitting", "soft/ fluffy ", "brown", "sitting", "")]
    rows.append({**more, "object_id": 6, "category": "apple", "attribute": "red"})
    objects = annotations_of(attributes=rows)
    short = drafts_of(objects, style="short")
    assert short.select("key", "response").rows() == [("5", "brown, sitting, soft/fluffy"), ("6", "red")]
    for draft in drafts_of(objects, style="sentence").iter_rows(named=True):
        asked = draft["instruction"] + draft["text"]
        assert WRITTEN in asked
        assert ("dog" if draft["key"] == "5" else "apple") in asked
        assert draft["response"][0].isupper()
        assert draft["response"].endswith(".")
        assert "a apple" not in asked + draft["response"]
    assert short["sources"].to_list() == [["coco_attributes"]] * 2
    assert short["granularity"].unique().to_list() == ["region"]


def test_an_attribute_without_a_box_is_rejected(annotations_of, drafts_of):
    rows = [{"image_id": 1, "object_id": 5, "category": "dog", "attribute": "brown"}]
    assert drafts_of(annotations_of(attributes=rows))["reject_reason"].to_list() == ["has no box"]


def test_a_region_is_described_and_found(annotations_of, drafts_of):
    rows = [{"image_id": 1, "region_id": 3, "phrase": " man on a  horse. ", "box": BOX}]
    drafts = drafts_of(annotations_of(regions=rows), style="short")
    described = drafts.filter(pl.col("task") == "region_captioning").row(0, named=True)
    found = drafts.filter(pl.col("task") == "referring_expression_comprehension").row(0, named=True)
    assert described["response"] == "man on a horse"
    assert WRITTEN in described["instruction"] + described["text"]
    assert described["granularity"] == "region"
    assert found["response"] == WRITTEN
    assert "man on a horse" in found["instruction"] + found["text"]
    assert found["granularity"] == "global"
    assert found["regions"][0]["label"] == "man on a horse"


def test_a_region_in_a_sentence(annotations_of, drafts_of):
    rows = [{"image_id": n, "phrase": "man on Main St.", "box": BOX} for n in range(60)]
    drafts = drafts_of(annotations_of(regions=rows), style="sentence", tasks=("region_captioning",))
    for response in drafts["response"]:
        assert response[0].isupper()
        assert response.endswith(".")
        assert not response.endswith("..")
    assert "Man on Main St." in drafts["response"].to_list()


def test_a_phrase_for_several_regions_refers_to_none(annotations_of, drafts_of):
    rows = [
        {"image_id": 1, "phrase": "a tree", "box": BOX},
        {"image_id": 1, "phrase": "A tree.", "box": (200, 20, 300, 90)},
        {"image_id": 2, "phrase": "a tree", "box": BOX},
        {"image_id": 2, "phrase": "?!", "box": BOX},
    ]
    drafts = drafts_of(annotations_of(regions=rows), tasks=("referring_expression_comprehension",))
    several = "the phrase describes several regions of the image"
    assert drafts["reject_reason"].to_list() == [several, several, None, "the phrase has no words"]


@pytest.mark.parametrize("style", ["short", "sentence"])
def test_two_objects_are_related(annotations_of, drafts_of, style):
    rows = [
        {
            "image_id": 1,
            "relationship_id": 8,
            "subject": "man",
            "predicate": "RIDING",
            "object": "horse",
            "subject_box": BOX,
            "object_box": (5, 60, 100, 200),
        }
    ]
    (draft,) = drafts_of(annotations_of(relationships=rows), style=style).iter_rows(named=True)
    asked = draft["instruction"] + draft["text"]
    assert WRITTEN in asked
    assert "[5, 60, 100, 200]" in asked
    assert asked.index("man") < asked.index("horse")
    assert "riding" in draft["response"]
    assert (draft["response"] == "riding") == (style == "short")
    assert [region["label"] for region in draft["regions"]] == ["man", "horse"]
    assert draft["sources"] == ["visual_genome"]


def test_a_relationship_lacking_a_part_is_rejected(annotations_of, drafts_of):
    more = {"image_id": 1, "subject": "man", "object": "horse", "subject_box": BOX}
    rows = [{**more, "predicate": " ", "object_box": BOX}, {**more, "predicate": "on"}]
    drafts = drafts_of(annotations_of(relationships=rows))
    assert drafts["reject_reason"].to_list() == ["subject, object or predicate is empty", "has no box"]
