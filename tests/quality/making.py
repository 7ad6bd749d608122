"""Datasets made by tests: records in Parquet shards, with photos that are really drawn."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vlit_hub.dataset.reading import Dataset, open_dataset
from vlit_hub.parquet import write_shard
from vlit_hub.records import from_rows

BUILD = {
    "format": 1,
    "vlit_hub": "0.1.0",
    "repo_id": "vlit_hub/trams",
    "builder": {"name": "trams", "version": "1.0.0", "description": "Trams."},
    "fingerprint": "0123456789abcdef",
    "command": "vlit-hub build trams --data-dir DATA",
    "strategy": {"name": "annotation_adaption", "version": 1, "description": "", "options": {"seed": 0}},
    "sources": [],
    "counts": {},
    "left_out": {},
    "splits": {},
}


def record(number: int, photos: Sequence[Path] = (), **changes: Any) -> dict[str, Any]:
    """A record; `number` is its image."""
    made = {
        "id": f"caption-{number}",
        "instruction": "Describe the image in one sentence.",
        "input": {"images": [{"bytes": None, "path": str(photo)} for photo in photos], "text": changes.pop("text", "")},
        "response": f"A red tram waits at stop {number} in the rain.",
        "history": [],
        "regions": [],
        "task": "image_captioning",
        "granularity": "global",
        "strategy": "annotation_adaption",
        "source": {
            "datasets": ["coco_captions"],
            "image_ids": changes.pop("image_ids", [str(number)] * max(len(photos), 1)),
            "file_names": [f"{number:012d}.png"] * max(len(photos), 1),
            "license": "CC-BY-4.0",
            "image_license": "CC-BY-2.0",
        },
        "generation": None,
        "quality": {"annotator_agreement": changes.pop("agreement", None), "unsupported_mentions": None},
    }
    return {**made, **changes}


def write(
    folder: Path,
    splits: Mapping[str, Sequence[Sequence[Mapping[str, Any]]]],
    *,
    embed: bool = False,
    build: bool = True,
) -> Dataset:
    """Write shards of records as a dataset's folder, and open it."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for split, shards in splits.items():
        for number, rows in enumerate(shards):
            path = folder / "data" / f"{split}-{number:05d}-of-{len(shards):05d}.parquet"
            write_shard(from_rows(rows), path, embed=embed)
    if build:
        counts = {split: {"records": sum(len(rows) for rows in shards)} for split, shards in splits.items()}
        (folder / "build.json").write_text(json.dumps({**BUILD, "splits": counts}))
    return open_dataset(folder)


def scene(seed: int, width: int = 320, height: int = 240, things: int = 40) -> Image.Image:
    """A picture of rectangles with hard edges."""
    draw = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), draw.integers(60, 200, 3), np.uint8)
    for _ in range(things):
        left, top = draw.integers(0, width - 10), draw.integers(0, height - 10)
        pixels[top : top + draw.integers(8, 60), left : left + draw.integers(8, 60)] = draw.integers(0, 256, 3)
    return Image.fromarray(pixels)


def save(image: Image.Image, path: Path, **options: Any) -> Path:
    """Write a picture, as the format of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)
    return path


def data_of(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    """A picture as a file's content."""
    sink = io.BytesIO()
    image.save(sink, format, **options)
    return sink.getvalue()
