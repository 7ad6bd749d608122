"""Each format's samples, as its trainer's own code reads them, checked by hand."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset

from tests.export.making import exported, make, photo, record, samples, text_only
from vlit_hub.dataset.reading import Dataset

ODD = 'Says "STOP"\nand\t\\ é 日本 😀 \u2028 </s> "text":null, {"a":null}'


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("photos")
    return [photo(folder / f"{name}.png", seed) for seed, name in enumerate(("one", "two", "three"))]


@pytest.fixture(scope="module")
def dataset(photos: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    one, two, three = photos
    earlier = [{"instruction": "What is it?", "response": "A tram."}, {"instruction": "Is it red?", "response": "Yes."}]
    return make(
        tmp_path_factory.mktemp("set"),
        record(1, [one], instruction="Where?", response=ODD, history=earlier, text="Answer briefly."),
        record(2, [one, two], instruction="Compare them.", response="Both are red.", image_ids=["1", "2"]),
        text_only(3, instruction="What is a tram?", response="A vehicle on rails."),
        record(
            4,
            [two, three],
            instruction="And <image> now?",
            response="Blue.",
            history=[{"instruction": "See <image>: which colour?", "response": "Red."}],
            image_ids=["2", "3"],
            granularity="interleaved",
        ),
        record(5, [three], instruction="Describe.", response="A stop.", granularity="interleaved"),
    )


TAGGED = [
    ["{}What is it?", "A tram.", "Is it red?", "Yes.", "Where?\nAnswer briefly.", ODD],
    ["{}{}Compare them.", "Both are red."],
    ["What is a tram?", "A vehicle on rails."],
    ["See <image>: which colour?", "Red.", "And <image> now?", "Blue."],
    ["{}Describe.", "A stop."],
]
IMAGES = [["one"], ["one", "two"], [], ["two", "three"], ["three"]]


def tagged(number: int, tag: str) -> list[str]:
    return [text.replace("{}", tag) for text in TAGGED[number]]


def told(texts: list[str], role: str, content: str, names: tuple[str, str]) -> list[dict[str, str]]:
    return [{role: names[number % 2], content: text} for number, text in enumerate(texts)]


def test_llava(dataset: Dataset, tmp_path: Path) -> None:
    done = exported(dataset, "llava", tmp_path / "out")
    made = samples(tmp_path / "out" / "train.json")
    names = ("human", "gpt")
    assert made == [
        {
            "id": "caption-1",
            "image": "images/one.png",
            "conversations": told(tagged(0, "<image>\n"), "from", "value", names),
        },
        {"id": "caption-3", "conversations": told(tagged(2, ""), "from", "value", names)},
        {
            "id": "caption-5",
            "image": "images/three.png",
            "conversations": told(tagged(4, "<image>\n"), "from", "value", names),
        },
    ]
    assert done.rejected == {"it shows more than one photo, and the format holds no more": 2}
    assert sorted(file.name for file in (tmp_path / "out" / "images").iterdir()) == ["one.png", "three.png"]
    assert "image" in load_dataset("json", data_files=str(tmp_path / "out" / "train.json"), split="train").features


def test_llava_takes_a_mark_that_stands_first(photos: list[Path], tmp_path: Path) -> None:
    rows = [
        record(1, [photos[0]], instruction="<image>\nWhat is it?", granularity="interleaved"),
        record(2, [photos[0]], instruction="What is <image>?", granularity="interleaved"),
    ]
    done = exported(make(tmp_path / "set", *rows), "llava", tmp_path / "out")
    [sample] = samples(tmp_path / "out" / "train.json")
    assert sample["conversations"][0]["value"] == "<image>\nWhat is it?"
    assert done.rejected == {"its photos stand within the text, and the format wants them first": 1}


def test_llama_factory(dataset: Dataset, tmp_path: Path) -> None:
    exported(dataset, "llama-factory", tmp_path / "out")
    assert samples(tmp_path / "out" / "train.jsonl") == [
        {
            "messages": told(tagged(number, "<image>"), "role", "content", ("user", "assistant")),
            "images": [f"images/{name}.png" for name in names],
        }
        for number, names in enumerate(IMAGES)
    ]
    [(name, entry)] = samples_of(tmp_path / "out" / "dataset_info.json").items()
    assert name == "trams" and entry == {
        "file_name": "train.jsonl",
        "formatting": "sharegpt",
        "columns": {"messages": "messages", "images": "images"},
        "tags": {
            "role_tag": "role",
            "content_tag": "content",
            "user_tag": "user",
            "assistant_tag": "assistant",
            "system_tag": "system",
        },
    }


def test_llama_factory_reads_shards_from_a_folder(dataset: Dataset, tmp_path: Path) -> None:
    exported(dataset, "llama-factory", tmp_path / "out", shard_size=2)
    entry = samples_of(tmp_path / "out" / "dataset_info.json")["trams"]
    files = sorted((tmp_path / "out" / entry["file_name"]).iterdir())
    assert [len(samples(file)) for file in files] == [2, 2, 1]
    assert {file.suffix for file in files} == {".jsonl"}


def samples_of(file: Path) -> Mapping[str, Any]:
    import json

    return dict(json.loads(file.read_text()))


def test_swift(dataset: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "out"
    exported(dataset, "swift", out)
    assert samples(out / "train.jsonl") == [
        {
            "messages": told(tagged(number, "<image>"), "role", "content", ("user", "assistant")),
            "images": [str(out / "images" / f"{name}.png") for name in names],
        }
        for number, names in enumerate(IMAGES)
    ]
    assert all(Path(name).is_file() for sample in samples(out / "train.jsonl") for name in sample["images"])


def test_qwen(dataset: Dataset, tmp_path: Path) -> None:
    out = tmp_path / "out"
    exported(dataset, "qwen", out)
    wanted = []
    for number, names in enumerate(IMAGES):
        texts = told(tagged(number, "<image>\n"), "from", "value", ("human", "gpt"))
        image = {"image": [f"images/{name}.png" for name in names]} if names else {}
        wanted.append({"id": f"caption-{number + 1}", **image, "conversations": texts})
    made = samples(out / "train.jsonl")
    assert made == wanted
    for sample in made:
        marks = sum(turn["value"].count("<image>") for turn in sample["conversations"])
        assert marks == len(sample.get("image", []))
    assert samples_of(out / "datasets.json") == {
        "trams_train": {"annotation_path": str(out / "train.jsonl"), "data_path": str(out)}
    }


def blocks(number: int, image: Any) -> list[list[dict[str, Any]]]:
    """The contents of a sample's messages."""
    names = iter(IMAGES[number])
    contents = []
    for text in tagged(number, "<image>"):
        parts: list[dict[str, Any]] = []
        for place, piece in enumerate(text.split("<image>")):
            parts += [image(next(names))] if place else []
            parts += [{"type": "text", "text": piece}] if piece else []
        contents.append(parts)
    return contents


