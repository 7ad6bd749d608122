"""Facts from objects, their attributes, and categories verified to be absent."""

from __future__ import annotations

from collections.abc import Sequence

from vlit_hub.clues.facts import Fact, Worth, joined, sources_of
from vlit_hub.clues.places import iou, is_usable, place, share, size_words, where, written
from vlit_hub.image_by_image.annotations import Attribute, ImageAnnotations, Object
from vlit_hub.wording.nouns import forms, number_word

__all__ = ["absent_facts", "attributes_of", "count_facts", "counted", "named", "place_facts"]

_MAIN, _MAIN_SHARE = 8, 0.01  # at most so many objects, each at least so much of the picture, are main ones
_TINY_SHARE = 0.002

# Annotators drew boxes round up to about ten of many alike things, and overlooked small ones: only these counts are exact.
_EXACT = 5

# Boxes of one category from two sources that overlap so much are one object.
_SAME = 0.7


def counted(image: ImageAnnotations, category: str) -> str:
    """How many there are: `three chairs`, `at least two dogs`, `one person and a group of more people`.

    Exact only where the annotations are (`ImageAnnotations.countable`), there are few, and none is tiny.
    """
    things = [thing for thing in image.objects if thing.category == category]
    said = forms(category)
    if not said.countable:
        return said.label
    by_source: dict[str, int] = {}
    for thing in things:
        by_source[thing.source] = by_source.get(thing.source, 0) + (not thing.crowd)
    number = max(by_source.values())
    crowd = any(thing.crowd for thing in things)
    if number == 0:
        return f"a group of {said.labels}"
    singles = f"{number_word(number)} {said.one if number == 1 else said.labels}"
    if crowd:
        return f"{singles} and a group of more {said.labels}"
    tiny = any(0 < share(image, thing.box, thing.area) < _TINY_SHARE for thing in things)
    exact = image.countable(category) and number <= _EXACT and not tiny
    return singles if exact else f"at least {singles}"


def count_facts(image: ImageAnnotations) -> list[Fact]:
    """A fact a supercategory, those with most objects first; categories of one likewise."""
    groups: dict[str, list[tuple[str, Sequence[Object]]]] = {}
    for category, things in image.objects_by_category().items():
        known = sorted({thing.supercategory for thing in things if thing.supercategory})
        groups.setdefault(known[0] if known else "", []).append((category, things))
    facts = []
    for group, members in sorted(groups.items(), key=lambda item: (-sum(len(some) for _, some in item[1]), item[0])):
        members.sort(key=lambda member: (-len(member[1]), member[0]))
        text = joined(counted(image, category) for category, _ in members)
        heading = group.replace("_", " ") if group else "other" if len(groups) > 1 else ""
        whole = f"{heading}: {text}." if heading else f"{text}."
        sources = sources_of(*(thing.source for _, things in members for thing in things))
        facts.append(Fact("objects", whole[0].upper() + whole[1:], Worth.CORE, sources))
    return facts


def named(thing: Object | Attribute) -> str:
    """One object with its article: `a chair`, `a group of people`, `skis`."""
    if not thing.category:
        return "something"
    said = forms(thing.category)
    if isinstance(thing, Object) and thing.crowd and said.countable:
        return f"a group of {said.labels}"
    return said.a_label if said.countable else said.label


def attributes_of(image: ImageAnnotations, thing: Object) -> tuple[str, ...]:
    """All attributes of an object, sorted."""
    own = {name for name in thing.attributes if name}
    own |= {row.attribute for row in image.attributes if row.object_id is not None and _is_of(row, thing)}
    return tuple(sorted(own))


