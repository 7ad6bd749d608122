"""A mix from start to end: choosing, which reads a few columns; then writing, which reads the chosen records a row group at a
time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import xxhash

from vlit_hub.building.output import IMAGES_FILE
from vlit_hub.dataset.folder import FolderWriter
from vlit_hub.dataset.hashing import hash_texts, pairs
from vlit_hub.errors import RecordError, UsageError
from vlit_hub.plugins.strategies.data_mixing.candidates import (
    Candidates,
    Vocabulary,
    cap,
    find_clashes,
    read_candidates,
)
from vlit_hub.plugins.strategies.data_mixing.choosing import Copies, asked_shares, choose
from vlit_hub.plugins.strategies.data_mixing.contamination import benchmark_state, remove_contaminated
from vlit_hub.plugins.strategies.data_mixing.duplicates import remove_near_duplicates
from vlit_hub.plugins.strategies.data_mixing.interleaving import in_turn, interleaved
from vlit_hub.plugins.strategies.data_mixing.recipe import Recipe
from vlit_hub.plugins.strategies.data_mixing.sources import Source, mixed_schema, open_sources
from vlit_hub.plugins.strategies.data_mixing.streams import Stream
from vlit_hub.progress import progress
from vlit_hub.quality.filtering import kept_by
from vlit_hub.quality.fragments import load_scores
from vlit_hub.strategy import DatasetPlan

__all__ = ["MixPlan"]

VERSION = 1  # counts up whenever the same recipe and datasets give other records

_SHARD_ROWS = 1 << 17
_SHARD_BYTES = 512 << 20
_IMAGE_COLUMNS = ("image_key", "file_name", "width", "height", "license", "url", "photo")


class MixPlan(DatasetPlan):
    """A mix that can be counted and written.

    Args:
        recipe: What to mix.

    Raises:
        UsageError: A source isn't there, or two have one name.
        InputError: A source can't be read, or doesn't fit the others.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.sources = open_sources(recipe)
        self.schema = mixed_schema(self.sources)
        names = ", ".join(source.name for source in self.sources)
        self.about = f"Vision-language instruction data, mixed from {names}. `build.json` says how."
        self._tasks, self._granularities = Vocabulary(), Vocabulary()

    @cached_property
    def fingerprint(self) -> str:
        """Of the recipe, with the datasets' content in the place of their names, and of what filters and benchmarks depend on."""
        recipe = self.recipe.model_dump(mode="json", exclude={"contamination": {"questions", "images"}})
        for given, source in zip(recipe["sources"], self.sources, strict=True):
            measured = load_scores(source.dataset)["indicators"] if source.recipe.filter else {}
            given |= {"dataset": [shard.digest for shard in source.shards], "name": source.name, "split": source.split}
            given["measured"] = {name: entry["settings"] for name, entry in measured.items()}
        benchmarks = benchmark_state(self.recipe.contamination) if self.recipe.contamination else []
        state = json.dumps([VERSION, recipe, benchmarks], sort_keys=True)
        return xxhash.xxh3_64_hexdigest(state.encode())

    @cached_property
    def candidates(self) -> list[Candidates]:
        """What may be chosen of each source."""
        found = []
        with progress("reading", sum(source.rows for source in self.sources)) as advance:
            for source in self.sources:
                one = read_candidates(source, self.recipe, self._tasks, self._granularities)
                if source.recipe.filter is not None:
                    one.remove(~_kept(source, source.recipe.filter), f"filter {source.recipe.filter}")
                if self.recipe.contamination is not None:
                    remove_contaminated(one, self.recipe.contamination)
                found.append(one)
                advance(source.rows)
        if self.recipe.near_duplicates == "remove":
            remove_near_duplicates(found, self.recipe.similarity)
        for one in found:
            cap(one, self._tasks.names)
        return found

    @cached_property
    def copies(self) -> list[Copies]:
        """How often each record of each source is taken.

        Raises:
            UsageError: A source is too small for its part.
        """
        names = {"tasks": self._tasks.names, "granularities": self._granularities.names}
        return choose(self.recipe, self.candidates, names)

    def preview(self) -> dict[str, Any]:
        """What each source would give, as `mixed_from` of build.json has it, but for the licences."""
        return {"records": int(sum(copies.sum() for copies in self.copies)), "mixed_from": self._mixed_from()}

    def write(self, writer: FolderWriter) -> Mapping[str, Any]:
        """Write the mix; what build.json says of it."""
        renamed = find_clashes(self.candidates)
        streams = [
            Stream(source, copies, clashes, self.schema)
            for source, copies, clashes in zip(self.sources, self.copies, renamed, strict=True)
        ]
        counts = [int(copies.sum()) for copies in self.copies]
        if not sum(counts):
            raise UsageError("nothing is left to mix; nothing was written. Loosen the recipe.")
        changed = any((copies > 1).any() or own.any() for copies, own in zip(self.copies, renamed, strict=True))
        ids: list[npt.NDArray[np.uint64]] = []
        with progress("writing", sum(counts)) as advance:
            blocks = self._blocks(streams, counts)
            for block in blocks:
                shard = _noted(_shard(block, blocks), ids if changed else None, advance)
                writer.write(self.recipe.split, shard, streams[0].schema)
        if changed:
            _refuse_repeated(ids)
        known = [images for source in self.sources for images in _images(source, self.recipe.split)]
        if known:
            shown = pl.concat(map(writer.shown, known), how="vertical_relaxed")
            writer.write_images(shown.unique(["image_key", "file_name"], keep="first", maintain_order=True))
        return self._describe(streams, renamed)

    def _blocks(self, streams: Sequence[Stream], counts: Sequence[int]) -> Iterator[pa.Table]:
        """The mix in its order."""
        order = interleaved if self.recipe.order == "interleave" else in_turn
        for taken, places in order(counts):
            parts = [table for stream, count in zip(streams, taken, strict=True) for table in stream.take(count)]
            yield pa.concat_tables(parts).combine_chunks().take(pa.array(places))

    def _mixed_from(self) -> list[dict[str, Any]]:
        shares = asked_shares(self.recipe, self.candidates)
        told = []
        for place, (one, copies) in enumerate(zip(self.candidates, self.copies, strict=True)):
            source, given = one.source, one.source.recipe
            tasks = np.bincount(one.tasks, weights=copies, minlength=len(self._tasks.names))
            told.append(
                {
                    "name": source.name,
                    "dataset": source.dataset.name,
                    "fingerprint": source.dataset.build.get("fingerprint"),
                    "digest": source.dataset.digest,
                    "split": source.split,
                    "there": source.rows,
                    "left_out": dict(one.removed),
                    "asked": {
                        "proportion": given.proportion,
                        "records": given.records,
                        "share": round(float(shares[place]), 6) if shares else None,
                    },
                    "records": int(copies.sum()),
                    "different": int((copies > 0).sum()),
                    "repeats": int(np.maximum(copies - 1, 0).sum()),
                    "text_only": int(copies[one.images == 0].sum()),
                    "tasks": {
                        name: int(count) for name, count in sorted(zip(self._tasks.names, tasks, strict=True)) if count
                    },
                }
            )
        return told

    def _describe(self, streams: Sequence[Stream], renamed: Sequence[npt.NDArray[np.bool_]]) -> dict[str, Any]:
        mixed_from = self._mixed_from()
        for told, stream in zip(mixed_from, streams, strict=True):
            told["licenses"] = dict(sorted(stream.licenses.items()))
            told["image_licenses"] = dict(sorted(stream.image_licenses.items()))
        text_only = sum(one["text_only"] for one in mixed_from)
        clashes = sum(int((copies[own] > 0).sum()) for copies, own in zip(self.copies, renamed, strict=True))
        recipe = self.recipe.model_dump(mode="json", exclude_defaults=True)
        for given, source in zip(recipe["sources"], self.sources, strict=True):
            given["dataset"] = source.dataset.name
        if benchmarks := recipe.get("contamination"):
            for key in {"questions", "images"} & benchmarks.keys():
                benchmarks[key] = [path.rpartition("/")[2] for path in benchmarks[key]]
        return {
            "strategy": {"options": recipe},
            "mixture": "hybrid" if text_only else "pure",
            "mixed_from": mixed_from,
            "sources": _annotation_sources(self.sources),
            "counts": {
                "records_repeated": sum(one["repeats"] for one in mixed_from),
                "ids_made_distinct": clashes,
                "text_only": text_only,
            },
        }


