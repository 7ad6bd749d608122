"""The categories of the sample: how large they are, which colours they come in, and what may be said of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

import msgspec

from vlit_hub.sample import shapes_home, shapes_living, shapes_things, shapes_traffic
from vlit_hub.sample.art import Rgb, Shape

__all__ = ["ATTRIBUTES", "CATEGORIES", "COLOURS", "HAIR", "SKIN", "Category", "category_rows", "shape"]

COLOURS: Mapping[str, Rgb] = {
    "red": (204, 52, 48),
    "orange": (238, 134, 36),
    "yellow": (246, 206, 62),
    "green": (62, 150, 76),
    "blue": (52, 108, 204),
    "purple": (132, 78, 172),
    "pink": (240, 150, 184),
    "brown": (132, 86, 52),
    "black": (48, 48, 54),
    "white": (246, 246, 242),
    "gray": (150, 153, 160),
}
SKIN: tuple[Rgb, ...] = ((250, 214, 184), (232, 184, 144), (198, 146, 104), (150, 102, 70), (104, 70, 50))
HAIR: tuple[Rgb, ...] = ((44, 34, 30), (84, 54, 34), (140, 92, 50), (222, 184, 108), (168, 72, 40))


@dataclass(frozen=True, eq=False, kw_only=True)
class Category:
    """One category.

    Attributes:
        id: As in the instances file. Names that COCO has keep COCO's ids, others start at 201, so that ids are sparse.
        name: Singular.
        plural: Plural.
        supercategory: As COCO groups them.
        heights: Height in metres by pose.
        colours: What `main` may be.
        tint: `whole` ("a red car"), `two` ("a red and white umbrella", second colour from `seconds`), `none`, or the name of the
            part that has the colour ("shirt": "a person in a red shirt").
        seconds: What `second` may be.
        herd: The most that come together.
        synonym: Another true name that annotators use.
        verbs: What it does, as participles, where no pose says that.
        material: What it is visibly made of, may be empty.
        traits: Further attributes that hold for every one of them.
    """

    id: int
    name: str
    plural: str
    supercategory: str
    heights: Mapping[str, float]
    colours: tuple[str, ...]
    tint: str = "whole"
    seconds: tuple[str, ...] = ()
    herd: int = 1
    synonym: str = ""
    verbs: tuple[str, ...] = ()
    material: str = ""
    traits: tuple[str, ...] = ()

    @property
    def poses(self) -> tuple[str, ...]:
        """The ways that it can be drawn; a clock's are its times."""
        return _CLOCK_TIMES if self.name == "clock" else tuple(self.heights)

    def height(self, pose: str) -> float:
        """In metres."""
        return self.heights["clock" if self.name == "clock" else pose]


def _load() -> dict[str, Category]:
    table = msgspec.yaml.decode(resources.files("vlit_hub.sample").joinpath("catalog.yaml").read_bytes())
    return {name: msgspec.convert({"name": name, "plural": f"{name}s", **row}, Category) for name, row in table.items()}


CATEGORIES: Mapping[str, Category] = _load()

_CLOCK_TIMES = tuple(f"{hour}:{minute:02d}" for hour in range(1, 13) for minute in (0, 30))

_DRAWINGS: Mapping[str, Callable[[str], Shape]] = {
    name: getattr(module, name.replace(" ", "_"))
    for module in (shapes_living, shapes_traffic, shapes_home, shapes_things)
    for name in CATEGORIES
    if name.replace(" ", "_") in module.__all__
}

ATTRIBUTES: tuple[str, ...] = (
    *COLOURS,
    *sorted(
        {"standing", "sitting", "lying", "flying", "walking", "waving", "small", "large"}
        | {category.material for category in CATEGORIES.values() if category.material}
        | {trait for category in CATEGORIES.values() for trait in category.traits}
    ),
)


@cache
def shape(name: str, pose: str) -> Shape:
    """The drawing of a category in a pose."""
    return _DRAWINGS[name](pose)


def category_rows() -> list[dict[str, object]]:
    """The `categories` table of an instances file."""
    return [{"supercategory": c.supercategory, "id": c.id, "name": c.name} for c in CATEGORIES.values()]
