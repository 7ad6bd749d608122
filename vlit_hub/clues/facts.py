"""Facts: the sentences that clues are made of, with how much each is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import NamedTuple

__all__ = ["HEADINGS", "Fact", "Worth", "joined", "quoted", "sentence", "sources_of", "spaced", "word_set"]


class Worth(IntEnum):
    """How soon a fact is dropped where the budget is short: higher numbers go first.

    A language model that can't see has to know first what is there, then what happens, then what people asked about. Where
    small things lie helps least, and what annotators didn't agree on may harm.
    """

    CORE = 0
    """Which objects there are, and which one is marked: never dropped."""
    SUMMARY = 1
    """The image's size, and the caption that agrees most with the others: one safe sentence about the whole."""
    MARKED = 2
    """What belongs to the marked object."""
    CAPTION = 3
    """Captions that say something else."""
    AGREED = 4
    """Questions whose answer eight of ten annotators gave."""
    TEXT = 5
    """Text that one sees at a glance: nothing else tells what is written there."""
    MAIN_PLACE = 6
    """Where the main objects are."""
    ATTRIBUTE = 7
    """Where objects with attributes are, and these."""
    LINK = 8
    """The first relationships, and phrases of the largest regions."""
    ABSENT = 9
    """Categories verified to be absent: a model asks about absent things without them too."""
    PLACE = 10
    """Where smaller objects are."""
    MORE_LINKS = 11
    """Other relationships and phrases: there may be dozens, and they repeat themselves."""
    SMALL_TEXT = 12
    """Text that takes a closer look."""
    DISPUTED = 13
    """Questions with less agreement."""
    REPEATED = 14
    """Captions nearly the same as another one."""
    TINY = 15
    """Tiny text and objects: a reader of the picture would hardly see them."""
    UNCERTAIN = 16
    """Questions without an answer that most annotators gave, and how much text is illegible."""


class Fact(NamedTuple):
    """A sentence.

    Attributes:
        kind: What is counted when it is dropped: `captions`, `objects`, `places`, ...
        text: Without the bullet; a whole sentence.
        worth: Decides when it is dropped.
        sources: The annotation sources that it is from.
        boxed: Whether it has a box.
        section: Its place in the text; a key of `HEADINGS`.
    """

    kind: str
    text: str
    worth: Worth
    sources: tuple[str, ...] = ()
    boxed: bool = False
    section: str = ""


# The words of headings aren't such as a model might repeat ("caption", "annotation", "bounding box").
HEADINGS: Mapping[str, str] = MappingProxyType(
    {
        "picture": "",
        "marked": "The marked object:",
        "captions": "The whole picture, as different people put it:",
        "objects": 'What is in it (numbers are exact unless it says "at least" or "a group"):',
        "places": "Where objects are, the largest in the picture first:",
        "texts": "Text that can be read in it:",
        "questions": "Questions about it, each with the answer most people gave and how many of those asked gave it:",
        "relationships": "How things relate:",
        "regions": "Parts of it:",
        "absent": "Looked for, and not there:",
    }
)
"""The headings of the text's sections, in order."""


def word_set(text: str) -> frozenset[str]:
    """The words of a list written as text."""
    return frozenset(text.split())


def sources_of(*names: str) -> tuple[str, ...]:
    """Names of sources, sorted, each once; unnamed ones left out."""
    return tuple(sorted({name for name in names if name}))


def spaced(text: str) -> str:
    """White space within becomes one space, white space around goes."""
    return " ".join(text.split())


def sentence(text: str) -> str:
    """With a capital first letter and an end mark; spaces tidied. Empty where there are no words.

    >>> sentence(" a dog  on grass ")
    'A dog on grass.'
    """
    clean = spaced(text).rstrip(" ,;:-")
    if not clean:
        return ""
    ended = clean.rstrip("\"')\u201d\u2019").endswith((".", "!", "?", "\u2026", "\u3002", "\uff01", "\uff1f"))
    return clean[0].upper() + clean[1:] + ("" if ended else ".")


def quoted(text: str) -> str:
    """Text as it stands, in quotation marks that it is unlikely to contain."""
    return f"“{spaced(text)}”"


def joined(parts: Iterable[str], last: str = "and") -> str:
    """An enumeration; parts that enumerate themselves are set apart with semicolons.

    >>> joined(["a cat", "two dogs", "a bed"])
    'a cat, two dogs and a bed'
    """
    listed = list(parts)
    if len(listed) < 2:
        return "".join(listed)
    if any(" and " in part or "," in part for part in listed):
        return f"{'; '.join(listed[:-1])}; {last} {listed[-1]}"
    return f"{', '.join(listed[:-1])} {last} {listed[-1]}"
