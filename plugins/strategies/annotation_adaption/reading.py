"""Text recognition: all legible text of an image in reading order, and each legible word by its box."""

from __future__ import annotations

import numpy as np
import polars as pl

from vlit_hub.drafting.boxes import region_structs
from vlit_hub.drafting.columns import (
    WHOLE_IMAGE,
    Ints,
    annotation_keys,
    lists,
    ones,
    run_starts,
)
from vlit_hub.plugins.strategies.annotation_adaption.batch import Batch
from vlit_hub.plugins.strategies.annotation_adaption.pools import BOX_FORMAT, PoolSpec

__all__ = ["IMAGE_POOL", "REGION_POOL", "read_images", "read_regions"]

IMAGE_POOL = PoolSpec(task="text_recognition", kind="image", answer=(frozenset({"text"}),))
REGION_POOL = PoolSpec(
    task="text_recognition",
    kind="region",
    subject=(frozenset({"box"}),),
    needed=frozenset({BOX_FORMAT}),
    answer=(frozenset({"text"}),),
)

_NOT_TRANSCRIBED = "legible text without a transcription"
_SIDEWAYS = "text that runs up or down: its lines aren't known"

# A box so many times higher than wide that holds so many characters holds text that runs up or down.
_SIDEWAYS_RATIO, _SIDEWAYS_CHARACTERS = 1.5, 3


def read_images(batch: Batch) -> pl.DataFrame:
    """A draft an image with legible text: its words line by line, top to bottom, each line left to right.

    An image with legible text that nobody transcribed is rejected, since its reading would not be complete, and so is one with
    text that runs up or down: a box doesn't say which of its sides is the top. Of two sources that read one image, the first
    by name counts.
    """
    texts = batch.legible_texts
    if texts["source"].n_unique() > 1:
        texts = texts.filter(pl.col("source") == pl.col("source").min().over("image_id"))
    texts = texts.with_columns(line=pl.Series(_lines(texts))).sort("image_id", "line", "x1", maintain_order=True)
    line_starts = run_starts(texts["image_id"].to_numpy(), texts["line"].to_numpy())
    lines = lists(texts["text"], line_starts).list.join(" ")
    starts = run_starts(texts["image_id"][line_starts].to_numpy())
    read = lists(lines, starts).list.join("\n")
    word_starts = run_starts(texts["image_id"].to_numpy())
    first = texts.select("image_id", "source").gather(word_starts)
    high = (pl.col("y2") - pl.col("y1")) > _SIDEWAYS_RATIO * (pl.col("x2") - pl.col("x1"))
    sideways = texts.select(high & (pl.col("text").str.len_chars() >= _SIDEWAYS_CHARACTERS)).to_series()
    reason = pl.coalesce(
        pl.when(lists(texts["text"] == "", word_starts).list.any()).then(pl.lit(_NOT_TRANSCRIBED)),
        pl.when(lists(sideways, word_starts).list.any()).then(pl.lit(_SIDEWAYS)),
    )
    return pl.DataFrame(
        {
            "image_id": first["image_id"],
            "key": pl.repeat(WHOLE_IMAGE, len(first), eager=True),
            **batch.write(IMAGE_POOL, first["image_id"], first["image_id"], {"text": read}),
            "regions": lists(region_structs(texts, texts["text"]), word_starts),
            "sources": ones(first["source"]),
            "reject_reason": first.select(reason).to_series(),
        }
    )


def read_regions(batch: Batch) -> pl.DataFrame:
    """A draft a legible word; what isn't transcribed and what is punctuation only is rejected."""
    texts = batch.legible_texts
    boxes = batch.boxes(texts)
    text = pl.col("text")
    reason = pl.coalesce(
        pl.when(text == "").then(pl.lit(_NOT_TRANSCRIBED)),
        pl.when(~text.str.contains(r"[\p{L}\p{N}]")).then(pl.lit("punctuation only")),
        boxes.fault,
    )
    written = batch.write(
        REGION_POOL, texts["image_id"], texts["text_id"], {"box": boxes.text, "text": texts["text"]}, boxes.text
    )
    return pl.DataFrame(
        {
            "image_id": texts["image_id"],
            "key": annotation_keys(texts, "text_id"),
            **written,
            "regions": ones(region_structs(texts, texts["text"])),
            "granularity": pl.repeat("region", len(texts), eager=True),
            "sources": ones(texts["source"]),
            "reject_reason": texts.select(reason).to_series(),
        }
    )


def _lines(texts: pl.DataFrame) -> Ints:
    """Of each text the number of its line, counted from the top of its image.

    Two texts that follow one another in height are on one line where their middles are less than half of the lower one's
    height apart.
    """
    rows = texts.select("image_id", middle=(pl.col("y1") + pl.col("y2")) / 2, height=pl.col("y2") - pl.col("y1"))
    order = rows.select(pl.arg_sort_by("image_id", "middle", maintain_order=True)).to_series()
    down = rows.gather(order)
    lower = pl.min_horizontal("height", pl.col("height").shift(1))
    apart = (pl.col("image_id") != pl.col("image_id").shift(1)) | (pl.col("middle").diff() >= lower / 2)
    number = down.select(apart.fill_null(True).cum_sum()).to_series().to_numpy()
    line = np.empty(len(texts), np.int64)
    line[order.to_numpy()] = number
    return line
