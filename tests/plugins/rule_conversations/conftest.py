"""Conversations made of annotations that are written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from vlit_hub.frames import Annotations
from vlit_hub.plugins.strategies.rule_conversations.facts import Facts
from vlit_hub.plugins.strategies.rule_conversations.strategy import RuleConversations


def drafts_of(annotations: Annotations, slice_of: int | None = None, **options: Any) -> pl.DataFrame:
    """All drafts, ordered by image and key; made in slices of so many images."""
    strategy = RuleConversations()
    chosen = strategy.Options(**options)
    prepared = strategy.prepare(annotations, chosen)
    ids = annotations.images["image_id"]
    step = slice_of or max(len(ids), 1)
    parts = [
        strategy.drafts(annotations.between(ids[first], ids[min(first + step, len(ids)) - 1]), chosen, prepared)
        for first in range(0, len(ids), step)
    ]
    return pl.concat(parts).sort("image_id", "key")


def facts_of(annotations: Annotations, **options: Any) -> Facts:
    """What is certain of these annotations."""
    strategy = RuleConversations()
    chosen = strategy.Options(**options)
    return Facts(annotations, chosen, strategy.prepare(annotations, chosen).vocabulary)


def turns_of(draft: dict[str, Any]) -> list[tuple[str, str]]:
    """A conversation's questions and answers."""
    last = {"instruction": draft["instruction"], "response": draft["response"]}
    return [(turn["instruction"], turn["response"]) for turn in [*draft["history"], last]]


@pytest.fixture(scope="session", name="drafts_of")
def _drafts_of() -> Callable[..., pl.DataFrame]:
    return drafts_of


@pytest.fixture(scope="session", name="facts_of")
def _facts_of() -> Callable[..., Facts]:
    return facts_of


@pytest.fixture(scope="session", name="turns_of")
def _turns_of() -> Callable[..., list[tuple[str, str]]]:
    return turns_of
