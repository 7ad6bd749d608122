"""Question templates about things: how many, which colour, where, doing what. Each gives None where it doesn't fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vlit_hub.sample.answers import Question, colour_slips, count_slips
from vlit_hub.sample.asker import Asker
from vlit_hub.sample.catalog import CATEGORIES
from vlit_hub.sample.grammar import article, side

__all__ = ["ABOUT_THINGS"]

# Where a thing is: the usual answer, then others that are as true.
_WHERE: Mapping[str, tuple[str, ...]] = {
    "road": ("street", "road"),
    "sidewalk": ("sidewalk", "on sidewalk"),
    "sand": ("beach", "sand"),
    "water": ("water", "sea"),
    "sky": ("sky", "in sky"),
    "grass": ("grass", "field"),
    "park": ("park", "in park"),
    "snow": ("snow", "in snow"),
    "floor": ("floor", "on floor"),
    "wall": ("wall", "on wall"),
    "table": ("table", "on table"),
    "desk": ("desk", "on desk"),
    "couch": ("couch", "sofa"),
    "bed": ("bed", "on bed"),
    "bench": ("bench", "on bench"),
}
_FRUIT = ("apple", "orange", "banana")
_STATES: Mapping[str, tuple[str, bool]] = {
    "laptop": ("Is the laptop open?", True),
    "umbrella": ("Is the umbrella open?", True),
    "tv": ("Is the tv on?", True),
    "refrigerator": ("Is the refrigerator open?", False),
    "bowl": ("Is the bowl empty?", True),
    "person": ("Is the person wearing a hat?", False),
    "cup": ("Is the cup empty?", False),
    "bottle": ("Is the bottle closed?", True),
    "book": ("Is the book open?", False),
}
_DOING: Mapping[str, tuple[str, ...]] = {"lying": ("lying down", "laying down"), "waving": ("waving", "waving hand")}
_LIKE_DOING: Mapping[str, tuple[str, ...]] = {
    "standing": ("waiting", "looking"),
    "walking": ("running",),
    "sitting": ("resting",),
}
_LEAST_CLOCK = 40.0  # pixels: smaller clocks are not asked the time


def _count(asker: Asker) -> Question | None:
    present = [things[0].category for things in asker.things.values() if asker.countable(things[0].category)]
    category = asker.absent() if not present or asker.chance.happens(0.06) else asker.chance.one(present)
    if category is None or category.name in asker.asked:
        return None
    asker.asked.add(category.name)
    asker.subject = category.name
    number = len(asker.things.get(category.name, ()))
    names = asker.names(category)
    if category.name == "person":
        text, type = asker.chance.one(
            (
                ("How many people are there?", "how many people are"),
                ("How many people are in the picture?", "how many people are in"),
                ("How many people can you see?", "how many"),
            )
        )
    else:
        pattern = asker.chance.one(
            (
                "How many {} are there?",
                "How many {} are in the picture?",
                "How many {} can you see?",
                "How many {} are visible?",
            )
        )
        text, type = pattern.format(names), "how many"
    return Question(text, type, "number", str(number), slips=count_slips(number))


def _presence(asker: Asker) -> Question | None:
    here = [things[0].category for things in asker.things.values() if asker.countable(things[0].category)]
    category = asker.chance.one(here) if here and asker.chance.happens(0.5) else asker.absent()
    if category is None or category.name in asker.asked:
        return None
    asker.asked.add(category.name)
    asker.subject = category.name
    holds = category.name in asker.things
    if asker.chance.happens(0.4):
        ending = asker.chance.one(("", " in the picture", " in this image", " here"))
        return asker.yes_no("are there any", f"Are there any {asker.names(category)}{ending}?", holds)
    named = article(asker.named(category))
    pattern = asker.chance.one(("Is there {}?", "Is there {} in the picture?", "Is there {} in this image?"))
    type = "is there a" if named.startswith("a ") else "is there"
    if asker.chance.happens(0.2):
        return asker.yes_no("do you", f"Do you see {named}?", holds)
    return asker.yes_no(type, pattern.format(named), holds)


def _more(asker: Asker) -> Question | None:
    groups = [things for things in asker.things.values() if asker.countable(things[0].category)]
    if len(groups) < 2:
        return None
    first, second = asker.chance.some(groups, 2)
    if len(first) == len(second):
        return None
    text = f"Are there more {asker.names(first[0].category)} than {asker.names(second[0].category)}?"
    return asker.yes_no("are there", text, len(first) > len(second))


def _colour(asker: Asker) -> Question | None:
    if asker.several and asker.chance.happens(0.3):
        things = asker.chance.one(asker.several)
        first = things[0]
        asker.subject = first.name
        if first.category.tint != "whole" or any(thing.colour != first.colour for thing in things):
            return None
        text = f"What color are the {asker.names(first.category)}?"
        return Question(text, "what color are the", "other", first.colour, slips=colour_slips(first.colour))
    thing = asker.one(lambda thing: thing.category.tint != "none" or thing.name == "traffic light")
    if thing is None:
        return None
    name, colour = asker.named(thing.category), thing.colour
    tint = thing.category.tint
    if thing.name == "traffic light":
        return Question(
            "What color is the traffic light?", "what color is the", "other", thing.pose, slips=("black", "yellow")
        )
    if tint == "two":
        text = f"What color is the {name}?"
        both = f"{colour} and {thing.second}"
        return Question(
            text, "what color is the", "other", both, (f"{thing.second} and {colour}",), (colour, thing.second)
        )
    if tint == "shirt":
        text = asker.chance.one(("What color is the person's shirt?", "What color shirt is the person wearing?"))
        type = "what color is the" if text.startswith("What color is") else "what color"
        return Question(text, type, "other", colour, slips=colour_slips(colour))
    whole = {"hull": "boat", "icing": "cake", "pot": "plant", "blanket": "bed", "shade": "lamp"}
    text = f"What color is the {name}?" if tint == "whole" else f"What color is the {tint} of the {whole[tint]}?"
    return Question(text, "what color is the", "other", colour, slips=colour_slips(colour))


def _is_colour(asker: Asker) -> Question | None:
    thing = asker.one(lambda thing: thing.category.tint == "whole")
    if thing is None:
        return None
    colour = thing.colour
    if asker.chance.happens(0.5):
        colour = asker.chance.one([other for other in thing.category.colours if other != thing.colour] or [colour])
    return asker.yes_no("is the", f"Is the {asker.named(thing.category)} {colour}?", colour == thing.colour)


def _same_colour(asker: Asker) -> Question | None:
    groups = [things for things in asker.several if things[0].category.tint == "whole"]
    if not groups:
        return None
    things = asker.chance.one(groups)
    asker.subject = things[0].name
    same = all(thing.colour == things[0].colour for thing in things)
    return asker.yes_no("are all the", f"Are all the {asker.names(things[0].category)} the same color?", same)


def _where(asker: Asker) -> Question | None:
    thing = asker.one(lambda thing: thing.pose != "top")
    if thing is None:
        return None
    answer, *also = _WHERE[thing.where]
    return Question(f"Where is the {asker.named(thing.category)}?", "where is the", "other", answer, tuple(also))


def _side(asker: Asker) -> Question | None:
    thing = asker.one(lambda thing: side(asker.scene, thing) in ("left", "right") and thing.pose != "top")
    if thing is None:
        return None
    name, answer = asker.named(thing.category), side(asker.scene, thing)
    text, type = asker.chance.one(
        (
            (f"Which side of the picture is the {name} on?", "which"),
            (f"Is the {name} on the left or on the right?", "is the"),
            (f"On which side is the {name}?", "none of the above"),
        )
    )
    return Question(text, type, "other", answer, slips=("right" if answer == "left" else "left",))


def _left_of(asker: Asker) -> Question | None:
    if len(asker.single) < 2:
        return None
    first, second = asker.chance.some(asker.single, 2)
    apart = second.middle - first.middle
    if abs(apart) < 0.12 * asker.scene.width or "top" in (first.pose, second.pose):
        return None
    direction = asker.chance.one(("left", "right"))
    text = f"Is the {asker.named(first.category)} to the {direction} of the {asker.named(second.category)}?"
    return asker.yes_no("is the", text, (apart > 0) == (direction == "left"))


def _on_what(asker: Asker) -> Question | None:
    supports = [thing for thing in asker.single if any(other.on is thing for other in asker.scene.things)]
    if not supports:
        return None
    support = asker.chance.one(supports)
    asker.subject = support.name
    upon: dict[str, int] = {}
    for thing in asker.scene.things:
        if thing.on is support:
            upon[thing.name] = upon.get(thing.name, 0) + 1
    if len(upon) > 2:
        return None
    names = sorted(name if number == 1 else CATEGORIES[name].plural for name, number in upon.items())
    text = f"What is on the {'table' if support.name == 'dining table' else support.name}?"
    also = (" and ".join(names[::-1]),) if len(names) == 2 else ()
    return Question(text, "what is on the", "other", " and ".join(names), also)


def _doing(asker: Asker) -> Question | None:
    thing = asker.one(lambda thing: thing.category.supercategory in ("person", "animal"))
    if thing is None:
        return None
    answer, *also = _DOING.get(thing.pose, (thing.pose,))
    text = f"What is the {asker.named(thing.category)} doing?"
    return Question(text, "what is the", "other", answer, tuple(also), _LIKE_DOING.get(thing.pose, ()))


def _is_doing(asker: Asker) -> Question | None:
    thing = asker.one(
        lambda thing: thing.category.supercategory in ("person", "animal") and len(thing.category.poses) > 1
    )
    if thing is None:
        return None
    poses = [
        pose for pose in thing.category.poses if pose != "standing" or thing.pose != "waving"
    ]  # who waves stands too
    pose = asker.chance.one(poses)
    doing = "lying down" if pose == "lying" else pose
    return asker.yes_no("is the", f"Is the {asker.named(thing.category)} {doing}?", pose == thing.pose)


def _animal(asker: Asker) -> Question | None:
    animals = [things for things in asker.things.values() if things[0].category.supercategory == "animal"]
    if len(animals) != 1 or (asker.crowd and asker.crowd != animals[0][0].name):
        return None
    category = animals[0][0].category
    if len(animals[0]) == 1:
        text, type = asker.chance.one(
            (("What animal is this?", "what animal is"), ("What kind of animal is in the picture?", "what kind of"))
        )
        return Question(text, type, "other", category.name)
    also = (category.name,) if category.plural != category.name else ()
    return Question("What kind of animals are these?", "what kind of", "other", category.plural, also)


def _fruit(asker: Asker) -> Question | None:
    fruit = [things for name, things in asker.things.items() if name in _FRUIT]
    if len(fruit) != 1:
        return None
    things = fruit[0]
    plural, single = things[0].category.plural, things[0].name
    answer, also = (single, ()) if len(things) == 1 else (plural, (single,))
    return Question("What kind of fruit is this?", "what kind of", "other", answer, also)


def _clock(asker: Asker) -> Question | None:
    clock = asker.one(
        lambda thing: thing.name == "clock" and thing.box[3] - thing.box[1] >= _LEAST_CLOCK and thing.whole
    )
    if clock is None:
        return None
    hour, _, minute = clock.pose.partition(":")
    also = (hour,) if minute == "00" else ()
    slip = f"{int(hour) % 12 + 1}:{minute}"
    return Question("What time does the clock say?", "what time", "other", clock.pose, also, (slip,))


def _state(asker: Asker) -> Question | None:
    thing = asker.one(lambda thing: thing.name in _STATES)
    if thing is None:
        return None
    text, holds = _STATES[thing.name]
    return asker.yes_no("is the", text, holds)


def _made_of(asker: Asker) -> Question | None:
    thing = asker.one(lambda thing: thing.category.material in ("wooden", "glass") and thing.name != "bed")
    if thing is None:
        return None
    answer = "wood" if thing.category.material == "wooden" else "glass"
    slips = ("metal",) if answer == "wood" else ("plastic",)
    return Question(f"What is the {asker.named(thing.category)} made of?", "what is the", "other", answer, slips=slips)


ABOUT_THINGS: Mapping[Callable[[Asker], Question | None], float] = {
    _count: 5.5,
    _presence: 8.5,
    _more: 1.5,
    _colour: 10.0,
    _is_colour: 3.0,
    _same_colour: 1.0,
    _where: 6.5,
    _side: 3.5,
    _left_of: 2.0,
    _on_what: 4.0,
    _doing: 3.5,
    _is_doing: 2.5,
    _animal: 2.5,
    _fruit: 1.5,
    _clock: 2.5,
    _state: 2.0,
    _made_of: 1.5,
}
"""Templates, with how often they are drawn."""
