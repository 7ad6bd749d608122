"""What conversations become: turns, places of photos, ids, keys, system prompts, tasks."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import datasets
import pytest

from tests.importing.making import bring, images, llava, picture, save, talk
from vlit_hub.importing.recording import distinct_ids


def test_turns_become_history(tmp_path: Path) -> None:
    found = bring(tmp_path, "llava", [llava("<image>\nWhat?", "A bus.", "Which colour?", "Red.", "Sure?", "Yes.")])
    assert found.turns() == [("What?", "A bus."), ("Which colour?", "Red."), ("Sure?", "Yes.")]
    assert found.record["instruction"] == "Sure?"
    assert found.record["granularity"] == "global"
    assert found.record["strategy"] == "imported"
    assert found.record["generation"] is None
    assert found.record["source"] == {
        "datasets": ["data"],
        "image_ids": ["a.jpg"],
        "file_names": ["a.jpg"],
        "license": "unknown",
        "image_license": None,
    }


@pytest.mark.parametrize(
    ("texts", "photos", "instruction", "granularity"),
    [
        (["<image>\nWhat?"], 1, "What?", "global"),
        (["  <image>  What?"], 1, "What?", "global"),
        (["<image>\n<image>\nDiffer?"], 2, "Differ?", "global"),
        (["What?\n<image>"], 1, "What?\n<image>", "interleaved"),
        (["<image> and <image> differ?"], 2, "<image> and <image> differ?", "interleaved"),
        (["<image>\nWhat? <image>"], 2, "<image>\nWhat? <image>", "interleaved"),
        (["Hello.", "<image>"], 1, "Hello.", "interleaved"),
        (["Hello."], 0, "Hello.", "global"),
    ],
)
def test_places_of_photos(texts: list[str], photos: int, instruction: str, granularity: str, tmp_path: Path) -> None:
    turns = [part for text in texts for part in (text, "Yes.")]
    item = {"messages": talk(*turns), "images": [f"{number}.jpg" for number in range(photos)]}
    found = bring(tmp_path, "sharegpt", [item])
    assert found.turns()[0][0] == instruction
    assert found.record["granularity"] == granularity
    assert found.record["source"]["file_names"] == [f"{number}.jpg" for number in range(photos)]


@pytest.mark.parametrize("text", ["<image>\nWhat?", "What?\n<image>", "What?<image>"])
def test_llava_moves_its_photo_to_the_front(text: str, tmp_path: Path) -> None:
    found = bring(tmp_path, "llava", [llava(text, "A bus.")])
    assert (found.record["instruction"], found.record["granularity"]) == ("What?", "global")


def test_ids(tmp_path: Path) -> None:
    items = [llava("<image>\nWhat?", f"Bus {number}.") for number in range(6)]
    for item, own in zip(items, ["7", "8", "7", None, 9, "7-1"], strict=True):
        item["id"] = own
    found = bring(tmp_path, "llava", items)
    assert [one["id"] for one in found.records] == ["7-1x", "8", "7-2", "data-3", "9", "7-1"]


def test_ids_of_conversations_without_any() -> None:
    assert distinct_ids(["", "", "a"], [0, 5, 6], "chats") == ["chats-0", "chats-5", "a"]
    assert distinct_ids([], [], "chats") == []


def test_coco_photos_are_found_by_number(tmp_path: Path) -> None:
    photos = tmp_path / "train2014"
    save(photos / "COCO_train2014_000000033471.jpg")
    items = [
        llava("<image>\nWhat?", "A bus.", id=name, image=name)
        for name in (
            "000000033471.jpg",
            "coco/train2017/000000033471.jpg",
            "COCO_train2014_000000033471.jpg",
        )
    ]
    found = bring(tmp_path, "llava", items, images=(photos,))
    for one in found.records:
        assert one["input"]["images"] == [{"bytes": None, "path": str(photos / "COCO_train2014_000000033471.jpg")}]
        assert one["source"]["image_ids"] == ["33471"]
    table = images(found.folder)
    assert table["image_key"].unique().to_list() == ["33471"] and set(table["width"]) == {40}
    assert table["photo"].unique().to_list() == ["COCO_train2014_000000033471.jpg"]
    assert found.build["splits"]["train"]["images"] == 1
    loaded = datasets.load_dataset(str(found.folder), split="train", cache_dir=str(tmp_path / "cache"))
    assert loaded[0]["input"]["images"][0].size == (40, 30)


def test_names_that_are_no_paths_below_the_folder(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    save(photos / "gqa" / "1.jpg")
    save(photos / "vg" / "2.jpg", picture(60, 30))
    save(tmp_path / "outside.jpg")
    names = {
        "inside": f"{photos}/gqa/1.jpg",
        "elsewhere": "/home/ada/data/vg/2.jpg",
        "windows": "C:\\home\\ada\\data\\vg\\2.jpg",
        "outside": f"{photos}/../outside.jpg",
        "hidden": f"{tmp_path}/outside.jpg",
        "address": "https://photos.example/a/3.jpg?size=large",
    }
    items = [llava("<image>\nWhat?", "A bus.", id=own, image=name) for own, name in names.items()]
    found = bring(tmp_path, "llava", items, images=(photos,))
    shown = {one["id"]: one for one in found.records}
    paths = {own: [photo["path"] for photo in one["input"]["images"]] for own, one in shown.items()}
    assert paths == {
        "inside": [str(photos / "gqa" / "1.jpg")],
        "elsewhere": [str(photos / "vg" / "2.jpg")],
        "windows": [str(photos / "vg" / "2.jpg")],
        "hidden": [],
        "address": ["https://photos.example/a/3.jpg?size=large"],
    }
    assert [row["id"] for row in found.rejected] == ["outside"]
    assert shown["inside"]["source"]["file_names"] == ["gqa/1.jpg"]
    assert shown["address"]["source"]["file_names"] == ["3.jpg"]
    table = images(found.folder)
    assert table.filter(table["image_key"].str.starts_with("https"))["url"].to_list() == [names["address"]]
    published = (found.folder / "build.json").read_text() + (found.folder / "README.md").read_text()
    assert str(tmp_path) not in published


def test_paths_of_another_machine_lose_what_they_share(tmp_path: Path) -> None:
    names = ["/home/ada/data/vg/2.jpg", "/home/ada/data/gqa/2.jpg"]
    found = bring(tmp_path, "llava", [llava("<image>\nWhat?", "A bus.", id=name, image=name) for name in names])
    assert [one["source"]["image_ids"] for one in found.records] == [["vg/2.jpg"], ["gqa/2.jpg"]]


@pytest.mark.parametrize(("system", "instruction"), [("drop", "What?"), ("prepend", "Be brief.\n\nWhat?")])
def test_system_prompts(system: str, instruction: str, tmp_path: Path) -> None:
    item = llava("<image>\nWhat?", "A bus.")
    item["conversations"].insert(0, {"from": "system", "value": "Be brief."})
    found = bring(tmp_path, "llava", [item], system=system)
    assert (found.record["instruction"], found.record["granularity"]) == (instruction, "global")
    assert found.build["counts"]["system_prompts"] == 1


def test_tasks(tmp_path: Path) -> None:
    items = [llava("<image>\nWhat?", "A bus."), llava("<image>\nWhat?", "A bus.", "And?", "A tram.", id="b")]
    assert [one["task"] for one in bring(tmp_path, "llava", items).records] == ["unspecified", "conversation"]
    told = bring(tmp_path, "llava", items, "detail_23k.json")
    assert [one["task"] for one in told.records] == ["detailed_description"] * 2
    said = bring(tmp_path, "llava", items, task="image_captioning", license="CC-BY-4.0", image_license="CC0-1.0")
    assert said.build["splits"]["train"]["tasks"] == {"image_captioning": 2}
    assert (said.record if len(said.records) == 1 else said.records[0])["source"]["license"] == "CC-BY-4.0"
    assert said.records[0]["source"]["image_license"] == "CC0-1.0"


def test_build_json_says_how(tmp_path: Path) -> None:
    photos = tmp_path / "my photos"
    save(photos / "a.jpg")
    found = bring(
        tmp_path, "llava", [llava("<image>\nWhat?", "A bus.")], images=(photos,), task="image_captioning", split="test"
    )
    assert found.build["command"] == (
        "vlit-hub import llava data.json --images IMAGES --split test --task image_captioning -o out"
    )
    [source] = found.build["sources"]
    assert source["files"][0]["name"] == "data.json" and source["files"][0]["digest"].startswith("xxh3:")
    assert found.build["splits"]["test"]["records_with_photo"] == 1
    assert (found.folder / "data" / "test-00000-of-00001.parquet").is_file()


def test_photos_can_be_embedded(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    save(photos / "a.jpg")
    items = [llava("<image>\nWhat?", "A bus.", id=str(number)) for number in range(3)]
    found = bring(tmp_path, "llava", items, images=(photos,), embed_images=True)
    for one in found.records:
        assert one["input"]["images"] == [{"bytes": picture(), "path": "a.jpg"}]


def test_embedded_photos_are_written_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vlit_hub.importing.running._PART_BYTES", 2_000)
    monkeypatch.setattr("vlit_hub.importing.running._SHARD_BYTES", 3_000)
    sizes = [40 + number % 5 for number in range(20)]
    for side in set(sizes):
        save(tmp_path / "photos" / f"{side}.jpg", picture(side, 30))
    items = [
        llava("<image>\nWhat?", f"Bus {number}.", id=str(number), image=f"{side}.jpg")
        for number, side in enumerate(sizes)
    ]
    items[7]["image"] = "../7.jpg"
    found = bring(tmp_path, "llava", items, images=(tmp_path / "photos",), embed_images=True)
    assert [one["id"] for one in found.records] == [str(number) for number in range(20) if number != 7]
    for one in found.records:
        assert one["input"]["images"][0]["bytes"] == picture(sizes[int(one["id"])], 30)
    assert found.build["splits"]["train"]["shards"] > 2
    assert [row["id"] for row in found.rejected] == ["7"]


def test_many_conversations_are_cut_into_parts_and_keep_their_order(tmp_path: Path) -> None:
    items = [
        llava("<image>\nWhat?", f"Bus {number}.", id=str(number), image=f"{number}.jpg") for number in range(9_000)
    ]
    items[8_500]["conversations"].pop()
    found = bring(tmp_path, "llava", items)
    assert [one["response"] for one in found.records] == [f"Bus {n}." for n in range(9_000) if n != 8_500]
    assert [row["number"] for row in found.rejected] == [8_500]


def test_the_same_file_gives_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    for number in range(4):
        save(photos / f"{number}.jpg", picture(40 + number, 30))
    items = [
        llava("<image>\nWhat?", "<ref>bus</ref><box>(10,20),(500,980)</box>", id="x", image=f"{number % 5}.jpg")
        for number in range(30)
    ] + [llava("What?", image=None)] * 3
    first = bring(tmp_path / "one", "llava", items, images=(photos,))
    file = tmp_path / "one" / "data.json"
    out = tmp_path / "two" / "out"
    subprocess.run(
        [sys.executable, "-m", "vlit_hub", "import", "llava", file, "--images", photos, "-o", out],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        check=True,
        capture_output=True,
    )
    assert digests_of(out) == digests_of(first.folder)


def digests_of(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
