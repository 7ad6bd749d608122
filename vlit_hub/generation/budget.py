"""What requests cost, and the hard limit that `--max-cost` is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from vlit_hub.errors import UsageError
from vlit_hub.generation.requests import Request, Response, Settings

if TYPE_CHECKING:
    from vlit_hub.generation.prices import Price

__all__ = ["Budget"]

_MARGIN = 1.25  # of the prompt's estimate, before a server's counts have shown how far off it is


class Budget:
    """Money: spent, and reserved for what is in flight.

    A request may start only if it can't take the spending over the limit whatever it is answered, so what a run spends stays
    below it, up to what servers bill for requests that they never answered.

    Attributes:
        spent: Dollars, earlier runs' answers to the same requests included where `settings.max_cost` is given.
    """

    def __init__(self, settings: Settings) -> None:
        self.limit = settings.max_cost
        self.spent = 0.0
        self._reserved = 0.0
        self._margin = _MARGIN
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

    def cost(self, request: Request, response: Response, batch: bool = False) -> float | None:
        """Dollars, those of the Batch API with `batch`; None where the model has no price."""
        price = self.price(request.model)
        return price.cost(response.prompt_tokens, response.completion_tokens, batch) if price else None

    def reserve(self, request: Request, batch: bool = False) -> float | None:
        """Dollars that are kept for this request from now on; None, and nothing kept, where it may exceed the limit.

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
        most = price.cost(round(estimate(request) * self._margin), request.max_tokens, batch)
        if self.spent + self._reserved + most > self.limit:
            return None
        self._reserved += most
        return most

    def release(self, reserved: float) -> None:
        """What `reserve` kept is free again."""
        self._reserved -= reserved

    def spend(self, request: Request, response: Response, cost: float | None) -> None:
        """Count what an answer cost, and learn from its tokens how far estimates are off."""
        self.spent += cost or 0.0
        if self.limit is not None and response.prompt_tokens:
            from vlit_hub.generation.tokens import estimate

            self._margin = max(self._margin, 1.05 * response.prompt_tokens / max(1, estimate(request)))
