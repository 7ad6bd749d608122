"""Facts from relationships and from phrases that describe regions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vlit_hub.clues.facts import Fact, Worth, quoted, sources_of, spaced, word_set
from vlit_hub.clues.places import is_usable, place, share, written
from vlit_hub.image_by_image.annotations import ImageAnnotations, Phrase, Relationship
from vlit_hub.wording.nouns import forms

__all__ = ["phrase_facts", "related", "relationship_facts"]

_FIRST = 12  # so many are worth more than the others

_BASE_VERBS = word_set(
    "carry cast contain cover cross cut display drink drive eat enter face fly follow grab grow hang have hit hold jump kick "
    "lay lead lean leave lie look make watch need play pull push reach read rest ride run say see serve show sit sleep stand "
    "support surround swing take talk touch throw use walk want wear write"
)
_FINITE = word_set("are can has is was were")
_SPEAKS = word_set("read reading reads say saying says")
_WITHOUT_ARTICLE = re.compile(r"^(?:an?|the|some|one|two|three|four|five|his|her|their|its|\d+)\b", re.IGNORECASE)


def relationship_facts(relationships: Sequence[Relationship]) -> list[Fact]:
    """A fact a distinct relationship, in the order of their ids."""
    sources: dict[str, list[str]] = {}
    for row in sorted(relationships, key=lambda row: (row.source, row.relationship_id, row[:3])):
        if text := related(row):
            sources.setdefault(text, []).append(row.source)
    return [
        Fact("relationships", text, Worth.LINK if number < _FIRST else Worth.MORE_LINKS, sources_of(*names))
        for number, (text, names) in enumerate(sources.items())
    ]


def related(row: Relationship) -> str:
    """A relationship as a sentence: `A man is riding a horse.` Empty where a part is missing.

    >>> related(Relationship("men", "wear", "hat")), related(Relationship("wheel", "of", "car"))
    ('Men wear a hat.', 'There is a wheel of a car.')
    """
    subject, predicate, other = spaced(row.subject), spaced(row.predicate).lower(), spaced(row.object)
    if not subject or not predicate or not other:
        return ""
    one, are = _with_article(subject), forms(subject).is_
    first, _, rest = predicate.partition(" ")
    if first in ("of", "for"):
        said = f"there {are} {one} {predicate}"
    elif first in _FINITE or (first.endswith("s") and first not in ("across", "towards") and len(first) > 3):
        said = f"{one} {predicate}"
    elif first in _BASE_VERBS:
        verb = first if are == "are" else "has" if first == "have" else _third_person(first)
        said = f"{one} {' '.join(filter(None, [verb, rest]))}"
    else:
        said = f"{one} {are} {predicate}"
    what = quoted(other) if first in _SPEAKS else _with_article(other)
    return f"{said[0].upper()}{said[1:]} {what}."


def phrase_facts(image: ImageAnnotations, phrases: Sequence[Phrase]) -> list[Fact]:
    """A fact a distinct phrase, largest region first."""
    distinct: dict[str, Phrase] = {}
    order = sorted(phrases, key=lambda row: (-share(image, row.box), row.source, row.region_id, row.phrase))
    for row in order:
        clean = spaced(row.phrase).rstrip(" .")
        if clean:
            distinct.setdefault(clean.lower(), row._replace(phrase=clean))
    return [
        _phrase(image, row, Worth.LINK if number < _FIRST else Worth.MORE_LINKS)
        for number, row in enumerate(distinct.values())
    ]


def _phrase(image: ImageAnnotations, row: Phrase, worth: Worth) -> Fact:
    box = row.box
    if box is None or not is_usable(box):
        return Fact("regions", f"{quoted(row.phrase)}.", worth, sources_of(row.source))
    words = ", ".join(filter(None, [place(image, box), written(box)]))
    return Fact("regions", f"{quoted(row.phrase)} {words}.", worth, sources_of(row.source), boxed=True)


def _with_article(name: str) -> str:
    return name if _WITHOUT_ARTICLE.match(name) else forms(name).a_label


def _third_person(verb: str) -> str:
    if verb.endswith(("s", "x", "z", "ch", "sh")):
        return verb + "es"
    return verb[:-1] + "ies" if verb.endswith("y") and verb[-2] not in "aeiou" else verb + "s"
