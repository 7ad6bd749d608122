"""Records that are in a benchmark already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pydantic
import xxhash

from vlit_hub.errors import InputError
from vlit_hub.quality.indicator import IndicatorOptions, Individual
from vlit_hub.quality.words import Words, split_words

__all__ = ["BenchmarkOverlap"]

_FORM = "Give a text file with a question a line, or JSON lines of objects with `question` (and `image`)."


class _Options(IndicatorOptions):
    file: Path | None = pydantic.Field(
        None,
        exclude=True,
        description="A benchmark's questions: a text file, one a line; or .jsonl with question and image.",
    )
    words: int = pydantic.Field(8, ge=2, le=50, description="Runs of so many words are compared.")


@dataclass(frozen=True)
class _Benchmark:
    """Sorted hashes.

    Attributes:
        runs: Of runs of words in questions.
        short: Of whole questions that have fewer words, by their number of words.
        images: Names of images, without folder and ending.
    """

    runs: npt.NDArray[np.uint64]
    short: dict[int, npt.NDArray[np.uint64]]
    images: frozenset[str]


class BenchmarkOverlap(Individual):
    """What of a record stands in a benchmark that the user names (`-o benchmark_overlap.file=questions.jsonl`):

        benchmark_text = share of the turns' runs of 8 words that are in its questions;
                         1 where a shorter question is the whole instruction (or the text that goes with it)
        benchmark_image = whether an image id or file name is one of its images

    Contamination by n-grams, as in Brown et al. 2020 (GPT-3, appendix C, with 13 words; questions about images are shorter).
    Paraphrases aren't found; images under other names are by `benchmark_images`.
    """

    name = "benchmark_overlap"
    measures = (
        "Share of the record's runs of words that are in the questions of a benchmark that the user named, and whether an"
        " image is one of its images by name."
    )
    backend = "NumPy"
    reads = ("instruction", "input.text", "dialogue", "source.image_ids", "source.file_names")
    columns = {"benchmark_text": pa.float32(), "benchmark_image": pa.bool_()}
    Options = _Options

    def cannot_run(self, options: _Options) -> str | None:
        """Until a benchmark is named."""
        return None if options.file else "no benchmark is named: -o benchmark_overlap.file=QUESTIONS"

    def revision(self, options: _Options) -> str:
        """A hash of the benchmark."""
        return xxhash.xxh3_64_hexdigest(_content(options.file)) if options.file else ""

    def load(self, options: _Options, device: str) -> _Benchmark:
        """The benchmark, hashed."""
        assert options.file is not None
        questions, images = _read(options.file)
        words = split_words(pl.Series(questions, dtype=pl.String))
        runs = np.unique(words.ngrams(options.words)[0])
        short = {length: np.unique(_whole(words, length)[0]) for length in range(1, options.words)}
        return _Benchmark(
            runs,
            {length: known for length, known in short.items() if len(known)},
            frozenset(Path(one).stem for one in images),
        )

    def measure(self, records: pl.DataFrame, options: _Options, loaded: _Benchmark) -> pl.DataFrame:
        """benchmark_text is null where a record has too few words and isn't a question of it; benchmark_image is null where the
        benchmark names no images.
        """
        words = split_words(records["dialogue"])
        runs, owners = words.ngrams(options.words)
        hits = np.isin(runs, loaded.runs)
        whole = np.bincount(owners, minlength=len(records))
        found = np.bincount(owners[hits], minlength=len(records))
        share = np.divide(found, whole, out=np.full(len(records), np.nan), where=whole > 0)
        for name in ("instruction", "input.text"):
            for owners in _of_short(split_words(records[name]), loaded.short):
                share[owners] = 1
        return pl.DataFrame({"benchmark_text": share, "benchmark_image": _shown(records, loaded.images)})


def _whole(words: Words, length: int) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    """A hash of each text of so many words, and the texts."""
    runs, owners = words.ngrams(length)
    exact = words.counts[owners] == length
    return runs[exact], owners[exact]


def _of_short(words: Words, short: Mapping[int, npt.NDArray[np.uint64]]) -> Iterator[npt.NDArray[np.int64]]:
    """The texts that are wholly a short question."""
    for length, known in short.items():
        texts, owners = _whole(words, length)
        yield owners[np.isin(texts, known)]


def _shown(records: pl.DataFrame, images: frozenset[str]) -> pl.Series:
    if not images:
        return pl.Series([None] * len(records), dtype=pl.Boolean)
    names = sorted(images)
    stem = pl.element().str.split("/").list.last().str.replace(r"\.\w+$", "").is_in(names).any()
    frame = records.select(
        pl.col(name).list.eval(stem).list.first().fill_null(False) for name in ("source.image_ids", "source.file_names")
    )
    return frame.select(pl.any_horizontal(pl.all())).to_series()


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(file, f"can't be read ({error.strerror})", _FORM) from None


def _read(file: Path) -> tuple[list[str], list[str]]:
    """Questions and images.

    Raises:
        InputError: It isn't a benchmark.
    """
    try:
        lines = [line.strip() for line in _content(file).decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise InputError(file, "isn't UTF-8", _FORM) from None
    if file.suffix != ".jsonl":
        return [line for line in lines if line], []
    questions, images = [], []
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            one: Any = msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            raise InputError(file, f"line {number}: {error}", _FORM) from None
        if not isinstance(one, dict) or not isinstance(one.get("question"), str):
            raise InputError(file, f"line {number} has no `question`", _FORM)
        questions.append(one["question"])
        if one.get("image") is not None:
            images.append(str(one["image"]))
    return questions, images
