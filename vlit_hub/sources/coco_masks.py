"""The masks of COCO's instances and LVIS: polygons and both kinds of RLE, as compressed RLE.

    "segmentation": [[x, y, x, y, x, y, ...], ...]                     polygons of one object, in pixels
    "segmentation": {"counts": [272, 2, 4, ...], "size": [480, 640]}   uncompressed RLE, of crowds
    "segmentation": {"counts": "RZe1...", "size": [480, 640]}          compressed RLE, of results

They are most of an instances file and no task needs them, so only this module looks at them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
from msgspec import Struct
from pycocotools import mask

from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile
from vlit_hub.json_reading.slices import Reader

__all__ = ["MASKS", "masks"]

MASKS = pl.Schema(
    {
        "image_id": pl.Int64(),
        "object_id": pl.Int64(),
        "height": pl.Int32(),
        "width": pl.Int32(),
        "counts": pl.Binary(),
        "area": pl.Float32(),
        "mask_area": pl.Int64(),
    }
)
"""`counts` is COCO's compressed RLE of a mask of `height` x `width` pixels, null where there is none. `area` is the file's
number, `mask_area` counts the mask's pixels: for polygons they differ a little."""

_MEND = "Fix the file."


class _Image(Struct, gc=False):
    id: int
    width: float | None = None
    height: float | None = None


class _Rle(Struct, gc=False):
    counts: list[int] | str
    size: tuple[int, int]


class _Object(Struct, gc=False):
    id: int
    image_id: int
    segmentation: list[list[float]] | _Rle | None = None
    area: float | None = None


def masks(file: AnnotationFile) -> Iterator[pl.DataFrame]:
    """The mask of every annotation of an instances file, in file order and in frames of the schema `MASKS`.

    The file is read twice: the first time for the images' sizes, without which polygons have no frame.

    Raises:
        InputError: A mask can't be made of its segmentation, or is of another size than its image.
    """
    sizes: dict[int, tuple[int, int]] = {}
    for images in _slices(file, "images", _Image):
        sizes |= {one.id: (round(one.height), round(one.width)) for one in images if one.height and one.width}
    for objects in _slices(file, "annotations", _Object):
        rows = [_row(one, sizes.get(one.image_id), file) for one in objects]
        yield pl.DataFrame(rows, schema=MASKS, orient="row")


def _slices(file: AnnotationFile, wanted: str, type: Any) -> Iterator[Any]:
    reader = Reader(file)
    for key in reader.members():
        if key == wanted:
            yield from reader.array(type, f"$.{wanted}")
        else:
            reader.skip()
    reader.finish()


def _row(one: _Object, size: tuple[int, int] | None, file: AnnotationFile) -> tuple[Any, ...]:
    try:
        rle = _compressed(one.segmentation, size)
    except ValueError as error:  # ours, and pycocotools' own
        raise InputError(file.name, f"annotation {one.id} has no usable segmentation: {error}", _MEND) from None
    if rle is None:
        return one.image_id, one.id, *(size or (None, None)), None, one.area, None
    return one.image_id, one.id, *rle["size"], rle["counts"], one.area, int(mask.area(rle))


def _compressed(segmentation: Sequence[Sequence[float]] | _Rle | None, size: tuple[int, int] | None) -> Any:
    """One compressed RLE of a segmentation; none where it is empty.

    Raises:
        ValueError: It is no mask.
    """
    if not segmentation:
        return None
    if isinstance(segmentation, _Rle):
        return _of_rle(segmentation, size)
    if size is None:
        raise ValueError("the file doesn't say the size of its image")
    for polygon in segmentation:
        # pycocotools takes four numbers for a box.
        if len(polygon) < 6 or len(polygon) % 2:
            raise ValueError(f"a polygon of {len(polygon)} numbers")
    return mask.merge(mask.frPyObjects(segmentation, *size))


def _of_rle(rle: _Rle, size: tuple[int, int] | None) -> Any:
    height, width = rle.size
    if size not in (None, rle.size):
        raise ValueError(f"it is of {width}x{height} pixels, its image of {size[1]}x{size[0]}")
    counts = _counts(rle.counts) if isinstance(rle.counts, str) else rle.counts
    # pycocotools decodes counts that don't fill the mask all the same, to whatever is in memory.
    if sum(counts) != height * width or min(counts) < 0:
        raise ValueError(f"its counts don't fill {width}x{height} pixels")
    if isinstance(rle.counts, str):
        return {"size": [height, width], "counts": rle.counts.encode()}
    return mask.frPyObjects({"size": [height, width], "counts": rle.counts}, height, width)


def _counts(compressed: str) -> list[int]:
    """The counts of a compressed RLE: five bits a character, from the third on as differences to the last but one.

    The format is that of `rleFrString` in pycocotools' maskApi.c, which has no Python face.
    """
    counts: list[int] = []
    value = shift = 0
    for character in compressed.encode():
        bits = character - 48
        value |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:  # the last character of this count
            if bits & 0x10:
                value -= 1 << shift
            counts.append(value + counts[-2] if len(counts) > 2 else value)
            value = shift = 0
    return counts
