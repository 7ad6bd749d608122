"""Labels that a language model proposed: near-duplicates merged, frequent ones kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Kept", "frequent_labels", "tidy"]

_LONGEST = 60  # letters; what is longer is no label


@dataclass(frozen=True)
class Kept:
    """A label that is kept.

    Attributes:
        label: The most frequent of the spellings that were merged.
        coverage: How many texts it was proposed for, in any spelling.
    """

    label: str
    coverage: int


def tidy(label: str) -> str:
    """In small letters, its words apart by one space; empty if it isn't fit to be a label."""
    words = " ".join(re.findall(r"[^\W_]+", label.lower()))
    return words if len(words) <= _LONGEST else ""


def frequent_labels(proposed: Sequence[Iterable[str]], *, least: float, most: int, similarity: float) -> list[Kept]:
    """The labels that are proposed often, most frequent first, of equally frequent ones by the alphabet.

    From the most frequent one on, each label joins the one before it that is most alike, if that is alike enough, or else stands
    for itself.

    Args:
        proposed: The labels of each text.
        least: Share of the texts that a label must be proposed for.
        most: At most so many labels.
        similarity: Labels whose letter trigrams have a cosine of at least this are the same: "object counting" and "counting
            objects" have 0.90, "color recognition" and "action recognition" 0.73.
    """
    texts: dict[str, set[int]] = {}
    for number, labels in enumerate(proposed):
        for label in filter(None, map(tidy, labels)):
            texts.setdefault(label, set()).add(number)
    labels_by_count = sorted(texts, key=lambda label: (-len(texts[label]), label))
    vectors = _trigrams(labels_by_count)
    leaders: list[int] = []
    covered: dict[int, set[int]] = {}
    for place, label in enumerate(labels_by_count):
        cosines = vectors[leaders] @ vectors[place]
        best = int(cosines.argmax()) if leaders else -1
        if leaders and cosines[best] >= similarity:
            covered[leaders[best]] |= texts[label]
        else:
            leaders.append(place)
            covered[place] = set(texts[label])
    found = [Kept(labels_by_count[place], len(covered[place])) for place in leaders]
    frequent = [one for one in found if one.coverage >= least * len(proposed)]
    return sorted(frequent, key=lambda one: (-one.coverage, one.label))[:most]


def _trigrams(labels: Sequence[str]) -> npt.NDArray[np.float32]:
    """Counts of each word's letter trigrams, as vectors of length 1: the order of words makes no difference."""
    places: dict[str, int] = {}
    grams = [
        [
            places.setdefault(f" {word} "[start : start + 3], len(places))
            for word in label.split()
            for start in range(len(word))
        ]
        for label in labels
    ]
    counts = np.zeros((len(labels), len(places)), np.float32)
    for row, some in enumerate(grams):
        np.add.at(counts[row], some, 1)
    counts /= np.linalg.norm(counts, axis=1, keepdims=True)
    return counts
