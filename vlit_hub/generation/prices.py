"""What models cost: `prices.yaml` beside this module, and a user's file of the same form, which goes first."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from vlit_hub.errors import InputError

__all__ = ["Price", "named", "price_of"]

_Dollars = Annotated[float, msgspec.Meta(ge=0, le=1e6)]
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_SNAPSHOT = re.compile(r"-(\d{4}-\d{2}-\d{2}|\d{8})$")
_Entry = TypeVar("_Entry")


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a model costs.

    Attributes:
        prompt: Dollars a million prompt tokens; likewise `completion`.
        completion: See `prompt`.
        batch: The share of the price that is asked for what goes through the Batch API; 1 where there is no discount.
    """

    prompt: _Dollars
    completion: _Dollars
    batch: _Share = 1.0

    def cost(self, prompt_tokens: int, completion_tokens: int, batch: bool = False) -> float:
        """Dollars for so many tokens."""
        dollars = (prompt_tokens * self.prompt + completion_tokens * self.completion) / 1e6
        return dollars * self.batch if batch else dollars


class _Group(msgspec.Struct, forbid_unknown_fields=True):
    models: dict[str, Price]
    source: str = ""
    date: str = ""


def price_of(model: str, file: str | Path | None = None) -> Price | None:
    """A model's price; None where nobody has stated one (local servers, unknown models).

    A model is found by its exact name, then by its name without the date of a snapshot (`gpt-4o-mini-2024-07-18`); names that are
    merely alike are never taken for one another.

    Args:
        model: The model, as the server calls it.
        file: A YAML file of the form of `prices.yaml`, whose prices go first.

    Raises:
        InputError: The file can't be read, or isn't of that form.
    """
    if file is not None:
        price = named(model, _users_prices(Path(file)))
        if price is not None:
            return price
    return named(model, _built_in_prices())


def named(model: str, table: Mapping[str, _Entry]) -> _Entry | None:
    """What a table says of a model, by its exact name, then by its name without a snapshot's date."""
    return table.get(model, table.get(_SNAPSHOT.sub("", model)))


@functools.cache
def _built_in_prices() -> dict[str, Price]:
    return _table(resources.files(__package__).joinpath("prices.yaml").read_bytes())


def _users_prices(file: Path) -> dict[str, Price]:
    try:
        return _table(file.read_bytes())
    except OSError as error:
        raise InputError(file, f"can't be read: {error.strerror}", "Give --prices a YAML file of prices.") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            file,
            f"isn't a file of prices: {reason}",
            "It has to read like: [{models: {my-model: {prompt: 0.15, completion: 0.6, batch: 0.5}}}], dollars a million tokens.",
        ) from None


def _table(text: bytes) -> dict[str, Price]:
    groups = msgspec.yaml.decode(text, type=list[_Group])
    return {model: price for group in groups for model, price in group.models.items()}
