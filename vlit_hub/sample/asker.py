"""Which things of a picture can be asked about, and by which names."""

from __future__ import annotations

from collections.abc import Callable

from vlit_hub.sample.answers import Question
from vlit_hub.sample.catalog import CATEGORIES, Category
from vlit_hub.sample.chance import Chance
from vlit_hub.sample.grammar import Speaker
from vlit_hub.sample.kinds import KINDS
from vlit_hub.sample.scene import Scene, Thing

__all__ = ["Asker"]


class Asker:
    """What question templates share: the scene's things, sorted by whether a question about them has one answer.

    Attributes:
        subject: The category that the question at hand is about, set by the template; one template asks once about a category.
        single: Things that are the only ones of their category.
        several: Things by category, of categories that have more than one.
    """

    def __init__(self, scene: Scene, chance: Chance) -> None:
        self.scene, self.chance = scene, chance
        self.say = Speaker(scene, chance)
        self.things = scene.by_category()
        self.crowd = scene.crowd.category.name if scene.crowd else ""
        self.outdoors = not scene.wall
        self.single = [things[0] for name, things in self.things.items() if len(things) == 1 and name != self.crowd]
        self.several = [things for name, things in self.things.items() if len(things) > 1 and name != self.crowd]
        self.subject = ""
        self.asked: set[str] = set()  # categories whose number or presence was asked

    def countable(self, category: Category) -> bool:
        """Whether "how many" and "is there" have one answer: shop boards and stop signs are signs too."""
        if category.name == self.crowd or category.name == "desk":
            return False
        if category.name == "dining table" and "desk" in self.things:
            return False
        return not (category.name == "sign" and self.scene.kind == "street")

    def absent(self) -> Category | None:
        """A category that could be in such a picture but isn't."""
        names = {name for zone in KINDS[self.scene.kind].zones for name in zone.weights}
        names |= {name for items in KINDS[self.scene.kind].items.values() for name in items}
        absent = [name for name in sorted(names) if name not in self.things and self.countable(CATEGORIES[name])]
        return CATEGORIES[self.chance.one(absent)] if absent else None

    def named(self, category: Category) -> str:
        """A name for one of them."""
        if category.name == "sports ball":
            return "ball"
        return category.synonym if category.synonym and self.chance.happens(0.2) else category.name

    def names(self, category: Category) -> str:
        """The name for several of them."""
        return "balls" if category.name == "sports ball" else category.plural

    def one(self, fits: Callable[[Thing], bool]) -> Thing | None:
        """A fitting thing that is the only one of its category; it becomes the subject."""
        fitting = [thing for thing in self.single if fits(thing)]
        if not fitting:
            return None
        thing = self.chance.one(fitting)
        self.subject = thing.name
        return thing

    def yes_no(self, type: str, text: str, holds: bool) -> Question:
        """A question that is answered by yes or no."""
        return Question(text, type, "yes/no", "yes" if holds else "no")
