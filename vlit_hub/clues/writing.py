"""Clues: all facts of an image, cut to a token budget, as one text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vlit_hub.clues.captions import caption_facts
from vlit_hub.clues.facts import HEADINGS, Fact, Worth, joined
from vlit_hub.clues.links import phrase_facts, relationship_facts
from vlit_hub.clues.marked import is_inside, is_of_region, is_part_of, marked_facts
from vlit_hub.clues.objects import absent_facts, count_facts, place_facts
from vlit_hub.clues.questions import question_facts
from vlit_hub.clues.texts import lines, text_facts
from vlit_hub.generation.tokens import estimate
from vlit_hub.image_by_image.annotations import ImageAnnotations, Object

__all__ = ["Clues", "write_clues"]

_BOXES = "Boxes are [left, top, right, bottom] in pixels, counted from the top left corner."


@dataclass(frozen=True)
class Clues:
    """What is told of an image.

    Attributes:
        text: Headings and sentences; empty where nothing is known, or the budget lets nothing in.
        tokens: Of the text, as `vlit_hub.generation.tokens.estimate` counts them.
        dropped: How many facts of each kind the budget left out; kinds without any aren't in it.
        sources: The annotation sources of the facts in the text, sorted.
    """

    text: str
    tokens: int
    dropped: Mapping[str, int]
    sources: tuple[str, ...]


def write_clues(image: ImageAnnotations, *, budget: int, region: Object | None = None) -> Clues:
    """Describe an image to a language model that can't see it.

    The order of the annotations makes no difference. What isn't worth saying is left out uncounted: captions that are none or
    repeat another one, questions without an answer, text that is only punctuation.

    Args:
        image: Its annotations.
        budget: At most so many tokens. Facts are left out whole, in the order of `vlit_hub.clues.facts.Worth`, last first, until
            the text fits; what a smaller budget keeps, a larger one keeps too. Which objects there are is said whatever the
            budget.
        region: The object that is marked in the picture: what belongs to it comes first, the rest follows as context.
    """
    facts = _facts(image, region)
    order = sorted(range(len(facts)), key=lambda place: facts[place].worth)
    core = sum(fact.worth is Worth.CORE for fact in facts)

    def text_of(number: int) -> str:
        return _text([facts[place] for place in sorted(order[:number])])

    number = len(facts)
    if estimate(text_of(number)) > budget:
        fits, too_many = core, number
        while too_many - fits > 1:
            middle = (fits + too_many) // 2
            fits, too_many = (middle, too_many) if estimate(text_of(middle)) <= budget else (fits, middle)
        number = fits
    kept, text = [facts[place] for place in order[:number]], text_of(number)
    dropped = Counter(facts[place].kind for place in order[number:])
    sources = sorted({name for fact in kept for name in fact.sources})
    return Clues(text, estimate(text), dict(sorted(dropped.items())), tuple(sources))


def _facts(image: ImageAnnotations, region: Object | None) -> list[Fact]:
    """All facts in the order of the text."""
    found = lines(image.texts)
    sections: dict[str, list[Fact]] = {"picture": _size_facts(image)}
    phrases, relationships = image.regions, image.relationships
    if region is not None:
        own_texts = [line for line in found if is_inside(line.box, region.box)]
        own_phrases = [row for row in phrases if is_of_region(row, region)]
        own_relationships = [row for row in relationships if is_part_of(row, region)]
        sections["marked"] = marked_facts(image, region, own_texts, own_phrases, own_relationships)
        found = [line for line in found if line not in own_texts]
        phrases = [row for row in phrases if row not in own_phrases]
        relationships = [row for row in relationships if row not in own_relationships]
    sections["captions"] = caption_facts(image.captions)
    sections["objects"] = count_facts(image)
    sections["places"] = place_facts(image, region)
    sections["texts"] = text_facts(image, found)
    sections["questions"] = question_facts(image.questions)
    sections["relationships"] = relationship_facts(relationships)
    sections["regions"] = phrase_facts(image, phrases)
    sections["absent"] = absent_facts(image)
    return [fact._replace(section=name) for name in HEADINGS for fact in sections.get(name, [])]


def _size_facts(image: ImageAnnotations) -> list[Fact]:
    if not image.width or not image.height:
        return []
    size = f"The picture is {image.width} pixels wide and {image.height} pixels high."
    return [Fact("picture", size, Worth.SUMMARY)]


def _text(facts: Sequence[Fact]) -> str:
    parts = []
    for name, heading in HEADINGS.items():
        texts = [fact.text for fact in facts if fact.section == name]
        if name == "picture":
            texts += [_BOXES] if any(fact.boxed for fact in facts) else []
            parts += [" ".join(texts)] if texts else []
        elif texts and name == "absent":
            parts.append(f"{heading} {joined(texts)}.")
        elif texts:
            parts.append("\n".join([heading, *(f"- {text}" for text in texts)]))
    return "\n\n".join(parts)
