"""Records that say nearly the same."""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.draws import keys_to_uint64
from vlit_hub.quality.groups import connected
from vlit_hub.quality.indicator import Collective, IndicatorOptions
from vlit_hub.quality.minhash import near_pairs, sign
from vlit_hub.quality.words import distinct_texts

__all__ = ["TextCopies"]


class _Options(IndicatorOptions):
    similarity: float = pydantic.Field(
        0.8, gt=0, le=1, description="Texts that share this much of their word pairs are copies."
    )
    within: Literal["image", "dataset"] = pydantic.Field(
        "image",
        description="Compare the records of one image, or all: the same answer to two images is no copy for most.",
    )


class TextCopies(Collective):
    """Records of nearly the same text, by MinHash over the pairs of neighbouring words of all their turns.

    text_copies = other records in the group; text_copy_rank = 0 for one record of each group (the one with the smallest id), 1,
    2, ... for the others, so that `text_copy_rank == 0` keeps one of each. The Jaccard similarity of two texts' word pairs is
    estimated from 64 hashes (Broder 1997), to about 0.05 at 0.8, for texts that agree in one of 16 bands of 4 hashes (a pair of
    similarity 0.8 does with a probability of 0.9998), each with the first of its band. Groups are chains of pairs.
    """

    name = "text_copies"
    principle = 5
    measures = (
        "Other records of the same image with nearly the same text, and the record's rank among them (0 for "
        "one of each group), by MinHash."
    )
    backend = "NumPy"
    reads = ("id", "dialogue", "source.image_ids")
    columns = {"text_copies": pa.int32(), "text_copy_rank": pa.int32()}
    Options = _Options

    def compare(self, records: pl.DataFrame, options: _Options) -> pl.DataFrame:
        """Every record has values; one without words is a copy of the others without."""
        order = records["id"].arg_sort().to_numpy()  # so that the order of the files changes nothing
        texts, places = distinct_texts(records["dialogue"])
        places = places[order]
        scopes = np.zeros(len(records), np.uint64)
        if options.within == "image":
            images = records["source.image_ids"].gather(order)
            scopes = keys_to_uint64(images.list.join("\x1f").fill_null(""))
        groups = connected(len(order), *near_pairs(sign(texts), scopes, options.similarity, places))
        sizes = np.bincount(groups, minlength=len(order))
        together = np.argsort(groups, kind="stable")
        copies, ranks = np.empty_like(order), np.empty_like(order)
        copies[order] = sizes[groups] - 1
        ranks[order[together]] = np.arange(len(order)) - (np.cumsum(sizes) - sizes)[groups[together]]
        return pl.DataFrame({"text_copies": copies, "text_copy_rank": ranks})
