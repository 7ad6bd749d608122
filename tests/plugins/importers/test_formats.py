"""Each format by a sample written as its own documentation writes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.importing.making import Brought, base64_of, bring, images, llava, picture, save, talk
from vlit_hub import plugin_manager
from vlit_hub.files import AnnotationFile
from vlit_hub.importing.items import first_items
from vlit_hub.importing.sniffing import sniff


def test_llava_in_every_wrapping(tmp_path: Path) -> None:
    import gzip

    items = [llava("<image>\nWhat?", "A bus.", id=str(number)) for number in range(3)]
    lines = "\r\n".join(json.dumps(item) for item in items) + "\r\n\r\n"
    for name, content in (
        ("a.json", json.dumps(items, indent=2)),
        ("a.jsonl", lines),
        ("a.json", b"\xef\xbb\xbf" + lines.encode()),  # JSON Lines in a .json, with a byte order mark
        ("a.json.gz", gzip.compress(json.dumps(items).encode(), mtime=0)),
    ):
        found = bring(tmp_path, "llava", content, name)
        assert [one["id"] for one in found.records] == ["0", "1", "2"]
        assert found.records[0]["source"]["datasets"] == ["a"]


def test_llava_without_and_with_several_photos(tmp_path: Path) -> None:
    items = [
        llava("Write a poem.", "Roses are red.", id="text", image=None),
        llava("<image>\n<image>\nDiffer?", "Yes.", id="both", image=["a.jpg", "b.jpg"]),
        llava("First <image>, then <image>.", "Yes.", id="among", image=["a.jpg", "b.jpg"]),
    ]
    found = bring(tmp_path, "llava", items)
    assert [(one["instruction"], one["granularity"], one["source"]["image_ids"]) for one in found.records] == [
        ("Write a poem.", "global", []),
        ("Differ?", "global", ["a.jpg", "b.jpg"]),
        ("First <image>, then <image>.", "interleaved", ["a.jpg", "b.jpg"]),
    ]


SHAREGPT = {
    "messages": talk("<image>Who are they?", "Players.", "What are they doing?<image>", "Celebrating."),
    "images": ["demo/1.jpg", "demo/2.jpg"],
}


def test_sharegpt(tmp_path: Path) -> None:
    other = {
        "conversations": [
            {"from": "human", "value": "<image>Who?"},
            {"from": "gpt", "value": "A player."},
        ],
        "system": "Be brief.",
        "tools": "[]",
        "images": ["demo/1.jpg"],
    }
    blocks = {
        "messages": [
            {"role": "user", "content": [{"type": "image_url", "value": "1.jpg"}, {"type": "text", "value": "Who?"}]},
            {"role": "assistant", "content": [{"type": "text", "value": "A player."}]},
        ]
    }
    bad = [{**SHAREGPT, "images": ["demo/1.jpg"]}, {**SHAREGPT, "videos": ["a.mp4"]}, {**other, "tools": "[{}]"}]
    found = bring(tmp_path, "sharegpt", [SHAREGPT, other, blocks, *bad], system="drop")
    assert found.turns() == [("<image>Who are they?", "Players."), ("What are they doing?<image>", "Celebrating.")]
    assert found.records[0]["granularity"] == "interleaved"
    assert [found.turns(1), found.turns(2)] == [[("Who?", "A player.")]] * 2
    assert found.records[2]["source"]["file_names"] == ["1.jpg"]
    assert found.reasons == ["has more <image> than photos", "has video or audio", "uses tools"]


def test_swift(tmp_path: Path) -> None:
    save(tmp_path / "photos" / "a.jpg", picture(640, 480))
    grounded = {
        "messages": talk(
            "<image>Find <ref-object>.", "<bbox>", "<image> What is at <bbox>?", "A <ref-object>, and a point <bbox>."
        ),
        "images": ["/data/photos/a.jpg", "/data/photos/b.jpg"],
        "objects": {
            "ref": ["the sheep", "dog"],
            "bbox": [[10, 20.5, 300, 400], [1, 2, 3, 4], [5, 6]],
            "image_id": [0, 1, 1],
        },
    }
    items = [
        grounded,
        {"messages": talk("What?", "A bus."), "images": "a.jpg"},
        {
            "query": "And now?",
            "response": "A tram.",
            "history": [["What?", "A bus."]],
            "images": ["a.jpg"],
            "system": "",
        },
        {"query": "Picture 1: <img>a.jpg</img>\nWhat?", "response": "A bus."},
        {**grounded, "objects": {"ref": ["the sheep"], "bbox": [[1, 2, 3, 4]]}},
        {"messages": talk("What?", "A bus."), "rejected_response": "A cat."},
    ]
    found = bring(tmp_path, "swift", items, images=(tmp_path / "photos",))
    assert found.turns() == [
        ("<image>Find the sheep.", "[10, 20.5, 300, 400]"),
        ("<image> What is at [1, 2, 3, 4]?", "A dog, and a point [5, 6]."),
    ]
    regions = found.records[0]["regions"]
    assert [(one["image"], one["bbox"], one["label"]) for one in regions] == [
        (0, [10, 20.5, 300, 400], ""),
        (1, [1, 2, 3, 4], ""),
    ]
    assert found.turns(1) == [("What?", "A bus.")] and found.records[1]["granularity"] == "global"
    assert found.turns(2) == [("What?", "A bus."), ("And now?", "A tram.")]
    assert found.turns(3) == [("What?", "A bus.")] and len(found.records[3]["input"]["images"]) == 1
    assert found.reasons == [
        "has another number of <ref-object> than of objects for it",
        "is preference data: it has a rejected answer too",
    ]


def test_swift_boxes_in_shares(tmp_path: Path) -> None:
    save(tmp_path / "photos" / "a.jpg", picture(200, 100))
    item = {
        "messages": talk("<image>Find <ref-object>.", "<bbox>"),
        "images": ["a.jpg"],
        "objects": {"ref": ["the bus"], "bbox": [[0.25, 0.5, 0.5, 1]], "bbox_type": "norm1"},
    }
    found = bring(tmp_path, "swift", [item], images=(tmp_path / "photos",))
    assert found.record["response"] == "[0.25, 0.5, 0.5, 1]"
    [region] = found.record["regions"]
    assert (region["bbox"], region["label"]) == ([50, 50, 100, 100], "the bus")


def test_qwen(tmp_path: Path) -> None:
    items = [
        llava("<image>\nWhat?", "A bus.", image="a.jpg", id="one"),
        llava("<image>\n<image>\nDiffer?", "Yes.", image=["a.jpg", "b.jpg"], id="two"),
        {
            "id": "old",
            "conversations": [
                {"from": "user", "value": "Picture 1: <img>a.jpg</img>\nPicture 2: <img>b.jpg</img>\nDiffer?"},
                {"from": "assistant", "value": "Yes."},
            ],
        },
        llava("<image>\nWhat?", "A bus.") | {"video": "a.mp4"},
    ]
    found = bring(tmp_path, "qwen", items)
    assert [one["source"]["file_names"] for one in found.records] == [["a.jpg"], ["a.jpg", "b.jpg"], ["a.jpg", "b.jpg"]]
    assert [one["instruction"] for one in found.records] == ["What?", "Differ?", "Differ?"]
    assert found.reasons == ["has video or audio"]


def blocks(*parts: str) -> list[dict[str, Any]]:
    return [{"type": "image"} if part == "<>" else {"type": "text", "text": part} for part in parts]


TRL = [
    {
        "messages": [
            {"role": "user", "content": blocks("<>", "What is <image> in HTML?")},
            {"role": "assistant", "content": blocks("A tag, <image>.")},
        ],
        "images": ["a.jpg"],
    },
    {
        "messages": [
            {"role": "user", "content": blocks("Here ", "<>", " and there ", "<>", "?")},
            {"role": "assistant", "content": "Yes."},
        ],
        "images": ["a.jpg", "b.jpg"],
    },
    {"messages": talk("What?", "A bus."), "images": ["a.jpg"]},
    {"prompt": talk("What?"), "completion": talk("A bus.", roles=("assistant", "")), "image": "a.jpg"},
    {"prompt": "What?", "completion": "A bus."},
]


def check_trl(found: Brought) -> None:
    assert [one["instruction"] for one in found.records] == [
        "What is <image> in HTML?",
        "Here <image> and there <image>?",
        "What?",
        "What?",
        "What?",
    ]
    assert [one["granularity"] for one in found.records] == ["global", "interleaved", "global", "global", "global"]
    assert [len(one["source"]["file_names"]) for one in found.records] == [1, 2, 1, 1, 0]


@pytest.mark.parametrize("name", ["data.json", "data.jsonl"])
def test_trl(name: str, tmp_path: Path) -> None:
    bad = [
        {**TRL[0], "images": ["a.jpg", "b.jpg"]},
        {**TRL[0], "images": []},
        {"prompt": "What?", "chosen": "A bus.", "rejected": "A cat."},
        {
            "messages": [{"role": "user", "content": blocks("<>", "or <image>?", "<>")}, *talk("", "No.")[1:]],
            "images": ["a.jpg"] * 2,
        },
        {"messages": [{"role": "user", "content": [{"type": "video", "video": "a.mp4"}]}, *talk("", "No.")[1:]]},
    ]
    found = bring(tmp_path, "trl", [*TRL, *bad], name)
    check_trl(found)
    assert found.reasons == [
        "has more photos than places for photos",
        "has more places for photos than photos",
        "is preference data: it has a rejected answer too",
        "has photos among its texts, and <image> as plain text too",
        "has video or audio",
    ]


def test_trl_in_parquet_with_photos(tmp_path: Path) -> None:
    photo = {"bytes": picture(), "path": "a.jpg"}
    rows = [
        {
            "messages": [
                {"role": "user", "content": blocks("<>", "What?")},
                {"role": "assistant", "content": blocks("A bus.")},
            ],
            "images": [photo],
        },
        {
            "messages": [
                {"role": "user", "content": blocks("What?")},
                {"role": "assistant", "content": blocks("A tram.")},
            ],
            "images": [],
        },
        {
            "messages": [
                {"role": "user", "content": blocks("<>", "What?")},
                {"role": "assistant", "content": blocks("A cat.")},
            ],
            "images": [{"bytes": b"no photo", "path": "b.jpg"}],
        },
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "data.parquet")
    found = bring(tmp_path, "trl", tmp_path / "data.parquet")
    assert [one["input"]["images"] for one in found.records] == [[photo], []]
    assert found.records[0]["source"]["file_names"] == ["a.jpg"]
    assert found.reasons == ["photo: not an image"]
    assert images(found.folder).select("width", "height").row(0) == (40, 30)


def test_coco_arc(tmp_path: Path) -> None:
    save(tmp_path / "photos" / "COCO_train2014_000000247884_0.jpg", picture(50, 50))
    save(tmp_path / "photos" / "COCO_train2014_000000288586.jpg")
    said = ["What is it?", "A bear.", "Is it wet?", "Yes."]
    annotations = [
        {"img_ids": "288586", "instruction_type": "global", "conversations": talk(*said, roles=("User", "Assistant"))},
        {"img_ids": [288586], "instruction_type": "negative", "conversations": [said[:2], said[2:]]},
        {
            "img_ids": "247884_0",
            "instruction_type": "region",
            "conversations": [f"{who}: {text}" for who, text in zip(["User", "AI"] * 2, said, strict=True)],
        },
        {
            "img_ids": "COCO_train2014_000000288586.jpg",
            "conversations": [{"human": said[0], "gpt": said[1]}, {"human": said[2], "gpt": said[3]}],
        },
        {"img_ids": 1, "conversations": [{"question": said[0], "answer": said[1]}, {"Q": said[2], "A": said[3]}]},
        {"img_ids": 2, "conversations": "User: What is it?"},
    ]
    data = [{"image_source": "COCO 2014", "construction_time": "2023", "annotations": annotations}]
    found = bring(tmp_path, "coco_arc", data, images=(tmp_path / "photos",))
    for number in range(5):
        assert found.turns(number) == [("What is it?", "A bear."), ("Is it wet?", "Yes.")]
    assert [one["source"]["image_ids"] for one in found.records] == [
        ["288586"],
        ["288586"],
        ["COCO_train2014_000000247884_0.jpg"],
        ["288586"],
        ["1"],
    ]
    assert [len(one["input"]["images"]) for one in found.records] == [1, 1, 1, 1, 0]
    assert [one["granularity"] for one in found.records] == ["global", "global", "region", "global", "global"]
    assert found.reasons == ["its messages aren't a list"]
    single = bring(tmp_path, "coco_arc", json.dumps(data[0], indent=1))
    assert len(single.records) == 5


def test_alpaca(tmp_path: Path) -> None:
    items = [
        {"instruction": "Answer.", "input": "What is it?", "output": "A bus.", "image": "a.jpg"},
        {"instruction": "What is it?", "output": "A bus."},
        {"instruction": "<image>\nWhat is it?", "input": "", "output": "A bus.", "images": ["a.jpg"]},
        {"instruction": "Sure?", "output": "Yes.", "history": [["What?", "A bus."]], "system": "Be brief."},
        {"instruction": "", "input": "", "output": "A bus."},
        {"instruction": "What?", "output": None},
    ]
    found = bring(tmp_path, "alpaca", items, system="drop")
    assert [(one["instruction"], one["input"]["text"]) for one in found.records] == [
        ("Answer.", "What is it?"),
        ("What is it?", ""),
        ("What is it?", ""),
        ("Sure?", ""),
    ]
    assert [one["source"]["file_names"] for one in found.records] == [["a.jpg"], [], ["a.jpg"], []]
    assert found.turns(3) == [("What?", "A bus."), ("Sure?", "Yes.")]
    assert found.reasons == ["has an empty instruction", "`$.output` is null, where text was expected"]


def test_m3it(tmp_path: Path) -> None:
    item = {"instruction": "Describe it.", "inputs": "", "outputs": "A red wall."}
    wrapped = "\n".join(base64_of(picture())[start : start + 76] for start in range(0, 2000, 76))
    items = [
        {**item, "image_base64_str": base64_of(picture())},
        {**item, "inputs": "In one word.", "image_base64_str": [wrapped]},
        {**item, "image_base64_str": "this is no base64!"},
        {**item, "image_base64_str": base64_of(picture(400, 300)[:-40])},
        {**item, "image_base64_str": base64_of(b"no picture")},
    ]
    found = bring(tmp_path, "m3it", items, "data.jsonl")
    assert [one["input"]["text"] for one in found.records] == ["", "In one word."]
    for one in found.records:
        [photo] = one["input"]["images"]
        assert photo["bytes"] == picture()
        assert photo["path"] == f"{one['source']['image_ids'][0]}.jpg" == one["source"]["file_names"][0]
    assert images(found.folder).height == 1  # one photo, however many records show it
    assert found.reasons == ["has a photo that isn't base64", "photo: truncated", "photo: not an image"]
    assert found.build["counts"]["photos_in_the_file"] == 3


def test_data_urls_are_photos_in_the_file(tmp_path: Path) -> None:
    item = llava("<image>\nWhat?", "A bus.", image="data:image/png;base64," + base64_of(picture(format="PNG")))
    [photo] = bring(tmp_path, "llava", [item]).record["input"]["images"]
    assert photo["bytes"] == picture(format="PNG") and photo["path"].endswith(".png")


def test_a_photo_stored_on_its_side_has_its_upright_size(tmp_path: Path) -> None:
    from io import BytesIO

    from PIL import Image

    sink = BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (80, 40)).save(sink, "JPEG", exif=exif)
    item = {
        "instruction": "Where?",
        "outputs": "<box>(0,0),(500,500)</box>",
        "image_base64_str": base64_of(sink.getvalue()),
    }
    found = bring(tmp_path, "m3it", [item])
    assert images(found.folder).select("width", "height").row(0) == (40, 80)
    assert found.record["regions"][0]["bbox"] == [0, 0, 20, 40]


@pytest.mark.parametrize(
    ("item", "formats"),
    [
        (llava("<image>\nWhat?", "A bus."), ["llava", "qwen"]),
        (SHAREGPT, ["sharegpt", "swift", "trl"]),
        ({**SHAREGPT, "objects": {"ref": [], "bbox": []}}, ["swift"]),
        (TRL[0], ["trl"]),
        ({"question": "What?"}, []),
    ],
)
def test_sniffing(item: dict[str, Any], formats: list[str], tmp_path: Path) -> None:
    (tmp_path / "data.json").write_text(json.dumps([item] * 4))
    assert sniff(AnnotationFile(tmp_path / "data.json")) == formats
    assert len(first_items(AnnotationFile(tmp_path / "data.json"))) == 3


def test_every_format_is_told_in_the_docs() -> None:
    page = (Path(__file__).parents[3] / "docs" / "importing.md").read_text()
    told = {line.split("`")[1].partition(":")[0] for line in page.splitlines() if line.startswith("| `")}
    assert {one.name for one in plugin_manager.importers().values() if one.name != "example"} <= told


def test_images_parquet_is_of_what_records_show(tmp_path: Path) -> None:
    items = [llava("<image>\nWhat?", "A bus.", image="a.jpg"), llava("<image>\nWhat?", image="b.jpg")]
    table = images(bring(tmp_path, "llava", items).folder)
    assert table.select("split", "image_key", "photo").rows() == [("train", "a.jpg", None)]
    assert table.schema["width"] == pl.Int32
