"""Records that are in a benchmark, by the indicators that measure that: `benchmark_overlap` and `benchmark_images`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import xxhash

from vlit_hub import plugin_manager
from vlit_hub.errors import UsageError
from vlit_hub.plugins.strategies.data_mixing.candidates import Candidates
from vlit_hub.plugins.strategies.data_mixing.recipe import Contamination
from vlit_hub.quality.indicator import Individual, PhotoIndicator
from vlit_hub.quality.photo import BrokenPhoto, Photo

__all__ = ["benchmark_state", "remove_contaminated"]

_REASON = "in a benchmark"
_PHOTO_ROWS = 512  # records whose photos are in memory at once


def remove_contaminated(one: Candidates, given: Contamination) -> None:
    """Remove what is in a benchmark from a source.

    Raises:
        InputError: A benchmark can't be read.
        UsageError: The plugin with the indicators is switched off.
    """
    for indicator, options in _measures(given):
        loaded = indicator.load(options, "cpu")
        frames = _photo_hashes(one) if indicator.name == "benchmark_images" else _texts(one, indicator)
        found = pl.concat([indicator.measure(frame, options, loaded) for frame in frames], how="vertical_relaxed")
        one.remove(_contaminated(found, given), _REASON)


def benchmark_state(given: Contamination) -> list[str]:
    """Hashes of the benchmarks' content."""
    return [indicator.revision(options) for indicator, options in _measures(given)]


def _measures(given: Contamination) -> Iterator[tuple[Individual, object]]:
    """Indicators with their options, one a benchmark."""
    for file in given.questions:
        indicator = _indicator("benchmark_overlap")
        yield indicator, indicator.Options.model_validate({"file": file, "words": given.words})
    for folder in given.images:
        indicator = _indicator("benchmark_images")
        yield indicator, indicator.Options.model_validate({"folder": folder})


def _indicator(name: str) -> Individual:
    found = plugin_manager.indicators().get(name)
    if not isinstance(found, Individual):
        raise UsageError(
            f"contamination is measured by the indicator {name}, which no plugin gives. See vlit-hub plugins."
        )
    return found


def _texts(one: Candidates, indicator: Individual) -> Iterator[pl.DataFrame]:
    for shard in one.source.shards:
        yield from shard.read(indicator.reads)


def _photo_hashes(one: Candidates) -> Iterator[pl.DataFrame]:
    """The hashes of each record's photos; those that can't be read have none. A photo is decoded once, however many show it."""
    indicator = plugin_manager.indicators()["image_hash"]
    assert isinstance(indicator, PhotoIndicator)
    known: dict[str, int | None] = {}

    def measured(shown: tuple[str, bytes | None]) -> int | None:
        name, data = shown
        try:
            photo = Photo.decode(Path(name).read_bytes() if data is None else data)
        except (BrokenPhoto, OSError):
            return None
        return int(indicator.measure([photo], None, None)["image_hash"][0])

    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        for shard in one.source.shards:
            for batch in shard.read(["input.images"], _PHOTO_ROWS):
                photos = [[_named(photo) for photo in images or ()] for images in batch["input.images"].to_list()]
                new = {name: data for images in photos for name, data in images if name not in known}
                known.update(zip(new, pool.map(measured, new.items()), strict=True))
                hashes = [[known[name] for name, _ in images if known[name] is not None] for images in photos]
                yield pl.DataFrame({"image_hash": hashes}, schema={"image_hash": pl.List(pl.UInt64)})


def _named(photo: Mapping[str, Any]) -> tuple[str, bytes | None]:
    """A photo by its content where that is embedded, by its path where it isn't."""
    data = photo["bytes"]
    return (str(photo["path"]), None) if data is None else (xxhash.xxh3_128_hexdigest(data), data)


def _contaminated(found: pl.DataFrame, given: Contamination) -> npt.NDArray[np.bool_]:
    """Of each record, whether what was measured says that it is in the benchmark; what can't be said is no."""
    if "benchmark_image_bits" in found.columns:
        fault = pl.col("benchmark_image_bits") <= given.bits
    else:
        fault = (pl.col("benchmark_text") > given.overlap).fill_null(False) | pl.col("benchmark_image").fill_null(False)
    faults: npt.NDArray[np.bool_] = found.select(fault.fill_null(False)).to_series().to_numpy()
    return faults
