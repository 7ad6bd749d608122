"""Annotations written by hand, and drafts made of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from tests.by_hand import annotations_of, question, scenes
from vlit_hub.frames import Annotations
from vlit_hub.plugins.strategies.annotation_adaption.strategy import AnnotationAdaption


def drafts_of(annotations: Annotations, slice_of: int | None = None, **options: Any) -> pl.DataFrame:
    """All drafts, the rejected too, ordered by task, image and key; made in slices of so many images."""
    strategy = AnnotationAdaption()
    chosen = strategy.Options(**options)
    prepared = strategy.prepare(annotations, chosen)
    ids = annotations.images["image_id"]
    step = slice_of or max(len(ids), 1)
    parts = [
        strategy.drafts(annotations.between(ids[first], ids[min(first + step, len(ids)) - 1]), chosen, prepared)
        for first in range(0, len(ids), step)
    ]
    return pl.concat(parts).sort("task", "image_id", "key") if parts else strategy.drafts(annotations, chosen, prepared)


@pytest.fixture(scope="session", name="annotations_of")
def _annotations_of() -> Callable[..., Annotations]:
    return annotations_of


@pytest.fixture(scope="session", name="drafts_of")
def _drafts_of() -> Callable[..., pl.DataFrame]:
    return drafts_of


@pytest.fixture(scope="session", name="question")
def _question() -> Callable[..., dict[str, Any]]:
    return question


@pytest.fixture(scope="session", name="scenes")
def _scenes() -> Callable[..., Annotations]:
    return scenes
