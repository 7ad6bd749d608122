"""Objects claimed against the annotations, like CHAIR (Rohrbach et al. 2018, "Object Hallucination in Image Captioning").

What annotations support is read broadly, what answers claim narrowly: what is reported is worth a look.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from vlit_hub.image_by_image.annotations import ImageAnnotations
from vlit_hub.plugins.strategies.self_instruct.checks.turns import Conversation
from vlit_hub.wording.claims import claims, says_otherwise
from vlit_hub.wording.coco_words import CATEGORIES
from vlit_hub.wording.mentions import terms
from vlit_hub.wording.naming import mentions
from vlit_hub.wording.sentences import sentences

__all__ = ["claimed", "supported", "unsupported"]

_YES = re.compile(r"^\W*(?:yes|yeah|yep|indeed|correct|that's right|absolutely|certainly)\b", re.IGNORECASE)
_WHETHER_THERE = re.compile(
    r"^(?:\w+, )?(?:is|are) there\b|^(?:can|do|could) you (?:see|spot|find|notice|identify|make out)\b"
    r"|^does (?:the|this) (?:image|picture|photo|scene) (?:show|have|contain|include|feature)\b",
    re.IGNORECASE,
)


def unsupported(conversation: Conversation, image: ImageAnnotations) -> list[str]:
    """The categories of COCO that the assistant says are in the picture and no annotation supports, sorted.

    A word that may mean several categories is supported where one of them is; else it is reported as the likeliest.
    """
    there = supported(image)
    found = {names[0] for names in claimed(conversation) if not there.intersection(names)}
    return sorted(found)


def claimed(conversation: Conversation) -> list[tuple[str, ...]]:
    """What the assistant says is in the picture: each time the categories that the word may mean."""
    found = []
    for user, assistant in conversation:
        found += claims(assistant)
        if (told := sentences(assistant)) and _YES.match(told[0]):
            asked = (_WHETHER_THERE.sub("", question) for question in sentences(user) if _WHETHER_THERE.match(question))
            found += [
                mention.categories for things in asked if not says_otherwise(things) for mention in mentions(things)
            ]
    return found


def supported(image: ImageAnnotations) -> frozenset[str]:
    """The categories that an annotation of the image names, by any word and in any part of a word.

    Counts what objects are called, captions, answers, questions unless the answer is no, text seen, phrases, relationships, and
    attributes.
    """
    text = "\n".join(_texts(image)).lower().replace("_", " ")
    return frozenset(name for name, words in _broad().items() if any(word in text for word in words))


def _texts(image: ImageAnnotations) -> Iterator[str]:
    yield from (name for thing in image.objects for name in (thing.category, *thing.attributes))
    yield from (row.caption for row in image.captions)
    for row in image.questions:
        if (row.answer or "").strip(" .").lower() != "no" or row.tied:
            yield row.question
        yield from {row.answer or "", *row.answers}
    yield from (row.text or "" for row in image.texts)
    yield from (row.phrase for row in image.regions)
    yield from (f"{row.subject} {row.predicate} {row.object}" for row in image.relationships)
    yield from (f"{row.category or ''} {row.attribute}" for row in image.attributes)


@cache
def _broad() -> dict[str, tuple[str, ...]]:
    """Of each category the words that support it."""
    words: dict[str, list[str]] = {name: [] for name in CATEGORIES}
    for term, code in terms(CATEGORIES).iter_rows():
        words[CATEGORIES[code]].append(term)
    return {name: tuple(listed) for name, listed in words.items()}
