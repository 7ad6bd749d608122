"""What a user chooses for an export, checked against what the format can do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydantic

from vlit_hub.dataset.reading import Dataset
from vlit_hub.errors import UnknownName, UsageError
from vlit_hub.export.exporter import BOX_MODES, IMAGE_MODES, Exporter, Job

__all__ = ["EXPORT_FILE", "Settings", "check_out", "make_job"]

EXPORT_FILE = "export.json"


@dataclass(frozen=True)
class Settings:
    """What a user chooses beside the format.

    Attributes:
        images: Where the photos are; the exporter's default if none.
        split: The one to export; all if none.
        boxes: What becomes of boxes in texts.
        fail: Stop at the first record that the format can't hold, instead of rejecting it.
        shard_size: Records of a file; the exporter's default if none.
        options: Of the exporter, as texts.
        force: Write over an export that is there.
    """

    images: str | None = None
    split: str | None = None
    boxes: str = "keep"
    fail: bool = False
    shard_size: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    force: bool = False


def make_job(exporter: Exporter, out: Path, settings: Settings) -> Job:
    """What is to be exported, and how.

    Raises:
        UsageError: The format can't do something of it.
    """
    images = _chosen("--images", settings.images or exporter.images[0], IMAGE_MODES, exporter.images, exporter)
    boxes = _chosen("--boxes", settings.boxes, BOX_MODES, exporter.boxes, exporter)
    if settings.shard_size is not None and not exporter.shardable:
        raise UsageError(f"--shard-size: {exporter.trainer} reads one file, so {exporter.name} can't be sharded.")
    if settings.shard_size is not None and settings.shard_size < 1:
        raise UsageError(f"--shard-size {settings.shard_size}: must be 1 or more.")
    try:
        options = exporter.Options.model_validate(dict(settings.options))
    except pydantic.ValidationError as error:
        found = error.errors()[0]
        name = ".".join(str(part) for part in found["loc"])
        if found["type"] == "extra_forbidden":
            raise UnknownName(f"option of {exporter.name}", name, exporter.Options.model_fields) from None
        raise UsageError(f"--option {name}={settings.options.get(name)}: {found['msg']}.") from None
    return Job(Path(os.path.abspath(out)), images, boxes, options)  # noqa: PTH100  (a link stays a link)


def _chosen(flag: str, value: str, known: tuple[Any, ...], can: tuple[Any, ...], exporter: Exporter) -> Any:
    if value not in known:
        raise UsageError(f"{flag} {value}: there are {', '.join(can)}.")
    if value not in can:
        raise UsageError(f"{flag} {value}: {exporter.name} can't do that; it can {', '.join(can)}.")
    return value


def check_out(out: Path, dataset: Dataset, force: bool) -> None:
    """Refuse to write over what must not be lost.

    Raises:
        UsageError: The folder holds something else than an export, or an export and `force` isn't given.
    """
    if out.is_symlink():
        raise UsageError(f"--out {out}: it is a link. Name the folder itself.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not (out / EXPORT_FILE).is_file() or out.resolve() == dataset.path.resolve():
            raise UsageError(f"--out {out}: it exists and isn't an export. Choose another folder.")
        if not force:
            raise UsageError(f"--out {out}: there is an export already. Choose another folder, or pass --force.")
