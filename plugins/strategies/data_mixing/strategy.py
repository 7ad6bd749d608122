"""Data mixing: a dataset of records that others have, in shares (Li et al. 2024, section 3.3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pydantic

from vlit_hub.errors import UsageError
from vlit_hub.plugins.strategies.data_mixing.mixing import MixPlan
from vlit_hub.plugins.strategies.data_mixing.recipe import load_recipe
from vlit_hub.strategy import DatasetStrategy

__all__ = ["DataMixing", "MixingOptions"]


class MixingOptions(pydantic.BaseModel):
    """How datasets are mixed."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    recipe: Path | None = pydantic.Field(None, description="The recipe, a YAML file: docs/mixing.md tells its keys.")
    size: pydantic.PositiveInt | None = pydantic.Field(
        None, description="Records of the mix, instead of the recipe's size."
    )
    seed: int | None = pydantic.Field(None, description="Draws other records, instead of the recipe's seed.")

    @property
    def changes(self) -> Mapping[str, Any]:
        """What takes the place of the recipe's keys."""
        return {key: value for key in ("size", "seed") if (value := getattr(self, key)) is not None}


class DataMixing(DatasetStrategy):
    """Records of several datasets, in the shares that a recipe names. Each keeps what it is made from; the dataset that it was
    mixed from stands last in its `source.datasets`.
    """

    name = "data_mixing"
    Options = MixingOptions

    def plan(self, options: MixingOptions) -> MixPlan:
        """Open the datasets of the recipe."""
        if options.recipe is None:
            raise UsageError("a mix needs a recipe: -o recipe=FILE (docs/mixing.md tells its keys).")
        return MixPlan(load_recipe(options.recipe.expanduser(), options.changes))
