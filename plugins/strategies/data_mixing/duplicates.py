"""Near-duplicates across sources: records of one image with nearly the same text; of those, the first source's stay.

Signatures take 256 bytes a record, so they are kept on disk, in as many parts as keep each small; records of one image are in one
part.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from vlit_hub.dataset.hashing import contains, distinct, hash_lists, pairs
from vlit_hub.paths import cache_folder
from vlit_hub.plugins.strategies.data_mixing.candidates import Candidates
from vlit_hub.plugins.strategies.data_mixing.sources import Source
from vlit_hub.quality.groups import connected
from vlit_hub.quality.minhash import HASHES, near_pairs, sign

__all__ = ["remove_near_duplicates"]

_PART = 1 << 19  # records whose signatures are compared at once, 128 MB
_UInt64s = npt.NDArray[np.uint64]
_ENTRY = np.dtype([("scope", "<u8"), ("source", "<u4"), ("row", "<u4"), ("signature", "<u4", (HASHES,))])


def remove_near_duplicates(sources: Sequence[Candidates], similarity: float) -> None:
    """Remove from each source what says nearly the same of the same image as a record of a source before it.

    Images are the same where their files have the same name (`COCO_train2014_` before it apart), or, where no file is named, the
    same id. Records without images are compared with one another. Near-duplicates within one source stay.

    Args:
        sources: In the recipe's order; records that are out already are no reason to remove others.
        similarity: Of the texts' pairs of neighbouring words (Jaccard), from which on they are near-duplicates.

    Raises:
        InputError: A file can't be read.
    """
    scopes = [np.concatenate(list(_scopes(one.source))) for one in sources]
    compared = [one.keep & shared for one, shared in zip(sources, _shared(scopes, sources), strict=True)]
    parts = max(1, -(-sum(int(which.sum()) for which in compared) // _PART))
    cache_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mixing-", dir=cache_folder()) as folder:
        for place, one in enumerate(sources):
            _spill(one.source, place, scopes[place], compared[place], parts, Path(folder))
        for part in range(parts):
            file = Path(folder) / str(part)
            if file.exists():
                _remove(np.fromfile(file, _ENTRY), sources, similarity)


def _scopes(source: Source) -> Iterator[_UInt64s]:
    """A hash of each record's images, by the names of their files."""
    for shard in source.shards:
        for batch in shard.read(["source.image_ids", "source.file_names"]):
            names, ids = batch["source.file_names"], batch["source.image_ids"]
            fits = names.list.len() == ids.list.len()
            pairs = pl.DataFrame({"name": pl.select(pl.when(fits).then(names)).to_series(), "id": ids})
            stem = pl.element().str.extract(r"([^/\\]+?)(?:\.\w+)?$").str.replace(r"^COCO_\w+_", "")
            keys = pairs.select(
                name=pl.col("name").list.eval(stem),
                id=pl.col("id").list.eval(
                    pl.when(pl.element().str.contains(r"^\d{1,12}$"))
                    .then(pl.element().str.zfill(12))
                    .otherwise(pl.element())
                ),
            )
            known = keys["name"].list.eval(pl.element().is_not_null()).list.all().fill_null(False)
            chosen = keys.select(pl.when(known).then("name").otherwise("id")).to_series()
            yield hash_lists(chosen.to_arrow().cast(pa.list_(pa.string())))


def _shared(scopes: Sequence[_UInt64s], sources: Sequence[Candidates]) -> list[npt.NDArray[np.bool_]]:
    """Of each record, whether another source has one of the same images."""
    once = np.concatenate([distinct(own[one.keep]) for own, one in zip(scopes, sources, strict=True)])
    several = distinct(once[pairs(once)[0]])
    return [contains(several, own) for own in scopes]


def _spill(
    source: Source, place: int, scopes: _UInt64s, which: npt.NDArray[np.bool_], parts: int, folder: Path
) -> None:
    """Write the signatures of records to the file of their part."""
    first = 0
    for shard in source.shards:
        for batch in shard.read(["dialogue"]):
            rows = first + np.flatnonzero(which[first : first + len(batch)])
            entries = np.zeros(len(rows), _ENTRY)
            entries["scope"], entries["source"], entries["row"] = scopes[rows], place, rows
            entries["signature"] = sign(batch["dialogue"].gather(rows - first))
            own = entries["scope"] % np.uint64(parts)
            for part in np.unique(own):
                with (folder / str(part)).open("ab") as file:
                    file.write(entries[own == part].tobytes())
            first += len(batch)


def _remove(entries: npt.NDArray[np.void], sources: Sequence[Candidates], similarity: float) -> None:
    pairs = near_pairs(entries["signature"], entries["scope"], similarity)
    groups = connected(len(entries), *pairs)
    first = np.full(len(entries), np.iinfo(np.uint32).max, np.uint32)
    np.minimum.at(first, groups, entries["source"])
    later = entries[entries["source"] > first[groups]]
    for place, one in enumerate(sources):
        gone = np.zeros(len(one.keep), np.bool_)
        gone[later["row"][later["source"] == place]] = True
        one.remove(gone, "near-duplicate of a record of an earlier source")
