from io import BytesIO

import polars as pl
import pytest
from PIL import ExifTags, Image, ImageDraw, ImageOps

from vlit_hub.frames import BOX, SCHEMAS, Annotations, conform
from vlit_hub.photos import rotate_boxes, turn


def drawn_and_shown(box: tuple[int, int, int, int], orientation: int) -> tuple[tuple[int, ...], tuple[int, int]]:
    """Where a box drawn on the stored photo is seen when a loader shows it, and the size it is shown at."""
    stored = Image.new("L", (64, 48))
    x1, y1, x2, y2 = box
    ImageDraw.Draw(stored).rectangle((x1, y1, x2 - 1, y2 - 1), fill=255)
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = orientation
    file = BytesIO()
    stored.save(file, "PNG", exif=tags)
    shown = ImageOps.exif_transpose(Image.open(file))
    seen = shown.getbbox()
    assert seen is not None
    return seen, shown.size


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("box", [(3, 5, 20, 11), (0, 0, 64, 48), (60, 40, 64, 48), (10, 10, 11, 11)])
def test_boxes_turn_as_the_picture_does(box: tuple[int, int, int, int], orientation: int) -> None:
    seen, (width, height) = drawn_and_shown(box, orientation)
    frame = pl.DataFrame([box], schema=dict.fromkeys(BOX, pl.Float32()), orient="row")
    turned = rotate_boxes(frame.with_columns(orientation=orientation, width=width, height=height))
    assert turned.select(BOX).row(0) == seen
    assert turned.select(BOX).schema == frame.schema


def test_boxes_without_orientation_stay() -> None:
    box = {"x1": [1.0, None], "y1": [2.0, None], "x2": [3.0, None], "y2": [4.0, None]}
    frame = pl.DataFrame({**box, "orientation": [None, 6], "width": [None, 48], "height": [None, 64]})
    assert rotate_boxes(frame).select(BOX).rows() == [(1.0, 2.0, 3.0, 4.0), (None, None, None, None)]


def test_turn_turns_every_kind_of_box_of_rotated_photos_alone() -> None:
    stored = {"x1": 3.0, "y1": 5.0, "x2": 20.0, "y2": 11.0}
    upright = (37.0, 3.0, 43.0, 20.0)  # of a photo stored 64x48, orientation 6: shown 48x64
    frames: dict[str, pl.DataFrame] = {"images": conform("images", pl.DataFrame({"image_id": [1, 2]}))}
    boxed = {
        kind: [prefix for prefix in ("", "subject_", "object_") if f"{prefix}x1" in schema]
        for kind, schema in SCHEMAS.items()
    }
    for kind, prefixes in boxed.items():
        if prefixes:
            sides = {prefix + side: [value] * 2 for prefix in prefixes for side, value in stored.items()}
            frames[kind] = conform(kind, pl.DataFrame({"image_id": [1, 2], **sides}))
    annotations = Annotations.of(frames)
    images = annotations.images.with_columns(
        width=pl.Series([48, 48], dtype=pl.Int32()),
        height=pl.Series([64, 64], dtype=pl.Int32()),
        rotation=pl.Series([6, 1]),
    )
    turned = turn(annotations, images)
    assert turned.images.equals(images.drop("rotation"))
    assert sorted(kind for kind, prefixes in boxed.items() if prefixes) == [
        "attributes",
        "objects",
        "regions",
        "relationships",
        "texts",
    ]
    for kind, prefixes in boxed.items():
        frame = turned.frames()[kind]
        assert frame.schema == annotations.frames()[kind].schema
        for prefix in prefixes:
            assert frame.select(prefix + side for side in BOX).rows() == [upright, tuple(stored.values())]


def test_turn_leaves_annotations_as_they_are_where_nothing_is_rotated() -> None:
    annotations = Annotations.of({"images": conform("images", pl.DataFrame({"image_id": [1]}))})
    turned = turn(annotations, annotations.images.with_columns(rotation=1, photo_bytes=5))
    assert turned.images.equals(annotations.images)
    assert turned.objects is annotations.objects
