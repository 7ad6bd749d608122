"""Recipes: named filters, as YAML.

description: Sharp photos, and responses of a few words.
keep:
  - readable_image
  - image_sharpness > quantile(0.05)
  - first: [matching_degree > 0.2, grounded_recall > 0.5]      # the first that was measured
    optional: true                                             # left out, and said, where none was
unknown: keep            # or reject: records of which a condition can't be said
balance: {by: task, size: 0.8}     # a share of what is kept, or a number of records
random_baseline: true    # write a random subset of the same size beside the result
"""

from __future__ import annotations

import importlib.resources
from collections.abc import Callable
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, TypeVar

import pydantic
import yaml

from vlit_hub.errors import InputError, UnknownName, UsageError

__all__ = ["Alternatives", "Balance", "Recipe", "load_recipe", "recipe_names", "understand"]

_T = TypeVar("_T")


class _Strict(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")


class Alternatives(_Strict):
    """Expressions of which the first is taken whose indicators are measured; none if `optional`, an error if not."""

    first: tuple[str, ...] = pydantic.Field(min_length=1)
    optional: bool = False


class Balance(_Strict):
    """A balanced sample of what is kept: `size` records, or a share of them below 1."""

    by: str
    size: pydantic.PositiveInt | float


class Recipe(_Strict):
    """A named filter."""

    description: str = ""
    keep: tuple[str | Alternatives, ...] = pydantic.Field(min_length=1)
    unknown: Literal["keep", "reject"] = "keep"
    balance: Balance | None = None
    random_baseline: bool = False


def recipe_names() -> list[str]:
    """The recipes that come with vlit-hub."""
    return sorted(file.name.removesuffix(".yaml") for file in _shipped().iterdir() if file.name.endswith(".yaml"))


def load_recipe(name: str) -> Recipe:
    """A recipe that comes with vlit-hub, or of a file.

    Raises:
        UnknownName: There is neither.
        InputError: The file isn't a recipe.
    """
    own = Path(name).expanduser()
    file: Traversable = own if own.is_file() else _shipped() / f"{name}.yaml"
    if not file.is_file():
        raise UnknownName("recipe", name, recipe_names())
    try:
        return Recipe.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(own, f"can't be read ({str(error).splitlines()[0]})") from None
    except pydantic.ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(own, f"{place}: {first['msg']}", f"A recipe has {', '.join(Recipe.model_fields)}.") from None


def understand(
    recipe: Recipe, read: Callable[[str], list[_T]], absent: Callable[[UsageError], str | None]
) -> tuple[list[_T], dict[str, str]]:
    """What a recipe's expressions mean here.

    Args:
        recipe: It.
        read: What one expression means; raises UsageError.
        absent: Why the next of alternatives may be tried after this error; None if it may not.

    Returns:
        All meanings, one after the other; and the expressions that were passed over, with the reason.

    Raises:
        UsageError: An expression is wrong, or none of those that aren't optional can be applied.
    """
    found: list[_T] = []
    left_out: dict[str, str] = {}
    for entry in recipe.keep:
        if not isinstance(entry, Alternatives):
            found += read(entry)
            continue
        fault: UsageError | None = None
        for text in entry.first:
            try:
                found += read(text)
                fault = None
                break
            except UsageError as error:
                reason = absent(error)
                if reason is None:
                    raise
                left_out[text], fault = reason, error
        if fault is not None and not entry.optional:
            raise fault
    if not found:
        raise UsageError(
            "no condition can be applied: " + "; ".join(f"{text}: {why}" for text, why in left_out.items())
        )
    return found, left_out


def _shipped() -> Traversable:
    return importlib.resources.files("vlit_hub.quality") / "recipes"
