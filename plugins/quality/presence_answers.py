"""POPE's numbers of a dataset: how rightly it says what is in the images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Overall

__all__ = ["PresenceAnswers"]


class PresenceAnswers(Overall):
    """Answers by yes and no to whether a category is in the image, against the annotations, as POPE reports a model's (Li et al.
    2023, Evaluating Object Hallucination in Large Vision-Language Models, section 5); yes is the positive:

        accuracy = right / checked;   yes_share = yes / checked
        precision = right yes / yes;  recall = right yes / (right yes + wrong no);  f1 = their harmonic mean

    What is asked, and what the annotations know, is in `presence_claims`. None where nothing could be checked, or a denominator
    is 0.
    """

    name = "presence_answers"
    principle = 2
    measures = (
        "Answers by yes and no to whether a category is in the image that annotations can check: how many, and accuracy,"
        " share of yes, precision, recall and F1 of yes."
    )
    backend = "annotations"
    reads = ("presence_yes_right", "presence_yes_wrong", "presence_no_right", "presence_no_wrong")
    columns = {
        "presence_checked": pa.int64(),
        "presence_accuracy": pa.float64(),
        "presence_yes_share": pa.float64(),
        "presence_precision": pa.float64(),
        "presence_recall": pa.float64(),
        "presence_f1": pa.float64(),
    }

    def summarise(self, records: pl.DataFrame, options: Any) -> Mapping[str, float | int | None]:
        """Of all turns together."""
        yes_right, yes_wrong, no_right, no_wrong = (int(records[name].sum()) for name in self.reads)
        checked = yes_right + yes_wrong + no_right + no_wrong
        return {
            "presence_checked": checked,
            "presence_accuracy": _ratio(yes_right + no_right, checked),
            "presence_yes_share": _ratio(yes_right + yes_wrong, checked),
            "presence_precision": _ratio(yes_right, yes_right + yes_wrong),
            "presence_recall": _ratio(yes_right, yes_right + no_wrong),
            "presence_f1": _ratio(2 * yes_right, 2 * yes_right + yes_wrong + no_wrong),
        }


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
