"""croissant.json, by the reference implementation: it validates, and reads the records that we wrote."""

import json
import sys
from pathlib import Path

import mlcroissant
import pytest
from PIL import Image

from tests.publishing.conftest import MakeFolder, rows
from vlit_hub.errors import MissingExtra
from vlit_hub.publishing.card import write_card
from vlit_hub.publishing.croissant import validate


@pytest.mark.parametrize("photos", ["embedded", "none"])
def test_mlcroissant_reads_the_records(make_folder: MakeFolder, photos: str) -> None:
    folder = make_folder(photos=photos)
    write_card(folder, "me/trams")
    file = folder / "croissant.json"
    assert validate(file) == []
    found = list(mlcroissant.Dataset(file, mapping={"repo": str(folder)}).records("records"))
    wanted = {record["id"]: record for record in rows(0, 8, None)}
    assert len(found) == len(wanted)
    for record in found:
        own = wanted[record["records/id"].decode()]
        assert record["records/response"].decode() == own["response"]
        assert record["records/input"]["records/input/text"].decode() == own["input"]["text"]
        assert record["records/source"]["records/source/datasets"] == [
            name.encode() for name in own["source"]["datasets"]
        ]
        agreement = own["quality"]["annotator_agreement"]
        assert record["records/quality"]["records/quality/annotator_agreement"] == pytest.approx(agreement)
        turns = record["records/history"]
        assert [turn["records/history/response"].decode() for turn in turns] == [
            one["response"] for one in own["history"]
        ]
        boxes = [region["records/regions/bbox"] for region in record["records/regions"]]
        assert boxes == [one["bbox"] for one in own["regions"]]
        images = record["records/input"]["records/input/images"]
        assert len(images) == (photos == "embedded")
        assert all(isinstance(image, Image.Image) and image.size == (64, 48) for image in images)


def test_what_it_says(make_folder: MakeFolder) -> None:
    folder = make_folder()
    write_card(folder, "me/trams")
    found = json.loads((folder / "croissant.json").read_text())
    assert found["url"] == "https://huggingface.co/datasets/me/trams"
    assert found["version"] == "1.0.0" and found["inLanguage"] == "en"
    assert "https://creativecommons.org/licenses/by-nc-nd/2.0/" in found["license"]
    assert any("As right as the annotations" in line for line in found["rai:dataLimitations"])


def test_faults_are_told(make_folder: MakeFolder) -> None:
    folder = make_folder(photos="none")
    write_card(folder)
    file = folder / "croissant.json"
    found = json.loads(file.read_text())
    del found["distribution"][1]
    file.write_text(json.dumps(found))
    faults = validate(file)
    assert faults and all(fault.startswith("croissant.json: ") for fault in faults)
    assert "parquet-files" in faults[0]
    file.write_text('{"name": }')
    assert validate(file) == ["croissant.json: line 1: Expecting value"]


def test_without_mlcroissant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlcroissant", None)
    with pytest.raises(
        MissingExtra, match=r"checking croissant.json needs an extra: pip install 'vlit-hub\[croissant\]'"
    ):
        validate(tmp_path / "croissant.json")
