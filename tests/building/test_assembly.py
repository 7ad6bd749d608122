import polars as pl
import pytest

from vlit_hub.building.assembly import assemble
from vlit_hub.errors import RecordError
from vlit_hub.frames import SCHEMAS, Annotations
from vlit_hub.records import schema, validate

LICENSES = {"coco_captions": "CC-BY-4.0", "vqa": "CC-BY-4.0", "coco_attributes": "unknown"}


def images(**photos: str | None) -> pl.DataFrame:
    rows = [
        {
            "image_id": number,
            "image_key": str(number),
            "file_name": f"{number}.jpg",
            "license": "CC-BY-2.0",
            "width": 64,
        }
        for number in (1, 2)
    ]
    found = Annotations.of({"images": pl.DataFrame(rows, schema=SCHEMAS["images"])}).images
    return found.with_columns(**{name: pl.Series([None, value], dtype=pl.String) for name, value in photos.items()})


def drafts(**columns: object) -> pl.DataFrame:
    base = {
        "image_id": [2, 1],
        "key": ["a", "b"],
        "task": ["image_captioning"] * 2,
        "instruction": ["Say.", "Tell."],
        "response": ["Two.", "One."],
        "sources": [["coco_captions"]] * 2,
    }
    return pl.DataFrame({**base, **columns})


def made(draft: pl.DataFrame, **more: object):
    return assemble(draft, more.pop("images", images()), strategy="s", licenses=LICENSES, **more)


def test_a_draft_becomes_a_record():
    table = made(drafts(), images=images(photo="/photos/2.jpg")).records
    assert table.schema == schema()
    validate(table)
    first, second = table.to_pylist()
    assert (first["id"], second["id"]) == ("image_captioning-1-b", "image_captioning-2-a")
    assert first["input"] == {"images": [], "text": ""}
    assert second["input"]["images"] == [{"bytes": None, "path": "/photos/2.jpg"}]
    assert second["source"] == {
        "datasets": ["coco_captions"],
        "image_ids": ["2"],
        "file_names": ["2.jpg"],
        "license": "CC-BY-4.0",
        "image_license": "CC-BY-2.0",
    }
    assert first["generation"] is None
    assert first["quality"] == {"annotator_agreement": None, "unsupported_mentions": None}


def test_licences_of_several_sources_are_each_named_once():
    table = made(drafts(sources=[["coco_captions", "vqa"], ["coco_captions", "coco_attributes"]])).records
    assert [row["license"] for row in table["source"].to_pylist()] == ["CC-BY-4.0 AND unknown", "CC-BY-4.0"]


def test_rejected_drafts_are_set_aside_with_the_reason():
    done = made(drafts(reject_reason=["junk caption", None]))
    assert done.records["id"].to_pylist() == ["image_captioning-1-b"]
    assert done.rejected.select("id", "reason").rows() == [("image_captioning-2-a", "junk caption")]


def test_a_broken_photo_rejects_its_records():
    done = made(drafts(), images=images(photo="/photos/2.jpg", photo_fault="truncated"))
    assert done.records["id"].to_pylist() == ["image_captioning-1-b"]
    assert done.rejected["reason"].to_list() == ["photo: truncated"]


def test_per_image_keeps_the_same_whatever_the_order():
    many = pl.DataFrame(
        {
            "image_id": [1] * 6 + [2],
            "key": list("abcdefg"),
            "task": ["x"] * 3 + ["y"] * 4,
            "instruction": "i",
            "response": "r",
            "sources": [["vqa"]] * 7,
        }
    )
    done = made(many, per_image=2, seed=3)
    again = made(many.reverse(), per_image=2, seed=3)
    assert done.capped == 2
    assert set(done.records["id"].to_pylist()) == set(again.records["id"].to_pylist())
    assert len(done.records) == 5
    others = {tuple(sorted(made(many, per_image=2, seed=seed).records["id"].to_pylist())) for seed in range(20)}
    assert len(others) > 1


def test_a_draft_of_an_unknown_image_is_refused():
    with pytest.raises(RecordError, match="no image 9"):
        made(drafts(image_id=[9, 1]))


def test_no_drafts_give_an_empty_table():
    assert made(drafts().clear()).records.schema == schema()
