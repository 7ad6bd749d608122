"""Datasets to mix, and mixes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.quality import making
from vlit_hub.building.from_datasets import write_folder
from vlit_hub.plugins.strategies.data_mixing.mixing import MixPlan
from vlit_hub.plugins.strategies.data_mixing.recipe import Recipe
from vlit_hub.plugins.strategies.data_mixing.strategy import DataMixing

Row = dict[str, Any]


def rows(name: str, count: int, task: str = "image_captioning", first_image: int = 0, **changes: Any) -> list[Row]:
    """Records with ids of their own, an image each."""
    return [
        making.record(
            first_image + number,
            id=f"{name}-{task}-{number}",
            task=task,
            response=f"{name} saw {task} number {number} of {count} there.",
            **changes,
        )
        for number in range(count)
    ]


def text_only(name: str, count: int) -> list[Row]:
    """Records without images."""
    made = rows(name, count, "complex_reasoning")
    for row in made:
        row["source"] = {**row["source"], "image_ids": [], "file_names": [], "image_license": None}
    return made


def dataset(folder: Path, records: Sequence[Row], *, shards: int = 2, split: str = "train", embed: bool = False) -> str:
    """Write a dataset; its folder as a recipe names it. Without build.json, it is called as its folder."""
    size = -(-len(records) // shards)
    parts = [records[first : first + size] for first in range(0, len(records), size)]
    making.write(folder, {split: parts}, embed=embed, build=False)
    return str(folder)


def mix(out: Path, sources: Sequence[dict[str, Any]], **keys: Any) -> dict[str, Any]:
    """Write a mix; its build.json."""
    plan = MixPlan(Recipe.model_validate({"sources": sources, **keys}))
    return write_folder(DataMixing(), plan, out, f"vlit_hub/{out.name}", command="")


def preview(sources: Sequence[dict[str, Any]], **keys: Any) -> dict[str, dict[str, Any]]:
    """What each source would give, by its name."""
    plan = MixPlan(Recipe.model_validate({"sources": sources, **keys}))
    return {one["name"]: one for one in plan.preview()["mixed_from"]}


def table(folder: Path) -> pa.Table:
    """The records of a mix."""
    return pa.concat_tables([pq.ParquetFile(path).read() for path in sorted((folder / "data").glob("*.parquet"))])


def records(folder: Path) -> list[Row]:
    """The records of a mix, in their order."""
    found: list[Row] = table(folder).to_pylist()
    return found


def origins(made: Sequence[Row]) -> list[str]:
    """The dataset that each record was mixed from."""
    return [row["source"]["datasets"][-1] for row in made]


def counts(made: Sequence[Row]) -> dict[str, int]:
    """Records by the dataset that they were mixed from."""
    return dict(Counter(origins(made)))


def content(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
