"""The scene graph: what is in one picture and where. Everything said of the picture is read off this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vlit_hub.sample.catalog import Category
from vlit_hub.sample.geometry import Box, Point
from vlit_hub.sample.lettering import Word

__all__ = ["Crowd", "Scene", "Shop", "Thing"]


@dataclass(eq=False, slots=True)
class Thing:
    """One object.

    Attributes:
        category: What it is.
        pose: Which drawing of it.
        colour: Name of the main colour.
        second: Name of the second colour; empty where there is none.
        box: Where the whole drawing is; may reach beyond the picture.
        flip: Mirrored: what looks right by default looks left.
        where: What it stands on or hangs in: `road`, `sidewalk`, `sand`, `water`, `sky`, `grass`, `park`, `snow`,
            `floor`, `wall`, `table`, `desk`, `couch`, `bed`, `bench`.
        nearness: Nearer things hide farther ones; compares as a tuple.
        on: The thing that it stands on, if that is one.
        words: Its lettering.
        polygons: Outlines of what is visible.
        visible: The box around that.
        area: Area of the visible polygons in pixels.
        whole: Whether all of it is visible.
        hides: Farther things that it hides a part of.
    """

    category: Category
    pose: str
    colour: str
    second: str
    box: Box
    flip: bool
    where: str
    nearness: tuple[float, int, float]
    on: Thing | None = None
    words: list[Word] = field(default_factory=list)
    polygons: Sequence[Sequence[Point]] = ()
    visible: Box = (0.0, 0.0, 0.0, 0.0)
    area: float = 0.0
    whole: bool = True
    hides: list[Thing] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The category's name."""
        return self.category.name

    @property
    def middle(self) -> float:
        """The middle of the visible part, from the picture's left, in pixels."""
        return (self.visible[0] + self.visible[2]) / 2


@dataclass(eq=False, slots=True)
class Crowd:
    """A group too many to count: drawn singly, annotated as one region.

    Attributes:
        category: What they are.
        pose: Which drawing.
        colour: Main colour of all of them.
        boxes: Where each is drawn.
        flip: All look left.
        where: As of a `Thing`.
        counts: Visible region as COCO's uncompressed run lengths, column by column, the first of pixels outside.
        area: Visible pixels.
        visible: Box around them.
    """

    category: Category
    pose: str
    colour: str
    boxes: list[Box]
    flip: bool
    where: str
    counts: list[int] = field(default_factory=list)
    area: int = 0
    visible: Box = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Shop:
    """A house front of a street, with or without a shop sign."""

    left: float
    right: float
    top: float
    colour: str
    board: Box | None
    words: tuple[Word, ...]


@dataclass(eq=False, slots=True)
class Scene:
    """One picture.

    Attributes:
        seed: Of the whole sample.
        number: The image's number, from 0.
        width: In pixels.
        height: In pixels.
        kind: `street`, `beach`, ... (see `vlit_hub.sample.kinds`).
        weather: `sunny`, `cloudy`, `sunset`, `night`, `snowing`; indoors the time of day, `day` or `night`.
        horizon: Height of the horizon, a share of the picture's height.
        ground: Where ground, floor or table top begins, a share of the picture's height.
        wall: Name of the wall's colour indoors.
        things: From the farthest to the nearest.
        crowd: A group, if there is one.
        shops: House fronts of a street.
    """

    seed: int
    number: int
    width: int
    height: int
    kind: str
    weather: str
    horizon: float
    ground: float
    wall: str = ""
    things: list[Thing] = field(default_factory=list)
    crowd: Crowd | None = None
    shops: list[Shop] = field(default_factory=list)

    @property
    def words(self) -> list[Word]:
        """All lettering, shops first."""
        of_shops = [word for shop in self.shops for word in shop.words]
        return of_shops + [word for thing in self.things for word in thing.words]

    def by_category(self) -> dict[str, list[Thing]]:
        """Things by category name, in drawing order."""
        groups: dict[str, list[Thing]] = {}
        for thing in self.things:
            groups.setdefault(thing.category.name, []).append(thing)
        return groups
