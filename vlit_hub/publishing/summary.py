"""What a card says in numbers, as plain values: shares, percentiles, the most frequent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from vlit_hub.publishing.folder import DatasetFolder
from vlit_hub.publishing.licenses import License, describe
from vlit_hub.publishing.measuring import Measured
from vlit_hub.tasks import TASKS

__all__ = ["Counted", "Indicator", "Range", "SplitSummary", "Summary", "TaskSummary", "summarise"]

_TOP = 10
_COVERED = 0.95  # of a task's responses by yes and no, for the balance of the two to be worth telling

# What the indicators mean that come with the annotations. Others say it in the metadata of their columns.
_MEANINGS = {
    "annotator_agreement": "The share of the annotators who gave the response (VQA: of ten). Null where one annotator wrote it, "
    "or where it isn't the answer to a question.",
    "unsupported_mentions": "How many categories of objects the text claims that no annotation of the image supports. Null where "
    "that wasn't looked for: a response taken from the annotations claims nothing else. Words are compared, not the photo: an "
    "object that is there and that nobody annotated counts as unsupported.",
}


@dataclass(frozen=True)
class Range:
    """How a number is distributed over records."""

    mean: float
    p5: float
    median: float
    p95: float
    largest: float


@dataclass(frozen=True)
class Counted:
    """Something and how often it is there; `share` of the whole, in (0, 1]."""

    name: str
    count: int
    share: float


@dataclass(frozen=True)
class SplitSummary:
    """A split: records and images, and how many of both have a photo (its bytes, or a path or an address of it)."""

    name: str
    records: int
    images: int
    records_with_photo: int


@dataclass(frozen=True)
class TaskSummary:
    """A task.

    Attributes:
        name: As in the records.
        asks: What it asks, in words; empty for a plugin's own.
        records: How many, in all; `by_split` in each split, in the splits' order.
        share: Of all records.
        asked: Words that are read: instruction and `input.text`.
        answered: Words of the response.
        instructions: How many different ones; `responses` likewise.
        top: The most frequent response; None where none is there twice.
        yes: The share of yes, where the responses are yes or no; None elsewhere.
    """

    name: str
    asks: str
    records: int
    by_split: tuple[int, ...]
    share: float
    asked: Range
    answered: Range
    instructions: int
    responses: int
    top: Counted | None
    yes: float | None


@dataclass(frozen=True)
class Indicator:
    """An indicator of quality: what it means, for how many records it is known, and its values (in numbers, or by value)."""

    name: str
    kind: str
    meaning: str
    metadata: dict[str, str]
    known: int
    share: float
    values: Range | None
    counts: tuple[Counted, ...]


@dataclass(frozen=True)
class Summary:
    """All of it. Tasks, licences, labels: the most frequent first.

    Attributes:
        repeated: Records that are word for word the same as another one of the same image.
        published_photos: How many images have a photo (see `photos`), by licence.
        photos: Where they are: `embedded` in the files, at a web `address`, on a disk (`file`), or `none`.
        english: Share of sampled texts of five words and more that have a frequent English word; of instructions or of responses,
            whichever is less. None where no text is so long.
        other_script: Share of sampled texts with letters that aren't Latin.
        disputed: Share of the answers that at most half of the annotators gave; None where none is known.
        unsupported: Share of the records looked at that claim an object which no annotation supports; None where none was.
    """

    records: int
    images: int
    splits: tuple[SplitSummary, ...]
    tasks: tuple[TaskSummary, ...]
    granularities: tuple[Counted, ...]
    strategies: tuple[Counted, ...]
    sources: tuple[Counted, ...]
    asked: Range
    answered: Range
    turns: Range
    images_per_record: Range
    records_per_image: Range
    regions_per_record: Range
    records_with_regions: int
    repeated: int
    labels: tuple[Counted, ...]
    distinct_labels: int
    indicators: tuple[Indicator, ...]
    annotation_licenses: tuple[tuple[License, Counted], ...]
    image_licenses: tuple[tuple[License, Counted], ...]
    generation: tuple[dict[str, Any], ...]
    published_photos: dict[str, int]
    photos: str
    english: float | None
    other_script: float
    disputed: float | None
    unsupported: float | None

    @property
    def records_with_photo(self) -> int:
        """Over all splits."""
        return sum(split.records_with_photo for split in self.splits)

    @property
    def generated(self) -> int:
        """How many records a language model wrote."""
        return sum(row["count"] for row in self.generation)

    @property
    def imported(self) -> int:
        """How many records came ready-made, so that nothing here tells who or what wrote them."""
        return sum(one.count for one in self.strategies if one.name == "imported")

    @property
    def language(self) -> str | None:
        """`en` where that can be told from a sample of the texts; of COCO's captions 61 % have one of the words."""
        return "en" if self.english is not None and self.english >= 0.4 and self.other_script <= 0.02 else None


