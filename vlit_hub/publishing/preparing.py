"""The Parquet files as they are published, in a folder of their own beside the dataset's.

A file is made from its shard, the way photos are published, and the photos; where it lies tells from which. So a run after a
kill takes up what the first one finished, and the same dataset gives the same bytes on the Hub.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import xxhash

from vlit_hub import __version__
from vlit_hub.atomic import write_aside
from vlit_hub.building.output import IMAGES_FILE
from vlit_hub.errors import InputError, UsageError
from vlit_hub.parquet import write_shard
from vlit_hub.progress import progress
from vlit_hub.publishing.folder import DatasetFolder, ShardFile
from vlit_hub.publishing.licenses import UNKNOWN
from vlit_hub.publishing.photo_modes import Mode, PhotoTally, may_embed, publish_photos, with_images

__all__ = ["Prepared", "choose_mode", "link", "prepare", "staging_folder"]

_BYTES = "input.images.list.element.bytes"
_PATH = "input.images.list.element.path"
_LICENSE = "source.image_license"

Held = Literal["nothing", "paths", "bytes", "urls"]


@dataclass(frozen=True)
class Prepared:
    """A dataset as it is published.

    Attributes:
        folder: Where its files are until they are published.
        dataset: As the folder's, with the files to be published.
        mode: How its photos are published.
        photos: What became of them.
    """

    folder: Path
    dataset: DatasetFolder
    mode: Mode
    photos: PhotoTally


def staging_folder(folder: Path) -> Path:
    """Where a dataset's files are prepared: beside it, hidden."""
    folder = folder.resolve()
    return folder.with_name(f".{folder.name}.push")


def choose_mode(dataset: DatasetFolder, asked: Mode | None) -> Mode:
    """How photos are published: as asked; else embedded where there are any, by URL where the records have URLs.

    Raises:
        UsageError: The dataset can't be published that way.
    """
    held = {_held(file) for file in dataset.files} - {"nothing"} or {"nothing"}
    if asked is None:
        return "none" if held == {"nothing"} else "url" if held == {"urls"} else "embed"
    if asked == "embed" and "urls" in held:
        raise UsageError(
            "--images embed: the photos aren't on this machine, the records have their URLs. Pass --images url."
        )
    if asked == "embed" and held == {"nothing"}:
        raise UsageError(
            "--images embed: the dataset was built without photos. Build it with the photos' folder first."
        )
    if asked == "url" and held != {"urls"}:
        if not (dataset.path / IMAGES_FILE).is_file():
            raise UsageError(
                f"--images url: the photos' URLs aren't known, the dataset has no {IMAGES_FILE}. Build it again."
            )
        if _read_urls(dataset.path / IMAGES_FILE)["url"].count() == 0:
            raise UsageError("--images url: the annotations give no photo's URL. Pass --images embed or none.")
    return asked


def prepare(dataset: DatasetFolder, mode: Mode, opened: Collection[str], staging: Path) -> Prepared:
    """Make the files to be published.

    Args:
        dataset: As built.
        mode: From `choose_mode`.
        opened: Licences that may be embedded on the user's word, in lower case.
        staging: Where to; what an earlier run finished there is used.

    Raises:
        InputError: Photos are gone since the build. Nothing is written then.
    """
    urls = dataset.path / IMAGES_FILE
    known = _read_urls(urls) if mode == "url" and urls.is_file() else None
    common = [
        __version__,
        mode,
        *sorted(opened),
        xxhash.xxh3_128_hexdigest(urls.read_bytes()) if known is not None else "",
    ]
    # all of them before the first file is written, which takes long
    photos = {file.path: _photos(file, opened) if mode == "embed" else [] for file in dataset.files}
    total = PhotoTally()
    splits: dict[str, tuple[ShardFile, ...]] = {}
    with progress("preparing files", len(dataset.files)) as advance:
        for split, files in dataset.splits.items():
            done = []
            for file in files:
                key = _digest(*common, _file_digest(file.path), json.dumps(photos[file.path]))
                path = staging / key / file.path.name
                tally = _finished(path) or _make(file, path, mode, opened, known)
                total.add(tally)
                done.append(ShardFile(path, pq.read_metadata(path)))
                advance(1)
            splits[split] = tuple(done)
    return Prepared(staging, replace(dataset, splits=splits), mode, total)


def _read_urls(path: Path) -> pl.DataFrame:
    """What `publish_photos` needs of images.parquet.

    Raises:
        InputError: The build didn't write it so.
    """
    try:
        return pl.read_parquet(path, columns=["image_key", "file_name", "url", "photo"])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(path, f"can't be read ({str(error).splitlines()[0]})", "Build the dataset again.") from None


def _held(file: ShardFile) -> Held:
    """What a shard has of its photos: their paths on this machine, their bytes, or their URLs."""
    paths = _column(file, _PATH)
    if not len(paths):
        return "nothing"
    first = str(paths[0])
    return "urls" if _is_url(first) else "paths" if os.path.isabs(first) else "bytes"  # noqa: PTH117


def _column(file: ShardFile, leaf: str) -> pa.Array:
    """The distinct values of a leaf below `input.images`."""
    images = pq.ParquetFile(file.path).read(columns=[leaf])["input"].combine_chunks().field("images")
    return images.flatten().field(leaf.rpartition(".")[2]).unique()