def place_facts(image: ImageAnnotations, marked: Object | None = None) -> list[Fact]:
    """Where objects are, largest first, with their attributes; the marked object, of which more is said, is left out.

    Small objects of one category at one place are told together.
    """
    things = [thing for thing in _distinct(image.objects) if thing != marked]
    loose: dict[Attribute, list[str]] = {}
    for row in image.attributes:
        if not any(_is_of(row, thing) for thing in image.objects):
            loose.setdefault(row._replace(attribute="", source=""), []).append(row.attribute)
    shares = [(share(image, thing.box, thing.area), thing) for thing in things]
    shares.sort(key=lambda pair: (-pair[0], pair[1].category, pair[1].box or ()))
    facts = []
    small: dict[tuple[str, str], list[tuple[float, Object]]] = {}
    for number, (part, thing) in enumerate(shares):
        attributes = attributes_of(image, thing)
        main = number < _MAIN and part >= _MAIN_SHARE
        if main or attributes or thing.box is None or part >= _MAIN_SHARE or not part:
            worth = Worth.MAIN_PLACE if main else Worth.ATTRIBUTE if attributes else Worth.PLACE
            others = [row.source for row in image.attributes if _is_of(row, thing)]
            facts += _placed(image, thing, attributes, worth, sources_of(thing.source, *others))
        else:
            small.setdefault((named(thing), place(image, thing.box)), []).append((part, thing))
    for (_, at), group in small.items():
        worth = Worth.PLACE if group[0][0] >= _TINY_SHARE else Worth.TINY
        facts += _placed_together(image, at, [thing for _, thing in group], worth)
    for row, names in sorted(loose.items(), key=lambda item: (item[0].category or "", item[0].box or ())):
        sources = sources_of(*(other.source for other in image.attributes if other.attribute in names))
        facts += _placed(image, row, tuple(sorted({*names})), Worth.ATTRIBUTE, sources)
    return facts


def absent_facts(image: ImageAnnotations) -> list[Fact]:
    """One fact a category. A category that is annotated all the same isn't called absent."""
    sources: dict[str, list[str]] = {}
    there = {thing.category for thing in image.objects}
    for row in image.absent:
        if row.category not in there:
            sources.setdefault(row.category, []).append(row.source)
    return [Fact("absent", forms(name).labels, Worth.ABSENT, sources_of(*sources[name])) for name in sorted(sources)]


def _placed(
    image: ImageAnnotations,
    thing: Object | Attribute,
    attributes: Sequence[str],
    worth: Worth,
    sources: tuple[str, ...],
) -> list[Fact]:
    pixels = thing.area if isinstance(thing, Object) else None
    words = where(image, thing.box, pixels)
    if not words and not attributes:
        return []
    name = named(thing) + (f" ({', '.join(attributes)})" if attributes else "")
    text = ", ".join([f"{name} {words[0]}", *words[1:]]) if words else name
    return [Fact("places", f"{text[0].upper()}{text[1:]}.", worth, sources, boxed=bool(words))]


def _placed_together(image: ImageAnnotations, at: str, things: Sequence[Object], worth: Worth) -> list[Fact]:
    first, said = things[0], forms(things[0].category)
    if len(things) == 1:
        return _placed(image, first, (), worth, sources_of(first.source))
    if first.crowd and said.countable:
        name = f"{number_word(len(things))} groups of {said.labels}"
    else:
        name = f"{number_word(len(things))} {said.labels}" if said.countable else said.label
    boxes = ", ".join(written(thing.box) for thing in things if thing.box is not None)
    text = f"{name[0].upper()}{name[1:]} {at}, each {size_words(0)}: {boxes}."
    return [Fact("places", text, worth, sources_of(*(thing.source for thing in things)), boxed=True)]


def _is_of(row: Attribute, thing: Object) -> bool:
    same = row.object_id == thing.object_id and row.category in (None, thing.category)
    return same if row.object_id else row.category == thing.category and row.box is not None and row.box == thing.box


def _distinct(things: Sequence[Object]) -> list[Object]:
    """Without objects that another source has too."""
    kept: list[Object] = []
    for thing in sorted(things, key=lambda thing: (thing.source, thing.category, thing.box or (), thing.object_id)):
        if not any(_is_same(thing, other) for other in kept):
            kept.append(thing)
    return kept


def _is_same(one: Object, other: Object) -> bool:
    if one.source == other.source or one.category != other.category or one.box is None or other.box is None:
        return False
    return is_usable(one.box) and iou(one.box, other.box) >= _SAME
