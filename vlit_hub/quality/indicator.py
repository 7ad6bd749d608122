"""What an indicator is: it measures one quality of records.

Four kinds, told apart by what they look at:

    Individual       each record by itself             -> a row a record
    PhotoIndicator   each photo by itself              -> a row a photo; the engine gives records the values of their photos
    Collective       all records together              -> a row a record (which are duplicates?)
    Overall          all records, or a sample of them  -> numbers of the whole dataset

All are pure functions of what they are given: the same numbers for any batch size, order and number of threads.

Names are promises. `text_readability` is by a language model, `text_readability_unigram` by word frequencies: a cheaper way to
measure something has a name of its own, and never fills the column of the real thing. What can't be computed is null.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.quality.photo import Photo

__all__ = [
    "PHOTO",
    "Collective",
    "Indicator",
    "IndicatorOptions",
    "Individual",
    "Overall",
    "PhotoIndicator",
    "SampleOptions",
]

PHOTO = "photo"


class IndicatorOptions(pydantic.BaseModel):
    """What an indicator can be told; one with options subclasses it.

    What was measured is kept by the options' values. A field declared with `exclude=True` says how the work is done, not
    what comes of it (a batch size), and is left out of that.
    """

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")


class SampleOptions(IndicatorOptions):
    """Options of overall indicators that look at a sample."""

    sample: pydantic.PositiveInt | None = pydantic.Field(
        None, description="Look at so many records, drawn by hash of their ids; all if none."
    )
    seed: int = pydantic.Field(0, description="Draws another sample.")


class Indicator(abc.ABC):
    """Measures one quality.

    Attributes:
        name: Of the indicator; those of its columns begin with the same words where it has several.
        version: Counts up whenever the same records give other numbers; what was measured before is then measured again.
        principle: The number of the review's principle (Li et al. 2024, section 4.1) that it measures; None for what the review
            doesn't have.
        measures: What its numbers mean, in a sentence; stands in the dataset card.
        backend: What computes it: a library, a kind of model.
        reads: The columns that it is given. Of records: `id`, `instruction`, `response`, `task`, `granularity`, `strategy`,
            `history`, `regions`; fields within (`input.text`, `source.image_ids`, `quality.annotator_agreement`); `dialogue`, all
            turns as one text; of the annotations of its images, `annotations.categories` and the others of
            `vlit_hub.quality.annotations.COLUMNS`. Any other name is a column of a feature, which is measured first.
        columns: What it gives, by name, with the Arrow type. Numbers of an overall indicator are floats or integers.
        feature: It is measured for other indicators, and is no column of `quality`.
        Options: Its options.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    principle: ClassVar[int | None] = None
    measures: ClassVar[str]
    backend: ClassVar[str]
    reads: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[Mapping[str, pa.DataType]]
    feature: ClassVar[bool] = False
    Options: ClassVar[type[IndicatorOptions]] = IndicatorOptions

    @property
    def inputs(self) -> tuple[str, ...]:
        """What kinds of things it looks at: `text`, `image`, `annotations`, `embedding` (a feature's columns)."""
        kinds = {_KINDS.get(name.partition(".")[0], "embedding") for name in self.reads}
        return tuple(sorted(kinds - {""}))

    def cannot_run(self, options: Any) -> str | None:
        """Why it can't be measured here (an extra that isn't installed, a model that isn't named), and what to do.

        None, the default, if it can.
        """
        return None

    def revision(self, options: Any) -> str:
        """Which release of the backend or revision of the model: what was measured by another one is measured again."""
        return ""

    def load(self, options: Any, device: str) -> Any:
        """What `measure` needs beside its arguments (tables, a model), called once a run and only if there is something to
        measure.

        Args:
            options: Of the class `Options`.
            device: Where models run: `cpu`, `cuda`, `cuda:1`, ..., or `auto`.
        """
        return None


_KINDS = {
    "id": "",
    "task": "",
    "granularity": "",
    "strategy": "",
    "source": "",
    "generation": "",
    "instruction": "text",
    "response": "text",
    "input": "text",
    "history": "text",
    "dialogue": "text",
    "regions": "annotations",
    "quality": "annotations",
    "annotations": "annotations",
    PHOTO: "image",
}


class Individual(Indicator):
    """Measures each record by itself.

    Attributes:
        at_a_time: So many records it is given at most. Fewer for one that is slow: a run that is killed loses no more than one
            call's work and half a minute's.
    """

    at_a_time: ClassVar[int] = 1 << 16

    @abc.abstractmethod
    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        """One row a record, with the columns of `columns`.

        Args:
            records: The columns of `reads`; any number of records.
            options: Of the class `Options`.
            loaded: From `load`.
        """


class PhotoIndicator(Indicator):
    """Measures each photo by itself.

    A photo is decoded once for all indicators, and measured once however many records show it.

    Attributes:
        across: What a record of several photos gets: their `mean`, `min` or `max` (for booleans, `min` is whether it holds for
            all), or the `list` of their values, which only a feature may have.
        broken: What columns hold for a photo that can't be read; null for those not named.
    """

    reads = (PHOTO,)
    across: ClassVar[str] = "mean"
    broken: ClassVar[Mapping[str, Any]] = {}

    @abc.abstractmethod
    def measure(self, photos: Sequence[Photo], options: Any, loaded: Any) -> pl.DataFrame:
        """One row a photo, with the columns of `columns`. Called from several threads at once.

        Args:
            photos: Decoded; at least one.
            options: Of the class `Options`.
            loaded: From `load`.
        """


class Collective(Indicator):
    """Measures each record among all others of the dataset.

    Attributes:
        by_itself: A record's values don't depend on the others; it is given them all to ask a server for all at once, say.
    """

    by_itself: ClassVar[bool] = False

    @abc.abstractmethod
    def compare(self, records: pl.DataFrame, options: Any) -> pl.DataFrame:
        """One row a record, with the columns of `columns`.

        Args:
            records: The columns of `reads`, of all records.
            options: Of the class `Options`.
        """

    def compare_parts(self, parts: Callable[[], Iterable[pl.DataFrame]], rows: int, options: Any) -> pl.DataFrame:
        """As `compare`, of records that come some at a time; the default puts them together.

        One that looks at photos overrides it, so that few of them are in memory.

        Args:
            parts: Goes through all records at each call.
            rows: How many they are.
            options: Of the class `Options`.
        """
        return self.compare(pl.concat(parts(), how="vertical_relaxed"), options)


class Overall(Indicator):
    """Measures the dataset as a whole.

    Its numbers are kept with the options, the size of the sample and its seed, without which a count of clusters, say, means
    nothing.
    """

    Options: ClassVar[type[IndicatorOptions]] = SampleOptions

    @abc.abstractmethod
    def summarise(self, records: pl.DataFrame, options: Any) -> Mapping[str, float | int | None]:
        """The numbers of `columns`, None where one can't be computed.

        Args:
            records: The columns of `reads`, of the records that are looked at; at least one.
            options: Of the class `Options`.
        """
