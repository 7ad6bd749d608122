"""How a published dataset comes with its photos: `embed` their bytes, refer to them by `url`, or publish `none`.

A dataset built here names photos by their path on this machine, which must never be published. The functions here take
records and give them with the images that shall be published; nothing else of a record changes.

A record either has all its images or none: a record of several images that lacks one would show the wrong ones. Where the
images go, `source.image_ids` and `source.file_names` still say which they are.

A record's picture may be a copy of the photo with its regions drawn in. Such a copy has no URL, and that of the photo shows
another picture than the text speaks of: by URL these records are published without.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from vlit_hub.errors import RecordError
from vlit_hub.publishing.licenses import UNKNOWN, may_be_shown
from vlit_hub.records import schema

__all__ = ["MODES", "Mode", "PhotoTally", "may_embed", "publish_photos", "with_images"]

Mode = Literal["embed", "url", "none"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass
class PhotoTally:
    """What became of the photos, in records.

    Attributes:
        records: All of them.
        kept: Published with their images.
        refused: Published without, because of a licence, by licence.
        lost: Published without, because no file or no URL is known.
        drawn: Published without, because their picture is a copy with something drawn in, which has no URL.
    """

    records: int = 0
    kept: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    drawn: int = 0

    def add(self, other: PhotoTally) -> None:
        """Count another shard in."""
        self.records += other.records
        self.kept += other.kept
        for license, count in other.refused.items():
            self.refused[license] = self.refused.get(license, 0) + count
        self.lost += other.lost
        self.drawn += other.drawn


def may_embed(license: str, opened: Collection[str]) -> bool:
    """Whether copies of an image may be published: its licence is known to allow any use, or was opened by the user.

    Args:
        license: An id, or several joined by ` AND `; `unknown` where nobody says.
        opened: Ids in lower case that the user vouches for.
    """
    return all(part.lower() in opened or may_be_shown(part) for part in license.split(" AND "))


def publish_photos(
    records: pa.Table, mode: Mode, opened: Collection[str] = (), urls: pl.DataFrame | None = None
) -> tuple[pa.Table, PhotoTally]:
    """The records with the images that shall be published.

    Args:
        records: Of the record's schema, with images by path.
        mode: With `embed` paths stay where the licence allows it, to be read by whoever writes the file; with `url` all
            images become URLs, whether or not their photo is on this machine.
        opened: For `may_embed`.
        urls: For `url`: columns `image_key`, `file_name`, `url`, and `photo`, the name of the photo's file on this machine.
    """
    tally = PhotoTally(records=len(records))
    images = records["input"].combine_chunks().field("images")
    lengths = pc.list_value_length(images).to_numpy()
    paths = images.flatten().field("path")
    source = records["source"].combine_chunks()
    keep = np.zeros(len(records), dtype=np.bool_)
    if mode == "url":
        assert urls is not None
        by_url = _by_url(records["id"], images, source, urls)
        lengths, paths, keep = by_url.lengths, by_url.paths, by_url.found & ~by_url.drawn
        tally.drawn = int(np.count_nonzero(by_url.drawn))
        tally.lost = len(records) - tally.drawn - int(np.count_nonzero(keep))
    elif mode == "embed":
        shown = lengths > 0
        licenses = pl.Series("license", source.field("image_license")).fill_null(UNKNOWN)
        allowed = [name for name in licenses.unique() if may_embed(name, opened)]
        keep = shown & licenses.is_in(allowed).to_numpy()
        counted = licenses.filter(pl.Series(shown & ~keep)).value_counts().sort("license")
        tally.refused = dict(counted.iter_rows())
        tally.lost = int(np.count_nonzero(~shown))
    tally.kept = int(np.count_nonzero(keep))
    paths = paths.filter(pa.array(np.repeat(keep, lengths)))
    return with_images(records, lengths * keep, paths), tally


def with_images(records: pa.Table, lengths: npt.NDArray[np.integer[Any]], paths: pa.Array) -> pa.Table:
    """The records with other images: so many each, by these paths."""
    field = schema().field("input")
    kind = field.type.field("images").type
    cells = pa.StructArray.from_arrays([pa.nulls(len(paths), pa.binary()), paths], fields=list(kind.value_type))
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    images = pa.ListArray.from_arrays(pa.array(starts), cells, type=kind)
    texts = records["input"].combine_chunks().field("text")
    whole = pa.StructArray.from_arrays([images, texts], fields=list(field.type))
    return records.set_column(records.column_names.index("input"), field, whole)


@dataclass(frozen=True)
class _ByUrl:
    """A row a record: how many images it has; whether all of them have a URL; whether a picture is a copy, drawn into.

    `paths` are the images' URLs, null where unknown.
    """

    lengths: npt.NDArray[np.int64]
    paths: pa.Array
    found: npt.NDArray[np.bool_]
    drawn: npt.NDArray[np.bool_]


def _by_url(records: pa.ChunkedArray, images: pa.ListArray, source: pa.StructArray, urls: pl.DataFrame) -> _ByUrl:
    ids, names = source.field("image_ids"), source.field("file_names")
    lengths, given = (pc.list_value_length(lists).to_numpy().astype(np.int64) for lists in (ids, images))
    for name, unequal in (
        ("source.file_names", lengths != pc.list_value_length(names).to_numpy()),
        ("input.images", (given > 0) & (given != lengths)),
    ):
        if unequal.any():
            raise RecordError(str(records[int(unequal.argmax())]), name, "aren't as many as source.image_ids")
    asked = pl.DataFrame({"image_key": pl.Series(ids.flatten()), "file_name": pl.Series(names.flatten())})
    keys = ["image_key", "file_name"]
    table = urls.select(*keys, "url", "photo", listed=True).unique(keys, keep="first", maintain_order=True)
    known = asked.join(table, on=keys, how="left", maintain_order="left", nulls_equal=True)
    owners = np.repeat(np.arange(len(ids)), lengths)
    having = np.bincount(owners, weights=known["url"].is_not_null().to_numpy(), minlength=len(ids))
    # a picture that isn't named as its image's photo is another file
    shown = known.filter(pl.Series(np.repeat(given > 0, lengths), dtype=pl.Boolean())).select(
        "photo",
        "listed",
        path=pl.Series(images.flatten().field("path"), dtype=pl.String()),
        owner=pl.Series(np.repeat(np.arange(len(ids)), given)),
    )
    base = pl.col("path").str.extract(r"([^/\\]+)$")
    is_url = pl.col("path").str.contains(r"^https?://").fill_null(False)
    drawn = np.zeros(len(ids), dtype=np.bool_)
    drawn[shown.filter(pl.col("listed") & ~is_url & base.ne_missing(pl.col("photo")))["owner"]] = True
    texts = known["url"].to_arrow(compat_level=pl.CompatLevel.oldest()).cast(pa.string())
    return _ByUrl(lengths, texts, (lengths > 0) & (having == lengths), drawn)
