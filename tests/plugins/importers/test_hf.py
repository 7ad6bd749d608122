"""What `datasets` loads: folders, and repositories of a local Hub."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from datasets import Dataset, Features, Image, List, Value

from tests.hub.server import Hub
from tests.importing.making import bring, llava, picture, rows, save, write
from vlit_hub.errors import InputError, UnknownName, UsageError

COLUMNS = {"instruction": "ask", "response": "reply", "images": "photo", "id": "key", "task": "kind"}


def signs(folder: Path, split: str = "train", count: int = 4) -> Path:
    """A folder with a Parquet file of questions about photos that are in it."""
    found = Dataset.from_list(
        [
            {
                "key": number,
                "ask": f"What is sign {number}?",
                "reply": f"A stop sign, number {number}.",
                "kind": "text_recognition",
                "photo": {"bytes": picture(20 + number, 20), "path": "image.jpg"},
            }
            for number in range(count)
        ],
        features=Features(
            {
                "key": Value("int64"),
                "ask": Value("string"),
                "reply": Value("string"),
                "kind": Value("string"),
                "photo": Image(),
            }
        ),
    )
    folder.mkdir(parents=True, exist_ok=True)
    found.to_parquet(folder / f"{split}-00000-of-00001.parquet")
    return folder


def test_a_folder_of_parquet(tmp_path: Path) -> None:
    found = bring(tmp_path, "hf", signs(tmp_path / "signs"), columns=COLUMNS)
    assert [one["id"] for one in found.records] == ["0", "1", "2", "3"]
    assert found.turns(1) == [("What is sign 1?", "A stop sign, number 1.")]
    assert [one["input"]["images"][0]["bytes"] for one in found.records] == [picture(20 + n, 20) for n in range(4)]
    assert len({one["source"]["image_ids"][0] for one in found.records}) == 4  # though all are called image.jpg
    assert {one["task"] for one in found.records} == {"text_recognition"}
    [file] = found.build["sources"][0]["files"]
    assert file["name"] == "train-00000-of-00001.parquet" and file["digest"].startswith("xxh3:")
    assert found.build["command"] == (
        "vlit-hub import hf:signs --map instruction=ask,response=reply,images=photo,id=key,task=kind -o out"
    )


def test_columns_of_the_usual_names_need_no_map(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    save(folder / "photos" / "a.jpg")
    lines = [
        {"question": "How many?", "answer": 3, "image": "photos/a.jpg"},
        {"question": "Is it red?", "answer": 4, "image": "gone.jpg"},
    ]
    write(folder / "train.jsonl", lines)
    write(folder / "test.jsonl", lines[:1])
    found = bring(tmp_path, "hf", folder)
    assert [one["response"] for one in found.records] == ["3", "4"]
    assert [len(one["input"]["images"]) for one in found.records] == [1, 0]  # photos of the folder itself
    assert len(bring(tmp_path, "hf", folder, split="test").records) == 1


def test_messages_in_the_way_of_llava(tmp_path: Path) -> None:
    items = [
        llava("<image>\nWhat?", "A bus.") | {"image": {"bytes": picture(), "path": None}},
        llava("What is <image> in HTML?", "A tag.") | {"image": None},
    ]
    features = Features(
        {
            "id": Value("string"),
            "conversations": List({"from": Value("string"), "value": Value("string")}),
            "image": Image(),
        }
    )
    (tmp_path / "data").mkdir()
    Dataset.from_list(items, features=features).to_parquet(tmp_path / "data" / "train.parquet")
    found = bring(tmp_path, "hf", tmp_path / "data")
    assert [one["instruction"] for one in found.records] == ["What?", "What is <image> in HTML?"]
    assert found.records[0]["input"]["images"][0]["bytes"] == picture()
    assert found.records[1]["input"]["images"] == []


def test_several_photos_and_history(tmp_path: Path) -> None:
    photos = [{"bytes": picture(20, side), "path": None} for side in (20, 30)]
    features = Features(
        {
            "instruction": Value("string"),
            "output": Value("string"),
            "history": List(List(Value("string"))),
            "images": List(Image()),
        }
    )
    item = {"instruction": "Differ?", "output": "Yes.", "history": [["What?", "Buses."]], "images": photos}
    (tmp_path / "data").mkdir()
    Dataset.from_list([item], features=features).to_parquet(tmp_path / "data" / "train.parquet")
    found = bring(tmp_path, "hf", tmp_path / "data")
    assert found.turns() == [("What?", "Buses."), ("Differ?", "Yes.")]
    assert [one["bytes"] for one in found.record["input"]["images"]] == [one["bytes"] for one in photos]


def test_faults(tmp_path: Path) -> None:
    folder = signs(tmp_path / "signs")
    with pytest.raises(UnknownName, match=r"no column of .*signs 'asks'\. Did you mean 'ask'"):
        bring(tmp_path, "hf", folder, columns={**COLUMNS, "instruction": "asks"})
    with pytest.raises(UnknownName, match=r"no part of a record \(--map\) 'instructions'\. Did you mean 'instruction'"):
        bring(tmp_path, "hf", folder, columns={"instructions": "ask"})
    with pytest.raises(UsageError, match=r"which columns are instruction and response\? It has key, ask, reply"):
        bring(tmp_path, "hf", folder)
    with pytest.raises(InputError, match=r"datasets can't load it .*Give a dataset's repository or folder"):
        bring(tmp_path, "hf", folder, columns=COLUMNS, split="validation")
    write(tmp_path / "lists" / "train.jsonl", [{"question": "What?", "answer": ["a bus", "bus"]}])
    with pytest.raises(InputError, match="has something else than text as its instruction, text or response"):
        bring(tmp_path, "hf", tmp_path / "lists")


def test_a_repository(hub: Hub, tmp_path: Path) -> None:
    api = hub.api(hub.token("ada"))
    api.create_repo("vlit_hub/signs", repo_type="dataset")
    api.upload_folder(repo_id="vlit_hub/signs", repo_type="dataset", folder_path=signs(tmp_path / "signs"))
    mapped = ",".join(f"{what}={column}" for what, column in COLUMNS.items())
    words = ["vlit-hub", "import", "hf:vlit_hub/signs", "--map", mapped, "-o", str(tmp_path / "out"), "--json"]
    done = hub.run(f"import sys; sys.argv = {words!r}; from vlit_hub.cli import main; main()", home=tmp_path / "home")
    assert done.returncode == 0, done.stderr
    build = json.loads(done.stdout)
    assert [one["input"]["images"][0]["bytes"] for one in rows(tmp_path / "out" / "data")] == [
        picture(20 + n, 20) for n in range(4)
    ]
    head = api.dataset_info("vlit_hub/signs").sha
    assert build["sources"][0]["files"] == [{"name": "vlit_hub/signs", "split": "train", "digest": f"commit:{head}"}]
    assert build["command"].startswith("vlit-hub import hf:vlit_hub/signs --map ")
    words[2:] = ["hf:vlit_hub/nothing", "-o", str(tmp_path / "other")]
    gone = hub.run(f"import sys; sys.argv = {words!r}; from vlit_hub.cli import main; main()", home=tmp_path / "home")
    assert gone.returncode == 1 and "Traceback" not in gone.stderr
    assert "vlit_hub/nothing: datasets can't load it" in gone.stderr.strip().splitlines()[-1]
