"""Files of conversations, imported in tests."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
from PIL import Image

from vlit_hub import plugin_manager
from vlit_hub.importing.importer import Origin
from vlit_hub.importing.running import ImportOptions, import_dataset


@dataclass
class Brought:
    """An imported dataset: its records and rejected conversations as dicts, and build.json."""

    folder: Path
    records: list[dict[str, Any]]
    rejected: list[dict[str, Any]]
    build: dict[str, Any]

    @property
    def record(self) -> dict[str, Any]:
        [only] = self.records
        return only

    @property
    def reasons(self) -> list[str]:
        return [row["reason"] for row in self.rejected]

    def turns(self, number: int = 0) -> list[tuple[str, str]]:
        one = self.records[number]
        return [(turn["instruction"], turn["response"]) for turn in one["history"]] + [
            (one["instruction"], one["response"])
        ]


def bring(folder: Path, format: str, content: Any, name: str = "data.json", **options: Any) -> Brought:
    """Write a file and import it.

    Args:
        folder: Where the file is, and the dataset in `out`.
        format: The importer's name.
        content: Items, written as JSON (as JSON Lines if `name` says so); or the file's text or bytes; or a file that is there.
        name: The file's.
        options: Of `ImportOptions`; `split`, `columns` and `config` of `Origin`.
    """
    file = content if isinstance(content, Path) else write(folder / name, content)
    origin = {key: options.pop(key) for key in ("split", "columns", "config") if key in options}
    importer = plugin_manager.get_importer(format)
    done = import_dataset(
        importer,
        Origin(str(file), **origin),
        folder / "out",
        ImportOptions(**options),
        repo_id="vlit_hub/out",
        force=True,
    )
    return Brought(done.folder, rows(done.folder / "data"), rows(done.folder / "rejected"), dict(done.build))


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, str):
        path.write_text(content)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(item, ensure_ascii=False) + "\n" for item in content))
    else:
        path.write_text(json.dumps(content, ensure_ascii=False))
    return path


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for file in sorted(folder.glob("*.parquet")) for row in pq.read_table(file).to_pylist()]


def images(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "images.parquet")


def picture(width: int = 40, height: int = 30, colour: str = "red", format: str = "JPEG") -> bytes:
    """A photo's content."""
    sink = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(sink, format)
    return sink.getvalue()


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def save(path: Path, data: bytes | None = None) -> Path:
    """A photo file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture() if data is None else data)
    return path


def llava(*turns: str, id: str = "a", image: Any = "a.jpg") -> dict[str, Any]:
    """An item of LLaVA's format: turns alternate, the user begins."""
    sides = ("human", "gpt")
    item = {
        "id": id,
        "conversations": [{"from": sides[number % 2], "value": text} for number, text in enumerate(turns)],
    }
    return item if image is None else {**item, "image": image}


def talk(*turns: str, roles: Sequence[str] = ("user", "assistant")) -> list[dict[str, str]]:
    """Messages that alternate between two roles."""
    return [{"role": roles[number % 2], "content": text} for number, text in enumerate(turns)]
