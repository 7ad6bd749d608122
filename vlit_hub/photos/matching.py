"""Photo files below folders, and which of them shows which image.

A photo is only ever looked up among the files found, so whatever an annotation names, nothing outside the folders is opened.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from vlit_hub.errors import InputError

__all__ = ["SUFFIXES", "find", "match"]

SUFFIXES = (".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")

# Absolute paths, drive letters, backslashes (a separator on Windows), NUL, and `..` anywhere.
_OUTSIDE = r"^/|^[A-Za-z]:|\\|\x00|(?:^|/)\.\.(?:/|$)"
_COCO_NUMBER = r"^(?:COCO_[A-Za-z0-9]+_)?([0-9]{12})\.[A-Za-z]+$"
_SPLIT = re.compile(r"(?:^|/)(train|val|test)[^/]*", re.IGNORECASE)
_SPLITS = {"train": "train", "val": "validation", "test": "test"}

# What an image and its photo have in common, from the surest to the least sure, and whether the file name could be another's.
_LEVELS = (
    (("folder", "base"), False),
    (("inner", "base"), True),
    (("split", "base"), True),
    (("base",), True),
    (("number",), False),
    (("stem",), False),
)


def find(folders: Path | Sequence[Path]) -> pl.DataFrame:
    """The photo files below these folders, by their names' endings.

    Hidden files and folders are left out, and so are names that aren't UTF-8, which no annotation can write. Links to files
    and folders are followed; a folder that is reached twice is read once.

    Returns:
        Columns `photo` (absolute path), `folder` (below the one it was found in, with `/`; empty for that itself) and `base`
        (the file's name), sorted by `photo`.

    Raises:
        InputError: A folder isn't there or can't be read.
    """
    seen: set[tuple[int, int]] = set()
    places: list[tuple[str, str]] = []
    names: list[list[str]] = []
    for root in [folders] if isinstance(folders, Path) else folders:
        top = os.path.abspath(root).rstrip(os.sep)  # noqa: PTH100  (Path.absolute leaves `..` in)
        for path, found in _walk(top, seen):
            if found and _is_utf8(path):
                places.append((path, path[len(top) + 1 :].replace(os.sep, "/")))
                names.append(found)
    schema = dict.fromkeys(("path", "folder"), pl.String())
    holders = pl.DataFrame(places, schema=schema, orient="row")
    files = holders[np.repeat(np.arange(len(names)), [len(some) for some in names])]
    files = files.with_columns(base=pl.Series([name for some in names for name in some], dtype=pl.String()))
    photo = pl.concat_str("path", pl.lit(os.sep), "base")
    return files.select("folder", "base", photo=photo).select("photo", "folder", "base").sort("photo")


def _walk(top: str, seen: set[tuple[int, int]]) -> Iterator[tuple[str, list[str]]]:
    """Folders and the names of photos in them; linked folders after all others, so that photos keep their own names."""
    folders, linked = [top], deque[str]()
    while folders or linked:
        folder = folders.pop() if folders else linked.popleft()
        names = []
        try:
            status = os.stat(folder or os.sep)  # noqa: PTH116
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder or os.sep) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            raise InputError(folder, f"photos can't be looked for here ({error.strerror})") from None
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            if entry.is_dir():
                (linked if entry.is_symlink() else folders).append(entry.path)
            elif name.lower().endswith(SUFFIXES) and entry.is_file() and _is_utf8(name):
                names.append(name)
        yield folder, names


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def match(images: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """The photo of each image.

    It is looked for by the annotation's file name: the whole path below the folder, else the file with the folder it is in,
    else the file alone in a folder of the image's split (`train2014/`), else the file alone. What then has none is looked
    for by its number, in COCO's own ways to write it (`000000000009.jpg`, `COCO_train2014_000000000009.jpg`, whichever
    year), unless its file name is of another kind; at last by its key, where that is no number (`0a1b2c3d4e5f6071.jpg`).

    Of several copies the first by path is taken. A bare name that fits photos of different sizes in bytes, or that several
    images have while one photo does, is nobody's: a guess would put the wrong picture before a question.

    Args:
        images: Columns of `SCHEMAS["images"]`, one row an image.
        index: From `find`.

    Returns:
        `images` with `photo` (absolute path, or null) and `photo_fault` (why a file name was refused, or null).
    """
    outside = images["file_name"].str.contains(_OUTSIDE).fill_null(False)
    wanted = _wanted(images, outside)
    photos = _photos(index)
    parts = []
    for keys, guessed in _LEVELS:
        found = _look_up(wanted, photos, list(keys), guessed)
        if len(found):
            wanted = wanted.join(found, on="row", how="anti")
            photos = photos.join(found, on="photo", how="anti")
        parts.append(found)
    shown = pl.col("file_name").str.replace_all("\0", r"\0", literal=True)
    refused = pl.format("file name {} leads outside the photo folder", shown)
    return (
        images.with_row_index("row")
        .join(pl.concat(parts), on="row", how="left", maintain_order="left")
        .with_columns(photo_fault=pl.when(outside).then(refused).otherwise("photo_fault"))
        .drop("row")
    )


def _wanted(images: pl.DataFrame, outside: pl.Series) -> pl.DataFrame:
    """What each image's photo could be known by."""
    number = pl.col("image_id").cast(pl.String()).str.zfill(12)
    name = pl.col("file_name").str.strip_prefix("./")
    named = images.select("image_id", "image_key", "split", "file_name", folder=name.str.extract(r"^(.*)/[^/]*$"))
    return (
        named.with_row_index("row")
        .filter(~outside)
        .with_columns(
            base=pl.when(pl.col("folder").is_null()).then(name).otherwise(name.str.extract(r"([^/]*)$")),
            inner=pl.col("folder").str.extract(r"([^/]*)$"),
            folder=pl.col("folder").fill_null(""),
        )
        .with_columns(
            number=pl.when(pl.col("base").is_null() | (pl.col("base").str.extract(_COCO_NUMBER) == number)).then(
                number
            ),
            stem=pl.when(pl.col("image_id") < 0).then("image_key"),
        )
    )


