"""How hard an instruction is, as a language model scores it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import polars as pl
import pyarrow as pa

from vlit_hub.quality.judging import TURNS, Judge, mode_of

__all__ = ["InstructionComplexity"]


class _Verdict(msgspec.Struct, forbid_unknown_fields=True):
    reason: str
    score: Annotated[int, msgspec.Meta(ge=1, le=10)]


class InstructionComplexity(Judge):
    """A language model reads the conversation, without the photo, and gives the instruction 1 (a glance is enough) to 10 (many
    steps of reasoning, and knowledge from beyond the photo) by scored examples; of several votes the most frequent counts.

    The examples are in instruction_complexity.yaml; put in your own (`prompt`), scored by people who know your tasks: the scale
    is the examples'. Of a conversation of several turns it is one score for all.

    Li et al. 2024, section 4.2.3, complexity: "input given instruction-reply pairs into LLM (i.e., LLaMA-2) and rely on manually
    scored examples to give all candidate pairs a complexity score of 1-10". Its examples aren't published; these are ours.
    """

    name = "instruction_complexity"
    principle = 7
    measures = "Complexity of the instruction, 1 to 10, by a language model with scored examples."
    reads = TURNS
    columns = {"instruction_complexity": pa.int32()}
    prompt = Path(__file__).with_name("instruction_complexity.yaml")
    Answer = _Verdict
    sees = False

    def numbers(self, verdicts: Sequence[Sequence[_Verdict]]) -> pl.DataFrame:
        """Null without a vote."""
        modes = [mode_of([verdict.score for verdict in some]) for some in verdicts]
        return pl.DataFrame({self.name: pl.Series(modes, dtype=pl.Int32)})
