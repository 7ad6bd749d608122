"""All requests of a batch run, gone through once: what is answered, what is on its way, and what is left."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from vlit_hub.generation.requests import Request
from vlit_hub.generation.store import Stored
from vlit_hub.generation.summary import Summary

__all__ = ["Met", "Round"]


class Met(msgspec.Struct):
    """A request as it is come upon, with what is stored of it; `follows` says that it is a follow-up."""

    key: str
    request: Request
    follows: bool
    found: Stored | None


class Round(msgspec.Struct):
    """What one round came to.

    Attributes:
        summary: What is answered.
        pending: How many requests are on their way.
        too_dear: How many may cost more than `max_cost` leaves.
    """

    summary: Summary
    pending: int = 0
    too_dear: int = 0

    @property
    def answered(self) -> int:
        """How many requests are answered, by this run or before."""
        return self.summary.answered + self.summary.stored

    def count(self, met: Met, *, on_way: bool, new: bool) -> None:
        """Count a request; `new` says that it was answered in this run."""
        summary = self.summary
        if met.follows:
            summary.follow_ups += 1
            if summary.total is not None:
                summary.total += 1
        if met.found is None:
            self.pending += on_way
            return
        if new:
            summary.answered += 1
        else:
            summary.stored += 1
            summary.paid_before += met.found.cost or 0.0
        if error := met.found.response.error:
            summary.errors[error] = summary.errors.get(error, 0) + 1

    def pending_words(self, states: Mapping[str, int], trouble: str, max_cost: float) -> str:
        """What is told of a run that has to wait.

        Args:
            states: How many batches are in which state.
            trouble: What went wrong with batches that ended, if anything.
            max_cost: As in `Settings`.
        """
        told = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(states.items()))
        words = (
            f"{self.pending:,} requests are in batches that aren't finished ({told}); {self.answered:,} are answered. "
            "A batch takes up to 24 hours. The same command collects the answers"
        )
        if self.too_dear:
            words += f", and submits {self.too_dear:,} more as far as --max-cost {max_cost:.2f} goes"
        return f"{words}." + (f" Of earlier batches: {trouble}." if trouble else "")

    def too_dear_words(self, spent: float, max_cost: float) -> str:
        """What is told of a run that may not go on, after so many dollars."""
        return (
            f"--max-cost {max_cost:.2f} doesn't reach: ${spent:.2f} spent, {self.answered:,} requests answered, "
            f"{self.too_dear:,} left, each of which may cost more than is left. "
            "The same command with a higher --max-cost goes on."
        )
