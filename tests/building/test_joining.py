import polars as pl
import pytest

from vlit_hub.building.joining import join
from vlit_hub.frames import SCHEMAS, Annotations


def frame(kind: str, *rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMAS[kind])


def image(number: int, source: str, **more: object) -> dict[str, object]:
    return {"image_id": number, "image_key": str(number), "source": source, **more}


ORDER = ["coco_captions", "coco_instances", "vqa"]


def test_the_earlier_source_wins_and_the_later_fills_in():
    images = frame(
        "images",
        image(9, "coco_instances", file_name="COCO_train2014_000000000009.jpg", width=640, height=480, exhaustive=True),
        image(9, "coco_captions", file_name="000000000009.jpg", width=None, exhaustive=None, license="CC-BY-2.0"),
    )
    joined = join({"images": images}, ORDER).annotations.images
    assert joined.height == 1
    row = joined.row(0, named=True)
    assert (row["file_name"], row["width"], row["height"], row["license"]) == (
        "000000000009.jpg",
        640,
        480,
        "CC-BY-2.0",
    )
    assert row["exhaustive"]


def test_an_image_that_is_only_mentioned_is_there():
    questions = frame("questions", {"image_id": 7, "question_id": 1, "question": "?", "source": "vqa", "split": "test"})
    row = join({"questions": questions}, ORDER).annotations.images.row(0, named=True)
    assert (row["image_id"], row["image_key"], row["split"], row["width"]) == (7, "7", "test", None)


def test_an_image_is_in_one_split_and_conflicts_are_counted():
    images = frame("images", image(1, "coco_captions", split="train"), image(2, "coco_captions", split=None))
    questions = frame("questions", {"image_id": 1, "question_id": 1, "source": "vqa", "split": "validation"})
    joined = join({"images": images, "questions": questions}, ORDER)
    assert joined.annotations.images["split"].to_list() == ["train", "train"]
    assert joined.counts["split_conflicts"] == 1


def test_years_join_on_the_integer_id():
    images = frame("images", image(9, "coco_captions", file_name="000000000009.jpg", split="train"))
    texts = frame("texts", {"image_id": 9, "text_id": 5, "text": "STOP", "source": "coco_text", "split": "train"})
    joined = join({"images": images, "texts": texts}, ORDER).annotations
    assert joined.images.height == 1
    assert joined.texts["image_id"].to_list() == [9]


def test_coco_attributes_find_their_object_and_orphans_are_set_aside():
    thing = {"image_id": 9, "object_id": 40, "category": "dog", "x1": 1.0, "y1": 2.0, "x2": 3.0, "y2": 4.0}
    objects = frame(
        "objects", {**thing, "source": "coco_instances"}, {**thing, "image_id": 8, "source": "lvis_instances"}
    )
    named = [{"object_id": number, "attribute": "wet", "source": "coco_attributes"} for number in (40, 41)]
    joined = join({"objects": objects, "attributes": frame("attributes", *named)}, ORDER).annotations
    assert joined.attributes.select("image_id", "category", "x2").rows() == [(9, "dog", 3.0)]
    assert joined.rejected["reason"].to_list() == ["no instances file lists the object"]
    assert joined.rejected["what"].to_list() == ["attributes of object 41"]


@pytest.mark.parametrize("turned", [False, True])
def test_the_order_of_files_doesn_t_matter(turned):
    rows = [
        {"image_id": number % 3, "caption_id": number, "caption": str(number), "source": "coco_captions"}
        for number in range(9)
    ]
    images = [image(number, "coco_captions", split="train") for number in range(3)]
    if turned:
        rows, images = rows[::-1], images[::-1]
    joined = join({"images": frame("images", *images), "captions": frame("captions", *rows)}, ORDER).annotations
    assert joined.captions["caption_id"].to_list() == [0, 3, 6, 1, 4, 7, 2, 5, 8]
    assert joined.images["image_id"].to_list() == [0, 1, 2]


def test_slices_hold_their_images_alone():
    images = frame("images", *(image(number, "coco_captions", split="train") for number in range(5)))
    captions = frame("captions", *({"image_id": number, "caption_id": number} for number in range(5)))
    whole = Annotations.of({"images": images, "captions": captions})
    assert whole.between(1, 2).captions["image_id"].to_list() == [1, 2]
    assert whole.of_splits("validation").captions.is_empty()
