"""Five sentences about a picture, each by another template, and each true of it."""

from __future__ import annotations

from collections.abc import Callable

from vlit_hub.sample.chance import Chance
from vlit_hub.sample.grammar import Speaker, capital, listing, text_of, verb
from vlit_hub.sample.relations import relations
from vlit_hub.sample.scene import Scene, Thing

__all__ = ["captions"]

_COUNT = 5


def captions(scene: Scene) -> list[str]:
    """Five different captions, some written as carelessly as people do: no final stop, a trailing blank."""
    chance = Chance(scene.seed, scene.number, "captions")
    writer = _Writer(scene, chance)
    found: list[str] = []
    for _ in range(40):
        sentence = writer.write()
        if sentence and sentence not in found:
            found.append(sentence)
            if len(found) == _COUNT:
                break
    return [_careless(sentence, chance) for sentence in found]


def _careless(sentence: str, chance: Chance) -> str:
    if chance.happens(0.22):
        sentence = sentence.removesuffix(".")
    if chance.happens(0.04):
        sentence = sentence[0].lower() + sentence[1:]
    return sentence + " " if chance.happens(0.12) else sentence


class _Writer:
    def __init__(self, scene: Scene, chance: Chance) -> None:
        self.scene, self.chance = scene, chance
        self.say = Speaker(scene, chance)
        # The groups to speak of, likelier the more of the picture they take up; a table top is the place, not a thing on it.
        self.groups = {
            name: things
            for name, things in scene.by_category().items()
            if not (scene.crowd and name == scene.crowd.category.name)
        }
        self.groups = {name: things for name, things in self.groups.items() if things[0].pose != "top"}
        self.weights = {name: sum(thing.area for thing in things) ** 0.5 for name, things in self.groups.items()}
        self.related = list(relations(scene))
        self.readable = [thing for thing in scene.things if text_of(thing)]
        self.shops = [" ".join(word.text for word in shop.words if word.legible) for shop in scene.shops]
        self.shops = [name for name in self.shops if name]
        self.templates: dict[Callable[[], str], float] = {self._view: 1.0}
        if scene.crowd:
            self.templates[self._crowd] = 4.0
        if self.groups:
            self.templates |= {self._main: 6.0, self._there_is: 3.0, self._scene_with: 3.0, self._side: 2.0}
        if len(self.groups) > 1:
            self.templates |= {self._pair: 4.0, self._listing: 2.0}
        if self.related:
            self.templates[self._relation] = 4.0
        if self.readable:
            self.templates[self._text] = 3.0
        if self.shops:
            self.templates[self._shop] = 1.5

    def write(self) -> str:
        """A sentence by a template drawn at random."""
        words = " ".join(self.chance.weighted(self.templates)().split())
        return capital(words) + "." if words and words.count("snow") < 2 else ""

    def _group(self, but: str = "") -> list[Thing]:
        """The things of a category, sometimes only the largest of them."""
        things = self.groups[self.chance.weighted({name: w for name, w in self.weights.items() if name != but})]
        if len(things) > 1 and self.chance.happens(0.2):
            return [max(things, key=lambda thing: thing.area)]
        return things

    def _setting(self) -> str:
        """Where or in what weather the picture is, or nothing."""
        draw = self.chance.between(0, 1)
        return self.say.weather() if draw < 0.5 else ""

    def _main(self) -> str:
        things = self._group()
        say = self.say
        linking = f" {verb(things)}" if self.chance.happens(0.35) else ""
        where = say.where(things)
        if linking and not where:
            linking = ""
        return f"{say.noun(things)}{linking} {say.doing(things)} {where} {self._setting()}"

    def _there_is(self) -> str:
        things, say = self._group(), self.say
        opening = self.chance.one(("there", "there", "here"))
        return f"{opening} {verb(things)} {say.noun(things)} {say.where(things)} {self._setting()}"

    def _scene_with(self) -> str:
        say = self.say
        names = self.chance.some(list(self.groups), self.chance.whole(1, 3))
        nouns = listing([say.noun(self.groups[name], plain=0.4) for name in names])
        place = say.place()
        joint = self.chance.one(("with", "with", "that has", "where you can see")) if " with " not in place else "and"
        return f"{place} {joint} {nouns}" if self.chance.happens(0.7) else f"{nouns} {self._at(place)}"

    def _at(self, place: str) -> str:
        if self.scene.kind in ("table", "desk"):
            return f"on {place}"
        if self.scene.kind == "beach":
            return f"at {place}"
        return f"on {place}" if self.scene.kind == "street" else f"in {place}"

    def _side(self) -> str:
        things = [self.chance.one(self._group())]
        side = self.say.side(things[0])
        if not side:
            return ""
        of = self.chance.one(("of the picture", "of the image", "of the scene"))
        return f"{self.say.noun(things)} is {side} {of} {self._setting()}"

    def _pair(self) -> str:
        say = self.say
        first = self._group()
        second = self._group(but=first[0].name)
        where = say.where([*first, *second])
        joint = self.chance.one(("and", "and", "as well as", "along with"))
        return f"{say.noun(first)} {joint} {say.noun(second)} {where} {'' if where else self._at(say.place())} {self._setting()}"

    def _listing(self) -> str:
        say = self.say
        names = self.chance.some(list(self.groups), self.chance.whole(2, 4))
        nouns = listing([say.noun(self.groups[name], plain=0.5) for name in names])
        opening = self.chance.one(
            ("a picture of", "an image of", "a scene with", "a drawing of", "an illustration of", "a view of")
        )
        return f"{opening} {nouns} {self._at(say.place())}"

    def _view(self) -> str:
        say = self.say
        opening = self.chance.one(("a view of", "a picture of", "a look at", "an image of", "a drawing of", ""))
        empty = (
            ""
            if self.groups or self.scene.crowd
            else self.chance.one((" with nobody around", " with nothing on it", " that is empty"))
        )
        return f"{opening} {say.place()}{empty} {self._setting()}"

    def _relation(self) -> str:
        first, relation, second = self.chance.one(self.related)
        say = self.say
        relation = self.chance.one(("next to", "beside", "near")) if relation == "next to" else relation
        linking = " is" if self.chance.happens(0.4) else f" {say.doing([first])}"
        where = say.where([first, second]) if self.chance.happens(0.4) else ""
        return f"{say.noun([first])}{linking} {relation} {say.noun([second])} {where} {self._setting()}"

    def _text(self) -> str:
        thing = self.chance.one(self.readable)
        text, noun = text_of(thing), self.say.noun([thing])
        if self.chance.happens(0.25):
            text = text.lower()
        quoted = f'"{text}"' if self.chance.happens(0.6) else text
        says: tuple[str, ...] = ("that says {}", "that reads {}", "with {} written on it", "saying {}")
        if thing.name == "boat":
            says = ("named {}", "with the name {} on its hull", "called {}")
        elif thing.name == "book":
            says = ("titled {}", "called {}", "with the title {}")
        elif thing.name == "bus":
            number, _, goal = text.partition(" ")
            says = ("with {} on its display", f"number {number} to {goal}", f"on route {number}", "that says {}")
        elif thing.name == "bottle":
            says = ("labeled {}", "with a label that says {}")
        return f"{noun} {self.chance.one(says).format(quoted)} {self.say.where([thing])} {self._setting()}"

    def _shop(self) -> str:
        name = self.chance.one(self.shops)
        quoted = f'"{name}"' if self.chance.happens(0.5) else name
        opening = self.chance.one(
            (
                "a shop with a sign that says {}",
                "a building with the sign {}",
                "a storefront that reads {}",
                "a shop called {}",
            )
        ).format(quoted)
        if self.groups and self.chance.happens(0.6):
            things = self._group()
            return f"{self.say.noun(things)} {self.chance.one(('in', 'on'))} a street with {opening}"
        return f"{opening} {self.chance.one(('on a street', 'in a row of houses', 'by the road'))} {self._setting()}"

    def _crowd(self) -> str:
        crowd = self.scene.crowd
        assert crowd is not None
        group = self.chance.one(("a flock of", "many", "a large group of"))
        noun = crowd.category.plural
        colour = f"{crowd.colour} " if self.chance.happens(0.4) else ""
        if crowd.where == "sky":
            sky = self.say.pick("where", "sky")
            return f"{group} {colour}{noun} {self.chance.one(('flying', 'in flight'))} {sky} {self._setting()}"
        far = self.chance.one(("in the distance", "far away", "in the background", self.say.pick("where", crowd.where)))
        return f"{group} {colour}{noun} {self.chance.one(('standing', 'gathered', ''))} {far} {self._setting()}"
