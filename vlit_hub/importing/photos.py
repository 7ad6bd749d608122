"""The photos that conversations name or hold.

A name is a path below a photo folder, the address of a photo on the web, or a path on somebody's machine. Whatever it is, photos
are only looked up among the files of the folders that the user gives, so no name reaches a file elsewhere.

Images get keys by which they join with others: COCO's number where a name is one of COCO's (`COCO_train2014_000000033471.jpg`,
`coco/train2017/000000033471.jpg`: 33471), else the name; a photo that is in the file itself has the digest of its content.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl
import xxhash

from vlit_hub.image_ids import image_id
from vlit_hub.importing.importer import Photo
from vlit_hub.importing.shapes import decode_base64
from vlit_hub.photos import attach
from vlit_hub.photos.probing import probe_data

__all__ = ["RESOLVED", "Held", "image_key", "resolve"]

RESOLVED = pl.Schema(
    {
        "name": pl.String(),  # as the conversations have it
        "image_key": pl.String(),
        "file_name": pl.String(),
        "photo": pl.String(),  # absolute path, or address; null where there is none, or its content is in the file
        "url": pl.String(),
        "width": pl.Int32(),  # of the upright photo; null where it isn't there
        "height": pl.Int32(),
        "photo_bytes": pl.Int64(),
        "fault": pl.String(),  # why it can't be used, the same for all photos that have this wrong
    }
)

_URL = re.compile(r"https?://", re.IGNORECASE)
_DATA_URL = re.compile(r"data:", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")
_COCO = re.compile(
    r"(?:.*(?:^|/)(?:[^/]*coco[^/]*|(?:train|val|test)20\d\d)/)?(?:COCO_\w+_)?(\d{12})\.\w+", re.IGNORECASE
)
_COCO_ALONE = re.compile(r"(?:.*/)?COCO_\w+_(\d{12})\.\w+")

# What `vlit_hub.photos` says of one photo, as it is said of many.
_FAULTS = (
    (
        re.compile(r"file name .* leads outside the photo folder", re.DOTALL),
        "its file name leads outside the photo folder",
    ),
    (re.compile(r"file name .* fits \d+ different photos", re.DOTALL), "its file name fits several different photos"),
    (
        re.compile(r"file name .* isn't there, and \d+ images would share .*", re.DOTALL),
        "it isn't there, and several images would share another of its name",
    ),
    (re.compile(r"damaged \(.*", re.DOTALL), "damaged"),
)


class Held:
    """The photos that are in the file itself: each is looked at once, and known by its digest."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, int | None, int | None, int, str | None]] = {}

    def hold(self, photo: str | Photo) -> tuple[str, bytes | None]:
        """A photo's name, and its content if it was in the file.

        Raises:
            ValueError: It is a `data:` URL that isn't base64.
        """
        if isinstance(photo, str):
            if not _DATA_URL.match(photo):
                return photo, None
            photo = Photo(decode_base64(photo))
        name = xxhash.xxh3_128_hexdigest(photo.data)
        if name not in self._seen:
            row = probe_data(photo.data)
            wide, high = row["stored_width"], row["stored_height"]
            if (row["orientation"] or 1) >= 5:
                wide, high = high, wide
            suffix = (row["format"] or "").lower().replace("jpeg", "jpg").replace("mpo", "jpg")
            file_name = photo.name.replace("\\", "/").rsplit("/", 1)[-1] or f"{name}.{suffix or 'bin'}"
            self._seen[name] = (file_name, wide, high, len(photo.data), _general(row["fault"]))
        return name, photo.data

    def __contains__(self, name: str) -> bool:
        return name in self._seen

    def __len__(self) -> int:
        return len(self._seen)

    def frame(self) -> pl.DataFrame:
        """What is known of them, in columns of `RESOLVED`."""
        rows = [
            (name, name, file_name, None, None, wide, high, size, fault)
            for name, (file_name, wide, high, size, fault) in self._seen.items()
        ]
        return pl.DataFrame(rows, schema=RESOLVED, orient="row")


def image_key(name: str) -> str:
    """The key of an image that is named so.

    >>> image_key("coco/train2017/000000033471.jpg")
    '33471'
    >>> image_key("gqa/images/2354786.jpg")
    'gqa/images/2354786.jpg'
    """
    found = _COCO.fullmatch(name) or _COCO_ALONE.fullmatch(name)
    return str(int(found[1])) if found else name


