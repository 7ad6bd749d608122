"""Captions and boxes as LLaVA gives them to a language model: JSON Lines, one photo of COCO a line.

    {"id": "000000296284", "image": "000000296284.jpg", "captions": ["A donut shop ...", ...],
     "instances": [{"category": "donut", "bbox": [0.37, 0.584, 0.504, 0.709]}, ...]}

Boxes are `x1, y1, x2, y2` as shares of a width and height that the file doesn't tell: they stay shares until the join knows
the photo's size (`normalised`, see `vlit_hub.frames`). Not every object of a photo is listed. Neither captions nor instances have
ids: they count -1, -2, ... within their photo, which no real id does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np
import polars as pl
from msgspec import Raw, Struct

from vlit_hub.files import AnnotationFile, FileHead
from vlit_hub.frames import BOX, conform, empty
from vlit_hub.image_ids import image_id_series
from vlit_hub.json_reading.files import decode_lines
from vlit_hub.json_reading.records import decode_records
from vlit_hub.source import OnError, Source
from vlit_hub.sources.boxes import in_image, quads
from vlit_hub.sources.checks import put_aside, rejected
from vlit_hub.sources.texts import tidy

__all__ = ["LLAVA_CAPTIONS_BOXES"]

_NAME = "llava_captions_boxes"
_ROUNDING = 0.01  # how far a rounded share may lie outside 0 to 1


class _Instance(Struct, gc=False):
    category: str
    bbox: tuple[float, float, float, float]


class _Photo(Struct, gc=False):
    id: str | int
    image: str | None = None
    captions: list[str] = []
    instances: list[_Instance] = []


def _read(files: Sequence[AnnotationFile], on_error: OnError) -> Mapping[str, pl.DataFrame]:
    photos: list[_Photo] = []
    origins = [_origin("", "", 0)]
    aside = [empty("rejected")]
    for file in sorted(files):
        lines = {str(number): line for number, line in enumerate(decode_lines(file, Raw), start=1)}
        for some, faults in decode_records(file, lines, _Photo, noun="photo no.", on_error=on_error):
            photos += some.values()
            origins.append(_origin(file.name, file.split, len(some)))
            aside.append(rejected(faults, _NAME, file.split or None))
    images, put_images = _images(photos, pl.concat(origins), on_error)
    objects, put_objects = _objects(photos, images, on_error)
    return {
        "images": conform("images", images),
        "captions": conform("captions", _captions(photos, images)),
        "objects": conform("objects", objects),
        "rejected": pl.concat([*aside, put_images, put_objects]),
    }


def _origin(file: str, split: str, photos: int) -> pl.DataFrame:
    """File, split and source of each of so many photos."""
    row = {"file": [file] * photos, "split": [split or None] * photos, "source": [_NAME] * photos}
    return pl.DataFrame(row, schema=dict.fromkeys(row, pl.String()))


def _images(photos: Sequence[_Photo], origins: pl.DataFrame, on_error: OnError) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row a photo; `photo` is its place in `photos`."""
    columns = {"image_key": [str(photo.id) for photo in photos], "file_name": [photo.image for photo in photos]}
    frame = pl.concat([pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String())), origins], how="horizontal")
    ids = image_id_series(frame["image_key"], _NAME)
    # 000000000009 and 9 are one photo, whose key is 9 in COCO's own files.
    key = pl.when(ids >= 0).then(ids.cast(pl.String())).otherwise("image_key")
    return put_aside(
        frame.with_row_index("photo").with_columns(ids, image_key=key),
        pl.format("photo {}", "image_key"),
        [(~pl.col("image_id").is_first_distinct(), "is listed twice")],
        on_error,
    )


def _captions(photos: Sequence[_Photo], images: pl.DataFrame) -> pl.DataFrame:
    texts = list(chain.from_iterable(photo.captions for photo in photos))
    captions = tidy(pl.Series("caption", texts, dtype=pl.String()))
    return _owned(captions.to_frame(), [len(photo.captions) for photo in photos], images, "caption_id")


def _objects(photos: Sequence[_Photo], images: pl.DataFrame, on_error: OnError) -> tuple[pl.DataFrame, pl.DataFrame]:
    instances = list(chain.from_iterable(photo.instances for photo in photos))
    categories = pl.Series("category", [one.category for one in instances], dtype=pl.String())
    objects = _owned(
        quads(one.bbox for one in instances).with_columns(categories),
        [len(photo.instances) for photo in photos],
        images,
        "object_id",
    )
    sides = [pl.col(side) for side in BOX]
    kept, put = put_aside(
        objects,
        pl.format("instance {} of photo {}", -pl.col("object_id"), "image_key"),
        [
            (
                pl.any_horizontal((side < -_ROUNDING) | (side > 1 + _ROUNDING) for side in sides),
                "has a box that isn't in shares of width and height",
            ),
            ((pl.col("x2") < pl.col("x1")) | (pl.col("y2") < pl.col("y1")), "has a box that ends before it begins"),
        ],
        on_error,
    )
    boxes = in_image(sides, pl.lit(1.0), pl.lit(1.0))
    return kept.with_columns(boxes, normalised=pl.lit(True), crowd=pl.lit(False), exhaustive=pl.lit(False)), put


def _owned(rows: pl.DataFrame, counts: Sequence[int], images: pl.DataFrame, number: str) -> pl.DataFrame:
    """`rows`, of which each photo has so many, with their photo's columns and their number within it: -1, -2, ..."""
    photo = pl.Series("photo", np.arange(len(counts), dtype=np.uint32).repeat(np.array(counts, dtype=np.int64)))
    numbered = rows.with_columns(photo).with_columns((-1 - pl.int_range(pl.len()).over("photo")).alias(number))
    return numbered.join(images.drop("file_name"), on="photo", maintain_order="left")


def _is_captions_boxes(head: FileHead) -> bool:
    return {"id", "captions", "instances"} <= head.keys


LLAVA_CAPTIONS_BOXES = Source(
    name=_NAME,
    read=_read,
    patterns=("caps_boxes_*.jsonl",),
    sniff=_is_captions_boxes,
    license="CC-BY-4.0",
    url="https://github.com/haotian-liu/LLaVA",
    citation="""\
@inproceedings{liu2023visual,
  title={Visual Instruction Tuning},
  author={Liu, Haotian and Li, Chunyuan and Wu, Qingyang and Lee, Yong Jae},
  booktitle={Advances in Neural Information Processing Systems},
  year={2023}
}""",
)
