"""What requests cost, and the hard limit that `--max-cost` is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vlit_hub.errors import BudgetReached, UsageError
from vlit_hub.generation.requests import Request, Response, Settings
from vlit_hub.generation.summary import Summary

if TYPE_CHECKING:
    from vlit_hub.generation.prices import Price
    from vlit_hub.generation.store import Stored

__all__ = ["Budget"]

_MARGIN = 1.25  # prompts of one kind may have so many times the tokens that the estimate says
_SPREAD = 1.05  # ... and so many times what they were seen to have

_Kind = tuple[str, str]


class Budget:
    """Money: spent, and reserved for what is in flight.

    A request may start only if it can't take the spending over the limit whatever it is answered. How many tokens its prompt
    has is only estimated; so the first request of each kind (model and group) goes alone, and the estimates of the others are
    corrected by the worst of what servers counted. Not counted is what servers bill for requests that they never answered, and
    the first answer or two of a model that ignores the format asked for, which are asked for anew.

    Attributes:
        spent: Dollars, earlier runs' answers to the same requests included where `settings.max_cost` is given.
    """

    def __init__(self, settings: Settings) -> None:
        self.limit = settings.max_cost
        self.spent = 0.0
        self._reserved = 0.0
        self._margins: dict[_Kind, float] = {}
        self._counted: set[str] = set()  # keys, kept where there is a limit
        self._alone: set[_Kind] = set()  # kinds whose first request is in flight
        self._file = Path(settings.prices) if settings.prices else None
        self._prices: dict[str, Price | None] = {}

    def price(self, model: str) -> Price | None:
        """The model's price; None where nobody knows it.

        Raises:
            UsageError: It is needed for the limit.
        """
        from vlit_hub.generation.prices import price_of

        if model not in self._prices:
            price = price_of(model, self._file)
            if price is None and self.limit is not None:
                raise UsageError(
                    f"--max-cost needs a price, and the model {model!r} has none. Give it one with --prices FILE "
                    "(0 for a model of your own), or leave out --max-cost."
                )
            self._prices[model] = price
        return self._prices[model]

    def cost(self, request: Request, response: Response) -> float | None:
        """Dollars; None where the model has no price."""
        price = self.price(request.model)
        return price.cost(response.prompt_tokens, response.completion_tokens) if price else None

    def reserve(self, request: Request) -> float | None:
        """Dollars that are kept for this request from now on; None, and nothing kept, where it has to wait.

        It has to wait for those in flight where it may exceed the limit with them, or where the first of its kind is among them.

        Raises:
            UsageError: The model has no price, or the request no limit of tokens.
        """
        if self.limit is None:
            return 0.0
        from vlit_hub.generation.tokens import estimate

        price = self.price(request.model)
        if request.max_tokens is None:
            raise UsageError("--max-cost needs --max-tokens: without it nobody knows what an answer costs at most.")
        assert price is not None  # `price` refuses it where there is a limit
        kind = (request.model, request.group)
        prompt = round(estimate(request) * self._margins.get(kind, _MARGIN))
        most = price.cost(prompt, request.max_tokens)
        if kind in self._alone or self.spent + self._reserved + most > self.limit:
            return None
        if kind not in self._margins:
            self._alone.add(kind)
        self._reserved += most
        return most

    def release(self, request: Request, reserved: float) -> None:
        """What `reserve` kept for a request is free again: it isn't in flight any more."""
        self._reserved -= reserved
        self._alone.discard((request.model, request.group))

    def paid_before(self, key: str, request: Request, found: Stored) -> float:
        """Count what a stored answer cost, unless it is counted already; the dollars that are new."""
        if key in self._counted:
            return 0.0
        cost = self.cost(request, found.response) if found.cost is None else found.cost
        self.spend(key, request, found.response, cost)
        return cost or 0.0

    def spend(self, key: str, request: Request, response: Response, cost: float | None) -> None:
        """Count what an answer cost, and learn from its tokens how far estimates are off."""
        self.spent += cost or 0.0
        if self.limit is None:
            return
        self._counted.add(key)
        if response.prompt_tokens:
            from vlit_hub.generation.tokens import estimate

            kind = (request.model, request.group)
            seen = _SPREAD * response.prompt_tokens / max(1, estimate(request))
            self._margins[kind] = max(self._margins.get(kind, _MARGIN), seen)

    def reached(self, state: Summary) -> BudgetReached:
        """The error that ends a run: what was spent, what is left, and about what that takes."""
        done = state.stored + state.answered
        told = f"--max-cost {self.limit:.2f} is reached: ${self.spent:.2f} spent, {done:,} requests answered"
        if state.total is None or not done:
            return BudgetReached(f"{told}, the others are left. The same command with a higher --max-cost goes on.")
        left = state.total - done - state.failed
        more = left * self.spent / done
        return BudgetReached(
            f"{told}, {left:,} left, which take about ${more:.2f} more. "
            f"The same command with --max-cost {1.1 * (self.spent + more):.2f} goes on."
        )