def test_openai(dataset: Dataset, photos: list[Path], tmp_path: Path) -> None:
    exported(dataset, "openai", tmp_path / "out")

    def image(name: str) -> dict[str, Any]:
        data = next(file for file in photos if file.stem == name).read_bytes()
        return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{base64.b64encode(data).decode()}"}}

    assert samples(tmp_path / "out" / "train.jsonl") == [
        {
            "messages": [
                {"role": ("user", "assistant")[place % 2], "content": content}
                for place, content in enumerate(blocks(number, image))
            ]
        }
        for number in range(5)
    ]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["README.md", "export.json", "train.jsonl"]


@pytest.mark.parametrize("images", ["embed", "link", "copy"])
def test_trl(dataset: Dataset, photos: list[Path], tmp_path: Path, images: str) -> None:
    from PIL import Image

    exported(dataset, "trl", tmp_path / "out", images=images)
    if images == "embed":
        (tmp_path / "out").rename(tmp_path / "moved")
    made = load_dataset(str(tmp_path / ("moved" if images == "embed" else "out")), split="train")
    assert made.column_names == ["messages", "images"]

    def bare(content: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{key: value for key, value in block.items() if value is not None} for block in content]

    for number, sample in enumerate(made):
        contents = [bare(message["content"]) for message in sample["messages"]]
        assert contents == blocks(number, lambda name: {"type": "image"})
        assert [message["role"] for message in sample["messages"]] == ["user", "assistant"] * (len(contents) // 2)
        shown = [next(file for file in photos if file.stem == name) for name in IMAGES[number]]
        assert [image.tobytes() for image in sample["images"]] == [Image.open(file).tobytes() for file in shown]


def test_trl_prompt_and_completion(dataset: Dataset, tmp_path: Path) -> None:
    exported(dataset, "trl", tmp_path / "out", options={"prompt_completion": "true"})
    made = load_dataset(str(tmp_path / "out"), split="train")
    assert made.column_names == ["prompt", "completion", "images"]
    assert [len(sample["prompt"]) for sample in made] == [5, 1, 1, 3, 1]
    assert made[0]["completion"] == [{"role": "assistant", "content": [{"type": "text", "text": ODD}]}]


@pytest.mark.parametrize("to", ["llava", "llama-factory", "qwen", "swift", "openai", "trl", "webdataset"])
def test_datasets_loads_the_folder(dataset: Dataset, tmp_path: Path, to: str) -> None:
    done = exported(dataset, to, tmp_path / "out")
    assert done.samples == (3 if to == "llava" else 5)
    if to != "webdataset":  # its kinds of samples are loaded one at a time
        assert load_dataset(str(tmp_path / "out"))["train"].num_rows == done.samples


def test_what_is_exported_again_isn_t_taken_from_the_cache_of_datasets(photos: list[Path], tmp_path: Path) -> None:
    for number, force in ((1, False), (2, True)):
        dataset = make(tmp_path / str(number), record(number, [photos[0]]))
        exported(dataset, "trl", tmp_path / "out", force=force)
        loaded = load_dataset(str(tmp_path / "out"), split="train")
        assert f"stop {number}" in loaded[0]["messages"][1]["content"][0]["text"]
