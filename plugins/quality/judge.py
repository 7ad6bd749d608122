"""Four ratings of a record by a vision model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import polars as pl
import pyarrow as pa

from vlit_hub.quality.judging import TURNS_AND_PHOTOS, Judge, mode_of

__all__ = ["Ratings"]

_Rating = Annotated[int, msgspec.Meta(ge=1, le=5)]
_ASPECTS = ("relevance", "correspondence", "dependency", "formatting")


class _Verdict(msgspec.Struct, forbid_unknown_fields=True):
    reason: str
    relevance: _Rating
    correspondence: _Rating
    dependency: _Rating
    formatting: _Rating


class Ratings(Judge):
    """A vision model sees the photo and the conversation, and rates it 1 to 5 in four ways, in one answer:

        relevance       the response answers what was asked
        correspondence  what was asked belongs to this photo
        dependency      it can't be answered without the photo
        formatting      the texts are well-formed: no broken sentences, leftovers or markup

    Of several votes the most frequent counts, for each rating by itself. Not in the review; the four are those of Wiedmann et al.
    2025, FineVision (arXiv 2510.17269), who found no gain in training from removing what is rated lowest: a number to look at,
    rather than to filter by.
    """

    name = "judge"
    measures = (
        "Ratings of 1 to 5 by a vision model: relevance, correspondence to the photo, dependency on it, formatting."
    )
    reads = TURNS_AND_PHOTOS
    columns = {f"judge_{aspect}": pa.int32() for aspect in _ASPECTS}
    prompt = Path(__file__).with_name("judge.yaml")
    Answer = _Verdict
    sees = True

    def numbers(self, verdicts: Sequence[Sequence[_Verdict]]) -> pl.DataFrame:
        """Null without a vote."""
        modes = {
            f"judge_{aspect}": [mode_of([getattr(verdict, aspect) for verdict in some]) for some in verdicts]
            for aspect in _ASPECTS
        }
        return pl.DataFrame(modes, schema=dict.fromkeys(modes, pl.Int32))
