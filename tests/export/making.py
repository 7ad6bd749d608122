"""Exports made by tests, of datasets with real photos."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.quality.making import record, save, scene, write
from vlit_hub import plugin_manager
from vlit_hub.dataset.reading import Dataset
from vlit_hub.export.engine import Settings, export
from vlit_hub.export.exporter import Export

__all__ = ["exported", "make", "photo", "record", "samples", "text_only"]


def photo(path: Path, seed: int = 0) -> Path:
    """A small picture of its own."""
    return save(scene(seed, 24, 20, 3), path)


def text_only(number: int, **changes: Any) -> dict[str, Any]:
    """A record of no image."""
    made = record(number, image_ids=[], **changes)
    return {**made, "source": {**made["source"], "file_names": []}}


def make(folder: Path, *rows: Mapping[str, Any], embed: bool = False, split: str = "train") -> Dataset:
    """A dataset of one shard."""
    return write(folder, {split: [list(rows)]}, embed=embed)


def exported(dataset: Dataset, to: str, out: Path, **settings: Any) -> Export:
    """An export to a format by name."""
    return export(dataset, plugin_manager.get_exporter(to), out, Settings(**settings))


def samples(file: Path) -> Sequence[dict[str, Any]]:
    """What a JSON or JSON Lines file has."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".json":
        return list(json.loads(text))
    return [json.loads(line) for line in text.split("\n")[:-1]]