def resolve(
    names: Iterable[str], folders: Sequence[Path], split: str, *, require: bool = False
) -> tuple[pl.DataFrame, dict[str, int]]:
    """Find the photos of these names.

    Args:
        names: Different ones, as conversations have them; without those of photos that are in the file.
        folders: Where photos are looked for.
        split: Of the images; of several files of one name the one in a folder of the split is taken.
        require: A photo that isn't found, and has no address, is a fault.

    Returns:
        A row a name (`RESOLVED`), in their order, and counts as `vlit_hub.photos.attach` gives them.

    Raises:
        InputError: A folder can't be read.
    """
    known = pl.DataFrame({"name": pl.Series(names, dtype=pl.String())})
    file_names, urls = _file_names(known["name"].to_list(), folders)
    keys = [
        image_key(urlsplit(url).path) if url else image_key(name) for name, url in zip(file_names, urls, strict=True)
    ]
    keys = [url if url and key.startswith("/") else key for key, url in zip(keys, urls, strict=True)]
    text = dict.fromkeys(("license", "source"), pl.lit(None, pl.String()))
    images = known.with_columns(
        file_name=pl.Series(file_names, dtype=pl.String()),
        image_key=pl.Series(keys, dtype=pl.String()),
        image_id=pl.Series([image_id(key) for key in keys], dtype=pl.Int64()),
        url=pl.Series(urls, dtype=pl.String()),
        width=pl.lit(None, pl.Int32()),
        height=pl.lit(None, pl.Int32()),
        split=pl.lit(split),
        exhaustive=pl.lit(None, pl.Boolean()),
        photo_fault=pl.lit(None, pl.String()),
        **text,
    )
    # one row an image, whatever names it goes by
    alone = images.unique("image_key", keep="first", maintain_order=True)
    found, counts = attach(alone.drop("name"), folders, on_error="skip")
    missing = pl.col("photo").is_null() & pl.col("photo_fault").is_null() & pl.col("url").is_null()
    addressed = found.filter(pl.col("photo").is_null() & pl.col("url").is_not_null()).height
    counts = {**counts, "photos_missing": counts["photos_missing"] - addressed, "photos_by_address": addressed}
    reasons = found["photo_fault"].unique().drop_nulls().to_list()
    general = pl.col("photo_fault").replace_strict({reason: _general(reason) for reason in reasons}, default=None)
    seen = found.with_columns(
        fault=pl.coalesce(general.cast(pl.String()), pl.when(missing & require).then(pl.lit("not found"))),
    ).select("image_key", "photo", "width", "height", "photo_bytes", "fault")
    named = images.select("name", "image_key", "file_name", "url").join(
        seen, on="image_key", how="left", maintain_order="left"
    )
    return named.with_columns(photo=pl.coalesce("photo", "url")).select(RESOLVED.names()).cast(RESOLVED), counts


def _file_names(names: Sequence[str], folders: Sequence[Path]) -> tuple[list[str], list[str | None]]:
    """File names that may travel, and addresses.

    A path on this machine is told from the folder it is in; of paths on another machine, what all of them share is cut off.
    """
    roots = [os.path.abspath(folder) + os.sep for folder in folders]  # noqa: PTH100  (Path.absolute leaves `..` in)
    told: list[str] = []
    urls: list[str | None] = []
    foreign: dict[int, str] = {}
    for place, name in enumerate(names):
        url = None
        if _URL.match(name):
            url = name
            name = unquote(urlsplit(name).path).rsplit("/", 1)[-1] or name
        elif _DRIVE.match(name):
            foreign[place] = name.replace("\\", "/").partition(":")[2]
        elif name.startswith("/"):
            root = next((root for root in roots if name.startswith(root)), None)
            if root is None:
                foreign[place] = name
            else:
                name = name[len(root) :].replace(os.sep, "/")
        told.append(name.removeprefix("./"))
        urls.append(url)
    if foreign:
        shared = os.path.commonpath([path.rpartition("/")[0] or "/" for path in foreign.values()]).rstrip("/")
        for place, path in foreign.items():
            told[place] = path[len(shared) :].lstrip("/")
    return told, urls


def _general(fault: str | None) -> str | None:
    """A fault without what is particular to one photo."""
    if fault is not None:
        for pattern, general in _FAULTS:
            if pattern.fullmatch(fault):
                return general
    return fault
