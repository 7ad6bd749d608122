"""The columns that a filter can ask for: what was measured, what the records carry already, and what they are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from vlit_hub import plugin_manager
from vlit_hub.dataset.reading import SCORES_FOLDER, Dataset
from vlit_hub.errors import InputError, UnknownName, UsageError
from vlit_hub.quality.fragments import load_scores, read_fragment
from vlit_hub.quality.indicator import Overall

__all__ = ["OF_RECORDS", "Kind", "Measured", "kind_of"]

OF_RECORDS = ("task", "granularity", "strategy")

Kind = str
"""`number`, `text` or `yes or no`."""


class _Place(NamedTuple):
    """Where a column is: an indicator, with its files in the order of the shards; or the records themselves."""

    kind: Kind
    indicator: str
    files: tuple[str, ...]


class Measured:
    """The columns of a dataset's quality.

    Args:
        dataset: It.

    Raises:
        InputError: A shard or scores.json can't be read.
    """

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.scores = load_scores(dataset)
        self._given: dict[str, tuple[pl.Series, pa.DataType]] = {}  # measured in memory alone
        self._places: dict[str, _Place] = {name: _Place("text", "", ()) for name in OF_RECORDS if dataset.has(name)}
        for name, type in _carried(dataset).items():
            self._places[name] = _Place(kind_of(type), "", ())
        for indicator, entry in self.scores["indicators"].items():
            for name, column in entry.get("columns", {}).items():
                self._places[name] = _Place(column["type"], indicator, tuple(entry["files"]))

    def add(
        self, indicator: str, values: pl.DataFrame, types: Mapping[str, pa.DataType], about: Mapping[str, Any]
    ) -> None:
        """Columns beside those that lie with the dataset; nothing is written.

        Args:
            indicator: What measured them.
            values: A row a record.
            types: Their Arrow types.
            about: As scores.json has it of indicators.
        """
        self.scores["indicators"][indicator] = dict(about)
        for name, type in types.items():
            self._given[name] = (values[name], type)
            self._places[name] = _Place(kind_of(type), indicator, ())

    @property
    def names(self) -> list[str]:
        """All columns that can be asked for."""
        return list(self._places)

    @property
    def indicators(self) -> list[str]:
        """The columns that were measured and lie beside the records."""
        return [name for name, place in self._places.items() if place.indicator]

    def kind(self, name: str) -> Kind:
        """What a column holds.

        Raises:
            UnknownName: No indicator has it.
            UsageError: It isn't measured yet, or is a number of the whole dataset.
        """
        if name in self._places:
            return self._places[name].kind
        for indicator in plugin_manager.indicators().values():
            if indicator.feature or name not in (*indicator.columns, indicator.name):
                continue
            if isinstance(indicator, Overall):
                raise UsageError(f"{name} is a number of the whole dataset: no record can be filtered by it.")
            if name not in indicator.columns and indicator.name in self.scores["indicators"]:
                raise UsageError(f"{name} has the columns {', '.join(indicator.columns)}: name one of them.")
            command = f"vlit-hub score {self.dataset.path} --indicators {indicator.name}"
            raise UsageError(f"{name} isn't measured yet. Run: {command}")
        others = (
            one for one in plugin_manager.indicators().values() if not one.feature and not isinstance(one, Overall)
        )
        raise UnknownName("indicator", name, {*self._places, *(column for one in others for column in one.columns)})

    def quantile(self, name: str, share: float) -> float | None:
        """The value below which a share of a column's values lies; None where all are null.

        Raises:
            UsageError: It isn't a number.
        """
        if self.kind(name) != "number":
            raise UsageError(f"{name} isn't a number, so it has no quantiles.")
        return self.read([name])[name].cast(pl.Float64).quantile(share, "linear")

    def indicator_of(self, name: str) -> str:
        """The indicator that gave a column; empty for what the records carry."""
        return self._places[name].indicator

    def read(self, names: Sequence[str]) -> pl.DataFrame:
        """These columns, a row a record, in the order of the shards.

        The files of what was measured are found by the digests of the shards, so their rows are the shards' rows.
        """
        by_files: dict[tuple[str, ...], list[str]] = {}
        parts = {name: self._given[name][0] for name in names if name in self._given}
        for name in names:
            if name not in parts:
                by_files.setdefault(self._places[name].files, []).append(name)
        for files, columns in by_files.items():
            frame = self._measured(files, columns) if files else self._own(columns)
            if len(frame) != self.dataset.rows:
                raise InputError(
                    self.dataset.path / SCORES_FOLDER,
                    f"has {len(frame)} rows of {columns[0]}",
                    "Delete it, and score again.",
                )
            parts.update({name: frame[name] for name in columns})
        return pl.DataFrame({name: parts[name] for name in names})

    def _measured(self, files: Sequence[str], columns: list[str]) -> pl.DataFrame:
        folder = self.dataset.path / SCORES_FOLDER
        return pl.concat([read_fragment(folder / file, columns) for file in files])

    def _own(self, columns: Sequence[str]) -> pl.DataFrame:
        dotted = {name: name if name in OF_RECORDS else f"quality.{name}" for name in columns}
        frame = self.dataset.read(list(dotted.values()))
        return frame.rename({field: name for name, field in dotted.items()})

    def fields(self) -> dict[str, pa.Field]:
        """The measured columns as fields of `quality`: type, and as metadata what measured them."""
        fields = {}
        folder = self.dataset.path / SCORES_FOLDER
        for name in self.indicators:
            place = self._places[name]
            about: Mapping[str, Any] = self.scores["indicators"][place.indicator]
            metadata = {
                "description": about["measures"],
                "indicator": f"{place.indicator} {about['version']}",
                "backend": " ".join(filter(None, (about["backend"], about["revision"]))),
                "settings": about["settings"],
            }
            if name in self._given:
                type = self._given[name][1]
            else:
                type = pq.read_schema(folder / place.files[0]).field(name).type
            fields[name] = pa.field(name, type, metadata=metadata)
        return fields


def _carried(dataset: Dataset) -> dict[str, pa.DataType]:
    """The fields of the records' own `quality`."""
    if not dataset.has("quality"):
        return {}
    quality = pq.read_schema(dataset.shards[0].path).field("quality").type
    return {field.name: field.type for field in quality if dataset.has(f"quality.{field.name}")}


def kind_of(type: pa.DataType) -> Kind:
    """What a column of an Arrow type holds."""
    if pa.types.is_boolean(type):
        return "yes or no"
    return "text" if pa.types.is_string(type) or pa.types.is_large_string(type) else "number"
