"""Datasets to push, as `vlit-hub build` would have written them, and how the tests push and load them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from tests.hub.server import Hub
from vlit_hub.parquet import write_shard
from vlit_hub.publishing.push import PushOptions, PushResult, push
from vlit_hub.records import from_rows

REPO = "vlit_hub/toy"


def photo(path: Path, seed: int, side: int = 48) -> Path:
    """A JPEG with something in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    waves = np.add.outer(np.arange(side) * (seed % 7 + 1), np.arange(side) * (seed % 5 + 1))
    pixels = np.stack([waves, waves * 2 + seed, waves * 3], axis=2).astype(np.uint8)
    Image.fromarray(pixels).save(path, quality=90)
    return path


def row(number: int, photo: Path | None = None, license: str | None = "CC-BY-4.0", **more: Any) -> dict[str, Any]:
    name = photo.name if photo else f"{number:012d}.jpg"
    return {
        "id": f"image_captioning-{number}",
        "instruction": f"Describe image {number}.",
        "input": {"images": [{"bytes": None, "path": str(photo)}] if photo else [], "text": ""},
        "response": f"A picture of {number} waves.",
        "history": [],
        "regions": [],
        "task": "image_captioning",
        "granularity": "global",
        "strategy": "annotation_adaption",
        "source": {
            "datasets": ["toy"],
            "image_ids": [str(number)],
            "file_names": [name],
            "license": "CC-BY-4.0",
            "image_license": license,
        },
        "generation": None,
        "quality": {"annotator_agreement": None},
        **more,
    }


def write_dataset(
    folder: Path, rows: Sequence[dict[str, Any]], *, shards: int = 2, split: str = "train", embed: bool = False
) -> Path:
    """A dataset's folder with these records; more splits are added by calling it again."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    table = from_rows(rows)
    for old in (folder / "data").glob(f"{split}-*.parquet"):
        old.unlink()
    for number, part in enumerate(np.array_split(np.arange(len(rows)), shards)):
        path = folder / "data" / f"{split}-{number:05d}-of-{shards:05d}.parquet"
        write_shard(table.take(pa.array(part)), path, embed=embed)
    build = {"format": 1, "vlit_hub": "0.1.0", "repo_id": REPO, "splits": {}}
    if (folder / "build.json").exists():
        build = json.loads((folder / "build.json").read_text())
    build["splits"][split] = {"records": len(rows), "shards": shards}
    (folder / "build.json").write_text(json.dumps(build, indent=2) + "\n")
    return folder


def run_push(hub: Hub, folder: Path, repo_id: str = REPO, *, user: str = "ada", **options: Any) -> PushResult:
    """Push in this process, as this user."""
    return push(folder, repo_id, PushOptions(**options), api=hub.api(hub.token(user)), say=lambda line: None)
