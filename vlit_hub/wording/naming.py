"""Where a text names categories of COCO: whole words that mean the thing, and not something else of the same name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from vlit_hub.wording.coco_words import AFTER, BEFORE, MEANINGS
from vlit_hub.wording.nouns import forms

__all__ = ["Mention", "mentions", "words_of_categories"]


class Mention(NamedTuple):
    """A category named in a text.

    Attributes:
        categories: It may be any of these; the likeliest first.
        start: Where the word begins.
        end: Where it ends.
        plural: Whether it is in the plural.
    """

    categories: tuple[str, ...]
    start: int
    end: int
    plural: bool


# Depictions and likenesses aren't the thing.
_LIKENESS = re.compile(
    r"(?:\b(?:toy|miniature|model|plastic|plush|stuffed|inflatable|cartoon|painted|lego|drawn|wooden|ceramic|"
    r"stone|bronze|metal|paper|"
    r"origami|animated|fake|porcelain|carved|chocolate|rubber|decorative|depicted|knitted|mechanical|"
    r"virtual)(?: \w+)?[ -]"
    r"|\b(?:drawings?|pictures?|images?|photos?|photographs?|paintings?|posters?|statues?|sculptures?|"
    r"figurines?|logos?|prints?|"
    r"illustrations?|cartoons?|silhouettes?|symbols?|icons?|decals?|stickers?|models?|replicas?|shapes?|"
    r"shadows?|reflections?|murals?|"
    r"emblems?|engravings?|portraits?|depictions?|outlines?|signs?) (?:of|showing|with|depicting|for|shows|"
    r"depicts|features|featuring) "
    r"(?:an? |the |some |two |several |\w+ )?(?:\w+ )?)$",
    re.IGNORECASE,
)

# A fruit rather than a colour: a determiner before, and no noun after.
_ORANGE_BEFORE = re.compile(
    r"\b(?:an|one|the|half an|ripe|fresh|sliced|peeled|whole|single|juicy|each|another|navel|and|or) $", re.IGNORECASE
)
_ORANGE_AFTER = re.compile(
    r"^(?=$|[.,;:!?)]| (?:on|next|beside|near|is|sits|lies|that|with|slices?|rests|from|has|was|there|visible|"
    r"placed|juice)\b)",
    re.IGNORECASE,
)
_THING_AFTER = re.compile(
    r"^(?=$|[.,;:!?)]| (?:in|on|is|and|or|next|beside|near|with|to|at|lies|sits|lying|resting|for|that|behind|"
    r"are|from|held)\b)",
    re.IGNORECASE,
)
_REMOTE_BEFORE = re.compile(r"\b(?:a|the|his|her|tv|television|wii|game|one|another|two|white|black) $", re.IGNORECASE)
_RACKET_BEFORE = re.compile(r"\b(?:his|her|the|their|tennis|a|one|two|raised|my) $", re.IGNORECASE)
_MAKES_NOISE = re.compile(r"\b(?:mak(?:e|es|ing)|made) (?:\w+ ){0,2}$", re.IGNORECASE)


def mentions(text: str) -> Iterator[Mention]:
    """The categories that a text names, in order: whole words, singular or plural, longest name first."""
    pattern, meaning = _matcher()
    for match in pattern.finditer(_small(text)):
        word, (name, plural) = match[0], meaning[" ".join(match[0].split())]
        if _is_the_thing(word, name, text[: match.start()], text[match.end() :]):
            yield Mention(MEANINGS[name], match.start(), match.end(), plural)


def words_of_categories() -> Mapping[str, tuple[str, ...]]:
    """All words that `mentions` looks for, in small letters, and the categories that each may stand for."""
    return {word: MEANINGS[name] for word, (name, _) in _matcher()[1].items()}


def _is_the_thing(word: str, name: str, before: str, after: str) -> bool:
    """Whether the words around it leave a word its meaning, and it isn't a likeness."""
    if after.startswith("-") or _LIKENESS.search(before):
        return False
    if name == "orange":
        return word == "oranges" or bool(_ORANGE_BEFORE.search(before) and _ORANGE_AFTER.match(after))
    if name == "remote":
        return word == "remotes" or bool(_REMOTE_BEFORE.search(before) and _THING_AFTER.match(after))
    if name == "racket":
        return bool(_RACKET_BEFORE.search(before)) and not _MAKES_NOISE.search(before)
    if name == "tie" and word == "tie":
        worn = re.search(
            r"\b(?:a|the|his|her|wearing|striped|black|red|blue|white|green|and|silk|dark|neck) $",
            before,
            re.IGNORECASE,
        )
        return bool(worn) and not _ends(before, r"in a|ended in a|it's a|was a") and not _starts(after, AFTER["tie"])
    if name == "ball" and _ends(before, r"having a|have a|had a"):
        return False
    exceptions = {key: table.get(word, table.get(name, "")) for key, table in (("after", AFTER), ("before", BEFORE))}
    return not _starts(after, exceptions["after"]) and not _ends(before, exceptions["before"])


@cache
def _exception(words: str, before: bool) -> re.Pattern[str]:
    return re.compile(rf"(?:\b|^)(?:{words})[ -]?$" if before else rf"^[ -]?(?:{words})\b", re.IGNORECASE)


def _starts(after: str, words: str) -> bool:
    return bool(words) and bool(_exception(words, False).match(after)) and after[:1] in (" ", "-", "'")


def _ends(before: str, words: str) -> bool:
    return bool(words.strip("|")) and bool(_exception(words.strip("|"), True).search(before))


@cache
def _matcher() -> tuple[re.Pattern[str], dict[str, tuple[str, bool]]]:
    """All words in one pattern, and of each word the singular and whether it is a plural."""
    meaning: dict[str, tuple[str, bool]] = {}
    for name in MEANINGS:
        said = forms(name)
        plural = said.labels if said.countable and " of " not in said.labels else f"{name}s"
        meaning.setdefault(plural.lower(), (name, True))
    for name in MEANINGS:
        meaning[name.lower()] = (name, name in ("skis", "scissors", "cattle", "broccoli"))
    meaning["sheep"] = ("sheep", False)
    longest = sorted(meaning, key=lambda word: (-len(word), word))
    # Small letters and a branch for each first letter: Python then passes over most of the words at once.
    branches: dict[str, list[str]] = {}
    for word in longest:
        branches.setdefault(word[0], []).append(re.escape(word[1:]).replace(r"\ ", r"\s+"))
    alternatives = "|".join(f"{re.escape(first)}(?:{'|'.join(rests)})" for first, rests in branches.items())
    return re.compile(rf"(?<![\w-])(?:{alternatives})(?!\w)"), meaning


def _small(text: str) -> str:
    """The text in small letters, each letter where it was."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(one.lower()[:1] for one in text)
