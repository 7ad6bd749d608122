"""Whether a record says rightly what is in the image."""

from __future__ import annotations

from typing import Any

import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Individual

__all__ = ["PresenceAnswerCorrect"]


class PresenceAnswerCorrect(Individual):
    """Whether the annotations agree with all of the record's answers by yes and no to questions whether a category of COCO is in
    the image (POPE's questions, Li et al. 2023).

    Null where no turn asks that, or nobody knows: what is asked and known is in `presence_claims`. As good as the annotations are
    complete: "yes" to a thing that annotators missed is wrong here.
    """

    name = "presence_answer_correct"
    principle = 2
    measures = (
        "Whether the annotations agree with the record's answers by yes and no to whether a category of COCO is in the"
        " image; null where that isn't asked or not known."
    )
    backend = "annotations"
    reads = ("presence_yes_right", "presence_yes_wrong", "presence_no_right", "presence_no_wrong")
    columns = {"presence_answer_correct": pa.bool_()}

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        """False where any turn's answer is wrong."""
        wrong = pl.col("presence_yes_wrong") + pl.col("presence_no_wrong")
        right = pl.col("presence_yes_right") + pl.col("presence_no_right")
        return records.select(presence_answer_correct=pl.when(wrong + right > 0).then(wrong == 0))
