"""Categories that can be said to be absent, so that the model has something sure to ask in vain for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from vlit_hub.draws import salt
from vlit_hub.frames import Annotations
from vlit_hub.image_by_image.annotations import Absent, ImageAnnotations
from vlit_hub.plugins.strategies.self_instruct.checks.objects import supported
from vlit_hub.wording.coco_words import CATEGORIES

__all__ = ["sought_categories", "with_absent"]

_MOST = 6

# Small and common things, which annotators of COCO miss in the background: that they aren't annotated says little.
_OFTEN_MISSED = frozenset(
    {
        "backpack",
        "book",
        "bottle",
        "bowl",
        "car",
        "cell phone",
        "chair",
        "clock",
        "cup",
        "dining table",
        "fork",
        "handbag",
        "knife",
        "person",
        "potted plant",
        "spoon",
        "sports ball",
        "tie",
        "traffic light",
    }
)


def sought_categories(annotations: Annotations) -> tuple[str, ...]:
    """The categories that annotators looked for in every image, sorted: those of objects annotated exhaustively, as far as
    their words are known here (COCO's)."""
    found = annotations.objects.filter(pl.col("exhaustive"))["category"].unique()
    return tuple(sorted(set(found) & set(CATEGORIES) - _OFTEN_MISSED))


def with_absent(image: ImageAnnotations, sought: Sequence[str], seed: int) -> ImageAnnotations:
    """The image with a few more verified absent categories, drawn by hash: looked for, not annotated, mentioned nowhere."""
    if not image.exhaustive:
        return image
    there = supported(image) | {row.category for row in image.absent}
    drawn = sorted(
        (name for name in sought if name not in there),
        key=lambda name: salt(seed, "absent", str(image.image_id), name),
    )
    return replace(image, absent=[*image.absent, *(Absent(name, image.source) for name in drawn[:_MOST])])