def _kept(source: Source, expression: str) -> npt.NDArray[np.bool_]:
    """What a filter keeps of the source's split."""
    whole = kept_by(source.dataset, expression)
    shards = source.dataset.shards
    which = np.repeat([shard.split == source.split for shard in shards], [shard.rows for shard in shards])
    kept: npt.NDArray[np.bool_] = whole[which]
    return kept


def _shard(first: pa.Table, blocks: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The blocks of one file."""
    rows, size, block = 0, 0, first
    while True:
        yield block
        rows, size = rows + len(block), size + block.nbytes
        if rows >= _SHARD_ROWS or size >= _SHARD_BYTES:
            return
        following = next(blocks, None)
        if following is None:
            return
        block = following


def _noted(blocks: Iterator[pa.Table], ids: list[npt.NDArray[np.uint64]] | None, advance: Any) -> Iterator[pa.Table]:
    for block in blocks:
        if ids is not None:
            ids.append(hash_texts(block["id"]))
        yield block
        advance(len(block))


def _refuse_repeated(ids: Sequence[npt.NDArray[np.uint64]]) -> None:
    """Two records of one id would be an error in whatever reads the mix."""
    if len(pairs(np.concatenate(ids))[0]):
        raise RecordError(
            "a record",
            "id",
            "is the id of another record too: a source has ids that end in ~2 or @NAME. Mix without upsample.",
        )


def _images(source: Source, split: str) -> Iterator[pl.DataFrame]:
    """What the source's images.parquet, if it has one, says of its split, as the split of the mix."""
    file = source.dataset.path / IMAGES_FILE
    if file.is_file():
        images = pl.read_parquet(file).filter(pl.col("split") == source.split)
        yield images.select(pl.lit(split).alias("split"), *_IMAGE_COLUMNS)


def _annotation_sources(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """The annotation sources that the datasets were made from, each once, with the files of all."""
    found: dict[str, dict[str, Any]] = {}
    for source in sources:
        for one in source.dataset.build.get("sources", []):
            known = found.setdefault(one["name"], {**one, "files": []})
            known["files"] += [file for file in one.get("files", []) if file not in known["files"]]
    return list(found.values())
