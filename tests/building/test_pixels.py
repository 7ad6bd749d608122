"""Boxes become pixels within their images, once the images' sizes are known."""

from typing import Any

import polars as pl
import pytest

from vlit_hub.building.joining import join
from vlit_hub.building.pixels import in_pixels
from vlit_hub.frames import BOX, SCHEMAS, Annotations


def joined(kind: str, row: dict[str, Any], size: tuple[int | None, int | None]) -> Annotations:
    image = {"image_id": 9, "image_key": "9", "source": "a", "split": "train", "width": size[0], "height": size[1]}
    frames = {
        "images": pl.DataFrame([image], schema=SCHEMAS["images"]),
        kind: pl.DataFrame([{"image_id": 9, "source": "a", "split": "train", **row}], schema=SCHEMAS[kind]),
    }
    return join(frames, ["a"]).annotations


def box(*sides: float, prefix: str = "") -> dict[str, float]:
    return dict(zip((prefix + side for side in BOX), sides, strict=True))


@pytest.mark.parametrize(
    ("given", "shares", "size", "photo", "expected"),
    [
        # pixels stay
        ((10, 20, 30, 40), None, (640, 480), (None, None), (10, 20, 30, 40)),
        # shares, and an annotation tells the size
        ((0.25, 0.5, 0.75, 1), True, (640, 480), (None, None), (160, 240, 480, 480)),
        # shares, and only the photo tells it
        ((0.25, 0.5, 0.75, 1), True, (None, None), (640, 480), (160, 240, 480, 480)),
        # shares, and nothing tells it
        ((0.25, 0.5, 0.75, 1), True, (None, None), (None, None), (None,) * 4),
        # stored on its side: boxes are still the annotation's, and turn with the photo later
        ((0.25, 0.5, 0.75, 1), True, (640, 480), (480, 640), (160, 240, 480, 480)),
        # pixels of a source that didn't know where the image ends
        ((-5, 20, 700, 500), None, (640, 480), (None, None), (0, 20, 640, 480)),
        # of an image whose size nobody knows
        ((10, 20, 3000, 4000), None, (None, None), (None, None), (10, 20, 3000, 4000)),
        # outside
        ((700, 20, 800, 40), None, (640, 480), (None, None), (None,) * 4),
    ],
)
def test_boxes(given: Any, shares: bool | None, size: Any, photo: Any, expected: tuple[float | None, ...]) -> None:
    annotations = joined("objects", {"object_id": 1, **box(*given), "normalised": shares}, size)
    images = annotations.images.with_columns(
        width=pl.coalesce(pl.lit(photo[0]), "width"), height=pl.coalesce(pl.lit(photo[1]), "height")
    )
    objects = in_pixels(annotations, images).objects
    assert objects.select(BOX).row(0) == expected
    assert "normalised" not in objects.columns
    assert objects.select(BOX).dtypes == [pl.Float32()] * 4


@pytest.mark.parametrize("kind", ["objects", "texts", "attributes", "relationships", "regions"])
def test_all_kinds_with_boxes(kind: str) -> None:
    prefixes = ("subject_", "object_") if kind == "relationships" else ("",)
    sides = {name: side for prefix in prefixes for name, side in box(0.25, 0.5, 0.75, 1, prefix=prefix).items()}
    annotations = joined(kind, {**sides, "normalised": True}, (640, 480))
    frame = getattr(in_pixels(annotations, annotations.images), kind)
    for prefix in prefixes:
        assert frame.select(prefix + side for side in BOX).row(0) == (160, 240, 480, 480)
    assert frame.columns == [name for name in SCHEMAS[kind] if name != "normalised"]


def test_a_source_without_the_column_gives_pixels() -> None:
    frames = {
        "images": pl.DataFrame([{"image_id": 9, "source": "a", "width": 640, "height": 480}], schema=SCHEMAS["images"]),
        "regions": pl.DataFrame([{"image_id": 9, "source": "a", **box(1, 2, 3, 4)}], schema=SCHEMAS["regions"]).drop(
            "normalised"
        ),
    }
    annotations = join(frames, ["a"]).annotations
    assert in_pixels(annotations, annotations.images).regions.select(BOX).row(0) == (1, 2, 3, 4)
