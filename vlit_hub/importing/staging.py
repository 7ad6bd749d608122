"""Checked conversations on disk, between the two passes over them.

Ids that occur twice, and photos of one name, can only be told when everything is read; the texts, and photos that are in the
file, are too much to keep in memory until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.ipc

from vlit_hub.importing.boxes import boxed, read_boxes
from vlit_hub.importing.checking import Checked
from vlit_hub.importing.importer import Box, Conversation

__all__ = ["STAGED", "Stage", "stage"]

_TURN = pa.struct({"instruction": pa.string(), "response": pa.string()})
_PHOTO = pa.struct({"name": pa.string(), "data": pa.binary()})
_BOX = pa.struct({"image": pa.int32(), "sides": pa.list_(pa.float64(), 4), "share": pa.bool_(), "label": pa.string()})
STAGED = pa.schema(
    {
        "number": pa.int64(),  # the conversation's place in the file
        "id": pa.string(),  # the file's own, or empty
        "instruction": pa.string(),
        "text": pa.string(),
        "response": pa.string(),
        "history": pa.list_(_TURN),
        "photos": pa.list_(_PHOTO),
        "boxes": pa.list_(_BOX),
        "task": pa.string(),
        "granularity": pa.string(),  # `interleaved`, what the file tells, or empty
    }
)

_MOST_PHOTOS = 1 << 20  # what a file counts beyond is no photo


def stage(
    conversations: Sequence[Conversation],
    photos: Sequence[Sequence[tuple[str, bytes | None]]],
    numbers: Sequence[int],
    checked: Checked,
    notations: Sequence[str],
    task: str | None,
) -> pa.Table:
    """The columns of conversations that were found good.

    Args:
        conversations: The good ones.
        photos: The name of each photo of each conversation, and its content if it was in the file.
        numbers: Their places in the file.
        checked: Their turns.
        notations: Of the boxes to read in their texts.
        task: Of all of them; None to take what the file tells, else `conversation` where there are several turns, else
            `unspecified`.
    """
    count = len(conversations)
    ends = checked.ends
    last = np.zeros(len(checked.instructions), np.bool_)
    last[ends - 1] = True
    turns = pa.StructArray.from_arrays(
        [_arrow(texts.filter(pl.Series(~last))) for texts in (checked.instructions, checked.responses)],
        fields=list(_TURN),
    )
    pairs = np.diff(ends, prepend=0)
    history = pa.ListArray.from_arrays(_offsets(pairs - 1), turns, type=STAGED.field("history").type)
    tasks = [
        task or one.task or ("conversation" if several else "unspecified")
        for one, several in zip(conversations, (pairs > 1).tolist(), strict=True)
    ]
    granularities = [
        "interleaved" if interleaved else one.granularity
        for one, interleaved in zip(conversations, checked.interleaved.tolist(), strict=True)
    ]
    cells = [{"name": name, "data": data} for names in photos for name, data in names]
    columns: dict[str, Any] = {
        "number": pa.array(numbers, pa.int64()),
        "id": pa.array([one.id for one in conversations], pa.string()),
        "instruction": _arrow(checked.instructions.filter(pl.Series(last))),
        "text": pa.array([one.text for one in conversations], pa.string()),
        "response": _arrow(checked.responses.filter(pl.Series(last))),
        "history": history,
        "photos": pa.ListArray.from_arrays(
            _offsets(np.array([len(names) for names in photos], np.int64)), pa.array(cells, _PHOTO)
        ),
        "boxes": pa.array(_boxes(conversations, checked, pairs, notations), STAGED.field("boxes").type),
        "task": pa.array(tasks, pa.string()),
        "granularity": pa.array(granularities, pa.string()),
    }
    assert len(history) == count
    return pa.table([columns[name] for name in STAGED.names], schema=STAGED)


def _boxes(
    conversations: Sequence[Conversation], checked: Checked, pairs: Any, notations: Sequence[str]
) -> list[list[dict[str, Any]]]:
    """The boxes of each conversation: those that the file gives apart, else those in its texts, in their order."""
    found = [list(one.boxes) for one in conversations]
    having = (boxed(checked.instructions, notations) | boxed(checked.responses, notations)).arg_true()
    owners = np.repeat(np.arange(len(conversations)), pairs)
    for place in having.to_list():
        one = int(owners[place])
        if not conversations[one].boxes:
            for texts in (checked.instructions, checked.responses):
                found[one] += read_boxes(texts[place], notations)
    return [[_box(box) for box in boxes] for boxes in found]


def _box(box: Box) -> dict[str, Any]:
    image = box.image if 0 <= box.image < _MOST_PHOTOS else -1
    return {"image": image, "sides": box.sides, "share": box.unit == "share", "label": box.label}


def _arrow(texts: pl.Series) -> pa.Array:
    return texts.to_arrow().cast(pa.string())


def _offsets(lengths: Any) -> pa.Array:
    return pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())


class Stage:
    """A file of staged tables; a context manager, to be written whole and then read.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: list[int] = []
        self._bytes: list[int] = []

    def __enter__(self) -> Stage:
        self._writer = pa.ipc.new_file(str(self._path), STAGED)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    def add(self, table: pa.Table) -> None:
        """Append a table as one part."""
        [batch] = table.combine_chunks().to_batches() or [pa.RecordBatch.from_pylist([], schema=STAGED)]
        self._writer.write_batch(batch)
        self._rows.append(len(table))
        self._bytes.append(table.nbytes)

    def finish(self) -> None:
        """Nothing is added any more."""
        self._writer.close()

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Rows and bytes of each part."""
        return list(zip(self._rows, self._bytes, strict=True))

    def read(self, number: int) -> pa.Table:
        """A part."""
        with pa.memory_map(str(self._path)) as source:
            return pa.Table.from_batches([pa.ipc.open_file(source).get_batch(number)])
