"""The kinds of scene, and what is plausibly found where in each: the tables are in kinds.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources

import msgspec

__all__ = ["KINDS", "SURFACES", "Kind", "Zone"]


@dataclass(frozen=True)
class Zone:
    """A part of the picture where things stand, fly or hang.

    Attributes:
        where: As of a `Thing`.
        reach: Depth from far (0: where the ground begins) to near (1: the picture's lower edge); in the sky and on the wall the
            height from the picture's top, a share of its height.
        kinds: How many categories are drawn for it: number to weight.
        weights: Categories to weights.
    """

    where: str
    reach: tuple[float, float]
    kinds: Mapping[int, float]
    weights: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of scene.

    Attributes:
        weight: How frequent it is.
        zones: What is where.
        horizon: Range of the height of the eye's level, a share of the picture's height (indoors a vanishing line, not seen).
        ground: Where the ground begins, relative to the horizon.
        eye: Range of the eye's height above the ground in metres: the higher, the smaller everything is.
        weathers: With weights; indoors the time of day.
        indoor: Whether it is a room or a close view inside one.
        items: What stands on tables, couches, beds and benches: `where` to categories to weights.
        crowds: Categories that come in crowds here, with `where`.
    """

    weight: float
    zones: tuple[Zone, ...]
    horizon: tuple[float, float]
    ground: float
    eye: tuple[float, float]
    weathers: Mapping[str, float]
    indoor: bool = False
    items: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    crowds: Mapping[str, str] = field(default_factory=dict)


# The part of a drawing that things can stand on: `where` they are then, and x from, x to, y from, y to, shares of its box.
SURFACES: Mapping[str, tuple[str, tuple[float, float, float, float]]] = {
    "dining table": ("table", (0.1, 0.9, 0.05, 0.22)),
    "couch": ("couch", (0.16, 0.84, 0.68, 0.72)),
    "bed": ("bed", (0.34, 0.92, 0.54, 0.68)),
    "bench": ("bench", (0.08, 0.92, 0.58, 0.62)),
}

KINDS: Mapping[str, Kind] = msgspec.yaml.decode(
    resources.files("vlit_hub.sample").joinpath("kinds.yaml").read_bytes(), type=dict[str, Kind]
)
