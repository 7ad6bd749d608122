"""Conversations that become no record: kept aside with the reason, or the end of it all."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from vlit_hub.dataset.folder import FolderWriter
from vlit_hub.errors import InputError
from vlit_hub.importing.importer import Conversation, Importer, Origin
from vlit_hub.importing.options import ImportOptions

__all__ = ["REJECTED", "Rejects", "told", "unshown"]

_WAITING = 8192  # before they are written

REJECTED = pa.schema(
    {
        "id": pa.string(),
        "task": pa.string(),
        "reason": pa.string(),
        "instruction": pa.string(),
        "text": pa.string(),
        "response": pa.string(),
        "image_key": pa.string(),
        "number": pa.int64(),  # its place in the file, from 0
        "raw": pa.string(),  # the item as it was read, as JSON, without the content of photos
    }
)


class Rejects:
    """Conversations that become no record: written aside, or the end of it all under `fail`."""

    def __init__(self, importer: Importer, origin: Origin, options: ImportOptions, writer: FolderWriter) -> None:
        self.reasons: Counter[str] = Counter()
        self._importer = importer
        self._origin = origin
        self._options = options
        self._writer = writer
        self._rows: list[dict[str, Any]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        """Keep one.

        Raises:
            InputError: Under `fail`.
        """
        if self._options.on_error == "fail":
            own = f" (id {row['id']!r})" if row["id"] else ""
            raise InputError(
                Path(self._origin.place).name,
                f"conversation {row['number']}{own}: {row['reason']}",
                "Mend it, or pass --on-error skip, which keeps such conversations aside.",
            )
        self.reasons[row["reason"]] += 1
        name = row["id"] or f"{row['number']}"
        self._rows.append({**row, "id": name, "task": self._options.task or row.get("task") or "unspecified"})
        if len(self._rows) >= _WAITING:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        if self._rows:
            self._writer.reject(self._origin.split, pa.Table.from_pylist(self._rows, schema=REJECTED))
            self._rows = []

    def nothing_left(self, conversations: int) -> InputError:
        """The error to raise where there are no records."""
        name = Path(self._origin.place).name
        if not conversations:
            return InputError(name, "has no conversations", "Give another file.")
        [(reason, count)] = self.reasons.most_common(1)
        return InputError(
            name,
            f"none of its {conversations:,} conversations can be a record; {count:,} of them: {reason}",
            f"The format {self._importer.name} is {self._importer.about}.",
        )


def told(one: Conversation, photos: Sequence[tuple[str, bytes | None]]) -> dict[str, Any]:
    """A rejected conversation as a person reads it, and as it was read."""
    asked = [turn.text for turn in one.turns[-2:]]
    turns = [[turn.role, turn.text] for turn in one.turns]
    names = [name for name, _ in photos]
    return {
        "id": one.id,
        "task": one.task,
        "instruction": asked[0] if asked else "",
        "text": one.text,
        "response": asked[1] if len(asked) > 1 else "",
        "image_key": names[0] if names else None,
        "raw": one.raw or msgspec.json.encode({"turns": turns, "text": one.text, "photos": names}).decode(),
    }


def unshown(row: Mapping[str, Any], fault: str) -> dict[str, Any]:
    """A staged conversation whose photos can't be used."""
    turns = [text for turn in row["history"] for text in turn.values()] + [row["instruction"], row["response"]]
    names = [photo["name"] for photo in row["photos"]]
    return {
        **{name: row[name] for name in ("number", "id", "task", "instruction", "text", "response")},
        "reason": fault,
        "image_key": names[0],
        "raw": json.dumps({"turns": turns, "text": row["text"], "photos": names}, ensure_ascii=False),
    }
