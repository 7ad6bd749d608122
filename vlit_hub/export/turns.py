"""Records as flat messages, and what a format can't hold of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.export.exporter import Exporter
from vlit_hub.records import PLACEHOLDER

__all__ = ["ABSENT", "WITHIN", "Turns", "first_reason", "flatten", "join_inputs", "settle_literals", "structure_faults"]

ABSENT = "its photo isn't in the dataset"
_SILENT = "a turn of it has no text"
_MARKS = f"it has {PLACEHOLDER} marks, but not as many as photos"
WITHIN = "its photos stand within the text, and the format wants them first"

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Turns:
    """The messages of records, flat; they alternate, the user's first.

    Attributes:
        texts: All of them.
        starts: Where each record's start, and where the last one's end.
        inputs: The text that belongs below each record's last instruction; may be empty.
        marked: Whether a record's photos stand at `<image>` marks in the user's messages.
        photos: How many photos a record shows.
    """

    texts: pl.Series
    starts: Ints
    inputs: pl.Series
    marked: Mask
    photos: Ints

    @property
    def owners(self) -> Ints:
        """The record of each message."""
        return np.repeat(np.arange(len(self.photos)), np.diff(self.starts))

    @property
    def from_user(self) -> Mask:
        """Of each message, whether it is the user's."""
        since = np.arange(len(self.texts)) - np.repeat(self.starts[:-1], np.diff(self.starts))
        users: Mask = since % 2 == 0
        return users

    def keep(self, rows: Mask) -> Turns:
        """The messages of some records."""
        if rows.all():
            return self
        messages = np.repeat(rows, np.diff(self.starts))
        starts = np.concatenate([[0], np.cumsum(np.diff(self.starts)[rows])])
        which = pl.Series(rows)
        return Turns(
            self.texts.filter(pl.Series(messages)),
            starts,
            self.inputs.filter(which),
            self.marked[rows],
            self.photos[rows],
        )


def flatten(frame: pl.DataFrame, photos: Ints) -> Turns:
    """The messages of records as in `Records.frame`, history first."""
    history = frame["history"]
    earlier = history.list.len().fill_null(0).cast(pl.Int64).to_numpy()
    starts = np.concatenate([[0], np.cumsum(2 * earlier + 2)])
    if not earlier.any():
        columns = [frame["instruction"], frame["response"]]
        order = np.arange(2 * len(frame)).reshape(2, -1).T.ravel()
    else:
        turns = history.explode(empty_as_null=False, keep_nulls=False).struct.unnest()
        columns = [turns["instruction"], turns["response"], frame["instruction"], frame["response"]]
        count, total = len(frame), len(turns)
        order = np.empty(int(starts[-1]), np.int64)
        last = starts[1:] - 2
        order[last] = 2 * total + np.arange(count)
        order[last + 1] = 2 * total + count + np.arange(count)
        user = np.repeat(starts[:-1] - 2 * np.concatenate([[0], np.cumsum(earlier)])[:-1], earlier) + 2 * np.arange(
            total
        )
        order[user] = np.arange(total)
        order[user + 1] = total + np.arange(total)
    texts = pl.concat([column.alias("text") for column in columns]).gather(order)
    marked = (frame["granularity"] == "interleaved").to_numpy()
    found = Turns(texts, starts, frame["text"].fill_null(""), marked, photos)
    if not marked.any():
        return found
    return replace(found, marked=marked & (_marks(found) > 0))


def structure_faults(turns: Turns, exporter: Exporter) -> list[tuple[Mask, str]]:
    """Which records the format can't hold as they are built, each time with the reason."""
    faults: list[tuple[Mask, str]] = []
    if turns.texts.null_count():
        silent = np.zeros(len(turns.photos), np.bool_)
        silent[turns.owners[turns.texts.is_null().to_numpy()]] = True
        faults.append((silent, _SILENT))
    if turns.marked.any():
        faults.append((turns.marked & (_marks(turns) != turns.photos), _MARKS))
    if exporter.most_images is not None:
        faults.append((turns.photos > exporter.most_images, many(exporter.most_images)))
    if not exporter.interleaved and turns.marked.any():
        faults.append((turns.marked & ~_leading(turns), WITHIN))
    return faults


