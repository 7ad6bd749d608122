"""Which categories go together in images: what a plausible absent object is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.drafting.columns import run_starts
from vlit_hub.drafting.groups import exhaustive_sources
from vlit_hub.frames import Annotations
from vlit_hub.wording.mentions import terms

__all__ = ["Cooccurrence", "count_cooccurrence", "distinct_pairs"]

_Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]

# The square of this many numbers is kept for each source; rarer categories are never asked for.
MAX_CATEGORIES = 1000


@dataclass(frozen=True)
class Cooccurrence:
    """How often categories share an image.

    Attributes:
        categories: Those that may be called absent, in the order of the alphabet.
        weights: For each source that annotates exhaustively, the share of the images with category i (row) that have category
            j (column) too; 0 for i = j and where they never do. Categories of different sources never share a row: that one
            source doesn't have the other's category says nothing of its images.
        terms: The words that mention each category (`vlit_hub...mentions`).
    """

    categories: pl.Series
    weights: Mapping[str, npt.NDArray[np.float32]]
    terms: pl.DataFrame

    def codes(self, categories: pl.Series) -> npt.NDArray[np.int64]:
        """The place of each name among `categories`, -1 where it is none of them."""
        places = np.arange(len(self.categories))
        found = categories.replace_strict(self.categories, places, default=-1, return_dtype=pl.Int64())
        return found.fill_null(-1).to_numpy()


def count_cooccurrence(annotations: Annotations) -> Cooccurrence:
    """Count over all images of a split."""
    sources = exhaustive_sources(annotations)
    known = annotations.objects.filter(pl.col("source").is_in(sources))
    frequent = known["category"].value_counts(sort=True).sort("count", "category", descending=[True, False])
    names = pl.concat([frequent["category"].head(MAX_CATEGORIES), annotations.absent["category"]]).unique().sort()
    empty = Cooccurrence(names, {}, terms(names.to_list()))
    weights = {}
    for source in sources:
        objects = known.filter(pl.col("source") == source)
        weights[source] = _weights(
            distinct_pairs(objects["image_id"].to_numpy(), empty.codes(objects["category"])), len(names)
        )
    return Cooccurrence(names, weights, empty.terms)


def distinct_pairs(images: npt.NDArray[np.int64], codes: npt.NDArray[np.int64]) -> _Pairs:
    """Images and categories, each pair once, in order; codes of -1 are left out. `images` is sorted."""
    images, codes = images[codes >= 0], codes[codes >= 0]
    order = np.lexsort((codes, images))
    images, codes = images[order], codes[order]
    first = run_starts(images, codes)
    return images[first], codes[first]


def _weights(pairs: _Pairs, count: int) -> npt.NDArray[np.float32]:
    images, codes = pairs
    together = np.zeros((count, count), np.int64)
    for distance in range(1, len(images)):
        same = images[distance:] == images[:-distance]
        if not same.any():
            break
        cells = codes[:-distance][same] * count + codes[distance:][same]
        together += np.bincount(cells, minlength=count * count).reshape(count, count)
    together += together.T
    alone = np.maximum(np.bincount(codes, minlength=count), 1)
    return (together / alone[:, None]).astype(np.float32)
