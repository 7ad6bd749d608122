"""Toy scenes: a JSON file of pictures with the things in them.

{"toy_scenes": 1, "pictures": [{"name": "a.png", "size": [64, 48], "things": [{"kind": "ball", "box": [1, 2, 9, 10]}]}]}
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import polars as pl

from vlit_hub import Source
from vlit_hub.errors import InputError
from vlit_hub.files import AnnotationFile
from vlit_hub.frames import conform
from vlit_hub.image_ids import image_id


def read(files: Sequence[AnnotationFile], on_error: str) -> Mapping[str, pl.DataFrame]:
    images, objects = [], []
    for file in files:
        row = {"source": "toy_scenes", "split": file.split or None}
        for picture in json.loads(file.read())["pictures"]:
            key, (width, height) = picture["name"].removesuffix(".png"), picture["size"]
            number = image_id(key)
            images.append(
                {"image_id": number, "image_key": key, "file_name": picture["name"], "width": width, "height": height}
                | {"exhaustive": True, **row}
            )
            for place, thing in enumerate(picture["things"]):
                x1, y1, x2, y2 = thing["box"]
                if not (0 <= x1 <= x2 <= width and 0 <= y1 <= y2 <= height):
                    raise InputError(file.name, f"picture {key!r}: the {thing['kind']} lies outside", "Mend its box.")
                objects.append(
                    {"image_id": number, "object_id": place, "category": thing["kind"], "x1": x1, "y1": y1, "x2": x2}
                    | {"y2": y2, "crowd": False, "exhaustive": True, **row}
                )
    return {"images": conform("images", pl.DataFrame(images)), "objects": conform("objects", pl.DataFrame(objects))}


TOY_SCENES = Source(
    name="toy_scenes",
    read=read,
    patterns=("toy_scenes*.json",),
    sniff=lambda head: "toy_scenes" in head.keys,
    license="CC0-1.0",
)
