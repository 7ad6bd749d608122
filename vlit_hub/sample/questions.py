"""Questions about a picture, whose answers the scene graph gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vlit_hub.sample.answers import Question, colour_slips, count_slips
from vlit_hub.sample.catalog import CATEGORIES, Category
from vlit_hub.sample.chance import Chance
from vlit_hub.sample.grammar import Speaker, article, side, text_of
from vlit_hub.sample.kinds import KINDS
from vlit_hub.sample.scene import Scene, Thing

__all__ = ["questions"]

_HOW_MANY = {4: 15, 5: 36, 6: 44, 7: 5}  # questions an image: weights, 5.4 on average as in VQA v2

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
_PLACES: Mapping[str, tuple[str, ...]] = {
    "street": ("street", "city"),
    "beach": ("beach", "at beach"),
    "meadow": ("field", "meadow"),
    "park": ("park", "in park"),
    "snow": ("snow", "in snow"),
    "night": ("field", "meadow"),
}
_FRUIT = ("apple", "orange", "banana")
_LEAST_CLOCK = 40.0  # pixels: smaller clocks are not asked the time


def questions(scene: Scene) -> list[Question]:
    """Four to seven different questions."""
    chance = Chance(scene.seed, scene.number, "questions")
    asker = _Asker(scene, chance)
    wanted = chance.weighted(_HOW_MANY)
    found: dict[str, Question] = {}
    for _ in range(60):
        question = asker.ask()
        if question:
            found.setdefault(question.text, question)
            if len(found) == wanted:
                break
    return list(found.values())


class _Asker:
    def __init__(self, scene: Scene, chance: Chance) -> None:
        self.scene, self.chance = scene, chance
        self.say = Speaker(scene, chance)
        self.things = scene.by_category()
        self.crowd = scene.crowd.category.name if scene.crowd else ""
        self.outdoors = not scene.wall
        self.single = [things[0] for name, things in self.things.items() if len(things) == 1 and name != self.crowd]
        self.several = [things for name, things in self.things.items() if len(things) > 1 and name != self.crowd]
        self.asked: set[str] = set()  # categories whose number or presence was asked
        self.builders: dict[Callable[[], Question | None], float] = {
            self._count: 5.5,
            self._presence: 8.5,
            self._colour: 10.0,
            self._is_colour: 3.0,
            self._where: 6.5,
            self._reading: 7.0,
            self._side: 3.5,
            self._left_of: 2.0,
            self._doing: 3.5,
            self._is_doing: 2.5,
            self._on_what: 4.0,
            self._animal: 2.5,
            self._fruit: 1.5,
            self._clock: 2.5,
            self._state: 2.0,
            self._made_of: 1.5,
            self._more: 1.5,
            self._same_colour: 1.0,
            self._place: 3.0,
            self._is_place: 1.5,
        }
        if self.outdoors:
            self.builders |= {self._weather: 2.5, self._is_weather: 2.5}
        if scene.crowd:
            self.builders[self._crowd] = 6.0

    def ask(self) -> Question | None:
        """A question by a template drawn at random; none if the template doesn't fit the picture."""
        return self.chance.weighted(self.builders)()

    # Which things, and how they are called ---------------------------------------------------------------------------------

    def _countable(self, category: Category) -> bool:
        """Whether "how many" and "is there" have one answer: shop boards and stop signs are signs too."""
        if category.name == self.crowd or category.name == "desk":
            return False
        if category.name == "dining table" and "desk" in self.things:
            return False
        return not (category.name == "sign" and self.scene.kind == "street")

    def _absent(self) -> Category | None:
        """A category that could be in such a picture but isn't."""
        names = {name for zone in KINDS[self.scene.kind].zones for name in zone.weights}
        names |= {name for items in KINDS[self.scene.kind].items.values() for name in items}
        absent = [name for name in sorted(names) if name not in self.things and self._countable(CATEGORIES[name])]
        return CATEGORIES[self.chance.one(absent)] if absent else None

    def _named(self, category: Category) -> str:
        if category.name == "sports ball":
            return "ball"
        return category.synonym if category.synonym and self.chance.happens(0.2) else category.name

    def _names(self, category: Category) -> str:
        return "balls" if category.name == "sports ball" else category.plural

    def _one(self, fits: Callable[[Thing], bool]) -> Thing | None:
        """A thing that is the only one of its category."""
        fitting = [thing for thing in self.single if fits(thing)]
        return self.chance.one(fitting) if fitting else None

    def _yes_no(self, type: str, text: str, holds: bool) -> Question:
        return Question(text, type, "yes/no", "yes" if holds else "no")

    # Counting and presence -----------------------------------------------------------------------------------------------

    def _count(self) -> Question | None:
        present = [things[0].category for things in self.things.values() if self._countable(things[0].category)]
        category = self._absent() if not present or self.chance.happens(0.06) else self.chance.one(present)
        if category is None or category.name in self.asked:
            return None
        self.asked.add(category.name)
        number = len(self.things.get(category.name, ()))
        names = self._names(category)
        if category.name == "person":
            text, type = self.chance.one(
                (
                    ("How many people are there?", "how many people are"),
                    ("How many people are in the picture?", "how many people are in"),
                    ("How many people can you see?", "how many"),
                )
            )
        else:
            pattern = self.chance.one(
                (
                    "How many {} are there?",
                    "How many {} are in the picture?",
                    "How many {} can you see?",
                    "How many {} are visible?",
                )
            )
            text, type = pattern.format(names), "how many"
        return Question(text, type, "number", str(number), slips=count_slips(number))

    def _presence(self) -> Question | None:
        here = [things[0].category for things in self.things.values() if self._countable(things[0].category)]
        category = self.chance.one(here) if here and self.chance.happens(0.5) else self._absent()
        if category is None or category.name in self.asked:
            return None
        self.asked.add(category.name)
        holds = category.name in self.things
        if self.chance.happens(0.4):
            ending = self.chance.one(("", " in the picture", " in this image", " here"))
            return self._yes_no("are there any", f"Are there any {self._names(category)}{ending}?", holds)
        named = article(self._named(category))
        pattern = self.chance.one(("Is there {}?", "Is there {} in the picture?", "Is there {} in this image?"))
        type = "is there a" if named.startswith("a ") else "is there"
        if self.chance.happens(0.2):
            return self._yes_no("do you", f"Do you see {named}?", holds)
        return self._yes_no(type, pattern.format(named), holds)

    def _more(self) -> Question | None:
        groups = [things for things in self.things.values() if self._countable(things[0].category)]
        if len(groups) < 2:
            return None
        first, second = self.chance.some(groups, 2)
        if len(first) == len(second):
            return None
        text = f"Are there more {self._names(first[0].category)} than {self._names(second[0].category)}?"
        return self._yes_no("are there", text, len(first) > len(second))

    # Colours ---------------------------------------------------------------------------------------------------------------

    def _colour(self) -> Question | None:
        if self.several and self.chance.happens(0.3):
            things = self.chance.one(self.several)
            first = things[0]
            if first.category.tint != "whole" or any(thing.colour != first.colour for thing in things):
                return None
            text = f"What color are the {self._names(first.category)}?"
            return Question(text, "what color are the", "other", first.colour, slips=colour_slips(first.colour))
        thing = self._one(lambda thing: thing.category.tint != "none" or thing.name == "traffic light")
        if thing is None:
            return None
        name, colour = self._named(thing.category), thing.colour
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
            text = self.chance.one(("What color is the person's shirt?", "What color shirt is the person wearing?"))
            type = "what color is the" if text.startswith("What color is") else "what color"
            return Question(text, type, "other", colour, slips=colour_slips(colour))
        whole = {"hull": "boat", "icing": "cake", "pot": "plant", "blanket": "bed", "shade": "lamp"}
        text = f"What color is the {name}?" if tint == "whole" else f"What color is the {tint} of the {whole[tint]}?"
        return Question(text, "what color is the", "other", colour, slips=colour_slips(colour))

    def _is_colour(self) -> Question | None:
        thing = self._one(lambda thing: thing.category.tint == "whole")
        if thing is None:
            return None
        colour = thing.colour
        if self.chance.happens(0.5):
            colour = self.chance.one([other for other in thing.category.colours if other != thing.colour] or [colour])
        return self._yes_no("is the", f"Is the {self._named(thing.category)} {colour}?", colour == thing.colour)

    def _same_colour(self) -> Question | None:
        groups = [things for things in self.several if things[0].category.tint == "whole"]
        if not groups:
            return None
        things = self.chance.one(groups)
        same = all(thing.colour == things[0].colour for thing in things)
        return self._yes_no("are all the", f"Are all the {self._names(things[0].category)} the same color?", same)

    # Places -----------------------------------------------------------------------------------------------------------------

    def _where(self) -> Question | None:
        thing = self._one(lambda thing: thing.pose != "top")
        if thing is None:
            return None
        answer, *also = _WHERE[thing.where]
        return Question(f"Where is the {self._named(thing.category)}?", "where is the", "other", answer, tuple(also))

    def _side(self) -> Question | None:
        thing = self._one(lambda thing: side(self.scene, thing) in ("left", "right") and thing.pose != "top")
        if thing is None:
            return None
        name, answer = self._named(thing.category), side(self.scene, thing)
        text, type = self.chance.one(
            (
                (f"Which side of the picture is the {name} on?", "which"),
                (f"Is the {name} on the left or on the right?", "is the"),
                (f"On which side is the {name}?", "none of the above"),
            )
        )
        return Question(text, type, "other", answer, slips=("right" if answer == "left" else "left",))

    def _left_of(self) -> Question | None:
        if len(self.single) < 2:
            return None
        first, second = self.chance.some(self.single, 2)
        apart = second.middle - first.middle
        if abs(apart) < 0.12 * self.scene.width or "top" in (first.pose, second.pose):
            return None
        direction = self.chance.one(("left", "right"))
        text = f"Is the {self._named(first.category)} to the {direction} of the {self._named(second.category)}?"
        return self._yes_no("is the", text, (apart > 0) == (direction == "left"))

    def _on_what(self) -> Question | None:
        supports = [thing for thing in self.single if any(other.on is thing for other in self.scene.things)]
        if not supports:
            return None
        support = self.chance.one(supports)
        upon = {thing.name: thing for thing in self.scene.things if thing.on is support}
        if len(upon) > 2:
            return None
        names = sorted(upon)
        name = "table" if support.name == "dining table" else support.name
        text = f"What is on the {name}?"
        answer = " and ".join(names)
        also = (" and ".join(names[::-1]),) if len(names) == 2 else ()
        return Question(text, "what is on the", "other", answer, also)

    def _place(self) -> Question | None:
        scene = self.scene
        if not self.outdoors:
            if self.say.room not in ("kitchen", "bedroom", "living room"):
                return None
            also = {"living room": ("living",)}.get(self.say.room, ())
            return Question("What room is this?", "what room is", "other", self.say.room, also)
        answer, *more = _PLACES[scene.kind]
        text, type = self.chance.one(
            (
                ("Where was this picture taken?", "none of the above"),
                ("What place is this?", "what"),
                ("Where is this?", "none of the above"),
            )
        )
        return Question(text, type, "other", answer, tuple(more))

    def _is_place(self) -> Question | None:
        if self.chance.happens(0.4):
            inside = self.chance.happens(0.5)
            text = f"Is this {'indoors' if inside else 'outdoors'}?"
            return self._yes_no("is this", text, inside != self.outdoors)
        asked = self.chance.one(
            ("beach", "street", "kitchen", "snow", "street" if self.scene.kind == "street" else "beach")
        )
        if asked == "snow":
            return self._yes_no("is there", "Is there snow on the ground?", self.scene.kind == "snow")
        return self._yes_no("is this a", f"Is this a {asked}?", self.scene.kind == asked)

    def _weather(self) -> Question | None:
        weather = self.scene.weather
        if self.chance.happens(0.5) or weather in ("night", "sunset"):
            answers = {"night": ("night", "nighttime"), "sunset": ("evening", "sunset")}.get(
                weather, ("day", "daytime")
            )
            return Question("What time of day is it?", "what time", "other", answers[0], answers[1:])
        words = {"sunny": ("sunny", "clear"), "cloudy": ("cloudy", "overcast"), "snowing": ("snowy", "snowing")}[
            weather
        ]
        return Question(
            "What is the weather like?",
            "what is the",
            "other",
            words[0],
            words[1:],
            ("cold",) if weather == "snowing" else (),
        )

    def _is_weather(self) -> Question | None:
        """Leaves out what people would not agree on: whether a few clouds make it cloudy, whether dusk is dark."""
        weather = self.scene.weather
        asked, word, unclear = self.chance.one(
            (
                ("Is it sunny?", "sunny", ("sunset",)),
                ("Is it cloudy?", "cloudy", ("sunny", "sunset", "snowing")),
                ("Is it snowing?", "snowing", ()),
                ("Is it night?", "night", ("sunset",)),
                ("Is it dark outside?", "night", ("sunset",)),
            )
        )
        return None if weather in unclear else self._yes_no("is it", asked, weather == word)

    # Doings, states, kinds -----------------------------------------------------------------------------------------------

    def _doing(self) -> Question | None:
        thing = self._one(lambda thing: thing.category.supercategory in ("person", "animal"))
        if thing is None:
            return None
        answer, *also = {"lying": ("lying down", "laying down"), "waving": ("waving", "waving hand")}.get(
            thing.pose, (thing.pose,)
        )
        slips = {
            "standing": ("waiting", "looking"),
            "walking": ("standing",),
            "sitting": ("resting",),
            "waving": ("standing",),
        }
        text = f"What is the {self._named(thing.category)} doing?"
        return Question(text, "what is the", "other", answer, tuple(also), slips.get(thing.pose, ()))

    def _is_doing(self) -> Question | None:
        thing = self._one(
            lambda thing: thing.category.supercategory in ("person", "animal") and len(thing.category.poses) > 1
        )
        if thing is None:
            return None
        pose = self.chance.one(
            [pose for pose in thing.category.poses if "waving" not in (pose, thing.pose) or pose == thing.pose]
        )
        doing = "lying down" if pose == "lying" else pose
        return self._yes_no("is the", f"Is the {self._named(thing.category)} {doing}?", pose == thing.pose)

    def _animal(self) -> Question | None:
        animals = [things for things in self.things.values() if things[0].category.supercategory == "animal"]
        if len(animals) != 1 or (self.crowd and self.crowd != animals[0][0].name):
            return None
        category = animals[0][0].category
        if len(animals[0]) == 1:
            text, type = self.chance.one(
                (("What animal is this?", "what animal is"), ("What kind of animal is in the picture?", "what kind of"))
            )
            return Question(text, type, "other", category.name)
        also = (category.name,) if category.plural != category.name else ()
        return Question("What kind of animals are these?", "what kind of", "other", category.plural, also)

    def _fruit(self) -> Question | None:
        fruit = [things for name, things in self.things.items() if name in _FRUIT]
        if len(fruit) != 1:
            return None
        things = fruit[0]
        plural, single = things[0].category.plural, things[0].name
        answer, also = (single, ()) if len(things) == 1 else (plural, (single,))
        return Question("What kind of fruit is this?", "what kind of", "other", answer, also)

    def _clock(self) -> Question | None:
        clock = self._one(
            lambda thing: thing.name == "clock" and thing.box[3] - thing.box[1] >= _LEAST_CLOCK and thing.whole
        )
        if clock is None:
            return None
        hour, _, minute = clock.pose.partition(":")
        also = (hour,) if minute == "00" else ()
        slip = f"{int(hour) % 12 + 1}:{minute}"
        return Question("What time does the clock say?", "what time", "other", clock.pose, also, (slip,))

    def _state(self) -> Question | None:
        states = {
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
        thing = self._one(lambda thing: thing.name in states)
        if thing is None:
            return None
        text, holds = states[thing.name]
        return self._yes_no("is the", text, holds)

    def _made_of(self) -> Question | None:
        thing = self._one(lambda thing: thing.category.material in ("wooden", "glass") and thing.name != "bed")
        if thing is None:
            return None
        answer = "wood" if thing.category.material == "wooden" else "glass"
        slips = ("metal",) if answer == "wood" else ("plastic",)
        return Question(
            f"What is the {self._named(thing.category)} made of?", "what is the", "other", answer, slips=slips
        )

    def _crowd(self) -> Question | None:
        crowd = self.scene.crowd
        assert crowd is not None
        names = crowd.category.plural
        if crowd.where == "sky" and not any(
            thing.where == "sky" and thing.name != crowd.category.name for thing in self.scene.things
        ):
            if self.chance.happens(0.5):
                return Question("What is flying in the sky?", "what is", "other", names, (crowd.category.name,))
            return self._yes_no("are there", f"Are there {names} in the sky?", True)
        return self._yes_no("are there", f"Are there more than five {names}?", True)

    # Reading -----------------------------------------------------------------------------------------------------------------

    def _reading(self) -> Question | None:
        readable = [thing for thing in self.single if text_of(thing)]
        shops = [" ".join(word.text for word in shop.words if word.legible) for shop in self.scene.shops]
        shops = [name for name in shops if name]
        if len(shops) == 1 and (not readable or self.chance.happens(0.4)):
            return self._read("What is the name of the shop?", "what is the", shops[0])
        if not readable:
            return None
        thing = self.chance.one(readable)
        text = text_of(thing)
        if thing.name == "bus":
            number, _, goal = text.partition(" ")
            if self.chance.happens(0.5):
                slip = str(int(number) + 10)
                return Question("What number is on the bus?", "what number is", "number", number, slips=(slip,))
            return self._read("Where is the bus going?", "none of the above", goal)
        patterns = {
            "sign": ("What street is this?", "what")
            if thing.pose == "street"
            else ("What does the sign say?", "what does the"),
            "stop sign": ("What does the stop sign say?", "what does the"),
            "book": ("What is the title of the book?", "what is the"),
            "boat": ("What is the name of the boat?", "what is the name"),
            "truck": ("What is written on the truck?", "what is"),
            "bottle": ("What does the label say?", "what does the"),
            "poster": ("What does the poster say?", "what does the"),
        }
        return self._read(*patterns[thing.name], text)

    def _read(self, question: str, type: str, text: str) -> Question:
        words = text.lower().split()
        slips = tuple(words) if len(words) > 1 else ()
        return Question(question, type, "other", " ".join(words), slips=slips)
