"""Question templates about the whole picture and what is written in it. Each gives None where it doesn't fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vlit_hub.sample.answers import Question
from vlit_hub.sample.asker import Asker
from vlit_hub.sample.grammar import text_of

__all__ = ["ABOUT_SCENES"]

_PLACES: Mapping[str, tuple[str, ...]] = {
    "street": ("street", "city"),
    "beach": ("beach", "at beach"),
    "meadow": ("field", "meadow"),
    "park": ("park", "in park"),
    "snow": ("mountains", "snow"),
    "night": ("field", "meadow"),
}
_READING: Mapping[str, tuple[str, str]] = {
    "sign": ("What does the sign say?", "what does the"),
    "stop sign": ("What does the stop sign say?", "what does the"),
    "book": ("What is the title of the book?", "what is the"),
    "boat": ("What is the name of the boat?", "what is the name"),
    "truck": ("What is written on the truck?", "what is"),
    "bottle": ("What does the label say?", "what does the"),
    "poster": ("What does the poster say?", "what does the"),
}


def _place(asker: Asker) -> Question | None:
    scene = asker.scene
    if not asker.outdoors:
        if asker.say.room not in ("kitchen", "bedroom", "living room"):
            return None
        also = {"living room": ("living",)}.get(asker.say.room, ())
        return Question("What room is this?", "what room is", "other", asker.say.room, also)
    answer, *more = _PLACES[scene.kind]
    text, type = asker.chance.one(
        (
            ("Where was this picture taken?", "none of the above"),
            ("What place is this?", "what"),
            ("Where is this?", "none of the above"),
        )
    )
    return Question(text, type, "other", answer, tuple(more))


def _is_place(asker: Asker) -> Question | None:
    if asker.chance.happens(0.4):
        inside = asker.chance.happens(0.5)
        text = f"Is this {'indoors' if inside else 'outdoors'}?"
        return asker.yes_no("is this", text, inside != asker.outdoors)
    if asker.say.room in ("table", "desk", "room"):
        return None  # it might be in a kitchen
    asked = asker.chance.one(("beach", "street", "kitchen", "snow"))
    if asked == "snow":
        return asker.yes_no("is there", "Is there snow on the ground?", asker.scene.kind == "snow")
    return asker.yes_no("is this a", f"Is this a {asked}?", asker.scene.kind == asked)


def _weather(asker: Asker) -> Question | None:
    weather = asker.scene.weather
    if not asker.outdoors:
        return None
    if asker.chance.happens(0.5) or weather in ("night", "sunset"):
        answers = {"night": ("night", "nighttime"), "sunset": ("evening", "sunset")}.get(weather, ("day", "daytime"))
        return Question("What time of day is it?", "what time", "other", answers[0], answers[1:])
    answer, also = {"sunny": ("sunny", "clear"), "cloudy": ("cloudy", "overcast"), "snowing": ("snowy", "snowing")}[
        weather
    ]
    return Question("What is the weather like?", "what is the", "other", answer, (also,))


def _is_weather(asker: Asker) -> Question | None:
    """Leaves out what people would not agree on: whether a few clouds make it cloudy, whether dusk is dark."""
    weather = asker.scene.weather
    if not asker.outdoors:
        return None
    asked, word, unclear = asker.chance.one(
        (
            ("Is it sunny?", "sunny", ("sunset",)),
            ("Is it cloudy?", "cloudy", ("sunny", "sunset", "snowing")),
            ("Is it snowing?", "snowing", ()),
            ("Is it night?", "night", ("sunset",)),
            ("Is it dark outside?", "night", ("sunset",)),
        )
    )
    return None if weather in unclear else asker.yes_no("is it", asked, weather == word)


def _crowd(asker: Asker) -> Question | None:
    crowd = asker.scene.crowd
    if crowd is None:
        return None
    names = crowd.category.plural
    if crowd.where == "sky" and not any(
        thing.where == "sky" and thing.name != crowd.category.name for thing in asker.scene.things
    ):
        if asker.chance.happens(0.5):
            return Question("What is flying in the sky?", "what is", "other", names, (crowd.category.name,))
        return asker.yes_no("are there", f"Are there {names} in the sky?", True)
    return asker.yes_no("are there", f"Are there more than five {names}?", True)


def _reading(asker: Asker) -> Question | None:
    readable = [thing for thing in asker.single if text_of(thing)]
    shops = [" ".join(word.text for word in shop.words if word.legible) for shop in asker.scene.shops]
    shops = [name for name in shops if name]
    if len(shops) == 1 and (not readable or asker.chance.happens(0.4)):
        return _read("What is the name of the shop?", "what is the", shops[0])
    if not readable:
        return None
    thing = asker.chance.one(readable)
    text = text_of(thing)
    if thing.name == "bus":
        number, _, goal = text.partition(" ")
        if asker.chance.happens(0.5):
            slip = str(int(number) + 10)
            return Question("What number is on the bus?", "what number is", "number", number, slips=(slip,))
        return _read("Where is the bus going?", "none of the above", goal)
    if thing.name == "sign" and thing.pose == "street":
        return _read("What street is this?", "what", text)
    question, type = _READING[thing.name]
    return _read(question, type, text)


def _read(question: str, type: str, text: str) -> Question:
    words = text.lower().split()
    slips = tuple(words) if len(words) > 1 else ()
    return Question(question, type, "other", " ".join(words), slips=slips)


ABOUT_SCENES: Mapping[Callable[[Asker], Question | None], float] = {
    _place: 3.0,
    _is_place: 1.5,
    _weather: 3.0,
    _is_weather: 3.0,
    _crowd: 6.0,
    _reading: 7.0,
}
"""Templates, with how often they are drawn."""
