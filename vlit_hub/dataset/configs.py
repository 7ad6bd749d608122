"""The `configs` of a README.md: where `load_dataset` finds each split of a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xxhash

__all__ = ["loading_configs"]

_START = 16 << 20


def loading_configs(splits: Mapping[str, Sequence[Path]]) -> list[dict[str, Any]]:
    """One configuration, the default, with all splits.

    `datasets` caches what it loads from a folder under the folder's name and these entries, whatever the files hold by now. So
    the description says which files they are: a digest of the first 16 MiB of each and of its footer, where each column's
    place and size stand. Files that differ in neither are the same, but for photos exchanged for others of the same size.

    Args:
        splits: The Parquet files of each split, in `data/`.
    """
    digest = xxhash.xxh3_64()
    for files in splits.values():
        for file in files:
            digest.update(file.name.encode() + _ends(file))
    return [
        {
            "config_name": "default",
            "default": True,
            "description": f"vlit-hub {digest.hexdigest()}",
            "data_files": [{"split": split, "path": f"data/{split}-*.parquet"} for split in splits],
        }
    ]


def _ends(path: Path) -> bytes:
    with path.open("rb") as file:
        start = file.read(_START)
        file.seek(-8, 2)
        length = int.from_bytes(file.read(4), "little")
        file.seek(-8 - length, 2)
        return start + file.read(length)
