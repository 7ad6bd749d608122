from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from vlit_hub.sample.art import paint
from vlit_hub.sample.catalog import CATEGORIES, COLOURS, category_rows, shape
from vlit_hub.sample.geometry import bounds, polygon_area

EVERY = [(name, pose) for name, category in CATEGORIES.items() for pose in category.poses[:3]]
ROLES = {"main": (200, 0, 0), "second": (0, 0, 200), "skin": (220, 180, 140), "hair": (60, 40, 30)}


@pytest.mark.parametrize(("name", "pose"), EVERY)
def test_outline_is_around_what_is_drawn(name: str, pose: str) -> None:
    """The ink of a drawing lies within its outlines, and touches all four sides of its box."""
    drawing = shape(name, pose)
    assert bounds(drawing.outlines) == pytest.approx((0, 0, 1, 1), abs=1e-9)
    size = (round(300 * min(1, drawing.aspect)), round(300 * min(1, 1 / drawing.aspect)))
    drawn = Image.new("RGB", (size[0] + 20, size[1] + 20), (1, 2, 3))
    box = (10.0, 10.0, 10.0 + size[0], 10.0 + size[1])
    paint(ImageDraw.Draw(drawn), drawing, box, False, ROLES, 0)
    inside = Image.new("1", drawn.size)
    for outline in drawing.outlines:
        ImageDraw.Draw(inside).polygon([(10 + x * size[0], 10 + y * size[1]) for x, y in outline], fill=1)
    ink = (np.asarray(drawn) != (1, 2, 3)).any(axis=2)
    assert (ink & ~np.asarray(inside)).sum() < 0.05 * ink.sum()
    ys, xs = np.nonzero(ink)
    assert (xs.min(), ys.min()) == pytest.approx((10, 10), abs=2)
    assert (xs.max() + 1, ys.max() + 1) == pytest.approx((10 + size[0], 10 + size[1]), abs=2)


def test_a_dozen_categories_and_more_in_several_groups() -> None:
    rows = category_rows()
    ids = [row["id"] for row in rows]
    assert len(rows) >= 12
    assert len({row["supercategory"] for row in rows}) >= 6
    assert len(set(ids)) == len(ids)
    assert ids != list(range(1, len(ids) + 1))


def test_outlines_have_as_many_corners_as_annotators_draw() -> None:
    corners = [sum(map(len, shape(name, pose).outlines)) for name, pose in EVERY]
    assert 15 < sum(corners) / len(corners) < 45
    assert all(polygon_area(outline) > 0 for name, pose in EVERY for outline in shape(name, pose).outlines)


def test_catalog_names_known_colours() -> None:
    for category in CATEGORIES.values():
        assert set(category.colours) | set(category.seconds) <= set(COLOURS)
        assert category.tint == "none" or category.colours