def summarise(folder: DatasetFolder, found: Measured) -> Summary:
    """Turn what was measured into what a card says."""
    numbers = found.numbers
    images = found.images.group_by("split", "image").agg(
        pl.col("license").first(), pl.col("count").sum(), pl.col("photo").any()
    )
    photo_counts = dict(numbers["split"].filter(numbers["photos"] > 0).value_counts().iter_rows())
    image_counts = dict(images["split"].value_counts().iter_rows())
    record_counts = dict(numbers["split"].value_counts().iter_rows())
    long = found.language.filter("long")
    return Summary(
        records=len(numbers),
        images=len(images),
        splits=tuple(
            SplitSummary(name, record_counts.get(name, 0), image_counts.get(name, 0), photo_counts.get(name, 0))
            for name in folder.splits
        ),
        tasks=_tasks(folder, numbers),
        granularities=_counted(numbers["granularity"]),
        strategies=_counted(numbers["strategy"]),
        sources=_shares(found.sources, len(numbers)),
        asked=_range(numbers["asked_words"]),
        answered=_range(numbers["response_words"]),
        turns=_range(numbers["turns"]),
        images_per_record=_range(numbers["images"]),
        records_per_image=_range(images["count"]),
        regions_per_record=_range(numbers["regions"].filter(numbers["regions"] > 0)),
        records_with_regions=int((numbers["regions"] > 0).sum()),
        repeated=len(numbers) - numbers["record"].n_unique(),
        labels=_shares(found.labels, int(found.labels["count"].sum()))[:_TOP],
        distinct_labels=len(found.labels),
        indicators=_indicators(folder, numbers),
        annotation_licenses=_licenses(numbers["license"]),
        image_licenses=_licenses(images["license"]),
        generation=tuple(found.generation.to_dicts()),
        published_photos=dict(images.filter("photo")["license"].value_counts().sort("license").iter_rows()),
        photos=_photos(found),
        english=min((_share(rows, "english") for _, rows in long.group_by("field")), default=None),
        disputed=_holds(numbers["quality.annotator_agreement"] <= 0.5),
        unsupported=_holds(numbers["quality.unsupported_mentions"] > 0),
        other_script=_share(found.language, "other_script"),
    )


def _tasks(folder: DatasetFolder, numbers: pl.DataFrame) -> tuple[TaskSummary, ...]:
    by_split = {(task, split): count for task, split, count in numbers.group_by("task", "split").len().iter_rows()}
    repeated = (
        numbers.select("task", "response").filter(pl.col("response").is_duplicated()).group_by("task", "response").len()
    )
    frequent = (
        repeated.sort("len", "response", descending=[True, False])
        .group_by("task", maintain_order=True)
        .agg(top=pl.col("response").first(), top_count=pl.col("len").first())
    )
    measured = numbers.group_by("task").agg(
        records=pl.len(),
        asked=_range_of("asked_words"),
        answered=_range_of("response_words"),
        instructions=pl.col("instruction").n_unique(),
        responses=pl.col("response").n_unique(),
        decided=pl.col("yes").count(),
        yes=pl.col("yes").mean(),
    )
    rows = measured.join(frequent, on="task", how="left").with_columns(pl.col("task").cast(pl.String)).sort("task")
    texts = _texts(folder, rows["top"].drop_nulls())
    found = []
    for row in rows.iter_rows(named=True):
        name, records, count = row["task"], row["records"], row["top_count"]
        found.append(
            TaskSummary(
                name=name,
                asks=TASKS.get(name, ""),
                records=records,
                by_split=tuple(by_split.get((name, split), 0) for split in folder.splits),
                share=records / len(numbers),
                asked=Range(**row["asked"]),
                answered=Range(**row["answered"]),
                instructions=row["instructions"],
                responses=row["responses"],
                top=Counted(texts[row["top"]], count, count / records) if count and count > 1 else None,
                yes=row["yes"] if row["decided"] >= _COVERED * records else None,
            )
        )
    return tuple(sorted(found, key=lambda task: -task.records))


