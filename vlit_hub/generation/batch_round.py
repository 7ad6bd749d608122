"""All requests of a batch run, gone through once: what is answered, what is on its way, and what is left."""

from __future__ import annotations

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
