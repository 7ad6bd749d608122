"""Photos that are in a benchmark already."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pydantic
import xxhash

from vlit_hub.errors import InputError
from vlit_hub.plugins.quality.image_hash import ImageHash
from vlit_hub.quality.indicator import IndicatorOptions, Individual
from vlit_hub.quality.photo import BrokenPhoto, Photo

__all__ = ["BenchmarkImages"]

_Hashes = npt.NDArray[np.uint64]
_PAIRS = 1 << 24  # of hashes, compared at once
_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff"}
_FORM = "Name a folder with a benchmark's images: -o benchmark_images.folder=IMAGES."


class _Options(IndicatorOptions):
    folder: Path | None = pydantic.Field(
        None, exclude=True, description="A folder with a benchmark's images; those in folders within count too."
    )


class BenchmarkImages(Individual):
    """How near a record's photos are to a benchmark's, which the user names (`-o benchmark_images.folder=IMAGES`):

        benchmark_image_bits = fewest of the 64 bits of the difference hash (`image_hash`) in which one of the record's photos and
                               one of the benchmark's differ

    0 to 3: the same photo, perhaps in another size or encoding (`image_copies` takes as many for copies); unrelated photos differ
    in some 20 to 40. So `benchmark_image_bits > 3` leaves copies out, under whatever name. Crops and mirror images aren't found;
    plain photos may be taken for copies.
    """

    name = "benchmark_images"
    measures = (
        "Fewest bits of 64 in which a photo's hash differs from one of a benchmark that the user named; to 3: a copy."
    )
    backend = "NumPy"
    reads = ("image_hash",)
    columns = {"benchmark_image_bits": pa.int32()}
    Options = _Options

    @property
    def inputs(self) -> tuple[str, ...]:
        """Photos."""
        return ("image",)

    def cannot_run(self, options: _Options) -> str | None:
        """Until a benchmark is named."""
        return None if options.folder else "no benchmark is named: -o benchmark_images.folder=IMAGES"

    def revision(self, options: _Options) -> str:
        """A hash of the benchmark's hashes."""
        return xxhash.xxh3_64_hexdigest(self.load(options, "cpu").tobytes()) if options.folder else ""

    def load(self, options: _Options, device: str) -> _Hashes:
        """The benchmark's hashes, sorted, each once.

        Raises:
            InputError: There is no such folder, or no image in it; or one of them can't be read.
        """
        assert options.folder is not None
        folder = options.folder.expanduser()
        if not folder.is_dir():
            raise InputError(folder, "is no folder", _FORM)
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS)
        if not files:
            raise InputError(folder, "has no images", _FORM)
        states = [path.stat() for path in files]
        return _hashes(tuple((path, one.st_size, one.st_mtime_ns) for path, one in zip(files, states, strict=True)))

    def measure(self, records: pl.DataFrame, options: _Options, loaded: _Hashes) -> pl.DataFrame:
        """Null for records without a photo that can be read."""
        shown = records.select(row=pl.int_range(pl.len()), hash="image_hash").explode(
            "hash", empty_as_null=True, keep_nulls=True
        )
        shown = shown.drop_nulls()
        different, places = np.unique(shown["hash"].to_numpy(), return_inverse=True)
        nearest = shown.select("row", bits=pl.Series(_nearest(different, loaded)[places], dtype=pl.Int32))
        nearest = nearest.group_by("row").agg(benchmark_image_bits=pl.col("bits").min())
        rows = pl.DataFrame({"row": np.arange(len(records))})
        return rows.join(nearest, on="row", how="left", maintain_order="left").drop("row")


@lru_cache(maxsize=1)
def _hashes(files: tuple[tuple[Path, int, int], ...]) -> _Hashes:
    """Of files, which are told apart by size and time of change too."""
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        return np.unique(np.fromiter(pool.map(_hash, (path for path, _, _ in files)), np.uint64))


def _hash(path: Path) -> int:
    try:
        photo = Photo.decode(path.read_bytes())
    except (BrokenPhoto, OSError) as error:
        raise InputError(path, f"can't be read ({error})", "Mend it, or take it out of the folder.") from None
    value: int = ImageHash().measure([photo], None, None)["image_hash"][0]
    return value


def _nearest(hashes: _Hashes, known: _Hashes) -> npt.NDArray[np.int32]:
    """The fewest bits in which each hash differs from a known one."""
    fewest = np.full(len(hashes), 64, np.int32)
    step = max(1, _PAIRS // max(1, len(known)))
    for first in range(0, len(hashes), step):
        part = hashes[first : first + step, None] ^ known[None, :]
        fewest[first : first + step] = np.bitwise_count(part).min(axis=1)
    return fewest
