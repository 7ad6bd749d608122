"""What an exporter is given: whole conversations and their photos, as columns.

Nested columns are made from flat ones and offsets, as Arrow holds them: nested Polars expressions cost several times more
(`benchmarks/RESULTS.md`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from vlit_hub.records import PLACEHOLDER

__all__ = ["BoxPlaces", "Conversations", "Parts", "fold", "structs"]

Ints = npt.NDArray[np.int64]


def fold(values: pl.Series, starts: Ints) -> pl.Series:
    """Lists of consecutive values: list i holds values[starts[i]:starts[i + 1]]."""
    flat = values.to_arrow(compat_level=pl.CompatLevel.newest())
    return pl.Series(pa.LargeListArray.from_arrays(pa.array(starts, pa.int64()), flat))


def structs(**columns: pl.Series) -> pl.Series:
    """Structs of these columns."""
    return pl.DataFrame(columns).to_struct()


@dataclass(frozen=True)
class Parts:
    """The messages cut at the photos' places: a row a text or photo, in their order.

    Attributes:
        text: The text; null for a photo. Nothing is stripped, but a text that is empty has no row.
        image: The photo's name, as in `Conversations.images`; null for a text.
        starts: Where each message's rows start, and where the last one's end.
    """

    text: pl.Series
    image: pl.Series
    starts: Ints


@dataclass(frozen=True)
class BoxPlaces:
    """Boxes whose places in the texts are `<bbox>`, a row a conversation (`--boxes objects`).

    Attributes:
        bbox: List(List(Float32)): x1, y1, x2, y2 in pixels of the upright photo, in the order of their places.
        image: List(Int32): which of the conversation's photos each box lies in, counted from 0.
    """

    bbox: pl.Series
    image: pl.Series


@dataclass(frozen=True)
class Conversations:
    """Some conversations, a row each; messages alternate, the user's first.

    The photos stand before the first message, or, where `marked`, at the `<image>` marks of the user's messages, in order; in
    all other texts `<image>` is plain text, which no conversation has if the exporter says it is `reserved`.

    Attributes:
        ids: The records' ids.
        images: List(String): the name of each photo as samples shall name it: its path (relative to the export's folder, or
            absolute), or its URL. With `embed` it is the file's name alone, and unique in the export.
        files: List(String): where each photo lies on this machine, for reading it; null lists where no photo is written
            (`url`, `none`).
        texts: All messages of all conversations, flat.
        starts: Where each conversation's messages start in `texts`, and where the last one's end.
        marked: Whether the photos stand at marks.
        boxes: With `--boxes objects`.
    """

    ids: pl.Series
    images: pl.Series
    files: pl.Series
    texts: pl.Series
    starts: Ints
    marked: npt.NDArray[np.bool_]
    boxes: BoxPlaces | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def slice(self, start: int, length: int) -> Conversations:
        """Some of them."""
        if start == 0 and length >= len(self):
            return self
        stop = min(start + length, len(self))
        first, last = int(self.starts[start]), int(self.starts[stop])
        boxes = self.boxes
        if boxes is not None:
            boxes = BoxPlaces(boxes.bbox.slice(start, length), boxes.image.slice(start, length))
        return Conversations(
            self.ids.slice(start, length),
            self.images.slice(start, length),
            self.files.slice(start, length),
            self.texts.slice(first, last - first),
            self.starts[start : stop + 1] - first,
            self.marked[start:stop],
            boxes,
        )

    @cached_property
    def from_user(self) -> npt.NDArray[np.bool_]:
        """Of each message, whether the user wrote it."""
        since = np.arange(len(self.texts)) - np.repeat(self.starts[:-1], np.diff(self.starts))
        users: npt.NDArray[np.bool_] = since % 2 == 0
        return users

    @cached_property
    def photos(self) -> Ints:
        """How many photos each conversation shows."""
        return self.images.list.len().cast(pl.Int64).to_numpy()

    def roles(self, user: str, assistant: str) -> pl.Series:
        """Who wrote each message, by these names."""
        return pl.Series([assistant, user]).gather(self.from_user.astype(np.uint32))

    def tagged(self, separator: str = "\n", tag: str = PLACEHOLDER) -> pl.Series:
        """All messages, flat, with a tag at the place of each photo.

        Args:
            separator: What stands after each tag before the first message.
            tag: The tag; it must be among the exporter's `reserved`.
        """
        texts = self.texts
        if self.marked.any() and tag != PLACEHOLDER:
            which = pl.Series(np.repeat(self.marked, np.diff(self.starts)) & self.from_user)
            placed = texts.str.replace_all(PLACEHOLDER, tag, literal=True)
            texts = pl.select(pl.when(which).then(placed).otherwise(texts)).to_series()
        before = np.where(self.marked, 0, self.photos)
        if not before.any():
            return texts
        tags = np.zeros(len(texts), np.uint32)
        tags[self.starts[:-1]] = before
        prefixes = pl.Series([(tag + separator) * count for count in range(int(before.max()) + 1)])
        return pl.select(pl.concat_str(prefixes.gather(tags), texts)).to_series()

    def messages(
        self,
        role: str = "role",
        content: str = "content",
        user: str = "user",
        assistant: str = "assistant",
        separator: str = "\n",
    ) -> pl.Series:
        """List(Struct{role, content}): all messages, with `<image>` at the place of each photo.

        Args:
            role: The field that says who wrote it.
            content: The field with the text.
            user: The user's name.
            assistant: The assistant's.
            separator: As in `tagged`.
        """
        named: dict[str, Any] = {role: self.roles(user, assistant), content: self.tagged(separator)}
        return fold(structs(**named), self.starts)

    def parts(self) -> Parts:
        """The messages cut at the photos' places, for formats of typed blocks."""
        cut = np.repeat(self.marked, np.diff(self.starts)) & self.from_user
        texts, pieces = self.texts, np.ones(len(self.texts), np.int64)
        if cut.any():
            whole = pl.Series(cut)
            lists = pl.select(
                pl.when(whole).then(texts.str.split(PLACEHOLDER)).otherwise(pl.concat_list(texts))
            ).to_series()
            pieces = lists.list.len().cast(pl.Int64).to_numpy()
            texts = lists.explode()
        first = np.concatenate([[0], np.cumsum(pieces)])  # of each message's pieces
        shown = np.ones(len(texts), np.int64)  # photos before each piece
        shown[first[:-1]] = 0
        shown[first[:-1][self.starts[:-1]]] = np.where(self.marked, 0, self.photos)
        filled = (texts != "").to_numpy()
        rows = shown + filled
        ends = np.cumsum(rows)
        place = pl.Series(np.where(filled, ends - 1, -1)).filter(pl.Series(filled)).to_numpy()
        total = int(ends[-1]) if len(ends) else 0
        source = np.full(total, -1, np.int64)
        source[place] = np.flatnonzero(filled)
        is_text = source >= 0
        text = texts.gather(pl.Series(np.where(is_text, source, 0))) if len(texts) else texts
        names = self.images.explode(empty_as_null=False, keep_nulls=False)
        image = pl.Series(np.where(is_text, -1, np.cumsum(~is_text) - 1))
        image = pl.select(pl.when(image >= 0).then(image)).to_series()
        starts = np.concatenate([[0], ends])[first]
        nulls = pl.select(pl.when(pl.Series(is_text)).then(text)).to_series()
        return Parts(nulls, names.gather(image), starts)
