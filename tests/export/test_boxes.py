"""Boxes in texts, in another convention: converted where they are the record's regions, and left alone where they aren't."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.export.making import exported, make, photo, record, samples
from tests.quality.making import save, scene
from vlit_hub.errors import UsageError
from vlit_hub.export.exporter import Export

# The photo is 200 x 100 pixels.
CAT, DOG = [20.0, 10.0, 120.4, 60.0], [0.0, 0.0, 100.0, 50.0]
PIXELS = "Boxes are given as [x1, y1, x2, y2] in pixels."


def region(bbox: list[float], label: str = "cat", image: int = 0) -> dict[str, Any]:
    return {"image": image, "bbox": bbox, "label": label}


def run(
    tmp_path: Path, to: str, boxes: str, *rows: dict[str, Any]
) -> tuple[list[list[str]], Export, list[dict[str, Any]]]:
    done = exported(make(tmp_path / "set", *rows), to, tmp_path / "out", boxes=boxes)
    made = list(samples(tmp_path / "out" / "train.jsonl"))
    return [[message["content"] for message in sample["messages"]] for sample in made], done, made


def about(
    tmp_path: Path, response: str, instruction: str = f"Where are they? {PIXELS}", **changes: Any
) -> dict[str, Any]:
    file = save(scene(1, 200, 100, 3), tmp_path / "photo.png")
    return record(
        1,
        [file],
        instruction=instruction,
        response=response,
        **{"regions": [region(CAT), region(DOG, "dog")], **changes},
    )


def test_by_default_texts_stay(tmp_path: Path) -> None:
    texts, done, _ = run(tmp_path, "swift", "keep", about(tmp_path, "[20, 10, 120, 60]"))
    assert texts == [[f"<image>Where are they? {PIXELS}", "[20, 10, 120, 60]"]]
    assert not done.counts


@pytest.mark.parametrize(
    ("written", "boxes", "expected"),
    [
        ("cat [20, 10, 120, 60], dog [0, 0, 100, 50].", "thousand", "cat [100, 100, 602, 600], dog [0, 0, 500, 500]."),
        ("[20, 10, 120, 60]", "unit", "[0.100, 0.100, 0.602, 0.600]"),
        ("[0.100, 0.100, 0.602, 0.600]", "thousand", "[100, 100, 602, 600]"),
        ("[100, 100, 602, 600]", "pixels", "[20, 10, 120, 60]"),
        ("[20, 10, 120, 60]", "pixels", "[20, 10, 120, 60]"),
        ("[0, 0, 500, 500][0, 0, 500, 500]", "unit", "[0.000, 0.000, 0.500, 0.500][0.000, 0.000, 0.500, 0.500]"),
    ],
)
def test_boxes_are_converted(tmp_path: Path, written: str, boxes: str, expected: str) -> None:
    texts, done, _ = run(tmp_path, "llama-factory", boxes, about(tmp_path, written, "Where?"))
    assert texts == [["<image>Where?", expected]]
    assert done.counts == {"boxes converted": written.count("[")}


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        ("thousand", "[x1, y1, x2, y2] on a scale from 0 to 1000"),
        ("unit", "[x1, y1, x2, y2] in fractions of the image's width and height"),
        ("objects", "their top left and bottom right corners"),
    ],
)
def test_the_words_for_the_convention_change_with_it(tmp_path: Path, boxes: str, words: str) -> None:
    texts, _, _ = run(tmp_path, "swift", boxes, about(tmp_path, "[20, 10, 120, 60]"))
    assert texts[0][0] == f"<image>Where are they? Boxes are given as {words}."


def test_a_longer_wording_isn_t_taken_for_its_beginning(tmp_path: Path) -> None:
    longer = "Boxes are [x1, y1, x2, y2] in pixels from the top left corner of the image."
    texts, _, _ = run(tmp_path, "llama-factory", "thousand", about(tmp_path, "[20, 10, 120, 60]", longer))
    assert texts[0][0] == "<image>Boxes are [x1, y1, x2, y2] scaled to the range from 0 to 1000."


def test_a_wording_of_the_convention_asked_for_stays_as_it_is(tmp_path: Path) -> None:
    """Another convention's wording, "... on a scale from 0 to 1", is its beginning."""
    own = "Boxes are [x1, y1, x2, y2], the top left and the bottom right corner on a scale from 0 to 1000."
    texts, _, _ = run(tmp_path, "llama-factory", "thousand", about(tmp_path, "[100, 100, 602, 600]", own))
    assert texts == [[f"<image>{own}", "[100, 100, 602, 600]"]]


def test_objects(tmp_path: Path) -> None:
    rows = [
        about(
            tmp_path,
            "dog [0, 0, 100, 50]; cat [20, 10, 120, 60]",
            "What is at [20, 10, 120, 60]?",
            history=[{"instruction": "Find the dog.", "response": "[0, 0, 100, 50]"}],
        ),
        {**about(tmp_path, "None.", "Any birds?"), "id": "caption-2"},
    ]
    texts, done, made = run(tmp_path, "swift", "objects", *rows)
    assert texts == [
        ["<image>Find the dog.", "<bbox>", "What is at <bbox>?", "dog <bbox>; cat <bbox>"],
        ["<image>Any birds?", "None."],
    ]
    [shown, bare] = made
    assert shown["objects"]["ref"] == [] and shown["objects"]["image_id"] == [0, 0, 0, 0]
    assert shown["objects"]["bbox"] == [DOG, pytest.approx(CAT, abs=0.001), DOG, pytest.approx(CAT, abs=0.001)]
    assert "objects" not in bare and done.counts == {"boxes converted": 4}