def many(most: int) -> str:
    """The reason why a record of too many photos is rejected."""
    return f"it shows more than {'one photo' if most == 1 else f'{most} photos'}, and the format holds no more"


def settle_literals(turns: Turns, reserved: Sequence[str], escape: bool) -> tuple[Turns, list[tuple[Mask, str]], Mask]:
    """Find what would be taken for something else than text; escape it if asked.

    Returns:
        The messages; the records at fault, each time with the reason; and which records were escaped.
    """
    faults: list[tuple[Mask, str]] = []
    escaped = np.zeros(len(turns.photos), np.bool_)
    for token in dict.fromkeys([*reserved, PLACEHOLDER]):
        found = turns.texts.str.contains(token, literal=True).fill_null(False).to_numpy().copy()
        below = turns.inputs.str.contains(token, literal=True).to_numpy().copy()
        if token == PLACEHOLDER and turns.marked.any():
            found &= ~(turns.marked[turns.owners] & turns.from_user)
        if token not in reserved:  # but below a marked instruction it would be one more mark
            found[:] = False
            below &= turns.marked
        if not found.any() and not below.any():
            continue
        records = below.copy()
        records[turns.owners[found]] = True
        if not escape:
            faults.append((records, f"its text has {token}, which would be taken for something else"))
            continue
        escaped |= records
        written = token.replace("<", "&lt;").replace(">", "&gt;")
        texts, inputs = (
            pl.select(
                pl.when(pl.Series(where)).then(column.str.replace_all(token, written, literal=True)).otherwise(column)
            ).to_series()
            for column, where in ((turns.texts, found), (turns.inputs, below))
        )
        turns = replace(turns, texts=texts, inputs=inputs)
    return turns, faults, escaped


def join_inputs(turns: Turns) -> Turns:
    """The messages, with `inputs` below the last instructions."""
    filled = (turns.inputs != "").to_numpy()
    if not filled.any():
        return turns
    places = pl.Series((turns.starts[1:] - 2)[filled])
    whole = pl.select(pl.concat_str(turns.texts.gather(places), turns.inputs.filter(pl.Series(filled)), separator="\n"))
    added = pl.concat([turns.texts.alias("text"), whole.to_series().alias("text")])
    order = np.arange(len(turns.texts))
    order[places.to_numpy()] = len(turns.texts) + np.arange(len(places))
    return replace(turns, texts=added.gather(order), inputs=pl.repeat("", len(filled), eager=True))


def first_reason(faults: Sequence[tuple[Mask, str]], rows: int) -> pl.Series:
    """The first reason that holds for each record; null for those without fault."""
    number = np.zeros(rows, np.int64)
    for place, (mask, _) in reversed(list(enumerate(faults, 1))):
        number[mask] = place
    return pl.Series([None, *(reason for _, reason in faults)], dtype=pl.String()).gather(number).alias("reason")


def _marks(turns: Turns) -> Ints:
    """How many marks stand in each record's instructions, whether or not they are places of photos."""
    counts = turns.texts.str.count_matches(PLACEHOLDER, literal=True).fill_null(0).to_numpy() * turns.from_user
    marks: Ints = np.add.reduceat(counts, turns.starts[:-1]).astype(np.int64)
    return marks


def _leading(turns: Turns) -> Mask:
    """Whether all of a record's marks stand before any text of its first instruction."""
    first = turns.texts.gather(pl.Series(turns.starts[:-1]))
    head = first.str.extract(rf"^((?:\s*{PLACEHOLDER})+)").fill_null("")
    leading: Mask = (head.str.count_matches(PLACEHOLDER, literal=True).to_numpy()) == _marks(turns)
    return leading
