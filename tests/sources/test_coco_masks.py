"""Masks of COCO instances: every way of writing them comes to the same pixels."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from pycocotools import mask

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile
from vlit_hub.sources.coco_masks import MASKS, masks

HEIGHT, WIDTH = 20, 30
IMAGE = {"id": 9, "height": HEIGHT, "width": WIDTH}

# A box of 6 x 4 pixels, x from 5 to 11 and y from 3 to 7, and one of 2 x 2 apart from it.
BOX = [5, 3, 11, 3, 11, 7, 5, 7]
APART = [20, 10, 22, 10, 22, 12, 20, 12]


def pixels(*boxes: tuple[int, int, int, int]) -> Any:
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8, order="F")
    for x1, y1, x2, y2 in boxes:
        drawn[y1:y2, x1:x2] = 1
    return drawn


def uncompressed(drawn: Any) -> dict[str, Any]:
    """Run lengths down the columns, zeros first."""
    flat = drawn.flatten(order="F")
    ends = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff([0, *ends, len(flat)]).tolist()
    return {"counts": [0, *runs] if flat[0] else runs, "size": [HEIGHT, WIDTH]}


def compressed(drawn: Any) -> dict[str, Any]:
    rle = mask.encode(drawn)
    return {"counts": rle["counts"].decode(), "size": rle["size"]}


def read(folder: Path, *segmentations: Any, images: Any = (IMAGE,)) -> pl.DataFrame:
    rows = [
        {"id": 100 + place, "image_id": 9, "area": 24.5, "segmentation": segmentation}
        for place, segmentation in enumerate(segmentations)
    ]
    rows = [{key: value for key, value in row.items() if value is not ...} for row in rows]
    # the sizes of the images come last
    (folder / "instances.json").write_text(json.dumps({"annotations": rows, "images": images}))
    return pl.concat(masks(AnnotationFile(folder / "instances.json")))


BOTH = pixels((5, 3, 11, 7), (20, 10, 22, 12))


@pytest.mark.parametrize(
    ("segmentation", "drawn"),
    [
        # polygons: one, two apart, two that overlap
        ([BOX], pixels((5, 3, 11, 7))),
        ([BOX, APART], BOTH),
        ([BOX, BOX], pixels((5, 3, 11, 7))),
        # numbers that are no integers
        ([[float(number) for number in BOX]], pixels((5, 3, 11, 7))),
        # RLE of both kinds
        (uncompressed(BOTH), BOTH),
        (compressed(BOTH), BOTH),
        # all of the image, and from its first pixel
        (uncompressed(pixels((0, 0, WIDTH, HEIGHT))), pixels((0, 0, WIDTH, HEIGHT))),
        (compressed(pixels((0, 0, 3, 3))), pixels((0, 0, 3, 3))),
        # nothing of it
        (uncompressed(pixels()), pixels()),
    ],
)
def test_masks(tmp_path: Path, segmentation: Any, drawn: Any) -> None:
    (row,) = read(tmp_path, segmentation).to_dicts()
    decoded = mask.decode({"counts": row["counts"], "size": [row["height"], row["width"]]})
    assert (decoded == drawn).all()
    assert row["mask_area"] == drawn.sum()
    assert (row["image_id"], row["object_id"], row["area"]) == (9, 100, 24.5)


@pytest.mark.parametrize("segmentation", [..., None, []])
def test_no_mask(tmp_path: Path, segmentation: Any) -> None:
    frame = read(tmp_path, [BOX], segmentation)
    assert frame.schema == MASKS
    assert frame["mask_area"].to_list() == [24, None]
    assert frame["counts"].null_count() == 1


def test_masks_of_many_shapes(tmp_path: Path) -> None:
    draw = np.random.default_rng(3)
    drawn = [np.asfortranarray(draw.random((HEIGHT, WIDTH)) < share, np.uint8) for share in draw.random(50)]
    frame = read(tmp_path, *map(compressed, drawn), *map(uncompressed, drawn))
    assert frame["mask_area"].to_list() == [int(one.sum()) for one in drawn] * 2
    assert frame["counts"].to_list() == [mask.encode(one)["counts"] for one in drawn] * 2


def test_rle_knows_its_size(tmp_path: Path) -> None:
    frame = read(tmp_path, compressed(BOTH), uncompressed(BOTH), images=[{"id": 9}])
    assert frame.select("height", "width", "mask_area").rows() == [(HEIGHT, WIDTH, 28)] * 2


@pytest.mark.parametrize(
    ("segmentation", "images", "said"),
    [
        # pycocotools takes four numbers for a box
        ([[5, 3, 6, 4]], [IMAGE], "a polygon of 4 numbers"),
        ([[5, 3, 11, 3, 11, 7, 5]], [IMAGE], "a polygon of 7 numbers"),
        ([BOX, []], [IMAGE], "a polygon of 0 numbers"),
        ([BOX], [{"id": 9}], "the file doesn't say the size of its image"),
        ([BOX], [], "the file doesn't say the size of its image"),
        ({"counts": [10, 5], "size": [HEIGHT, WIDTH]}, [IMAGE], "its counts don't fill 30x20 pixels"),
        ({"counts": [], "size": [HEIGHT, WIDTH]}, [IMAGE], "its counts don't fill 30x20 pixels"),
        ({"counts": [700, -100], "size": [HEIGHT, WIDTH]}, [IMAGE], "its counts don't fill 30x20 pixels"),
        # compressed: cut off, and of a smaller mask
        (
            {**compressed(BOTH), "counts": compressed(BOTH)["counts"][:-2]},
            [IMAGE],
            "its counts don't fill 30x20 pixels",
        ),
        ({"counts": "52207", "size": [HEIGHT, WIDTH]}, [IMAGE], "its counts don't fill 30x20 pixels"),
        ({"counts": "zzzz", "size": [HEIGHT, WIDTH]}, [IMAGE], "its counts don't fill 30x20 pixels"),
        ({"counts": [600], "size": [WIDTH, HEIGHT]}, [IMAGE], "it is of 20x30 pixels, its image of 30x20"),
    ],
)
def test_what_is_no_mask(tmp_path: Path, segmentation: Any, images: Any, said: str) -> None:
    with pytest.raises(InputError) as error:
        read(tmp_path, [], segmentation, images=images)
    assert str(error.value) == f"instances.json: annotation 101 has no usable segmentation: {said}. Fix the file."