def _is_url(path: str) -> bool:
    return path.startswith(("http://", "https://"))


def _photos(file: ShardFile, opened: Collection[str]) -> list[tuple[str, int, int]]:
    """Path, size and time of change of each photo to be embedded, which tell whether a prepared file is still right."""
    table = pq.ParquetFile(file.path).read(columns=["id", _LICENSE, _PATH])
    images = table["input"].combine_chunks().field("images")
    frame = pl.DataFrame(
        {
            "path": pl.Series(images.flatten().field("path")),
            "owner": pl.Series(pc.list_parent_indices(images)),
        }
    ).unique("path", keep="first", maintain_order=True)
    licenses = pl.Series(table["source"].combine_chunks().field("image_license")).fill_null(UNKNOWN)
    allowed = [name for name in licenses.unique() if may_embed(name, opened)]
    found, lost = [], []
    for path, owner in frame.filter(licenses.gather(frame["owner"]).is_in(allowed)).iter_rows():
        if not os.path.isabs(path):  # noqa: PTH117  (embedded already)
            continue
        try:
            state = os.stat(path)  # noqa: PTH116
        except OSError:
            lost.append((path, str(table["id"][owner])))
        else:
            found.append((path, state.st_size, state.st_mtime_ns))
    if lost:
        path, record = lost[0]
        more = f" (the first of {len(lost)} in {file.path.name})" if len(lost) > 1 else ""
        raise InputError(
            path,
            f"the photo of record {record} is gone since the build{more}",
            "Put it back, or pass --images url or none.",
        )
    return found


def _make(file: ShardFile, path: Path, mode: Mode, opened: Collection[str], urls: pl.DataFrame | None) -> PhotoTally:
    """Write a file to be published, and beside it what became of its photos, which says that it is complete."""
    shutil.rmtree(path.parent, ignore_errors=True)
    try:
        path.parent.mkdir(parents=True)
    except OSError as error:
        reason = f"can't be made ({error.strerror})"
        raise InputError(path.parent, reason, "Files are made ready beside the dataset's folder.") from None
    records = _without_bytes(file)
    if mode == "url" and urls is None:
        tally = PhotoTally(len(records), len(records))  # they have URLs already
    else:
        records, tally = publish_photos(records, mode, opened, urls)
    if mode == "embed" and _held(file) == "bytes":
        if tally.refused:
            loose = path.parent / "photos"
            records, _ = publish_photos(_unembedded(file, loose), mode, opened)
            write_shard(records, path, embed=True)
            shutil.rmtree(loose)
        else:
            link(file.path, path)
    else:
        write_shard(records, path, embed=mode == "embed", content_defined_chunking=True)
    _check_paths(ShardFile(path, pq.read_metadata(path)))
    write_aside(path.with_suffix(".json"), json.dumps(asdict(tally)).encode())
    return tally


def _finished(path: Path) -> PhotoTally | None:
    """What became of the photos of a file that an earlier run made."""
    note = path.with_suffix(".json")
    return PhotoTally(**json.loads(note.read_bytes())) if note.is_file() else None


def _without_bytes(file: ShardFile) -> pa.Table:
    """The records, with nothing of photos but their paths."""
    table = pq.ParquetFile(file.path).read(columns=file.columns)
    images = table["input"].combine_chunks().field("images")
    return with_images(table, pc.list_value_length(images).to_numpy(), images.flatten().field("path"))


def _unembedded(file: ShardFile, folder: Path) -> pa.Table:
    """The records, with their embedded photos written into a folder, and paths to there."""
    whole = pq.ParquetFile(file.path, read_dictionary=[_BYTES])
    groups = []
    for number in range(whole.num_row_groups):
        table = whole.read_row_group(number)
        images = table["input"].combine_chunks().field("images")
        data, names = images.flatten().field("bytes"), images.flatten().field("path")
        folders = [f"{folder}/{xxhash.xxh3_128_hexdigest(photo.as_buffer())}" for photo in data.dictionary]
        places = pl.DataFrame({"which": pl.Series(data.indices), "name": pl.Series(names)}).with_columns(
            path=pl.concat_str(pl.Series(folders).gather(pl.Series(data.indices)), pl.lit("/"), "name")
        )
        for which, _, path in places.unique().iter_rows():
            if not os.path.exists(path):  # noqa: PTH110
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                Path(path).write_bytes(data.dictionary[which].as_buffer())
        groups.append(
            with_images(table, pc.list_value_length(images).to_numpy(), pa.array(places["path"], pa.string()))
        )
    return pa.concat_tables(groups)


def link(source: Path, path: Path) -> None:
    """Let a file have a second name, or a copy where the file system has no such thing."""
    try:
        path.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, path)


def _check_paths(file: ShardFile) -> None:
    """Make sure that no path of this machine is published.

    Raises:
        InputError: There is one: a build was changed by hand, or this module is wrong.
    """
    for path in _column(file, _PATH).to_pylist():
        if not _is_url(path) and Path(path).name != path:
            raise InputError(file.path, f"would publish the path {path}", "Build the dataset again.")


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        digest = xxhash.xxh3_128()
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _digest(*parts: str) -> str:
    return xxhash.xxh3_128_hexdigest("\0".join(parts).encode())
