"""Records of a build's folder, drawn for a person to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from vlit_hub.draws import draw, salt
from vlit_hub.errors import InputError, UsageError
from vlit_hub.registry import find_folder

__all__ = ["draw_records", "draw_rejected"]


def draw_records(name: str, n: int, *, split: str | None, task: str | None, seed: int) -> list[dict[str, Any]]:
    """`n` records of a build, drawn by hash; without embedded photos' bytes.

    Raises:
        UsageError: No such build, split or task.
    """
    folder = find_folder(name)
    splits = sorted({file.name.split("-")[0] for file in (folder / "data").glob("*.parquet")})
    if not splits:
        raise InputError(folder / "data", "has no Parquet files", f"Run: vlit-hub build {name}")
    wanted = split or next((one for one in ("train", "validation", "test") if one in splits), splits[0])
    if wanted not in splits:
        raise UsageError(f"no split {wanted!r} in {folder}. There are: {', '.join(splits)}.")
    files = sorted((folder / "data").glob(f"{wanted}-*.parquet"))
    return _draw(files, n, task, seed)


def draw_rejected(name: str, n: int, *, split: str | None, task: str | None, seed: int) -> list[dict[str, Any]]:
    """`n` of the drafts that became no record, with the reason.

    Raises:
        UsageError: No such build, or nothing of it was rejected.
    """
    folder = find_folder(name)
    files = sorted((folder / "rejected").glob(f"{split or '*'}-*.parquet"))
    if not files:
        raise UsageError(f"nothing was rejected in {folder}.")
    return _draw(files, n, task, seed)


def _draw(files: list[Path], n: int, task: str | None, seed: int) -> list[dict[str, Any]]:
    frame = pl.scan_parquet(files)
    ids = frame.select("id", "task").collect()
    if task is not None:
        tasks = ids["task"].unique().sort().to_list()
        if task not in tasks:
            raise UsageError(f"no record of task {task!r}. There are: {', '.join(tasks)}.")
        ids = ids.filter(pl.col("task") == task)
    chosen = ids["id"].gather(np.argsort(draw(salt(seed, "show"), ids["id"]), kind="stable")[:n])
    rows = frame.filter(pl.col("id").is_in(chosen.to_list())).collect().to_dicts()
    order = {key: place for place, key in enumerate(chosen)}
    return sorted(rows, key=lambda row: order[row["id"]])
