"""A small dataset folder, as `vlit-hub build` writes it: three tasks, two splits, photos of several licences."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.publishing.drawing import kept_in
from vlit_hub.parquet import write_shard
from vlit_hub.publishing import plots
from vlit_hub.publishing.card import write_card
from vlit_hub.records import from_rows

LICENSES = ("CC-BY-2.0", "CC-BY-NC-ND-2.0", "CC-BY-NC-SA-2.0", None)
CAPTIONS = ("A red tram waits in the rain.", "Two dogs and a child play with a ball.", "This is a street with people.")

MakeFolder = Callable[..., Path]


def caption(image: int, photo: str | None, license: str | None) -> dict[str, Any]:
    images = [{"bytes": None, "path": photo}] if photo else []
    return {
        "id": f"image_captioning-{image}-0",
        "instruction": "Describe the image in one sentence.",
        "input": {"images": images, "text": ""},
        "response": CAPTIONS[image % 3],
        "history": [],
        "regions": [],
        "task": "image_captioning",
        "granularity": "global",
        "strategy": "annotation_adaption",
        "source": {
            "datasets": ["coco_captions"],
            "image_ids": [str(image)],
            "file_names": [f"{image:012d}.png"],
            "license": "CC-BY-4.0",
            "image_license": license,
        },
        "generation": None,
        "quality": {"annotator_agreement": None},
    }


def answer(image: int, photo: str | None, license: str | None) -> dict[str, Any]:
    record = caption(image, photo, license)
    return {
        **record,
        "id": f"visual_question_answering-{image}-0",
        "instruction": "Answer the question with a word or two.",
        "input": {**record["input"], "text": "What is the color of | the `tram` <b>?"},
        "response": "red" if image % 4 else "blue",
        "task": "visual_question_answering",
        "source": {**record["source"], "datasets": ["vqa"]},
        "quality": {"annotator_agreement": 0.1 * (1 + image % 10)},
    }


def presence(image: int, photo: str | None, license: str | None) -> dict[str, Any]:
    record = caption(image, photo, license)
    return {
        **record,
        "id": f"object_presence-{image}-tram",
        "instruction": "Is there a tram?\n\nSay yes or no.",
        "response": "Yes." if image % 2 else "No.",
        "history": [{"instruction": "What is this?", "response": "A photo."}],
        "regions": [{"image": 0, "bbox": [4.0, 4.0, 30.0, 20.0], "label": "tram"}],
        "task": "object_presence",
        "granularity": "region",
        "source": {**record["source"], "datasets": ["coco_instances", "coco_captions"]},
    }


BUILD: dict[str, Any] = {
    "format": 1,
    "vlit_hub": "0.1.0",
    "repo_id": "vlit_hub/trams",
    "builder": {"name": "trams", "version": "1.0.0", "description": "Trams and what people say of them."},
    "fingerprint": "0123456789abcdef",
    "command": "vlit-hub build trams --data-dir DATA --seed 7",
    "strategy": {
        "name": "annotation_adaption",
        "version": 1,
        "description": "Each annotation becomes a record.",
        "options": {"tasks": None, "per_image": 5, "seed": 7, "style": "both"},
    },
    "sources": [
        {
            "name": "coco_captions",
            "version": 1,
            "license": "CC-BY-4.0",
            "url": "https://cocodataset.org",
            "citation": "@article{chen2015captions,\n  title={Captions}\n}",
            "files": [{"name": "captions_train.json", "split": "train", "digest": "xxh3:00ff"}],
        },
        {"name": "vqa", "version": 2, "license": "CC-BY-4.0", "url": "", "citation": "", "files": []},
    ],
    "counts": {"split_conflicts": 2},
    "left_out": {"has no box": 3},
    "splits": {
        "train": {"records": 18, "rejected": {"image_captioning": {"no caption | at all": 4}}, "capped": 6},
        "validation": {"records": 6, "rejected": {}, "capped": 0},
    },
}


def rows(first: int, last: int, photos: Path | None) -> list[dict[str, Any]]:
    found = []
    for image in range(first, last):
        photo = photos / f"{image:012d}.png" if photos else None
        for make in (caption, answer, presence):
            found.append(make(image, str(photo) if photo else None, LICENSES[image % 4]))
    return found


def write_split(folder: Path, split: str, shards: Iterable[list[dict[str, Any]]], *, embed: bool = False) -> None:
    tables = [from_rows(shard) for shard in shards]
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for number, table in enumerate(tables):
        write_shard(table, folder / "data" / f"{split}-{number:05d}-of-{len(tables):05d}.parquet", embed=embed)


def png(image: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), (40 * (image % 6), 120, 80)).save(buffer, "PNG")
    return buffer.getvalue()


def write_folder(folder: Path, photos: str, build: dict[str, Any]) -> Path:
    pictures = folder.parent / "photos"
    pictures.mkdir(exist_ok=True)
    for image in range(8):
        (pictures / f"{image:012d}.png").write_bytes(png(image))
    where = None if photos == "none" else pictures
    embed = photos == "embedded"
    write_split(folder, "train", [rows(0, 4, where), rows(4, 6, where)], embed=embed)
    write_split(folder, "validation", [rows(6, 8, where)], embed=embed)
    (folder / "build.json").write_text(json.dumps({**BUILD, **build}))
    return folder


@pytest.fixture(scope="session")
def drawings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where plots are kept, see `tests.publishing.drawing`."""
    return tmp_path_factory.mktemp("drawings")


@pytest.fixture(autouse=True, scope="session")
def plots_drawn_once(drawings: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, draw in kept_in(drawings).items():
            patch.setattr(plots, name, draw)
        yield


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    """Write a dataset: `photos` is `embedded`, `file` or `none`; `build` replaces keys of build.json."""

    def make(name: str = "trams", *, photos: str = "embedded", **build: Any) -> Path:
        return write_folder(tmp_path / name, photos, build)

    return make


@pytest.fixture(scope="session")
def with_card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset without photos, with its card; copy it before you change it."""
    folder = write_folder(tmp_path_factory.mktemp("with_card") / "trams", "none", {})
    write_card(folder)
    return folder
