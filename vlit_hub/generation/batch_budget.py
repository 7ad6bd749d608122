"""What batches cost, under the hard limit that `--max-cost` is."""

from __future__ import annotations

from vlit_hub.errors import UsageError
from vlit_hub.generation.budget import Budget
from vlit_hub.generation.requests import Request, Response, Settings
from vlit_hub.generation.tokens import estimate

__all__ = ["BatchBudget"]

_MARGIN = (
    1.25  # a prompt of a kind (model and group) that no server has counted may have so many times the tokens estimated
)
_SPREAD = 1.05  # ... and one of a known kind so many times what the others had


class BatchBudget:
    """Money of a run that submits batches. No request in a batch can wait for what another turns out to cost.

    Attributes:
        limit: `settings.max_cost`.
        spent: Dollars that answers cost, and that batches which aren't collected cost at most.
    """

    def __init__(self, settings: Settings) -> None:
        self.limit = settings.max_cost
        self.spent = 0.0
        self._price = Budget(settings).price
        self._margins: dict[tuple[str, str], float] = {}

    def cost(self, model: str, response: Response, *, batch: bool) -> float | None:
        """Dollars; None where the model has no price."""
        price = self._price(model)
        return price.cost(response.prompt_tokens, response.completion_tokens, batch) if price else None

    def knows(self, request: Request) -> bool:
        """Whether a server has counted a request of this kind, or there is no limit that needs it."""
        return self.limit is None or (request.model, request.group) in self._margins

    def reserve(self, request: Request, *, batch: bool) -> float | None:
        """Dollars that the request costs at most, which count as spent from now on; None, and nothing spent, if that's too much.

        Raises:
            UsageError: The model has no price, or the request no limit of tokens.
        """
        if self.limit is None:
            return 0.0
        price = self._price(request.model)
        if price is None or request.max_tokens is None:
            raise UsageError("--max-cost needs --max-tokens: without it nobody knows what an answer costs at most.")
        prompt = round(estimate(request) * self._margins.get((request.model, request.group), _MARGIN))
        most = price.cost(prompt, request.max_tokens, batch)
        if self.spent + most > self.limit:
            return None
        self.spent += most
        return most

    def count(self, request: Request, response: Response, cost: float | None) -> None:
        """Count what an answer cost, and learn from its tokens how far estimates are off."""
        self.spent += cost or 0.0
        if self.limit is not None and response.prompt_tokens:
            kind = (request.model, request.group)
            seen = _SPREAD * response.prompt_tokens / max(1, estimate(request))
            self._margins[kind] = max(self._margins.get(kind, _MARGIN), seen)
