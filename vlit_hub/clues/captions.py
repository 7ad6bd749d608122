"""Facts from captions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from vlit_hub.clues.facts import Fact, Worth, sentence, sources_of, spaced, word_set
from vlit_hub.image_by_image.annotations import Caption
from vlit_hub.wording.captions import is_caption

__all__ = ["caption_facts"]

# Two captions that share so many of their words say the same.
_NEARLY_THE_SAME = 0.6

_EMPTY_WORDS = word_set(
    "a an and are at by for from has in into is it its near next of on over some that the their there this to up very with"
)


def caption_facts(captions: Sequence[Caption]) -> list[Fact]:
    """A fact a distinct caption; the first is the one that shares most words with the others: several people saw that."""
    distinct: dict[str, Caption] = {}
    for caption in sorted(captions, key=lambda caption: (caption.source, caption.caption_id, caption.caption)):
        clean = spaced(caption.caption)
        if is_caption(clean):
            distinct.setdefault(clean.lower().rstrip(" .!?"), caption)
    kept = list(distinct.values())
    words = [_words(caption.caption) for caption in kept]
    agreement = [0.0] * len(kept)
    for one, other in combinations(range(len(kept)), 2):
        agreement[one] += (alike := _jaccard(words[one], words[other]))
        agreement[other] += alike
    order = sorted(range(len(kept)), key=lambda place: (-agreement[place], place))
    facts, said = list[Fact](), list[frozenset[str]]()
    for place in [*order[:1], *sorted(order[1:])]:
        repeats = any(_jaccard(words[place], before) >= _NEARLY_THE_SAME for before in said)
        worth = Worth.REPEATED if repeats else Worth.CAPTION if said else Worth.SUMMARY
        said.append(words[place])
        facts.append(Fact("captions", sentence(kept[place].caption), worth, sources_of(kept[place].source)))
    return facts


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text.lower())) - _EMPTY_WORDS


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0
