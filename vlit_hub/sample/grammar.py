"""English for things: noun phrases, places, weather, agreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources

import msgspec

from vlit_hub.sample.chance import Chance
from vlit_hub.sample.scene import Scene, Thing

__all__ = ["Speaker", "article", "capital", "listing", "plural", "side", "text_of"]

PHRASES = msgspec.yaml.decode(resources.files("vlit_hub.sample").joinpath("phrases.yaml").read_bytes())

_ANIMATE = ("person", "animal")
_NO_ADJECTIVES = ("long", "switched on", "soft", "edible", "hooved")


def article(noun: str) -> str:
    """With `a` or `an` before it."""
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def plural(noun: str) -> str:
    """Of a synonym; categories have theirs in the catalog."""
    if noun.endswith(("s", "sh", "ch", "x")):
        return f"{noun}es"
    return f"{noun}s"


def capital(sentence: str) -> str:
    """With its first letter in upper case."""
    return sentence[0].upper() + sentence[1:]


def listing(nouns: Sequence[str]) -> str:
    """`a, b and c`."""
    return nouns[0] if len(nouns) == 1 else f"{', '.join(nouns[:-1])} and {nouns[-1]}"


def side(scene: Scene, thing: Thing) -> str:
    """`left`, `right` or `middle` of the picture; empty in between."""
    at = thing.middle / scene.width
    if at < 0.34:
        return "left"
    if at > 0.66:
        return "right"
    return "middle" if 0.43 < at < 0.57 else ""


def text_of(thing: Thing) -> str:
    """What is to be read on a thing: its legible words."""
    return " ".join(word.text for word in thing.words if word.legible)


class Speaker:
    """Speaks of the things of one scene."""

    def __init__(self, scene: Scene, chance: Chance) -> None:
        self.scene, self.chance = scene, chance
        self.wall = scene.wall if scene.wall == "white" else f"light {scene.wall}"
        names = {thing.name for thing in scene.things}
        self.room = scene.kind
        if (scene.kind == "bedroom" and "bed" not in names) or (
            scene.kind == "living room" and not names & {"couch", "tv"}
        ):
            self.room = "room"

    def pick(self, section: str, key: str) -> str:
        """A wording."""
        phrase: str = self.chance.one(PHRASES[section][key])
        return phrase.replace("{wall}", self.wall)

    def place(self) -> str:
        """The whole picture: `a sandy beach`."""
        return self.pick("scene", self.room)

    def weather(self) -> str:
        """`on a sunny day`; empty indoors."""
        return "" if self.scene.wall else self.pick("weather", self.scene.weather)

    def where(self, things: Sequence[Thing]) -> str:
        """`on the sand`; empty if they are in different places, or if that is said of no such thing."""
        first = things[0]
        if first.pose == "top" or any(thing.where != first.where for thing in things):
            return ""
        return self.pick("where", first.where)

    def side(self, thing: Thing) -> str:
        """`on the left`, or empty."""
        found = side(self.scene, thing)
        return self.pick("side", found) if found else ""

    def count(self, things: Sequence[Thing]) -> str:
        """`three`, sometimes `several`."""
        number = len(things)
        if number == 2 and self.chance.happens(0.12):
            return self.chance.one(("a pair of", "a couple of"))
        if number >= 4 and self.chance.happens(0.2):
            return self.chance.one(("several", "a group of", "a number of"))
        numbers: list[str] = PHRASES["number"]
        return numbers[number] if number < len(numbers) else "many"

    def noun(self, things: Sequence[Thing], plain: float = 0.25) -> str:
        """`a red car`, `three white sheep`; with probability `plain` without attributes."""
        chance, first = self.chance, things[0]
        category = first.category
        synonym = category.synonym if category.synonym and chance.happens(0.25) else ""
        single = len(things) == 1
        if single:
            noun = synonym or ("ball" if category.name == "sports ball" else category.name)
        else:
            noun = plural(synonym) if synonym else ("balls" if category.name == "sports ball" else category.plural)
        before, after = ("", "") if chance.happens(plain) else self._attributes(things)
        words = f"{before} {noun}" if before else noun
        if single:
            size = self._size(first)
            return (article(f"{size} {words}") if size else article(words)) + after
        return f"{self.count(things)} {words}{after}"

    def _size(self, thing: Thing) -> str:
        share = thing.area / (self.scene.width * self.scene.height)
        if thing.whole and share > 0.09 and self.chance.happens(0.3):
            return self.chance.one(("large", "big"))
        if thing.whole and share < 0.004 and self.chance.happens(0.25):
            return self.chance.one(("small", "little", "tiny"))
        return ""

    def _attributes(self, things: Sequence[Thing]) -> tuple[str, str]:
        """Adjectives before the noun and what goes after it; only what holds for all of the things."""
        chance, first = self.chance, things[0]
        category = first.category
        one_colour = all(thing.colour == first.colour and thing.second == first.second for thing in things)
        if category.tint == "whole":
            trait = self._trait(first) if chance.happens(0.2) else ""
            colour = first.colour if one_colour else ""
            order = (colour, trait) if trait == category.material else (trait, colour)
            return " ".join(word for word in order if word), ""
        if category.tint == "two" and one_colour:
            return f"{first.colour} and {first.second}", ""
        if category.tint in ("two", "none"):
            return self._trait(first), ""
        if not one_colour:
            return "", ""
        return "", self._part(first, len(things) > 1)

    def _trait(self, thing: Thing) -> str:
        category = thing.category
        adjectives = [trait for trait in category.traits if trait not in _NO_ADJECTIVES]
        if thing.name == "sports ball":
            adjectives = ["round"] + (["striped"] if thing.pose == "striped" else [])
        if category.material in ("wooden", "glass", "ceramic"):
            adjectives.append(category.material)
        return self.chance.one(adjectives) if adjectives else ""

    def _part(self, thing: Thing, many: bool) -> str:
        chance, colour, part = self.chance, thing.colour, thing.category.tint
        if part == "shirt":
            garment = (
                chance.one((f"{colour} shirts", f"{colour} tops"))
                if many
                else article(chance.one((f"{colour} shirt", f"{colour} top")))
            )
            if not many and chance.happens(0.3):
                return f" wearing {garment} and {thing.second} pants"
            return chance.one((" in ", " wearing ")) + garment
        if part == "icing":
            return f" with {colour} icing"
        holder = " in " if part == "pot" else " with "
        return f"{holder}{colour} {plural(part)}" if many else f"{holder}{article(f'{colour} {part}')}"

    def doing(self, things: Sequence[Thing]) -> str:
        """`standing`, `flying`, ...; empty if they do different things or nothing that has a name."""
        first = things[0]
        if first.category.supercategory in _ANIMATE:
            return first.pose if all(thing.pose == first.pose for thing in things) else ""
        verbs = [verb for verb in first.category.verbs if not (verb == "hanging" and first.where != "wall")]
        return self.chance.one(verbs) if verbs else ""


def verb(things: Sequence[Thing]) -> str:
    """`is` or `are`."""
    return "is" if len(things) == 1 else "are"


NUMBERS: Mapping[int, str] = dict(enumerate(PHRASES["number"]))