def _texts(folder: DatasetFolder, hashes: pl.Series) -> dict[int, str]:
    """The responses that these hashes are of."""
    frame = pl.scan_parquet([file.path for file in folder.files]).select("response", key=pl.col("response").hash())
    wanted = frame.filter(pl.col("key").is_in(hashes.to_list())).unique().collect(engine="streaming")
    return {key: text for text, key in wanted.iter_rows()}


def _range(values: pl.Series) -> Range:
    """Of no values: zeros."""
    if not len(values):
        return Range(0, 0, 0, 0, 0)
    return Range(**values.to_frame().select(_range_of(values.name)).item())


def _range_of(name: str) -> pl.Expr:
    """The fields of a `Range` of a column."""
    values = pl.col(name)
    return pl.struct(
        mean=values.mean().cast(pl.Float64),
        p5=values.quantile(0.05, "nearest").cast(pl.Float64),
        median=values.quantile(0.5, "nearest").cast(pl.Float64),
        p95=values.quantile(0.95, "nearest").cast(pl.Float64),
        largest=values.max().cast(pl.Float64),
    )


def _counted(values: pl.Series) -> tuple[Counted, ...]:
    counts = (
        values.value_counts(name="count").rename({values.name: "name"}).with_columns(pl.col("name").cast(pl.String))
    )
    return _shares(counts.sort("count", "name", descending=[True, False]), len(values))


def _shares(counts: pl.DataFrame, whole: int) -> tuple[Counted, ...]:
    """Rows of a name and a count."""
    return tuple(Counted("" if name is None else str(name), count, count / whole) for name, count in counts.iter_rows())


def _licenses(values: pl.Series) -> tuple[tuple[License, Counted], ...]:
    return tuple((describe(one.name), one) for one in _counted(values))


def _indicators(folder: DatasetFolder, numbers: pl.DataFrame) -> tuple[Indicator, ...]:
    found = []
    for name, field in folder.indicators.items():
        values = numbers[f"quality.{name}"].drop_nulls()
        metadata = {key.decode(): value.decode() for key, value in sorted((field.metadata or {}).items())}
        metadata = {key: value for key, value in metadata.items() if not key.startswith(("PARQUET:", "ARROW:"))}
        numeric = values.dtype.is_numeric()
        found.append(
            Indicator(
                name=name,
                kind="number" if numeric else "string" if values.dtype == pl.String else "bool",
                meaning=_MEANINGS.get(name, metadata.pop("description", "")),
                metadata=metadata,
                known=len(values),
                share=len(values) / len(numbers),
                values=_range(values) if numeric and len(values) else None,
                counts=() if numeric else _counted(values)[:_TOP],
            )
        )
    return tuple(found)


def _share(counts: pl.DataFrame, flag: str) -> float:
    """The share of what is counted for which a flag holds."""
    return int(counts.filter(flag)["count"].sum()) / int(counts["count"].sum())


def _holds(values: pl.Series) -> float | None:
    """The share of the values known that are true."""
    known = values.drop_nulls()
    return float(known.sum()) / len(known) if len(known) else None


def _photos(found: Measured) -> str:
    if not len(found.photos):
        return "none"
    # where any record has a photo, an example has
    shown = (one for one in found.examples.values() if one.record["input"]["images"])
    if any(one.file.photo(one.row) for one in shown):
        return "embedded"
    return str(found.photos["kind"][0])
