"""Polygons and pixel masks: area, bounds, and the outline of what is left of a shape that others hide.

Coordinates are pixels, y down; a pixel at column x covers x to x+1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

__all__ = ["Box", "Point", "Polygon", "Runs", "Window", "bounds", "decode", "polygon_area", "trace"]

Point = tuple[float, float]
Polygon = Sequence[Point]
Box = tuple[float, float, float, float]  # x1, y1, x2, y2
Runs = Mapping[str, Any]  # {"size": [height, width], "counts": bytes}

_LONG_SPAN = 60  # points: from there on NumPy is faster than a list
_COARSE = 144  # pixels: longer windows are handled at half the resolution


def polygon_area(polygon: Polygon) -> float:
    """Area by the shoelace formula; positive whichever way the points run."""
    total = 0.0
    x0, y0 = polygon[-1]
    for x1, y1 in polygon:
        total += x0 * y1 - x1 * y0
        x0, y0 = x1, y1
    return abs(total) / 2


def bounds(polygons: Sequence[Polygon]) -> Box:
    """The box around all of them."""
    xs = [x for polygon in polygons for x, _ in polygon]
    ys = [y for polygon in polygons for _, y in polygon]
    return min(xs), min(ys), max(xs), max(ys)


@dataclass(frozen=True)
class Window:
    """A part of the picture that shapes are cut out in, pixel by pixel; large ones two by two pixels at a time."""

    left: int
    top: int
    width: int
    height: int

    @property
    def step(self) -> int:
        """Sides of the squares that it is divided into, in pixels."""
        return 1 if max(self.width, self.height) <= _COARSE else 2

    def fill(self, polygons: Sequence[Polygon]) -> Runs:
        """Run lengths (COCO's compressed kind) of what lies inside any of the polygons, as COCO's own code fills them."""
        left, top, k = self.left, self.top, 1 / self.step
        flat = [[c for x, y in polygon for c in ((x - left) * k, (y - top) * k)] for polygon in polygons]
        runs = coco_mask.frPyObjects(flat, -(-self.height // self.step), -(-self.width // self.step))
        merged: Runs = runs[0] if len(runs) == 1 else coco_mask.merge(runs)
        return merged

    def trace(self, mask: NDArray[np.bool_]) -> list[list[Point]]:
        """Outlines of a mask of this window, in the picture's pixels; see `trace`."""
        k, right, bottom = self.step, self.left + self.width, self.top + self.height
        return [
            [(min(x * k + self.left, right), min(y * k + self.top, bottom)) for x, y in outline]
            for outline in trace(mask)
        ]


def decode(runs: Runs) -> NDArray[np.bool_]:
    """Run lengths as a mask."""
    mask: NDArray[np.bool_] = coco_mask.decode(runs).view(bool)
    return mask


def trace(mask: NDArray[np.bool_], min_area: float = 12.0, tolerance: float = 0.9) -> list[list[Point]]:
    """The outlines of a mask's connected parts, as polygons around its pixels.

    Holes are filled and specks below `min_area` pixels left out, as annotators do. The steps of slanting borders are cut through
    the middle of their sides, then each outline is simplified (Ramer, Douglas and Peucker) by at most `tolerance` pixels.
    """
    outlines = [_simplify(_smooth(corners), tolerance) for corners in _outer_loops(mask) if _area(corners) >= min_area]
    return [outline for outline in outlines if len(outline) >= 3]


def _area(corners: NDArray[np.int64]) -> float:
    xs, ys = corners[:, 0], corners[:, 1]
    return abs(float(xs[:-1] @ ys[1:] - xs[1:] @ ys[:-1] + xs[-1] * ys[0] - xs[0] * ys[-1])) / 2


def _outer_loops(mask: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """The borders around each connected part (by pixel sides, not corners), as the pixel corners where they turn."""
    height, width = mask.shape
    padded = np.zeros((height + 2, width + 2), dtype=bool)
    padded[1:-1, 1:-1] = mask
    above, below = padded[:-1], padded[1:]
    diagonal = (above[:, :-1] == below[:, 1:]) & (above[:, 1:] == below[:, :-1]) & (above[:, :-1] != above[:, 1:])
    turns = (above[:, :-1] ^ above[:, 1:] ^ below[:, :-1] ^ below[:, 1:]) | diagonal
    ys, xs = np.nonzero(turns)
    # Where two pixels touch at a corner only, two borders turn: that corner stands twice.
    twice = diagonal[ys, xs]
    ys, xs = np.repeat(ys, 1 + twice), np.repeat(xs, 1 + twice)
    # In each row the 1st corner is joined to the 2nd, the 3rd to the 4th, ...; so are they in each column.
    count = len(ys)
    along = np.arange(count) ^ 1
    order = np.lexsort((ys, xs))
    down = np.empty(count, dtype=np.int64)
    down[order] = order[np.arange(count) ^ 1]
    # A corner that stands twice: its first is joined to the left, its second to the right. Both turn away from each other, the
    # first upwards if its pixel is the upper left one, else downwards.
    first = np.flatnonzero(np.repeat(twice, 1 + twice))[::2]
    first = first[padded[ys[first], xs[first] + 1]]  # the upper right pixel is inside
    first_to, second_to = down[first], down[first + 1]
    down[first], down[first + 1] = second_to, first_to
    down[first_to], down[second_to] = first + 1, first

    across, vertical = along.tolist(), down.tolist()
    seen = bytearray(count)
    outer = padded[ys + 1, xs + 1].tolist()
    loops = []
    for start in range(count):
        if seen[start]:
            continue
        loop: list[int] = []
        at = start
        while not seen[at]:
            other = across[at]
            seen[at] = seen[other] = 1
            loop += (at, other)
            at = vertical[other]
        if outer[start]:  # else the border of a hole, whose top left corner has the hole to its lower right
            loops.append(np.stack((xs[loop], ys[loop]), axis=1))
    return loops


def _smooth(corners: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sides of one or two pixels become their middles; longer sides keep both ends."""
    after = np.concatenate((corners[1:], corners[:1]))
    middles = (corners + after) / 2
    long = (np.abs(after - corners).sum(axis=1) > 2)[:, None]
    points = np.empty((2 * len(corners), 2))
    points[::2], points[1::2] = np.where(long, corners, middles), np.where(long, after, middles)
    differs = (points[1:] != points[:-1]).any(axis=1)
    return points[np.concatenate(([True], differs))]


def _simplify(points: NDArray[np.float64], tolerance: float) -> list[Point]:
    """Ramer-Douglas-Peucker on a closed polygon, split at its first point and the point farthest from that."""
    far = int(((points - points[0]) ** 2).sum(axis=1).argmax())
    closed = np.concatenate((points, points[:1]))
    xs, ys = closed[:, 0], closed[:, 1]
    rows: list[Point] = [(x, y) for x, y in closed.tolist()]
    keep = {0, far}
    spans = [(0, far), (far, len(points))]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        (ax, ay), (bx, by) = rows[first], rows[last]
        dx, dy = bx - ax, by - ay
        offset = dx * ay - dy * ax
        if last - first > _LONG_SPAN:
            far_off = np.abs(dy * xs[first + 1 : last] - dx * ys[first + 1 : last] + offset)
            at = int(far_off.argmax())
            worst = float(far_off[at])
        else:
            offsets = [abs(dy * x - dx * y + offset) for x, y in rows[first + 1 : last]]
            worst = max(offsets)
            at = offsets.index(worst)
        if worst > tolerance * (dx * dx + dy * dy) ** 0.5:
            at += first + 1
            keep.add(at)
            spans += [(first, at), (at, last)]
    return [rows[i] for i in sorted(keep)]
