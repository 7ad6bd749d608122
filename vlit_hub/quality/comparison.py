"""What a comparison of datasets says; the content of comparison.json."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pydantic

from vlit_hub.errors import InputError

__all__ = ["GROUPS", "Comparison", "Difference", "Row", "Side", "Value", "group_of", "load_comparison"]

GROUPS = ("Usability", "Diversity", "Complexity", "Balance", "Beyond the review")
_PRINCIPLES = {1: 0, 2: 0, 3: 1, 4: 1, 5: 1, 6: 1, 7: 2, 8: 2, 9: 2, 10: 3}


def group_of(principle: int | None) -> str:
    """The heading of the review's Table 3 that a principle comes under."""
    return GROUPS[_PRINCIPLES.get(principle or 0, len(GROUPS) - 1)]


class _Frozen(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True)


class Side(_Frozen):
    """A dataset.

    Attributes:
        name: As it is called here.
        records: All it has; as many as the others were looked at.
        digest: Of its content.
        tasks: Records of the sample by task, the most frequent first.
    """

    name: str
    records: int
    digest: str
    tasks: dict[str, int]


class Value(_Frozen):
    """A number of a dataset.

    Attributes:
        value: None where it can't be computed.
        low, high: Of its 95 % interval; None where that can't be computed.
        known: Of how many records.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    known: int = 0


class Difference(_Frozen):
    """A dataset's number less the first dataset's.

    Attributes:
        value: It.
        low, high: Of its 95 % interval.
    """

    value: float
    low: float | None
    high: float | None

    @property
    def told(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


class Row(_Frozen):
    """A column of an indicator over all datasets.

    Attributes:
        column: Its name.
        indicator: What gives it.
        principle: The review's.
        kind: `mean` of the records' numbers, `share` of records that are true, or a number of the `whole` sample.
        measures: What the indicator says of itself.
        backend: What measured it.
        values: By dataset.
        differences: By dataset, from the first on; none where numbers can't be held against each other.
        note: Why there are none, or why values are missing.
    """

    column: str
    indicator: str
    principle: int | None
    kind: Literal["mean", "share", "whole"]
    measures: str = ""
    backend: str = ""
    values: dict[str, Value]
    differences: dict[str, Difference] = {}
    note: str | None = None


class Comparison(_Frozen):
    """Datasets side by side.

    Attributes:
        format: Of this file.
        size: How many records of each were looked at.
        seed: Of the draws.
        resamples: Of the bootstrap.
        halves: Of the jackknife.
        datasets: They; the first is what the others are held against.
        rows: The numbers.
        vlit_hub: The version that made it.
    """

    format: Literal[1] = 1
    size: int
    seed: int = 0
    resamples: int = 0
    halves: int = 0
    datasets: tuple[Side, ...]
    rows: tuple[Row, ...]
    vlit_hub: str = ""


def load_comparison(path: Path) -> Comparison:
    """A comparison.json.

    Raises:
        InputError: It can't be read, or isn't one.
    """
    mend = "Make it by: vlit-hub compare DATASET DATASET -o comparison.md"
    try:
        return Comparison.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InputError(path, f"can't be read ({error.strerror})", mend) from None
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(path, f"isn't what vlit-hub compare writes ({place}: {first['msg']})", mend) from None
