"""Image captioning: one draft a caption."""

from __future__ import annotations

import numpy as np
import polars as pl

from vlit_hub.drafting.columns import Ints, annotation_keys, ones, run_starts
from vlit_hub.plugins.strategies.annotation_adaption.batch import Batch
from vlit_hub.plugins.strategies.annotation_adaption.pools import PoolSpec
from vlit_hub.wording.captions import ADDRESS, JUNK
from vlit_hub.wording.tidying import Bytes, bytes_of, tidy_sentences

__all__ = ["POOL", "captioning"]

POOL = PoolSpec(task="image_captioning", answer=(frozenset({"caption"}),))

_WORDLESS = r"^\P{L}+$"

_REASONS = (
    None,
    "empty",
    "not a caption: no words",
    "not a caption: a web address",
    "not a caption: says that there is no image",
)
_REPEATED = "the same as another caption of the image"


def captioning(batch: Batch) -> pl.DataFrame:
    """A draft a caption; what isn't a caption and what repeats another one of its image is rejected."""
    captions = batch.annotations.captions
    tidy = tidy_sentences(captions["caption"])
    return pl.DataFrame(
        {
            "image_id": captions["image_id"],
            "key": annotation_keys(captions, "caption_id"),
            **batch.write(POOL, captions["image_id"], captions["caption_id"], {"caption": tidy}),
            "sources": ones(captions["source"]),
            "reject_reason": _faults(captions["image_id"], tidy),
        }
    )


def _faults(image_id: pl.Series, tidy: pl.Series) -> pl.Series:
    """Why a caption is rejected; null where it isn't."""
    raw = bytes_of(tidy)
    number = np.zeros(len(tidy), np.int64)
    number[_repeats(image_id, tidy, raw)] = len(_REASONS)
    # Most captions begin with "A ", and none of those is junk.
    suspects = np.flatnonzero((raw.at(0) != ord("A")) | (raw.at(1) != ord(" ")))
    text = pl.col("text")
    junk = (
        pl.when(text == "")
        .then(1)
        .when(text.str.contains(_WORDLESS))
        .then(2)
        .when(text.str.contains(ADDRESS))
        .then(3)
        .when(text.str.contains(JUNK))
        .then(4)
        .otherwise(0)
    )
    found = tidy[suspects].to_frame("text").select(junk).to_series().to_numpy()
    number[suspects[found > 0]] = found[found > 0]
    return pl.Series([*_REASONS, _REPEATED], dtype=pl.String())[number]


def _repeats(image_id: pl.Series, tidy: pl.Series, raw: Bytes) -> Ints:
    """Rows whose caption an earlier row of the same image has, but for case and end mark."""
    image = np.zeros(len(tidy), np.int64)
    image[run_starts(image_id.to_numpy())] = 1
    # A cheap number that repeated captions share: most have it to themselves and need no closer look.
    letters = (raw.at(3) | 0x20).astype(np.int64) << 8 | (raw.at(-3) | 0x20)
    trait = np.cumsum(image) << 32 | np.diff(raw.offsets) << 16 | letters
    order = np.argsort(trait, kind="stable")
    alike = trait[order][1:] == trait[order][:-1]
    rows = np.sort(order[np.append(alike, False) | np.append(False, alike)])
    words = tidy[rows].str.to_lowercase().str.strip_chars_end(".!?")
    again = pl.DataFrame({"image": image_id[rows], "words": words}).select(
        ~pl.struct("image", "words").is_first_distinct()
    )
    repeats: Ints = rows[again.to_series().to_numpy()]
    return repeats
