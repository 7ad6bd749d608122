"""Photos for all images of a build: found, looked at, and agreed with what the annotations say of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from vlit_hub.errors import InputError
from vlit_hub.photos.matching import find, match
from vlit_hub.photos.probing import probe
from vlit_hub.progress import progress
from vlit_hub.source import OnError

__all__ = ["attach"]

_GRAYSCALE = ["1", "L", "LA", "I", "I;16", "F"]


def attach(
    images: pl.DataFrame,
    folders: Path | Sequence[Path],
    *,
    on_error: OnError = "fail",
    require: bool = False,
    verify: bool = False,
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Find and check the photo of each image.

    A photo that can't be used never stops a build: the image has a `photo_fault`, for which its records are rejected. An
    annotation that doesn't fit its photo does stop it under `on_error="fail"`, since it may be one of many.

    Sizes become those of the photo as it is shown, upright. Where a photo is stored on its side and the annotations have the
    stored size, their boxes are in stored pixels: `rotation` says how to turn them (`vlit_hub.photos.turn`). Turns that keep
    the size can't be told from it: there, boxes are taken to be of the upright photo, as drawing tools show it.

    Args:
        images: One row an image, as joined.
        folders: Where photos are looked for.
        on_error: Whether an annotation that doesn't fit its photo stops the build (`fail`) or gives a fault (`skip`).
        require: Give images without photo a fault too.
        verify: Decode every photo.

    Returns:
        The images in their order, with `width` and `height` of the upright photo, and the columns `photo`, `photo_fault`,
        `photo_bytes` (the file's size) and `rotation` (EXIF's orientation where boxes have to be turned, else 1); and how many
        images' photos are `photos_found`, `photos_missing`, `photos_unreadable`, `photos_unfit` (refused because of their
        annotation), and among those that can be used `photos_grayscale`, `photos_cmyk` and `photos_exif_rotated`.

    Raises:
        InputError: A folder can't be read; or under `fail`, an annotation's file name leads outside the folder or fits
            different photos, or its size isn't the photo's.
    """
    known = images.drop("photo", "photo_fault", strict=False)
    matched = match(known, find(folders))
    paths = matched["photo"].drop_nulls().unique(maintain_order=True)
    with progress("looking at photos", len(paths)) as advance:
        probed = probe(paths, verify=verify, on_progress=advance)
    whole = _reconcile(matched, probed)
    unfit = whole.filter(pl.col("photo_fault").is_not_null() & pl.col("fault").is_null())
    if on_error == "fail" and len(unfit):
        key, source, fault = unfit.select("image_key", "source", "photo_fault").row(0)
        more = f" (first of {len(unfit)})" if len(unfit) > 1 else ""
        raise InputError(source, f"image {key}: {fault}{more}", "Mend it, or pass --on-error=skip.")
    counts = _count(whole, len(unfit))
    if require:
        missing = pl.when(pl.col("photo").is_null()).then(pl.lit("not found"))
        whole = whole.with_columns(photo_fault=pl.coalesce("photo_fault", missing))
    columns = (*known.columns, "photo", "photo_fault", "photo_bytes", "rotation")
    return whole.select(columns), counts


def _reconcile(images: pl.DataFrame, probed: pl.DataFrame) -> pl.DataFrame:
    """Images with what was seen of their photos: upright size, rotation, and faults."""
    whole = images.join(probed, on="photo", how="left", maintain_order="left")
    wide, high = pl.col("stored_width"), pl.col("stored_height")
    on_side = pl.col("orientation") >= 5
    upright_width, upright_height = (
        pl.when(on_side).then(high).otherwise(wide),
        pl.when(on_side).then(wide).otherwise(high),
    )
    unsized = pl.any_horizontal(pl.col("width", "height").is_null())
    upright = (pl.col("width") == upright_width) & (pl.col("height") == upright_height)
    stored = (pl.col("width") == wide) & (pl.col("height") == high)
    other_size = pl.format("photo is {}x{}, annotations say {}x{}", upright_width, upright_height, "width", "height")
    return whole.with_columns(
        width=pl.coalesce(upright_width, "width"),
        height=pl.coalesce(upright_height, "height"),
        rotation=pl.when(stored & ~upright & ~unsized).then("orientation").otherwise(1).cast(pl.Int8()),
        photo_fault=pl.coalesce("photo_fault", "fault", pl.when(~unsized & ~upright & ~stored).then(other_size)),
    )


def _count(whole: pl.DataFrame, unfit: int) -> dict[str, int]:
    usable = pl.col("photo").is_not_null() & pl.col("photo_fault").is_null()
    counted = whole.select(
        photos_found=usable.sum(),
        photos_missing=(pl.col("photo").is_null() & pl.col("photo_fault").is_null()).sum(),
        photos_unreadable=pl.col("fault").is_not_null().sum(),
        photos_grayscale=(usable & pl.col("mode").is_in(_GRAYSCALE)).sum(),
        photos_cmyk=(usable & (pl.col("mode") == "CMYK")).sum(),
        photos_exif_rotated=(usable & (pl.col("orientation") > 1)).sum(),
    )
    return {**counted.row(0, named=True), "photos_unfit": unfit}
