"""A stretch of images at a time: their rows in a folder of part files, their photos in the sample's folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from vlit_hub.sample.annotations import file_name, image_id, rows, split_of
from vlit_hub.sample.layout import compose

__all__ = ["Job", "make_parts", "part_folder", "stretches"]

_STRETCH = 500  # images without photos
_STRETCH_OF_PHOTOS = 20


@dataclass(frozen=True)
class Job:
    """What a sample is made of; the same job makes the same bytes.

    Attributes:
        images: How many.
        seed: Every draw depends on it.
        photos: Whether pictures are drawn.
        size: Width and height of every picture; None for a mix of sizes as COCO has.
        version: Of vlit-hub.
    """

    images: int
    seed: int
    photos: bool
    size: tuple[int, int] | None
    version: str

    def save(self, work: Path) -> None:
        """Write it where `load` finds it."""
        (work / "job.json").write_bytes(msgspec.json.encode(asdict(self)))

    @classmethod
    def load(cls, work: Path) -> Job | None:
        """The job of a work folder; None if it has none."""
        try:
            return msgspec.json.decode((work / "job.json").read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError):
            return None


def stretches(job: Job) -> list[range]:
    """The images by number, in stretches that are made one by one."""
    step = _STRETCH_OF_PHOTOS if job.photos else _STRETCH
    return [range(first, min(first + step, job.images)) for first in range(0, job.images, step)]


def part_folder(work: Path, numbers: range) -> Path:
    """Where the part files of a stretch are, once it is finished."""
    return work / "parts" / f"{numbers.start:09d}"


def make_part(job: Job, work: Path, numbers: range) -> None:
    """Make a stretch of images, unless it is already there."""
    folder = part_folder(work, numbers)
    if folder.exists():
        return
    sections: dict[str, list[bytes]] = {}
    for number in numbers:
        scene = compose(job.seed, number, job.size)
        for section, encoded in rows(scene).sections.items():
            sections.setdefault(section, []).extend(encoded)
        if job.photos:
            from vlit_hub.sample.photo import jpeg

            name = file_name(number, image_id(job.seed, number))
            photos = work / "sample" / f"{split_of(number)}2014"
            photos.mkdir(parents=True, exist_ok=True)
            (photos / name).write_bytes(jpeg(scene))
    aside = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for section, encoded in sections.items():
        (aside / section.replace("/", ".")).write_bytes(b",\n".join(encoded))
    aside.replace(folder)


def make_parts(job: Job, work: Path, number: int, count: int) -> Iterator[range]:
    """Make every `count`-th stretch, beginning with stretch `number`; yields each when it is finished."""
    for numbers in stretches(job)[number::count]:
        make_part(job, work, numbers)
        yield numbers