def _photos(index: pl.DataFrame) -> pl.DataFrame:
    """What each photo could be known by."""
    folders = index["folder"].unique()
    splits = [_SPLIT.search(folder) for folder in folders]
    holders = pl.DataFrame(
        {
            "folder": folders,
            "inner": [folder.rpartition("/")[2] or None for folder in folders],
            "split": [_SPLITS[found[1].lower()] if found else None for found in splits],
        },
        schema=dict.fromkeys(("folder", "inner", "split"), pl.String()),
    )
    return index.join(holders, on="folder", maintain_order="left").with_columns(
        number=pl.col("base").str.extract(_COCO_NUMBER), stem=pl.col("base").str.replace(r"\.[^.]*$", "")
    )


def _look_up(wanted: pl.DataFrame, photos: pl.DataFrame, keys: list[str], guessed: bool) -> pl.DataFrame:
    """`row`, `photo` and `photo_fault` of the wanted images for which a photo, sorted by path, has the same keys."""
    fitting = photos.join(wanted.select(keys), on=keys, how="semi", maintain_order="left")
    first = fitting.unique(keys, keep="first").select(*keys, "photo")
    found = wanted.join(first, on=keys, how="inner")
    fault = pl.lit(None, dtype=pl.String())
    if guessed and len(found):
        several = fitting.filter(pl.struct(keys).is_duplicated()).group_by(keys).agg(paths="photo")
        unlike = pl.Series([_differ(paths) for paths in several["paths"].to_list()], dtype=pl.Boolean())
        unlike_count = several.filter(unlike).select(*keys, fits=pl.col("paths").list.len())
        found = found.join(unlike_count, on=keys, how="left")
        sharing = pl.len().over(keys)
        fault = (
            pl.when(pl.col("fits").is_not_null())
            .then(pl.format("file name {} fits {} different photos", "file_name", "fits"))
            .when(sharing > 1)
            .then(pl.format("file name {} isn't there, and {} images would share {}", "file_name", sharing, "base"))
        )
    return found.select("row", photo=pl.when(fault.is_null()).then("photo"), photo_fault=fault)


def _differ(paths: list[str]) -> bool:
    """Whether the files aren't copies of each other, as far as their sizes tell."""
    return len({os.stat(path).st_size for path in paths}) > 1  # noqa: PTH116
