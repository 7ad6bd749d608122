"""How conversations become records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vlit_hub.importing.checking import System

__all__ = ["ImportOptions"]


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """How conversations become records.

    Attributes:
        images: Folders of photos.
        task: Of all records; None to take what the file tells.
        license: Of the texts.
        image_license: Of the photos.
        on_error: `skip` keeps what can't be a record aside, with the reason; `fail` stops at the first.
        require_photos: A photo that isn't found is an error too.
        embed_images: Put photo files into the dataset.
        system: What becomes of system prompts.
        boxes: Notations of boxes to read beside the format's own.
    """

    images: tuple[Path, ...] = ()
    task: str | None = None
    license: str = "unknown"
    image_license: str | None = None
    on_error: Literal["fail", "skip"] = "skip"
    require_photos: bool = False
    embed_images: bool = False
    system: System = "reject"
    boxes: tuple[str, ...] = ()
