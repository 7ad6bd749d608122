"""Region talk: a conversation about a marked object names it at once, and stays with it."""

from __future__ import annotations

import re
from functools import lru_cache

from vlit_hub.image_by_image.annotations import Object
from vlit_hub.plugins.strategies.self_instruct.checks.turns import Conversation
from vlit_hub.wording.mentions import terms
from vlit_hub.wording.naming import mentions
from vlit_hub.wording.nouns import forms

__all__ = ["region_faults"]

_MARKED = re.compile(
    r"\b(?:marked|boxed|highlighted|outlined|circled|framed|indicated|selected|enclosed|designated|bounded)\b"
    r"|\b(?:in|inside|within) the (?:\w+ )?(?:box|rectangle|region|frame|square|outline)\b|\b(?:this|that|red|"
    r"green|blue) (?:box|rectangle|region|area)\b"
    r"|\[\s*\d+(?:\.\d+)?(?:\s*,\s*\d+(?:\.\d+)?){3}\s*\]",
    re.IGNORECASE,
)
_POINTS = re.compile(
    r"\bth(?:is|at|ese|ose) (?:object|item|thing|person|animal|vehicle|one|individual|creature|figure)s?\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:it|its|itself|he|him|his|she|her|hers|they|them|their|this|that|these|those)\b", re.IGNORECASE
)


def region_faults(conversation: Conversation, region: Object) -> list[str]:
    """Why a conversation isn't about the marked object.

    The first turn has to name it: by its category or another word for that, by its supercategory, or as the marked one. A turn
    leaves it where it names another category of COCO, its question neither names the object nor has a pronoun that may stand
    for it, and its answer doesn't name it either. More than half of the turns may not leave it.
    """
    if not conversation:
        return []
    faults = []
    if not any(_names(text, region) or _POINTS.search(text) for text in conversation[0]):
        faults.append("the first turn doesn't name the marked object")
    away = sum(_leaves(user, assistant, region) for user, assistant in conversation)
    if away * 2 > len(conversation):
        faults.append("most turns aren't about the marked object")
    return faults


def _leaves(user: str, assistant: str, region: Object) -> bool:
    if _names(user, region) or _POINTS.search(user) or _PRONOUN.search(user) or _names(assistant, region):
        return False
    others = [mention for text in (user, assistant) for mention in mentions(text)]
    return any(region.category not in mention.categories for mention in others)


def _names(text: str, region: Object) -> bool:
    """Whether a text names the object or speaks of what is marked."""
    if _MARKED.search(text):
        return True
    return bool(_pattern(region.category, region.supercategory or "").search(text))


@lru_cache(maxsize=1024)
def _pattern(category: str, supercategory: str) -> re.Pattern[str]:
    words = {word.replace("_", " ") for word in (*terms([category])["term"], supercategory) if word}
    said = {form.lower() for word in words for form in (word, forms(word).labels)}
    longest = sorted(said, key=lambda form: (-len(form), form))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest))})", re.IGNORECASE)
