"""What a photo file is: its size, mode and orientation, and what is wrong with it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from itertools import repeat
from typing import Any

import polars as pl
from PIL import ExifTags, Image, UnidentifiedImageError

__all__ = ["PROBED", "probe", "probe_data"]

# `stored_width` and `stored_height` are in pixels as the file has them; `orientation` is EXIF's, 1 (upright) to 8; `mode` and
# `format` are Pillow's names ("RGB", "JPEG"). All but `photo` are null where `fault` says why the photo can't be used.
PROBED = pl.Schema(
    {
        "photo": pl.String(),
        "photo_bytes": pl.Int64(),
        "stored_width": pl.Int32(),
        "stored_height": pl.Int32(),
        "orientation": pl.Int8(),
        "mode": pl.String(),
        "format": pl.String(),
        "fault": pl.String(),
    }
)

_Row = tuple[str, int | None, int | None, int | None, int | None, str | None, str | None, str | None]

_ENDS = {"JPEG": b"\xff\xd9", "MPO": b"\xff\xd9", "PNG": b"IEND\xaeB`\x82", "GIF": b";"}
_HEAD = 1 << 14  # bytes that nearly always hold all that comes before the pixels
_TAIL = 64  # bytes in which the end is looked for; some cameras and downloads pad files with zeros
_CHUNK = 256  # photos a thread takes at once
_READERS = 4  # threads at least: they wait for the disk


def probe(
    photos: Iterable[str],
    *,
    verify: bool = False,
    workers: int | None = None,
    on_progress: Callable[[int], None] = lambda steps: None,
) -> pl.DataFrame:
    """Look at photo files.

    Args:
        photos: Their paths.
        verify: Decode each photo to its end. Otherwise a photo is decoded only if the marker that ends its format isn't
            where it belongs, which finds those cut short, but not those damaged in the middle.
        workers: How many threads; as many as there are processors, but at least 4, if none.
        on_progress: Called with how many photos were looked at since the last call.

    Returns:
        Columns of `PROBED`, one row a photo, in the order given.
    """
    paths = list(photos)
    chunks = [paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK)]
    rows: list[_Row] = []
    with warnings.catch_warnings(), ThreadPoolExecutor(workers or max(_READERS, os.cpu_count() or 1)) as pool:
        warnings.filterwarnings("ignore", module="PIL")  # of odd EXIF data, and of photos half as large as it refuses
        for done in pool.map(_probe_chunk, chunks, repeat(verify)):
            rows += done
            on_progress(len(done))
    return pl.DataFrame(rows, schema=PROBED, orient="row")


def _probe_chunk(paths: list[str], verify: bool) -> list[_Row]:
    return [_probe(path, verify) for path in paths]


def _probe(path: str, verify: bool) -> _Row:
    try:
        size, head, tail = _edges(path)
        if not size:
            return _faulty(path, "empty")
        if not verify:
            with suppress(Exception), Image.open(BytesIO(head)) as image:
                if _ends(image.format, size, head, tail) and (image.format != "PNG" or len(head) == size):
                    return _seen(path, size, image, head)
        # Something is wrong, or its head is longer than most, or its format has to be read to its end.
        with open(path, "rb") as file:  # noqa: PTH123
            data = file.read()
    except OSError as error:
        return _faulty(path, _reason(error))
    return _probe_data(path, data, verify)


def probe_data(data: bytes) -> dict[str, Any]:
    """Look at a photo's content, as `probe` does at a file: a row of `PROBED`, whose `photo` is empty."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        return dict(zip(PROBED, _probe_data("", data, verify=False), strict=True))


def _probe_data(path: str, data: bytes, verify: bool) -> _Row:
    if not data:
        return _faulty(path, "empty")
    try:
        with Image.open(BytesIO(data)) as image:
            row = _seen(path, len(data), image, data)
            whole = _ends(image.format, len(data), data, data)
            if not whole and image.format in _ENDS and data.endswith(bytes(_TAIL)):
                return _faulty(
                    path, "truncated"
                )  # space allotted to a download, and never filled; decoders go on in gray
            if verify or not whole:
                image.draft(None, (1, 1))  # JPEG: all data is read, but few pixels made
                image.load()
            return row
    except UnidentifiedImageError:
        return _faulty(path, "not an image")
    except Image.DecompressionBombError:
        return _faulty(path, "too large (decompression bomb)")
    except Exception as error:  # Pillow's decoders raise nearly anything on damaged data
        return _faulty(path, _reason(error))


def _edges(path: str) -> tuple[int, bytes, bytes]:
    """Size, first and last bytes of a file; with as few calls as can be, at each of which threads wait for each other."""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        head = os.read(file, _HEAD)
        if len(head) < _HEAD:
            return len(head), head, head[-_TAIL:]
        size = os.lseek(file, -_TAIL, os.SEEK_END) + _TAIL
        return size, head, os.read(file, _TAIL)
    finally:
        os.close(file)


def _seen(path: str, size: int, image: Image.Image, data: bytes) -> _Row:
    width, height = image.size
    orientation = _orientation(image, data)
    if image.format == "TIFF" and orientation >= 5:  # the one format whose size Pillow gives upright
        width, height = height, width
    return (path, size, width, height, orientation, image.mode, image.format, None)


def _faulty(path: str, fault: str) -> _Row:
    return (path, None, None, None, None, None, None, fault)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "truncated" if "truncated" in str(error).lower() else f"damaged ({error})"


def _orientation(image: Image.Image, data: bytes) -> int:
    """EXIF's orientation as Pillow reads it, and so every loader on it; 1 where there is none or an unknown one."""
    if image.format == "PNG" and "exif" not in image.info and b"eXIf" not in data:
        exif = Image.Image.getexif(
            image
        )  # PngImageFile's own decodes the photo, to look for EXIF data after the pixels
    else:
        exif = image.getexif()
    found = exif.get(ExifTags.Base.Orientation, 1)
    return int(found) if found in range(1, 9) else 1


def _ends(kind: str | None, size: int, head: bytes, tail: bytes) -> bool:
    """Whether a file ends as its format should; false for formats that have no end to look at."""
    if kind == "WEBP":
        return int.from_bytes(head[4:8], "little") + 8 <= size
    end = _ENDS.get(kind or "")
    return end is not None and tail.rstrip(b"\0\r\n").endswith(end)
