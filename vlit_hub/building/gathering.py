"""Gathering: a plan's files read, joined, and matched with photos."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from vlit_hub import columns, photos
from vlit_hub.building.joining import join
from vlit_hub.building.pixels import in_pixels
from vlit_hub.building.plan import Plan
from vlit_hub.errors import InputError
from vlit_hub.frames import Annotations, gather
from vlit_hub.progress import progress

__all__ = ["Gathered", "gather_annotations"]


@dataclass(frozen=True)
class Gathered:
    """Annotations and photos of a build.

    Attributes:
        annotations: Of the wanted splits.
        counts: What was settled on the way: `photos_missing`, `photos_grayscale`, `split_conflicts`, ...
        photo_bytes: The size of each image's photo in bytes, null where there is none; in the order of `annotations.images`.
    """

    annotations: Annotations
    counts: dict[str, int]
    photo_bytes: pl.Series


def gather_annotations(plan: Plan) -> Gathered:
    """Read all sources through the column cache, join them, and look for the photos.

    Raises:
        InputError: A file can't be used, or no image is in the wanted splits.
    """
    joined = join(gather(_read(plan)), [source.name for source in plan.sources])
    annotations = joined.annotations
    if plan.options.splits is not None:
        annotations = _only(annotations, plan.options.splits, plan)
    images, counts = photos.attach(
        annotations.images,
        plan.options.photo_dirs,
        on_error=plan.options.on_error,
        require=plan.options.require_photos,
        verify=plan.options.verify_photos,
    )
    annotations = photos.turn(in_pixels(annotations, images), images)
    return Gathered(annotations, {**joined.counts, **counts}, images["photo_bytes"])


def _read(plan: Plan) -> Iterator[dict[str, pl.DataFrame]]:
    with progress("reading annotations", len(plan.sources)) as advance:
        for source in plan.sources:
            yield columns.read(source, plan.files[source.name], plan.options.on_error, plan.digests)
            advance(1)


def _only(annotations: Annotations, splits: tuple[str, ...], plan: Plan) -> Annotations:
    there = annotations.images["split"].unique().sort().to_list()
    for split in splits:
        if split not in there:
            raise InputError(
                plan.options.data_dir, f"no image is in the split {split!r}", f"The data has: {', '.join(there)}."
            )
    return annotations.of_splits(*splits)
