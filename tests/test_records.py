import copy

import datasets
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vlit_hub.errors import RecordError
from vlit_hub.records import features, from_rows, schema, validate

ROW = {
    "id": "image_captioning-9-1",
    "instruction": "Describe the picture.",
    "input": {"images": [{"bytes": None, "path": "/photos/9.jpg"}], "text": ""},
    "response": "A dog on a beach.",
    "history": [{"instruction": "Is there a dog?", "response": "Yes."}],
    "regions": [{"image": 0, "bbox": [1.0, 2.0, 30.0, 40.0], "label": "dog"}],
    "task": "image_captioning",
    "granularity": "global",
    "strategy": "annotation_adaption",
    "source": {
        "datasets": ["coco_captions"],
        "image_ids": ["9"],
        "file_names": ["9.jpg"],
        "license": "CC-BY-4.0",
        "image_license": "CC-BY-2.0",
    },
    "generation": None,
    "quality": {"annotator_agreement": None, "unsupported_mentions": None},
}
SIZES = pl.DataFrame({"image_key": ["9"], "width": [30], "height": [40]})


def changed(path: str, value: object) -> dict[str, object]:
    row = copy.deepcopy(ROW)
    *way, last = path.split(".")
    inner = row
    for step in way:
        inner = inner[int(step) if step.isdigit() else step]
    inner[int(last) if last.isdigit() else last] = value
    return row


def test_a_good_record_passes():
    table = from_rows([ROW])
    validate(table, image_sizes=SIZES)
    assert table.schema == schema()
    assert table.to_pylist() == [ROW]


def test_features_and_arrow_schema_agree():
    assert features().arrow_schema.remove_metadata() == schema()
    assert features()["input"]["images"] == datasets.List(datasets.Image())


def test_datasets_reads_the_record_from_parquet(tmp_path):
    table = from_rows([changed("input.images", [])]).replace_schema_metadata(features().arrow_schema.metadata)
    pq.write_table(table, tmp_path / "one.parquet")
    loaded = datasets.load_dataset(
        "parquet", data_files=str(tmp_path / "one.parquet"), cache_dir=str(tmp_path / "cache")
    )
    assert loaded["train"].features == features()
    assert loaded["train"][0] == changed("input.images", [])


FAULTS = [
    ("instruction", "  \n", "instruction", "is empty"),
    ("response", None, "response", "is null"),
    ("task", "", "task", "is empty"),
    ("granularity", "local", "granularity", "is none of"),
    ("input.text", None, "input.text", "is null"),
    ("input.images", [{"bytes": None, "path": "a"}] * 2, "input.images", "aren't as many"),
    ("history.0.response", " ", "history.response", "is empty"),
    ("history.0.instruction", None, "history.instruction", "is empty"),
    ("regions.0.image", 1, "regions.image", "isn't there"),
    ("regions.0.image", -1, "regions.image", "isn't there"),
    ("regions.0.image", None, "regions.image", "isn't there"),
    ("regions.0.bbox", None, "regions.bbox", "no number"),
    ("regions.0.bbox", [1.0, 2.0, float("nan"), 4.0], "regions.bbox", "isn't finite"),
    ("regions.0.bbox", [5.0, 2.0, 4.0, 4.0], "regions.bbox", "0 <= x1"),
    ("regions.0.bbox", [-1.0, 2.0, 4.0, 4.0], "regions.bbox", "0 <= x1"),
    ("regions.0.bbox", [1.0, 2.0, 31.0, 4.0], "regions.bbox", "outside its image"),
    ("id", None, "id", "is null"),
]


@pytest.mark.parametrize(("path", "value", "field", "reason"), FAULTS)
def test_a_fault_is_named_by_record_and_field(path, value, field, reason):
    good = changed("id", "good")
    with pytest.raises(RecordError, match=reason) as caught:
        table = from_rows([good, changed(path, value)])
        validate(table, image_sizes=SIZES)
    assert caught.value.field == field
    if field != "regions.bbox" or reason != "no number":
        assert caught.value.record in ("image_captioning-9-1", "record 1")


def test_a_duplicate_id_is_named():
    with pytest.raises(RecordError, match="image_captioning-9-1: id: is the id of another record too"):
        from_rows([changed("id", "other"), ROW, ROW])


def test_a_missing_field_is_named():
    with pytest.raises(RecordError, match="image_captioning-9-1: task: is missing"):
        from_rows([{name: value for name, value in ROW.items() if name != "task"}])


def test_an_extra_field_is_named():
    with pytest.raises(RecordError, match="image_captioning-9-1: mood: is no field of a record"):
        from_rows([{**ROW, "mood": "good"}])


@pytest.mark.parametrize(("path", "value"), [("response", 7), ("regions.0.bbox", [1.0, 2.0]), ("history", "none")])
def test_a_wrong_type_is_named(path, value):
    with pytest.raises(RecordError, match=f"{path.split('.')[0]}: has a wrong type"):
        from_rows([changed(path, value)])


def test_a_table_of_other_types_is_refused():
    table = from_rows([ROW])
    with pytest.raises(RecordError, match="response: is int64, not string"):
        validate(table.set_column(table.column_names.index("response"), "response", pa.array([7])))


def test_indicators_become_quality_fields():
    wider = {"text_readability": pa.float32()}
    quality = {"annotator_agreement": 1.0, "unsupported_mentions": None, "text_readability": None}
    row = {**ROW, "quality": quality}
    assert from_rows([row], wider).to_pylist()[0]["quality"] == quality
    with pytest.raises(RecordError, match="quality"):
        validate(from_rows([row], wider))
