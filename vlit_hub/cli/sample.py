"""`vlit-hub sample`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vlit_hub.errors import UsageError

if TYPE_CHECKING:
    from vlit_hub.sample import SampleResult

__all__ = ["sample"]


def sample(
    folder: Annotated[Path, typer.Argument(help="Folder to write; empty or not there.")] = Path("data"),
    images: Annotated[int, typer.Option(help="How many images.")] = 200,
    photos: Annotated[
        bool, typer.Option("--photos/--no-photos", help="Draw the pictures, or write annotations only.")
    ] = True,
    seed: Annotated[int, typer.Option(help="Every draw depends on it.")] = 0,
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Of every picture. [default: a mix as in COCO]")
    ] = None,
    num_proc: Annotated[int | None, typer.Option(help="Processes that work. [default: one a core]")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a sample that is there.")] = False,
) -> None:
    """Write a small synthetic COCO-like folder: photos, and annotations that are true of them.

    Captions, instances, VQA v2, COCO-Text and COCO Attributes, in the official formats and under the official names.

    Examples:

      vlit-hub sample data/

      vlit-hub sample bench/ --images 82783 --no-photos
    """
    from vlit_hub.sample import write_sample

    result = write_sample(
        folder,
        images=images,
        photos=photos,
        seed=seed,
        size=_size(size) if size else None,
        num_proc=_cores() if num_proc is None else num_proc,
        force=force,
    )
    _print(folder, result)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit()):
        raise UsageError(f"--size {text}: must be WIDTHxHEIGHT in pixels, such as 640x480.")
    return int(width), int(height)


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _print(folder: Path, result: SampleResult) -> None:
    for file in result.files:
        print(f"{file.stat().st_size / 1e6:>9.1f} MB  {folder / 'annotations' / file.name}")
    counts = ", ".join(f"{count:,} {split}" for split, count in result.images.items())
    print(
        f"{sum(result.images.values()):,} images ({counts}){'' if result.photos else ', without photos'}; all CC0-1.0"
    )
    print(f"Next: vlit-hub build coco_aa --data-dir {folder}")
