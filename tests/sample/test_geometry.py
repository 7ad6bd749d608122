from __future__ import annotations

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from vlit_hub.sample.geometry import Window, decode, polygon_area, trace


def covered(polygons: list[list[tuple[float, float]]], height: int, width: int) -> np.ndarray:
    flat = [[c for point in polygon for c in point] for polygon in polygons]
    return coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(flat, height, width))).astype(bool)


def test_area_whichever_way_round() -> None:
    square = [(0.0, 0.0), (4.0, 0.0), (4.0, 3.0), (0.0, 3.0)]
    assert polygon_area(square) == polygon_area(square[::-1]) == 12


def test_rectangle_is_traced_by_its_corners() -> None:
    mask = np.zeros((20, 30), dtype=bool)
    mask[5:15, 8:25] = True
    assert sorted(trace(mask)[0]) == [(8, 5), (8, 15), (25, 5), (25, 15)]


@pytest.mark.parametrize("seed", range(8))
def test_outline_covers_the_mask(seed: int) -> None:
    """Overlapping discs: what the outlines cover is the mask, to a pixel at its border."""
    rng = np.random.default_rng(seed)
    ys, xs = np.mgrid[:120, :160]
    mask = np.zeros((120, 160), dtype=bool)
    for _ in range(4):
        x, y, r = rng.integers(20, 140), rng.integers(20, 100), rng.integers(10, 40)
        mask |= (xs - x) ** 2 + (ys - y) ** 2 < r * r
    found = covered(trace(mask), 120, 160)
    assert (found & mask).sum() / (found | mask).sum() > 0.95


def test_holes_are_filled_and_specks_left_out() -> None:
    mask = np.zeros((40, 40), dtype=bool)
    mask[5:30, 5:30] = True
    mask[12:20, 12:20] = False
    mask[35:37, 35:37] = True
    (outline,) = trace(mask)
    assert polygon_area(outline) == 25 * 25


def test_parts_that_touch_at_a_corner_stay_apart() -> None:
    mask = np.zeros((20, 20), dtype=bool)
    mask[2:8, 2:8] = mask[8:14, 8:14] = True
    assert [polygon_area(outline) for outline in trace(mask)] == [36, 36]


@pytest.mark.parametrize("side", [100, 300])
def test_window_keeps_to_its_place(side: int) -> None:
    """Small windows pixel by pixel, large ones two by two: a square comes back where it was."""
    square = [(50.0, 60.0), (50.0 + side, 60.0), (50.0 + side, 60.0 + side), (50.0, 60.0 + side)]
    window = Window(50, 60, side, side)
    (outline,) = window.trace(decode(window.fill([square])))
    assert sorted(outline) == sorted(square)
