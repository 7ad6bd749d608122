"""Boxes that stand in texts, written in another convention.

Texts name boxes as `vlit_hub.drafting.boxes` writes them: `[12, 30, 200, 220]`, in pixels, from 0 to 1, or from 0 to 1000. A box
in a text is converted only if it is one of the record's `regions`, written in one of these ways; and a record only if all its
boxes are: one that keeps a box in another convention would teach two. Words that name the convention ("... in pixels") change
with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.drafting.boxes import BoxFormat, box_format_wordings, write_boxes
from vlit_hub.export.conversations import BoxPlaces, fold
from vlit_hub.export.exporter import BoxMode
from vlit_hub.export.turns import Turns
from vlit_hub.frames import BOX

__all__ = ["PLACE", "Converted", "convert"]

PLACE = "<bbox>"
"""Where a trainer that fills boxes in puts the next one."""

_NUMBER = r"\d+(?:\.\d+)?"
_WRITTEN = rf"\[{_NUMBER}(?:, {_NUMBER}){{3}}\]"
_CUT = "\0"
_FORMATS: tuple[BoxFormat, ...] = ("pixel", "thousand", "unit")  # what a text that could be two of them is taken for
_TARGETS: dict[BoxMode, BoxFormat] = {"pixels": "pixel", "unit": "unit", "thousand": "thousand"}
_NEUTRAL = "their top left and bottom right corners"  # said of boxes that the trainer writes in its model's convention

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Converted:
    """What a conversion came to.

    Attributes:
        turns: The messages.
        boxes: With `objects`, the boxes whose places are `<bbox>`.
        converted: How many boxes in texts were converted.
        left: How many records were left as they are, since a box in their texts is none of their regions.
    """

    turns: Turns
    boxes: BoxPlaces | None
    converted: int
    left: int


def convert(turns: Turns, regions: pl.Series, sizes: pl.DataFrame, mode: BoxMode) -> Converted:
    """Write the boxes in texts in another convention.

    Args:
        turns: The messages, with the inputs joined.
        regions: The records' regions.
        sizes: Columns `record`, `image` (counted in the record), `width` and `height` of the upright photos in pixels; photos of
            unknown size may be missing.
        mode: Not `keep`.
    """
    count = len(turns.photos)
    found = _find(turns)
    known = _written(regions, sizes, mode)
    matched = found.join(known, on=["record", "written"], how="left", maintain_order="left")
    unknown = np.zeros(count, np.bool_)
    unknown[matched.filter(pl.col("target").is_null())["record"].unique().to_numpy()] = True
    unknown[turns.owners[turns.texts.str.contains(_CUT, literal=True).to_numpy()]] = True
    matched = matched.filter(~pl.Series(unknown).gather(matched["record"]))
    texts = _rewrite(turns.texts, matched)
    texts = _reword(texts, ~unknown[turns.owners] & turns.from_user, mode)
    boxes = _places(matched, count) if mode == "objects" else None
    return Converted(replace(turns, texts=texts), boxes, len(matched), int(unknown.sum()))


def _find(turns: Turns) -> pl.DataFrame:
    """Each box in the texts, in order: `record`, `message`, `written`."""
    lists = turns.texts.str.extract_all(_WRITTEN)
    counts = lists.list.len().to_numpy()
    message = np.repeat(np.arange(len(counts)), counts)
    written = lists.explode(empty_as_null=False, keep_nulls=False)
    return pl.DataFrame({"record": turns.owners[message], "message": message, "written": written})


def _written(regions: pl.Series, sizes: pl.DataFrame, mode: BoxMode) -> pl.DataFrame:
    """Each region in each way of writing it: `record`, `written`, `target` (how it shall be written), `image`, `bbox`."""
    record = np.repeat(np.arange(len(regions)), regions.list.len().fill_null(0).to_numpy())
    flat = regions.explode(empty_as_null=False, keep_nulls=False).struct.unnest()
    sides = flat["bbox"].cast(pl.Array(pl.Float32(), 4)).to_numpy().reshape(-1, 4)
    frame = pl.DataFrame({"record": record.astype(np.int64), "image": flat["image"].cast(pl.Int64())}).with_columns(
        **{side: pl.Series(sides[:, place]) for place, side in enumerate(BOX)}
    )
    frame = frame.join(sizes, on=["record", "image"], how="left", maintain_order="left").with_row_index("image_id")
    images = frame.select("image_id", "width", "height")
    ways = {way: write_boxes(frame, images, way) for way in _FORMATS}
    target = pl.repeat(PLACE, len(frame), eager=True)
    if mode in _TARGETS:
        target = pl.select(pl.when(ways[_TARGETS[mode]].fault.is_null()).then(ways[_TARGETS[mode]].text)).to_series()
    whole = frame.select("record", "image", bbox=flat["bbox"], target=target)
    every = [
        whole.with_columns(written=boxes.text).filter(boxes.fault.is_null() & target.is_not_null())
        for boxes in ways.values()
    ]
    return pl.concat(every).unique(["record", "written"], keep="first", maintain_order=True)


def _rewrite(texts: pl.Series, matched: pl.DataFrame) -> pl.Series:
    """The texts with each box as `target` says; all boxes of a message are in `matched`, or none."""
    if not len(matched):
        return texts
    messages = matched["message"].unique().sort()
    pieces = texts.gather(messages).str.replace_all(_WRITTEN, _CUT).str.split(_CUT)
    lengths = pieces.list.len().to_numpy()
    ends = np.cumsum(lengths)
    targets = np.full(int(ends[-1]), -1, np.int64)
    between = np.ones(len(targets), np.bool_)
    between[ends - 1] = False
    targets[between] = np.arange(len(matched))
    number = pl.Series(targets)
    given = matched["target"].gather(pl.select(pl.when(number >= 0).then(number)).to_series()).fill_null("")
    whole = pl.select(pl.concat_str(pieces.explode(), given)).to_series()
    joined = fold(whole, np.concatenate([[0], ends])).list.join("")
    order = np.arange(len(texts))
    order[messages.to_numpy()] = len(texts) + np.arange(len(messages))
    return pl.concat([texts.alias("text"), joined.alias("text")]).gather(order)


def _reword(texts: pl.Series, where: Mask, mode: BoxMode) -> pl.Series:
    """The user's texts with the words for the convention that boxes are in now."""
    target = _TARGETS.get(mode)
    words: dict[str, str] = {}
    new = box_format_wordings(target) if target else (_NEUTRAL,)
    for way in _FORMATS:  # the target's own too: one of another convention may be its beginning
        for place, old in enumerate(box_format_wordings(way)):
            words[old] = old if way == target else new[place % len(new)]
    known = sorted(words, key=lambda text: (-len(text), text))  # a wording that begins another must not win
    changed = texts.str.replace_many(known, [words[text] for text in known], leftmost=True)
    return pl.select(pl.when(pl.Series(where)).then(changed).otherwise(texts)).to_series()


def _places(matched: pl.DataFrame, count: int) -> BoxPlaces:
    owners = np.bincount(matched["record"].to_numpy(), minlength=count)
    starts = np.concatenate([[0], np.cumsum(owners)])
    boxes = matched["bbox"].cast(pl.List(pl.Float32()))
    return BoxPlaces(fold(boxes, starts), fold(matched["image"].cast(pl.Int32()), starts))
