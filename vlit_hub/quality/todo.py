"""What is to be measured yet of a shard by one indicator, and what was measured of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from vlit_hub.dataset.reading import Shard
from vlit_hub.quality.fragments import conform
from vlit_hub.quality.partial import Partial
from vlit_hub.quality.planning import Planned

__all__ = ["Todo", "nothing"]


@dataclass(frozen=True)
class Todo:
    """The work on one shard.

    Attributes:
        planned: The indicator.
        shard: The records.
        known: What is measured of them.
        rows: Which of them are to be measured.
        whole: After that, all are.
    """

    planned: Planned
    shard: Shard
    known: Partial
    rows: npt.NDArray[np.bool_]
    whole: bool

    def add(self, rows: npt.NDArray[np.int64], found: pl.DataFrame, counts: Mapping[str, int]) -> None:
        """What an indicator gave for the records at these rows.

        Raises:
            PluginError: It isn't what the indicator declares.
            InputError: The dataset's folder can't be written to.
        """
        values = pl.DataFrame(pl.from_arrow(conform(self.planned.indicator, found, len(rows))))
        self.known.add(values.with_columns(row=pl.Series(rows, dtype=pl.Int64)), counts)

    def values(self) -> pl.DataFrame:
        """All there is, in the order of the records."""
        found = self.known.values
        if found is None:  # a shard of no records
            return nothing(self.planned, 0)
        return found.sort("row").select(list(self.planned.indicator.columns))


def nothing(planned: Planned, rows: int) -> pl.DataFrame:
    """The columns of an indicator, all null."""
    return pl.DataFrame(pa.schema(dict(planned.indicator.columns)).empty_table()).clear(rows)
