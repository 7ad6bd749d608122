"""Every number of a card, from one pass over the Parquet files; photos' bytes are never read.

Batches of records become a narrow frame of numbers, a row a record, from which all counts and percentiles are taken. What is
text (labels, answers) is counted batch by batch, or told apart by hash and looked up when it turns out to be frequent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from vlit_hub.draws import draw, salt
from vlit_hub.errors import InputError
from vlit_hub.publishing.folder import DatasetFolder, ShardFile
from vlit_hub.publishing.licenses import may_be_shown

__all__ = ["Candidate", "Measured", "count_words", "measure"]

_BATCH = 1 << 15
SAMPLE = 20_000

_LETTERS = r"\p{L}+"
# Frequent words of English that aren't words of its neighbours too; 61 % of COCO's captions have one.
ENGLISH = r"(?i)\b(?:the|with|and|are|this|what|which|how)\b"
_ADDRESS = r"^https?://"
_OTHER_SCRIPT = r"[\p{L}--\p{Latin}]"

_KIND = pl.when(pl.col("path").str.contains(_ADDRESS)).then(pl.lit("address")).otherwise(pl.lit("file"))
_TEXT = pl.col("input").struct.field("text")
_PHOTOS = pl.col("input").struct.field("images")
_SOURCE = pl.col("source").struct


@dataclass(frozen=True)
class Candidate:
    """A record that the card may show.

    Attributes:
        rank: Lower is better: records whose photo may be shown come first, then those with a photo, in an order drawn by hash.
        file: Where it is.
        row: Its place in the file.
        record: Its fields, without the photos' bytes.
    """

    rank: int
    file: ShardFile
    row: int
    record: dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """What the pass found. Frames that count things have the column `count` and are sorted by it, the most frequent first.

    Attributes:
        numbers: A row a record: `split`, `task`, `granularity`, `strategy`, `license`; `asked_words`, `response_words`, `turns`,
            `images`, `photos` and `regions`; hashes of `instruction`, `response` and the whole `record`; `yes` (null where the
            response is neither yes nor no); and the indicators, as `quality.<name>`.
        images: Records by `split`, `image`, its `license`, and whether the record has its `photo`.
        labels: Regions by `label`.
        sources: Records by annotation `source`.
        generation: Records by `model`, `prompt`, `prompt_version` and `temperature`. Seeds are each record's own.
        language: Texts of a sample by `field`, and whether they are `long` (five words and more), have a frequent `english` word,
            and have letters of another script than Latin (`other_script`).
        photos: Photos by `kind` of their path: `address` of the web, or `file`.
        arrow_bytes: Size of each split in memory; photos count as they are stored, once a row group.
        examples: The record of each task that the card may show.
    """

    numbers: pl.DataFrame
    images: pl.DataFrame
    labels: pl.DataFrame
    sources: pl.DataFrame
    generation: pl.DataFrame
    language: pl.DataFrame
    photos: pl.DataFrame
    arrow_bytes: Mapping[str, int]
    examples: Mapping[str, Candidate]


def measure(folder: DatasetFolder) -> Measured:
    """Read the records of a dataset once.

    Raises:
        InputError: A Parquet file is broken, or there are no records.
    """
    counts: dict[str, list[pl.DataFrame]] = {}
    numbers, sample = [], []
    arrow_bytes = {split: sum(file.photo_bytes for file in files) for split, files in folder.splits.items()}
    examples: dict[str, Candidate] = {}
    every = np.uint64(max(1, sum(file.rows for file in folder.files) // SAMPLE))
    place = 0
    for split, file, first, batch in _batches(folder):
        arrow_bytes[split] += batch.nbytes
        frame = pl.DataFrame(pl.from_arrow(batch.drop_columns("id"))).with_columns(split=pl.lit(split))
        draws = draw(salt(0, "card"), pl.Series(np.arange(place, place + len(frame))))
        numbers.append(frame.select(_numbers(folder.indicators)).with_columns(_words(batch)))
        sample.append(frame.select("instruction", "response").filter(draws % every == 0))
        for name, part in _counted(frame, batch).items():
            counts.setdefault(name, []).append(part)
        _keep_examples(examples, frame, batch, draws, file, first)
        place += len(frame)
    if not place:
        raise InputError(folder.path / "data", "has no records", "Build the dataset again.")
    return Measured(
        numbers=pl.concat(numbers),
        language=_add_up([_count(_language(pl.concat(sample)))]),
        arrow_bytes=arrow_bytes,
        examples=examples,
        **{name: _add_up(parts) for name, parts in counts.items()},
    )


def _batches(folder: DatasetFolder) -> Iterator[tuple[str, ShardFile, int, pa.RecordBatch]]:
    """All records without their photos' bytes: split, file, the place of the batch's first record in it, and the batch."""
    for split, files in folder.splits.items():
        for file in files:
            first = 0
            try:
                reader = pq.ParquetFile(file.path, metadata=file.metadata)
                for batch in reader.iter_batches(_BATCH, columns=file.columns):
                    yield split, file, first, batch
                    first += len(batch)
            except (pa.ArrowException, OSError) as error:
                raise InputError(file.path, f"can't be read ({str(error).splitlines()[0]})", "Build again.") from None


def _numbers(indicators: Iterable[str]) -> list[pl.Expr]:
    asked = pl.col("instruction").hash() ^ _TEXT.hash(1)
    answer = pl.col("response").str.head(4).str.to_lowercase()
    images = _SOURCE.field("image_ids")
    names = {"split", "task", "granularity", "strategy"}
    return [
        *(pl.col(name).cast(pl.Categorical) for name in sorted(names)),
        _SOURCE.field("license").fill_null("unknown").cast(pl.Categorical).alias("license"),
        (pl.col("history").list.len() + 1).alias("turns"),
        images.list.len().alias("images"),
        _PHOTOS.list.len().alias("photos"),
        pl.col("regions").list.len().alias("regions"),
        pl.col("instruction").hash().alias("instruction"),
        pl.col("response").hash().alias("response"),
        pl.struct(images, asked.alias("asked"), "response", "history").hash().alias("record"),
        pl.when(answer.str.contains(r"^(?:yes|no)\b")).then(answer.str.starts_with("yes")).alias("yes"),
        *(pl.col("quality").struct.field(name).alias(f"quality.{name}") for name in indicators),
    ]


def _words(batch: pa.RecordBatch) -> list[pl.Series]:
    """How many words are read and answered in each record. (Regular expressions over texts take five times as long.)"""
    asked = count_words(batch.column("instruction")) + count_words(batch.column("input").field("text"))
    return [pl.Series("asked_words", asked), pl.Series("response_words", count_words(batch.column("response")))]


def count_words(texts: pa.StringArray) -> npt.NDArray[np.uint32]:
    """How many words each text has: what stands between white space (of ASCII); of a null text none."""
    _, offsets_buffer, data = texts.buffers()
    offsets = np.frombuffer(offsets_buffer, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    blank = np.frombuffer(data or b"", np.uint8)[offsets[0] : offsets[-1]] <= ord(" ")
    filled = np.diff(offsets) > 0
    firsts = offsets[:-1][filled] - offsets[0]
    starts = ~blank
    starts[1:] &= blank[:-1]  # a word starts after a blank,
    starts[firsts] = ~blank[firsts]  # or where its text does
    words = np.zeros(len(texts), np.uint32)
    if len(firsts):
        words[filled] = np.add.reduceat(starts, firsts, dtype=np.uint32)
    return words


def _counted(frame: pl.DataFrame, batch: pa.RecordBatch) -> dict[str, pl.DataFrame]:
    """What is counted batch by batch: frames with `count`, to be added up by their other columns."""
    source, given = batch.column("source"), batch.column("input").field("images")
    ids = source.field("image_ids")
    owners = pl.Series(pc.list_parent_indices(ids))
    images = pl.DataFrame({"image": pl.Series(ids.flatten())}).with_columns(
        split=frame["split"].gather(owners),
        license=pl.Series(source.field("image_license")).gather(owners).fill_null("unknown"),
        photo=pl.Series(pc.list_value_length(given)).gather(owners) > 0,
    )
    paths = pl.Series("path", given.flatten().field("path"))
    labels = pl.Series("label", batch.column("regions").flatten().field("label")).drop_nulls()
    sources = pl.Series("source", source.field("datasets").flatten())
    return {
        "images": _count(images),
        "photos": _count(paths.to_frame().select(kind=_KIND)),
        "labels": _count(labels.to_frame()),
        "sources": _count(sources.to_frame()),
        "generation": _count(_generation(batch.column("generation"))),
    }


def _generation(column: pa.StructArray) -> pl.DataFrame:
    """What wrote the records that a language model wrote."""
    wrote = pa.RecordBatch.from_struct_array(column.filter(column.is_valid()))
    return pl.DataFrame(pl.from_arrow(wrote.select(["model", "prompt", "prompt_version", "temperature"])))


def _language(texts: pl.DataFrame) -> pl.DataFrame:
    """A row a text, with what tells its language."""
    return pl.concat(
        texts.select(
            field=pl.lit(name),
            long=pl.col(name).str.count_matches(_LETTERS) >= 5,
            english=pl.col(name).str.contains(ENGLISH),
            other_script=pl.col(name).str.contains(_OTHER_SCRIPT),
        )
        for name in texts.columns
    )


def _count(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.group_by(frame.columns).agg(count=pl.len().cast(pl.Int64))


def _add_up(parts: list[pl.DataFrame]) -> pl.DataFrame:
    """The counts of all batches; the most frequent first, ties in the order of their values."""
    whole = pl.concat(parts)
    keys = [name for name in whole.columns if name != "count"]
    total = whole.group_by(keys).agg(pl.col("count").sum())
    return total.sort("count", *keys, descending=[True, *(False for _ in keys)], nulls_last=True)


def _keep_examples(
    examples: dict[str, Candidate], frame: pl.DataFrame, batch: pa.RecordBatch, draws: Any, file: ShardFile, row: int
) -> None:
    """Note the batch's best record of each task, where none before it was better."""
    licenses = frame.select(_SOURCE.field("image_license").fill_null("unknown").alias("license"))["license"]
    distinct = licenses.unique()
    free = licenses.replace_strict(distinct, [may_be_shown(name) for name in distinct], return_dtype=pl.Boolean())
    paths = frame.select(_PHOTOS.list.first().struct.field("path"))["path"]
    shown = paths.is_not_null() & (free | paths.str.contains(_ADDRESS).fill_null(False))
    tier = np.where(shown, 0, np.where(paths.is_not_null(), 1, 2)).astype(np.uint64)
    ranks = (draws >> np.uint64(2)) | (tier << np.uint64(62))
    best = (
        frame.select("task", rank=pl.Series(ranks), number=pl.int_range(pl.len()))
        .group_by("task")
        .agg(pl.col("rank").min(), pl.col("number").get(pl.col("rank").arg_min()))
    )
    for task, rank, number in best.iter_rows():
        if task not in examples or rank < examples[task].rank:
            record = batch.slice(number, 1).to_pylist()[0]
            examples[task] = Candidate(rank, file, row + number, record)
