"""What is visible of each thing, after the nearer ones and the picture's edge have cut it: polygons, box, area."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pycocotools import mask as coco_mask

from vlit_hub.sample.catalog import shape
from vlit_hub.sample.geometry import Box, Point, Polygon, Runs, Window, bounds, decode, polygon_area
from vlit_hub.sample.scene import Crowd, Scene, Thing

__all__ = ["placed_outlines", "settle"]

_LEAST_VISIBLE = 0.35  # of a thing's area inside the picture and not hidden, or it is taken out


def settle(scene: Scene) -> None:
    """Give every thing its visible polygons, from near to far, and take out those that too little is left of.

    A thing that other things stand on stays, however much they hide of it.
    """
    kept: list[Thing] = []  # from near to far
    for thing in reversed(scene.things):
        outlines = placed_outlines(thing.name, thing.pose, thing.box, thing.flip)
        before = [other for other in kept if _overlap(other.box, thing.box)]
        x0, y0, x1, y1 = thing.box
        if before or x0 < 0 or y0 < 0 or x1 > scene.width or y1 > scene.height:
            if not _cut(scene, thing, outlines, before):
                continue
        else:
            thing.polygons = outlines
        thing.visible = bounds(thing.polygons)
        thing.area = sum(polygon_area(polygon) for polygon in thing.polygons)
        kept.append(thing)
    scene.things = kept[::-1]
    if scene.crowd:
        _settle_crowd(scene, scene.crowd)


def placed_outlines(name: str, pose: str, box: Box, flip: bool) -> list[list[Point]]:
    """A drawing's outlines where it stands, in pixels."""
    x0, y0, x1, y1 = box
    if flip:
        x0, x1 = x1, x0
    width, height = x1 - x0, y1 - y0
    return [[(x0 + x * width, y0 + y * height) for x, y in outline] for outline in shape(name, pose).outlines]


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _cut(scene: Scene, thing: Thing, outlines: list[list[Point]], before: list[Thing]) -> bool:
    """Cut what nearer things and the picture's edge hide; False if too little is left."""
    x0, y0, x1, y1 = thing.box
    left, top = max(int(x0), 0), max(int(y0), 0)
    window = Window(left, top, min(int(x1) + 1, scene.width) - left, min(int(y1) + 1, scene.height) - top)
    if min(window.width, window.height) < 1:
        return False
    own = window.fill(outlines)
    hiding, covers = [], []
    for other in before:
        cover = window.fill(other.polygons)
        if coco_mask.area(coco_mask.merge((own, cover), True)):
            hiding.append(other)
            covers.append(cover)
    beyond = x0 < 0 or y0 < 0 or x1 > scene.width or y1 > scene.height
    if not hiding and not beyond:
        thing.polygons = outlines
        return True
    mask = decode(own)
    if hiding:
        mask &= ~decode(coco_mask.merge(covers))
    full = sum(polygon_area(outline) for outline in outlines)
    left_over = int(np.count_nonzero(mask)) * window.step**2
    needed = thing.pose == "top" or any(other.on is thing for other in before)
    if left_over < _LEAST_VISIBLE * full and not needed:
        return False
    for other in hiding:
        other.hides.append(thing)
    thing.whole = False
    thing.polygons = window.trace(mask)
    return bool(thing.polygons)


def _settle_crowd(scene: Scene, crowd: Crowd) -> None:
    """Run lengths of what is visible of a crowd; no crowd if that is too little."""
    whole = coco_mask.merge(
        [_coco_runs(placed_outlines(crowd.category.name, crowd.pose, box, crowd.flip), scene) for box in crowd.boxes]
    )
    mask = decode(whole)
    around = bounds([[(x0, y0), (x1, y1)] for x0, y0, x1, y1 in crowd.boxes])
    if before := [polygon for thing in scene.things if _overlap(thing.box, around) for polygon in thing.polygons]:
        mask &= ~decode(_coco_runs(before, scene))
    crowd.area = int(np.count_nonzero(mask))
    if crowd.area < 0.6 * coco_mask.area(whole):
        scene.crowd = None
        return
    columns = mask.flatten(order="F")
    edges = np.flatnonzero(np.diff(columns)) + 1
    counts = np.diff(np.concatenate(([0], edges, [columns.size]))).tolist()
    crowd.counts = [0, *counts] if columns[0] else counts
    ys, xs = np.nonzero(mask)
    crowd.visible = float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1)


def _coco_runs(polygons: Sequence[Polygon], scene: Scene) -> Runs:
    flat = [[c for point in polygon for c in point] for polygon in polygons]
    runs: Runs = coco_mask.merge(coco_mask.frPyObjects(flat, scene.height, scene.width))
    return runs