def test_boxes_of_several_photos(tmp_path: Path) -> None:
    one, two = save(scene(1, 200, 100, 3), tmp_path / "1.png"), save(scene(2, 100, 100, 3), tmp_path / "2.png")
    row = record(
        1, [one, two], response="[20, 10, 120, 60] and [10, 10, 20, 20]", image_ids=["1", "2"],
        regions=[region(CAT), region([10.0, 10.0, 20.0, 20.0], image=1)],
    )  # fmt: skip
    texts, _, _ = run(tmp_path, "llama-factory", "thousand", row)
    assert texts[0][1] == "[100, 100, 602, 600] and [100, 100, 200, 200]"


def test_a_record_with_a_box_of_unknown_origin_is_left_alone_and_counted(tmp_path: Path) -> None:
    rows = [
        about(tmp_path, "[20, 10, 120, 60] or [1, 2, 3, 4]"),
        {**about(tmp_path, "[20, 10, 120, 60]", regions=[]), "id": "caption-2"},
        {**about(tmp_path, "[0, 0, 100, 50]"), "id": "caption-3"},
    ]
    texts, done, made = run(tmp_path, "swift", "objects", *rows)
    assert [text[1] for text in texts] == ["[20, 10, 120, 60] or [1, 2, 3, 4]", "[20, 10, 120, 60]", "<bbox>"]
    assert [PIXELS in text[0] for text in texts] == [True, True, False]
    assert done.counts == {"boxes converted": 1, "samples whose boxes were left as they are": 2}
    assert ["objects" in sample for sample in made] == [False, False, True]


def test_without_sizes_boxes_are_left_alone(tmp_path: Path) -> None:
    row = record(1, response="[20, 10, 120, 60]", regions=[region(CAT)])
    dataset = make(tmp_path / "set", row)
    done = exported(dataset, "llama-factory", tmp_path / "out", boxes="thousand", images="none")
    assert done.counts == {"samples whose boxes were left as they are": 1}
    names = ["other.png", "000000000001.png"]  # of two sources that were mixed
    sizes = pl.DataFrame({"image_key": ["1", "1"], "file_name": names, "width": [999, 200], "height": [999, 100]})
    sizes.write_parquet(tmp_path / "set" / "images.parquet")
    done = exported(dataset, "llama-factory", tmp_path / "out", boxes="thousand", images="none", force=True)
    assert samples(tmp_path / "out" / "train.jsonl")[0]["messages"][1]["content"] == "[100, 100, 602, 600]"


def test_photos_that_are_stored_rotated(tmp_path: Path) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    file = save(scene(1, 100, 200, 3), tmp_path / "photo.jpg", exif=exif.tobytes())  # upright, it is 200 x 100
    row = record(1, [file], response="[20, 10, 120, 60]", regions=[region(CAT)])
    texts, _, _ = run(tmp_path, "llama-factory", "thousand", row)
    assert texts[0][1] == "[100, 100, 602, 600]"


def test_only_swift_has_objects(tmp_path: Path) -> None:
    file = photo(tmp_path / "tram.png")
    dataset = make(tmp_path / "set", record(1, [file]))
    with pytest.raises(UsageError, match=r"--boxes objects: qwen can't do that; it can keep, pixels, unit, thousand"):
        exported(dataset, "qwen", tmp_path / "out", boxes="objects")
    with pytest.raises(UsageError, match=r"--boxes corners: there are keep"):
        exported(dataset, "qwen", tmp_path / "out", boxes="corners")


def test_real_boxes_of_the_builder_are_all_converted(tmp_path: Path) -> None:
    """Every way in which annotation adaption writes boxes is read back."""
    from vlit_hub.building.plan import BuildOptions
    from vlit_hub.building.run import build
    from vlit_hub.dataset.reading import open_dataset
    from vlit_hub.sample import write_sample

    write_sample(tmp_path / "data", images=12)
    for box_format in ("pixel", "thousand"):
        options = BuildOptions(data_dir=tmp_path / "data", strategy={"box_format": box_format})
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("VLIT_HUB_CACHE", str(tmp_path / "cache"))
            patch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "hf")
            build("coco_aa", options, out=tmp_path / box_format)
        done = exported(
            open_dataset(tmp_path / box_format), "llama-factory", tmp_path / f"{box_format}-unit", boxes="unit"
        )
        assert done.counts.keys() == {"boxes converted"} and done.counts["boxes converted"] > 20
    for file in ("train.jsonl", "validation.jsonl"):
        pixel, thousand = ((tmp_path / name / file).read_text() for name in ("pixel-unit", "thousand-unit"))
        assert "in pixels" not in pixel and "0 to 1000" not in thousand
        assert pixel == thousand
