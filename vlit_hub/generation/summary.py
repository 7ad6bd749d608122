"""What a run of requests came to."""

from __future__ import annotations

import msgspec

from vlit_hub.generation.requests import Response

__all__ = ["Summary", "Usage"]


class Usage(msgspec.Struct, kw_only=True):
    """What one model was asked in a run, and what that cost.

    Attributes:
        requests: Those answered in this run.
        prompt_tokens: As the server counted them; likewise `completion_tokens`.
        completion_tokens: See `prompt_tokens`.
        cost: In dollars; None where the model has no price.
    """

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None

    def add(self, response: Response, cost: float | None) -> None:
        """Count one more answer."""
        self.requests += 1
        self.prompt_tokens += response.prompt_tokens
        self.completion_tokens += response.completion_tokens
        if cost is not None:
            self.cost = (self.cost or 0.0) + cost


class Summary(msgspec.Struct, kw_only=True):
    """A run; also its state while it goes on.

    Attributes:
        total: The requests there are, follow-ups among them; None where nobody knows.
        stored: Those whose answers the store had (or that another request of this run had got).
        answered: Those answered in this run.
        follow_ups: How many of both are follow-ups.
        failed: Those that failed at every try.
        errors: Answers, stored ones too, that are final failures, counted by `Response.error`.
        usage: What this run asked, by model.
        paid_before: Dollars that the store's answers cost when they were asked for.
        seconds: How long the run took.
    """

    total: int | None = None
    stored: int = 0
    answered: int = 0
    follow_ups: int = 0
    failed: int = 0
    errors: dict[str, int] = msgspec.field(default_factory=dict)
    usage: dict[str, Usage] = msgspec.field(default_factory=dict)
    paid_before: float = 0.0
    seconds: float = 0.0

    @property
    def cost(self) -> float | None:
        """Dollars spent in this run; None where no model that answered has a price."""
        costs = [usage.cost for usage in self.usage.values() if usage.cost is not None]
        return sum(costs) if costs else None

    @property
    def tokens(self) -> int:
        """Tokens of this run, of prompts and answers."""
        return sum(usage.prompt_tokens + usage.completion_tokens for usage in self.usage.values())

    def __str__(self) -> str:
        """One line for people."""
        told = [f"{self.answered:,} answered", f"{self.stored:,} from the store"]
        if self.errors:
            told.append(f"{sum(self.errors.values()):,} in vain ({', '.join(sorted(self.errors))})")
        if self.failed:
            told.append(f"{self.failed:,} failed")
        told.append(f"{self.tokens:,} tokens")
        if self.cost is not None:
            told.append(f"${self.cost:.2f}")
        return ", ".join(told)
