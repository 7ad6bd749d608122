"""Run by a Python with `datasets` and `webdataset`: what they read of an export of any format.

    python -m tests.consumers.check_datasets FORMAT (EXPORT EXPECTED)...

Asserts that each conversation is there, with its turns and its photos, byte for byte.
"""

from __future__ import annotations

import base64
import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import webdataset
from datasets import Image, get_dataset_config_names, load_dataset
from PIL import Image as Pictures

from tests.consumers.samples import MARK, Sample, digest, pairs, read, same, sample


def rows(export: Path, suffix: str) -> Iterator[dict[str, Any]]:
    """What `datasets` reads of the samples to train with."""
    files = sorted(str(file) for file in export.rglob(f"train*{suffix}"))
    assert files, f"no training samples in {sorted(export.iterdir())}"
    yield from load_dataset("json", data_files=files, split="train")


def tagged(export: Path, suffix: str, messages: str, content: str, photos: str) -> list[Sample]:
    """Of formats with `<image>` in texts, and a column of photos' paths, absolute or relative to the export."""
    found = []
    for row in rows(export, suffix):
        names = row.get(photos) or []
        names = [names] if isinstance(names, str) else names
        found.append(sample(pairs([one[content] for one in row[messages]]), [export / name for name in names]))
    return found


def openai(export: Path) -> list[Sample]:
    """Photos are in the texts' place, as data URLs."""
    found = []
    for row in rows(export, ".jsonl"):
        texts, photos = [], []
        for message in row["messages"]:
            content = message["content"]
            for part in content if isinstance(content, list) else []:
                if part["type"] == "image_url":
                    head, _, data = part["image_url"]["url"].partition(";base64,")
                    assert head in ("data:image/jpeg", "data:image/png"), head
                    photos.append(base64.b64decode(data, validate=True))
            parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
            texts.append("".join(MARK if part["type"] == "image_url" else part["text"] for part in parts))
        found.append(sample(pairs(texts), photos))
    return found


READERS: dict[str, Callable[[Path], list[Sample]]] = {
    "llava": lambda export: tagged(export, ".json", "conversations", "value", "image"),
    "qwen": lambda export: tagged(export, ".json*", "conversations", "value", "image"),
    "llama-factory": lambda export: tagged(export, ".json*", "messages", "content", "images"),
    "swift": lambda export: tagged(export, ".jsonl", "messages", "content", "images"),
    "openai": openai,
}


def shards(export: Path) -> list[Sample]:
    """By `webdataset`, decoded and not; and by `datasets`, which must read the same."""
    files = sorted(str(file) for file in export.rglob("train*.tar"))
    assert files, f"no shards in {sorted(export.iterdir())}"
    found = []
    for raw, decoded in zip(
        webdataset.WebDataset(files, shardshuffle=False, empty_check=False),
        webdataset.WebDataset(files, shardshuffle=False, empty_check=False).decode("pil"),
        strict=True,
    ):
        told = decoded["json"]
        assert told == json.loads(raw["json"]) and told["id"], told
        for name in told["images"]:
            shown = decoded[name]
            assert isinstance(shown, Pictures.Image), f"{name} is {type(shown)}"
            assert shown.size == Pictures.open(io.BytesIO(raw[name])).size
        photos = [raw[name] for name in told["images"]]
        assert {key for key in raw if not key.startswith("__")} == {"json", *told["images"]}, raw.keys()
        found.append(sample(pairs([one["content"] for one in told["messages"]]), photos))
    return found


def kinds(export: Path) -> list[str | None]:
    """The configs of the export's README.md, of shards whose samples have the same fields; none if it has a default."""
    names = get_dataset_config_names(str(export))
    return [None] if names == ["default"] else sorted(names)


def shards_by_datasets(export: Path) -> list[Sample]:
    """As README.md says: a config for each set of fields."""
    found = []
    for kind in kinds(export):
        loaded = load_dataset(str(export), kind, split="train")
        names = [name for name, kind in loaded.features.items() if isinstance(kind, Image)]
        for name in names:
            loaded = loaded.cast_column(name, Image(decode=False))
        for row in loaded:
            told = row["json"]
            photos = [row[name]["bytes"] for name in told["images"]]
            assert [digest(row[name]["bytes"]) for name in names] == [digest(photo) for photo in photos]
            found.append(sample(pairs([one["content"] for one in told["messages"]]), photos))
    return found


def main(name: str, export: Path, expected: Path) -> None:
    wanted = read(expected)
    if name == "webdataset":
        if len(kinds(export)) > 1:  # in each the samples have their order
            wanted.sort(key=repr)
            same(sorted(shards(export), key=repr), wanted)
            same(sorted(shards_by_datasets(export), key=repr), wanted)
        else:
            same(shards(export), wanted)
            same(shards_by_datasets(export), wanted)
    else:
        same(READERS[name](export), wanted)
    print(f"datasets: {len(wanted)} samples of {name} read, as they should be")


if __name__ == "__main__":
    for export, expected in zip(sys.argv[2::2], sys.argv[3::2], strict=True):
        main(sys.argv[1], Path(export), Path(expected))
