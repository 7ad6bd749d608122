"""Object presence: whether an object is in the image; as many yes as no, image by image.

The absent objects asked for are plausible: categories that share images with those present, drawn by hash, the likelier the
more often they do. None of them is mentioned by any text about the image.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.drafting.columns import Ints, run_starts
from vlit_hub.draws import draw, salt
from vlit_hub.plugins.strategies.annotation_adaption.batch import Batch
from vlit_hub.plugins.strategies.annotation_adaption.cooccurrence import Cooccurrence
from vlit_hub.plugins.strategies.annotation_adaption.pools import PoolSpec
from vlit_hub.wording.mentions import find_mentions
from vlit_hub.wording.nouns import Labels

__all__ = ["POOL", "presence"]

POOL = PoolSpec(
    task="object_presence",
    subject=(frozenset({"label", "a_label", "the_label", "labels"}),),
    allowed=frozenset({"is", "Is", "are"}),
    outcomes=("yes", "no"),
)
_YES, _NO = 0, 1

# The weight of a category that annotators verified to be absent, beside shares of images in [0, 1].
_VERIFIED = 0.5

# So many cells of images by categories are worked on at a time.
_CELLS = 4_000_000

_Weights = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Pairs:
    """Pairs of image (its row in the batch) and category (its code), each once and in order.

    `sources` has a bit for each source that has the pair.
    """

    image: Ints
    category: Ints
    sources: Ints

    def gather(self, rows: Ints) -> _Pairs:
        return _Pairs(self.image[rows], self.category[rows], self.sources[rows])


def presence(batch: Batch) -> pl.DataFrame:
    """For each image as many categories that are in it as categories that aren't."""
    known = _known(batch)
    image_id = batch.annotations.images["image_id"]
    step = max(1, _CELLS // max(len(known.categories), 1))
    lasts = [min(first + step, len(image_id)) - 1 for first in range(0, len(image_id), step)]
    parts = [
        _presence(batch.between(image_id[first], image_id[last]))
        for first, last in zip(range(0, len(image_id), step), lasts, strict=True)
    ]
    return pl.concat(parts) if parts else _presence(batch)


def _presence(batch: Batch) -> pl.DataFrame:
    known, annotations = _known(batch), batch.annotations
    images, objects = annotations.images, annotations.objects
    sources = pl.concat([objects["source"], annotations.absent["source"]]).unique().sort().to_list()
    present = _pairs(batch, objects, sources)
    verified = _pairs(batch, annotations.absent, sources)
    mentioned = find_mentions(annotations, known.categories, known.terms)

    weights = np.zeros((len(images), len(known.categories)))
    looked_for = np.zeros(len(images), np.int64)  # the sources that would have annotated what is absent
    exhaustive = images["exhaustive"].fill_null(False)[batch.image_rows(objects)]
    for source, table in known.weights.items():
        pairs = _pairs(batch, objects.filter(exhaustive & (objects["source"] == source)), sources)
        for turn in _turns(pairs.image):
            weights[pairs.image[turn]] += table[pairs.category[turn]]
            looked_for[pairs.image[turn]] |= pairs.sources[turn]
    at = verified.image, verified.category
    weights[at] = np.maximum(weights[at], _VERIFIED)
    weights[present.image, present.category] = 0
    weights[batch.image_rows(mentioned), mentioned["code"].to_numpy()] = 0

    number = np.minimum(np.bincount(present.image, minlength=len(images)), (weights > 0).sum(axis=1))
    yes = _draw_present(batch, present, number)
    image, category = _draw_absent(batch, weights, number)
    no = _Pairs(image, category, _absence_sources(image, category, looked_for, verified, len(known.categories)))
    return _drafts(batch, yes, no, sources)


def _known(batch: Batch) -> Cooccurrence:
    if batch.prepared.cooccurrence is None:
        raise ValueError("prepared for other tasks")
    return batch.prepared.cooccurrence


def _pairs(batch: Batch, frame: pl.DataFrame, sources: list[str]) -> _Pairs:
    known = _known(batch)
    code = known.codes(frame["category"])
    key = batch.image_rows(frame) * max(len(known.categories), 1) + code
    bits = [1 << place for place in range(len(sources))]
    bit = frame["source"].replace_strict(sources, bits, return_dtype=pl.Int64()).to_numpy()
    order = np.argsort(key, kind="stable")
    order = order[code[order] >= 0]
    starts = run_starts(key[order])
    image, category = np.divmod(key[order][starts], max(len(known.categories), 1))
    return _Pairs(image, category, np.bitwise_or.reduceat(bit[order], starts) if len(starts) else starts)


def _turns(image: Ints) -> Iterator[Ints]:
    """The rows in turns that have every image once at most: the first row of each, the second, ..."""
    place = _places(image)
    for turn in range(int(place.max(initial=-1)) + 1):
        yield np.flatnonzero(place == turn)


def _places(image: Ints) -> Ints:
    """The place of each row among those of its image. `image` is sorted."""
    starts = run_starts(image)
    return np.arange(len(image)) - np.repeat(starts, np.diff(starts, append=len(image)))


def _draw_present(batch: Batch, present: _Pairs, number: Ints) -> _Pairs:
    """So many of the categories in each image."""
    image_id = batch.annotations.images["image_id"][present.image]
    labels = Labels(_known(batch).categories).gather(present.category)
    numbers = draw(salt(batch.options.seed, POOL.task, "present"), image_id, labels.keys)
    order = np.lexsort((numbers, present.image))
    return present.gather(np.sort(order[_places(present.image) < number[present.image]]))


def _draw_absent(batch: Batch, weights: _Weights, number: Ints) -> tuple[Ints, Ints]:
    """So many categories for each image, one after the other, by the weights of those that are left. Takes them off `weights`."""
    image_id = batch.annotations.images["image_id"]
    images, categories = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for turn in range(int(number.max(initial=0))):
        image = np.flatnonzero(number > turn)
        numbers = draw(salt(batch.options.seed, POOL.task, "absent", str(turn)), image_id[image])
        sums = weights[image].cumsum(axis=1)
        total = sums[:, -1]
        share = (numbers >> np.uint64(11)).astype(np.float64) * 2.0**-53
        mark = np.minimum(share * total, np.nextafter(total, 0))
        category = (sums <= mark[:, None]).sum(axis=1)
        weights[image, category] = 0
        images.append(image)
        categories.append(category)
    return np.concatenate(images), np.concatenate(categories)


def _absence_sources(image: Ints, category: Ints, looked_for: Ints, verified: _Pairs, categories: int) -> Ints:
    """Who says that these are absent: who verified it, or else who would have annotated them."""
    sources = looked_for[image]
    if not len(verified.image):
        return sources
    key = verified.image * categories + verified.category
    wanted = image * categories + category
    place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    return np.where(key[place] == wanted, verified.sources[place], sources)


def _drafts(batch: Batch, yes: _Pairs, no: _Pairs, sources: list[str]) -> pl.DataFrame:
    image = np.concatenate([yes.image, no.image])
    category = np.concatenate([yes.category, no.category])
    bits = np.concatenate([yes.sources, no.sources])
    outcome = np.repeat([_YES, _NO], [len(yes.image), len(no.image)])
    order = np.lexsort((category, image))
    image_id = batch.annotations.images["image_id"][image[order]]
    labels = Labels(_known(batch).categories).gather(category[order])
    columns = labels.columns(batch.placeholders(POOL))
    sets, place = np.unique(bits[order], return_inverse=True)
    named = [[name for number, name in enumerate(sources) if bit >> number & 1] for bit in sets.tolist()]
    return pl.DataFrame(
        {
            "image_id": image_id,
            "key": labels.names,
            **batch.write(POOL, image_id, labels.keys, columns, labels.form("label"), outcome[order]),
            "sources": pl.Series(named, dtype=pl.List(pl.String()))[place],
        }
    )
