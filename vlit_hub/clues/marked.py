"""Facts about the object that is marked in the picture."""

from __future__ import annotations

from collections.abc import Sequence

from vlit_hub.clues.facts import Fact, Worth, quoted, sources_of, spaced
from vlit_hub.clues.links import related
from vlit_hub.clues.objects import attributes_of, counted, named
from vlit_hub.clues.places import area, iou, is_usable, share_inside, where, written
from vlit_hub.clues.texts import Line
from vlit_hub.image_by_image.annotations import Box, ImageAnnotations, Object, Phrase, Relationship
from vlit_hub.wording.nouns import forms

__all__ = ["is_inside", "is_of_region", "is_part_of", "marked_facts"]

_FIRST = 10
_INSIDE = 0.8  # of the smaller box's area
_OVERLAPS = 0.1
_SAME = 0.5  # intersection over union of two boxes of one thing
_RELATED = 0.3  # intersection over union of a described region and the object


def is_inside(inner: Box | None, outer: Box | None) -> bool:
    """Whether nearly all of a box lies in another one."""
    return inner is not None and outer is not None and is_usable(inner) and share_inside(inner, outer) >= _INSIDE


def is_of_region(phrase: Phrase, region: Object) -> bool:
    """Whether a phrase describes the object, a part of it, or little more than it."""
    if phrase.box is None or region.box is None:
        return False
    return is_inside(phrase.box, region.box) or iou(phrase.box, region.box) >= _RELATED


def is_part_of(row: Relationship, region: Object) -> bool:
    """Whether the object takes part in a relationship: one of its boxes is the object's."""
    boxes = (row.subject_box, row.object_box)
    return region.box is not None and any(box is not None and iou(box, region.box) >= _SAME for box in boxes)


def marked_facts(
    image: ImageAnnotations,
    region: Object,
    texts: Sequence[Line],
    phrases: Sequence[Phrase],
    relationships: Sequence[Relationship],
) -> list[Fact]:
    """What it is and where; its attributes; how many more there are; what lies in it or over it.

    What comes after ten facts is worth no more than the places of other objects: a table has dozens of things on it.

    Args:
        image: The image.
        region: The marked object.
        texts: Those within it.
        phrases: Those that describe it.
        relationships: Those that it takes part in.
    """
    own = sources_of(region.source)
    words = where(image, region.box, region.area)
    text = ", ".join([f"It is {named(region)} {words[0]}", *words[1:]]) if words else f"It is {named(region)}"
    facts = [Fact("marked", f"{text}.", Worth.CORE, own, boxed=bool(words))]

    def add(text: str, sources: tuple[str, ...], boxed: bool = False) -> None:
        worth = Worth.MARKED if len(facts) <= _FIRST else Worth.PLACE
        facts.append(Fact("marked", text, worth, sources, boxed))

    if attributes := attributes_of(image, region):
        others = (row.source for row in image.attributes if row.attribute in attributes)
        add(f"Its attributes: {', '.join(attributes)}.", sources_of(region.source, *others))
    same = [thing for thing in image.objects if thing.category == region.category]
    if len(same) > 1 and not region.crowd and forms(region.category).countable:
        add(f"The whole picture has {counted(image, region.category)}.", sources_of(*(thing.source for thing in same)))
    for line in texts:
        add(f"{quoted(line.text)} can be read inside its box.", sources_of(*line.sources))
    for phrase in sorted(phrases, key=lambda row: (row.source, row.region_id, row.phrase)):
        box = f", {written(phrase.box)}" if phrase.box else ""
        add(f"To be seen here: {quoted(phrase.phrase)}{box}.", sources_of(phrase.source), bool(box))
    for row in sorted(relationships, key=lambda row: (row.source, row.relationship_id, row[:3])):
        if sentence := related(row):
            add(sentence, sources_of(row.source))
    for other, thing in _others(image, region):
        if region.box is not None and (how := _over(other, region.box)):
            add(f"{how} {named(thing)}, {written(other)}.", sources_of(thing.source), True)
    return list({spaced(fact.text): fact for fact in facts}.values())


def _others(image: ImageAnnotations, region: Object) -> list[tuple[Box, Object]]:
    """The other objects with their boxes, largest first."""
    boxed = [(thing.box, thing) for thing in image.objects if thing.box is not None and thing != region]
    return sorted(boxed, key=lambda pair: (-area(pair[0]), pair[1].category, pair[0]))


def _over(other: Box, region: Box) -> str:
    """How another object's box lies to the marked object's; empty where they don't touch enough."""
    if not is_usable(other) or not is_usable(region):
        return ""
    if share_inside(other, region) >= _INSIDE:
        return "Inside its box is that of"
    if share_inside(region, other) >= _INSIDE:
        return "Its box lies inside that of"
    overlap = max(share_inside(other, region), share_inside(region, other))
    return "Its box overlaps that of" if overlap >= _OVERLAPS else ""
