"""The records that a card shows, one of each task, with small copies of their photos where the licence allows it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vlit_hub.publishing.licenses import License, describe, may_be_shown
from vlit_hub.publishing.measuring import Candidate

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Example", "make_examples"]

FOLDER = "examples"
SIDE = 320  # pixels, the longer side of a copy
_QUALITY = 82
_LINE = (226, 53, 53)


@dataclass(frozen=True)
class Example:
    """A record to show.

    Attributes:
        record: Its fields.
        task: Its task.
        picture: Where its photo is: a file in the dataset's folder, a web address, or empty.
        copy: The JPEG that goes to `picture`, where that is a file.
        license: Of the photo.
        why_not: Why there is no picture; empty where there is one.
    """

    record: Mapping[str, Any]
    task: str
    picture: str
    copy: bytes | None
    license: License
    why_not: str

    @property
    def turns(self) -> list[dict[str, str]]:
        """All turns, oldest first."""
        asked = "\n".join(text for text in (self.record["instruction"], self.record["input"]["text"]) if text)
        return [*self.record["history"], {"instruction": asked, "response": self.record["response"]}]

    @property
    def file_names(self) -> str:
        """The images' own names, or their ids."""
        source = self.record["source"]
        names = source["file_names"] or []
        return ", ".join(
            (names[place] if place < len(names) else None) or key for place, key in enumerate(source["image_ids"])
        )


def make_examples(candidates: Mapping[str, Candidate], tasks: Iterable[str]) -> list[Example]:
    """The examples of these tasks, in this order."""
    return [_example(task, candidates[task]) for task in tasks]


def _example(task: str, candidate: Candidate) -> Example:
    record = candidate.record
    images = record["input"]["images"]
    license = describe(record["source"]["image_license"] or "unknown")
    path = str(images[0]["path"] or "") if images else ""
    picture, copy, why_not = "", None, ""
    if not images:
        why_not = "no photo"
    elif re.match(r"https?://", path):
        picture = path
    elif not may_be_shown(license.id):
        why_not = "not shown: the photo's licence isn't known, or restricts copies"
    else:
        copy = _copy(candidate, Path(path), record["regions"])
        picture, why_not = (f"{FOLDER}/{_safe(task)}.jpg", "") if copy else ("", "the photo can't be read")
    return Example(record, task, picture, copy, license, why_not)


def _copy(candidate: Candidate, path: Path, regions: list[dict[str, Any]]) -> bytes | None:
    """A small JPEG of a record's first photo, with its regions' boxes; None where the photo can't be read."""
    from PIL import Image, ImageDraw, ImageOps, UnidentifiedImageError

    try:
        data = candidate.file.photo(candidate.row) or path.read_bytes()
        with Image.open(io.BytesIO(data)) as opened:
            photo: Image.Image = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, UnidentifiedImageError):
        return None
    width = photo.width
    photo.thumbnail((SIDE, SIDE))
    scale = photo.width / width
    pen = ImageDraw.Draw(photo)
    for region in regions:
        if region["image"] == 0:
            pen.rectangle([side * scale for side in region["bbox"]], outline=_LINE, width=2)
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def _safe(task: str) -> str:
    """A task's name as a file's."""
    return re.sub(r"[^\w-]+", "_", task)
