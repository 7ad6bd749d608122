"""Drawings as lists of filled polygons, scaled to where they stand, and the outline that they cover together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, pi, sin

from PIL import ImageDraw
from pycocotools import mask as coco_mask

from vlit_hub.sample.geometry import Box, Point, Polygon, bounds, decode, trace

__all__ = ["Part", "Rgb", "Shape", "blob", "box", "darker", "lighter", "line", "oval", "paint", "poly"]

Rgb = tuple[int, int, int]

_TRACE_SIZE = 320  # long side in pixels of the drawing that a shape's outline is traced from


@dataclass(frozen=True)
class Part:
    """A filled polygon. `fill` is `#rrggbb` or a role (`main`, `second`, ...), with `-` for darker or `+` for lighter."""

    fill: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Shape:
    """A drawing in the unit square.

    Attributes:
        parts: What to fill, in drawing order.
        outlines: Polygons around all parts together, holes filled: what an annotator would draw.
        aspect: Width by height.
        panel: The rectangle for lettering, in the unit square.
    """

    parts: tuple[Part, ...]
    outlines: tuple[tuple[Point, ...], ...]
    aspect: float
    panel: Box | None = None

    @classmethod
    def of(cls, parts: Sequence[Part], panel: Box | None = None) -> Shape:
        """From parts in any units, which are scaled to fill the unit square."""
        x0, y0, x1, y1 = bounds([part.points for part in parts])
        width, height = x1 - x0, y1 - y0
        unit = tuple(Part(p.fill, tuple(((x - x0) / width, (y - y0) / height) for x, y in p.points)) for p in parts)
        scaled = None
        if panel:
            scaled = (
                (panel[0] - x0) / width,
                (panel[1] - y0) / height,
                (panel[2] - x0) / width,
                (panel[3] - y0) / height,
            )
        return cls(unit, _outlines(unit, width, height), width / height, scaled)


def _outlines(parts: Sequence[Part], width: float, height: float) -> tuple[tuple[Point, ...], ...]:
    across = max(8, round(_TRACE_SIZE * min(1.0, width / height)))
    down = max(8, round(_TRACE_SIZE * min(1.0, height / width)))
    runs = coco_mask.frPyObjects(
        [[c for x, y in p.points for c in (x * across, y * down)] for p in parts], down, across
    )
    polygons = trace(decode(coco_mask.merge(runs)), min_area=across * down * 2e-4, tolerance=2.4)
    x0, y0, x1, y1 = bounds(polygons)  # a pixel short or over here and there: stretch to the square exactly
    return tuple(tuple(((x - x0) / (x1 - x0), (y - y0) / (y1 - y0)) for x, y in polygon) for polygon in polygons)


def poly(fill: str, *points: Point) -> list[Part]:
    """A polygon."""
    return [Part(fill, points)]


def blob(fill: str, *points: Point) -> list[Part]:
    """A smooth closed curve through the points (Catmull-Rom)."""
    n = len(points)
    smooth: list[Point] = []
    for i in range(n):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = (points[(i + k - 1) % n] for k in range(4))
        for t in (0.0, 0.17, 0.33, 0.5, 0.67, 0.83):
            t2, t3 = t * t, t * t * t
            smooth.append(
                (
                    0.5
                    * (
                        2 * bx + (cx - ax) * t + (2 * ax - 5 * bx + 4 * cx - dx) * t2 + (3 * bx - ax - 3 * cx + dx) * t3
                    ),
                    0.5
                    * (
                        2 * by + (cy - ay) * t + (2 * ay - 5 * by + 4 * cy - dy) * t2 + (3 * by - ay - 3 * cy + dy) * t3
                    ),
                )
            )
    return [Part(fill, tuple(smooth))]


def oval(fill: str, x: float, y: float, rx: float, ry: float, tilt: float = 0.0) -> list[Part]:
    """An ellipse around (x, y), its first axis tilted by `tilt` degrees."""
    ct, st = cos(tilt * pi / 180), sin(tilt * pi / 180)
    around = [(rx * cos(a * pi / 16), ry * sin(a * pi / 16)) for a in range(32)]
    return [Part(fill, tuple((x + u * ct - v * st, y + u * st + v * ct) for u, v in around))]


def box(fill: str, x0: float, y0: float, x1: float, y1: float, r: float = 0.0) -> list[Part]:
    """A rectangle, its corners rounded by radius `r`."""
    if not r:
        return [Part(fill, ((x0, y0), (x1, y0), (x1, y1), (x0, y1)))]
    centres = ((x1 - r, y1 - r, 0), (x0 + r, y1 - r, 4), (x0 + r, y0 + r, 8), (x1 - r, y0 + r, 12))
    return [
        Part(
            fill,
            tuple(
                (cx + r * cos((a + k) * pi / 8), cy + r * sin((a + k) * pi / 8))
                for cx, cy, a in centres
                for k in range(5)
            ),
        )
    ]


def line(fill: str, width: float, *points: Point) -> list[Part]:
    """A thick line with round ends and joints."""
    parts = []
    r = width / 2
    for (ax, ay), (bx, by) in pairwise(points):
        length = hypot(bx - ax, by - ay) or 1.0
        ux, uy = (bx - ax) / length * r, (by - ay) / length * r
        turns = [(cos(k * pi / 8), sin(k * pi / 8)) for k in range(-4, 5)]
        end = [(bx + ux * c - uy * s, by + uy * c + ux * s) for c, s in turns]
        start = [(ax - ux * c + uy * s, ay - uy * c - ux * s) for c, s in turns]
        parts.append(Part(fill, (*end, *start)))
    return parts


def darker(colour: Rgb, by: float = 0.24) -> Rgb:
    """The colour mixed with black."""
    return tuple(round(c * (1 - by)) for c in colour)  # type: ignore[return-value]


def lighter(colour: Rgb, by: float = 0.32) -> Rgb:
    """The colour mixed with white."""
    return tuple(round(c + (255 - c) * by) for c in colour)  # type: ignore[return-value]


def _colour(fill: str, roles: Mapping[str, Rgb]) -> Rgb:
    if fill[0] == "#":
        return int(fill[1:3], 16), int(fill[3:5], 16), int(fill[5:7], 16)
    if fill[-1] == "-":
        return darker(roles[fill[:-1]])
    if fill[-1] == "+":
        return lighter(roles[fill[:-1]])
    return roles[fill]


def paint(draw: ImageDraw.ImageDraw, shape: Shape, at: Box, flip: bool, roles: Mapping[str, Rgb], rim: float) -> None:
    """Draw a shape into the box, mirrored if `flip`, with a dark rim of `rim` pixels around it (0 for none)."""
    x0, y0, x1, y1 = at
    if flip:
        x0, x1 = x1, x0
    width, height = x1 - x0, y1 - y0

    def place(points: Polygon) -> list[Point]:
        return [(x0 + x * width, y0 + y * height) for x, y in points]

    for part in shape.parts:
        draw.polygon(place(part.points), fill=_colour(part.fill, roles))
    if rim:
        edge = darker(roles["main"], 0.55)
        for outline in shape.outlines:
            points = place(outline)
            draw.line([*points, points[0], points[1]], fill=edge, width=max(1, round(rim)), joint="curve")
