"""How far numbers of a sample would move with another one: by resampling images, not records.

Records of one image aren't independent of each other (a photo of a crowd makes all its records hard), so images are drawn with
all their records. The draws are hashes of the images' ids: the same in every run and order, and the same for an image that two
datasets share, so that differences of datasets made of the same images are as certain as they can be.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.draws import draw, salt

__all__ = ["bootstrap_means", "halves", "images_of_records"]

_UInt64s = npt.NDArray[np.uint64]
_Floats = npt.NDArray[np.float64]
_Table = npt.NDArray[np.uint8]

_DRAWS = 4  # 16 bits each of a hash of 64
_BLOCK = 16


def images_of_records(ids: pl.Series, images: pl.Series) -> _UInt64s:
    """A number for each record that is the same for records of the same images; one without images is on its own.

    Args:
        ids: Of the records.
        images: The list of image ids of each.
    """
    named = pl.DataFrame({"id": ids, "image": images.list.join("\x1f")}).select(
        pl.when(pl.col("image").fill_null("") == "").then(pl.concat_str(pl.lit("\x1f"), "id")).otherwise("image")
    )
    return draw(salt(0, "images"), named.to_series())


def bootstrap_means(values: _Floats, units: _UInt64s, resamples: int, seed: int) -> _Floats:
    """The means of resamples: a row a resample, a column a quantity. NaN where a resample has no value.

    A Poisson bootstrap (Chamandy et al. 2012): each unit comes into a resample Poisson(1) times, with all its records.

    Args:
        values: A row a record, a column a quantity; NaN is no value.
        units: What is drawn, by record.
        resamples: How many.
        seed: Draws others.
    """
    different, places = np.unique(units, return_inverse=True)
    known = np.isfinite(values)
    sums = np.stack(
        [_by_unit(places, np.where(known, values, 0.0)[:, k], len(different)) for k in range(values.shape[1])]
    )
    counts = np.stack(
        [_by_unit(places, known[:, k].astype(np.float64), len(different)) for k in range(values.shape[1])]
    )
    table = _poisson_table()
    means = np.empty((resamples, values.shape[1]))
    keys = pl.Series(different.view(np.int64))
    hashed = np.empty(0, np.uint64)
    for first in range(0, resamples, _BLOCK):
        block = []
        for number in range(first, min(first + _BLOCK, resamples)):
            part = number % _DRAWS
            if part == 0:
                hashed = draw(salt(seed, "bootstrap", str(number // _DRAWS)), keys)
            block.append(table[((hashed >> np.uint64(16 * part)) & np.uint64(0xFFFF)).astype(np.uint16)])
        weights = np.stack(block).astype(np.float64)
        with np.errstate(invalid="ignore", divide="ignore"):
            means[first : first + len(block)] = (weights @ sums.T) / (weights @ counts.T)
    return means


def halves(units: _UInt64s, count: int, seed: int) -> npt.NDArray[np.bool_]:
    """Random halves of the units: a row a half, a column a record, whether its unit is in it.

    What a number is in halves drawn without replacement varies as much as the number of the whole does with the sample: the
    delete-half jackknife (Shao and Wu 1989). It holds for numbers such as counts of clusters, which copies in a bootstrap spoil.
    """
    different, places = np.unique(units, return_inverse=True)
    keys = pl.Series(different.view(np.int64))
    chosen = np.zeros((count, len(different)), dtype=bool)
    for number in range(count):
        order = np.argsort(draw(salt(seed, "halves", str(number)), keys), kind="stable")
        chosen[number, order[: len(different) // 2]] = True
    return np.asarray(chosen[:, places])


def _by_unit(places: npt.NDArray[np.int64], values: _Floats, size: int) -> _Floats:
    return np.bincount(places, weights=values, minlength=size).astype(np.float64)


def _poisson_table() -> _Table:
    """How often a unit comes, by 16 bits: Poisson(1) to 1 in 65,536."""
    terms = np.cumprod(np.concatenate([[1.0], 1 / np.arange(1, 12)])) * np.exp(-1)
    return np.searchsorted(np.cumsum(terms), (np.arange(1 << 16) + 0.5) / (1 << 16)).astype(np.uint8)
