"""Whether what a record says of its photo is true, as a vision model judges."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import polars as pl
import pyarrow as pa
import pydantic

from vlit_hub.quality.judging import TURNS_AND_PHOTOS, Judge, JudgeOptions, entropy_of, mode_of

__all__ = ["Correctness"]


class _Verdict(msgspec.Struct, forbid_unknown_fields=True):
    reason: str  # first: models that give it are more careful with the score
    score: Annotated[int, msgspec.Meta(ge=1, le=5)]


class _Options(JudgeOptions):
    temperature: float = pydantic.Field(0.7, ge=0, le=2, description="Of sampling; at 0 all votes are the same.")
    votes: pydantic.PositiveInt = pydantic.Field(5, description="How often each record is judged.")


class Correctness(Judge):
    """A vision model sees the photo and the conversation, and gives 1 (all wrong) to 5 (all right), `votes` times:

        correctness = (the most frequent score - 1) / 4, in [0, 1]; of equally frequent scores the lowest counts
        correctness_entropy = -sum over scores of share * log2(share), in bits: 0 where all votes agree

    and correctness_votes is how many of the votes could be read. What the built-in prompt (correctness.yaml) asks and its judged
    examples are in the file; `prompt` names another one. The model's own mistakes are in the number: look at a sample of what it
    calls wrong before you filter.

    Li et al. 2024, section 4.2.3, principle 2: "introduce MLLM (i.e., LLaVA 1.5) and manually written guiding examples to conduct
    multiple accuracy assessments on the given VLIT data, taking the highest frequency as the final accuracy score".
    """

    name = "correctness"
    principle = 2
    measures = (
        "How right the conversation is about its photo by a vision model: the most frequent of several votes, 0 to 1,"
        " and the votes' entropy in bits."
    )
    reads = TURNS_AND_PHOTOS
    columns = {"correctness": pa.float32(), "correctness_entropy": pa.float32(), "correctness_votes": pa.int32()}
    prompt = Path(__file__).with_name("correctness.yaml")
    Answer = _Verdict
    sees = True
    Options = _Options

    def numbers(self, verdicts: Sequence[Sequence[_Verdict]]) -> pl.DataFrame:
        """Null without a vote."""
        votes = [[verdict.score for verdict in some] for some in verdicts]
        modes = pl.Series([mode_of(some) for some in votes], dtype=pl.Float64)
        return pl.DataFrame(
            {
                "correctness": (modes - 1) / 4,
                "correctness_entropy": pl.Series([entropy_of(some) for some in votes], dtype=pl.Float64),
                "correctness_votes": pl.Series([len(some) or None for some in votes], dtype=pl.Int32),
            }
        )
