"""Filters a dataset: by an expression, or by a recipe."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.dataset.reading import Dataset
from vlit_hub.draws import draw, salt
from vlit_hub.errors import UnknownName, UsageError
from vlit_hub.quality.balance import balanced
from vlit_hub.quality.expressions import Condition, parse
from vlit_hub.quality.measured import Measured
from vlit_hub.quality.recipes import Balance, Recipe, understand
from vlit_hub.quality.selection import Selection, check_selection, write_selection
from vlit_hub.quality.survival import Survival, survive

__all__ = ["Filtered", "filter_dataset", "kept_by"]


@dataclass(frozen=True)
class Filtered:
    """What a filter came to.

    Attributes:
        records: Records of the dataset.
        survival: Each condition alone, and all together.
        left_out: Conditions of the recipe that couldn't be applied, with the reason.
        cascade: Of each indicator that a cascade measured, its options, of how many records it is, and how many each
            condition hid from it; None without a cascade.
        balanced: Records left after balancing; None where there is none.
        written: Folders that were written, with their records.
    """

    records: int
    survival: Survival
    left_out: dict[str, str]
    cascade: dict[str, dict[str, Any]] | None
    balanced: int | None
    written: dict[str, int]

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "records": self.records,
            "kept": int(self.survival.keep.sum()),
            "conditions": [asdict(one) for one in self.survival.conditions],
            "left_out": self.left_out,
            "cascade": self.cascade,
            "balanced": self.balanced,
            "written": self.written,
        }


def filter_dataset(
    dataset: Dataset,
    recipe: Recipe,
    *,
    name: str,
    out: Path | None = None,
    seed: int = 0,
    force: bool = False,
    measure: Mapping[str, Mapping[str, Any]] | None = None,
    device: str = "auto",
) -> Filtered:
    """Apply a recipe; write what is kept, if a folder is given.

    Args:
        dataset: It; its indicators are measured already, unless `measure` is given.
        recipe: The conditions; an expression alone is a recipe of one.
        name: How the user named the recipe, or the expression.
        out: Where to write; only count if none.
        seed: Of the random subset and of the balanced sample.
        force: Write over a dataset that is there.
        measure: As a cascade (`vlit_hub.quality.cascade`): options of the indicators that are to be measured, by their names.
        device: Where models run, in a cascade.

    Raises:
        UsageError: An expression is wrong, an indicator isn't measured, nothing is left, or `out` can't be written over.
    """
    baseline = out.with_name(f"{out.name}-random") if out is not None and recipe.random_baseline else None
    for folder in filter(None, (out, baseline)):
        check_selection(dataset, folder, force)
    measured = Measured(dataset)
    if measure is None:
        conditions, left_out = _conditions(recipe, measured)
        columns = dict.fromkeys(column for condition in conditions for column in condition.columns)
        survival = survive(_records(measured, list(columns)), conditions, recipe.unknown == "keep")
        cascade = None
    else:
        from vlit_hub.quality.cascade import run_cascade  # takes long to import

        ran = run_cascade(measured, recipe, measure, device)
        survival, left_out, cascade = ran.survival, ran.left_out, ran.measured
    keep, size = survival.keep, None
    if recipe.balance is not None and keep.any():
        keep = _balance(measured, keep, recipe.balance, seed)
        size = int(keep.sum())
    filtered = Filtered(dataset.rows, survival, left_out, cascade, size, {})
    if out is None:
        return filtered
    about = {
        "filter": {
            "name": name,
            "description": recipe.description,
            "conditions": [asdict(one) for one in survival.conditions],
            "unknown": recipe.unknown,
            "left_out": left_out,
            **({} if cascade is None else {"cascade": cascade}),
            "balance": recipe.balance.model_dump() if recipe.balance else None,
            "seed": seed,
        }
    }
    source = shlex.quote(dataset.name)
    command = f"vlit-hub filter {source} {name} --out {shlex.quote(out.name)}" + (f" --seed {seed}" if seed else "")
    written = {str(out): _write(measured, Selection(keep, survival.reasons, about, command), out)}
    if baseline is not None:
        drawn = _draw(dataset, int(keep.sum()), seed)
        told = {"random": {"of": int(keep.sum()), "seed": seed, "beside": out.name}}
        all_measured = measured if cascade is None else Measured(dataset)  # what a cascade hid, it would show as null
        written[str(baseline)] = _write(all_measured, Selection(drawn, None, told, command), baseline)
    return replace(filtered, written=written)


def kept_by(dataset: Dataset, expression: str) -> npt.NDArray[np.bool_]:
    """Of each record, whether an expression keeps it; those of which it can't be said are kept.

    Raises:
        UsageError: The expression is wrong, or an indicator isn't measured.
    """
    measured = Measured(dataset)
    conditions, _ = _conditions(Recipe(keep=(expression,)), measured)
    columns = dict.fromkeys(column for condition in conditions for column in condition.columns)
    return survive(_records(measured, list(columns)), conditions, True).keep


def _conditions(recipe: Recipe, measured: Measured) -> tuple[list[Condition], dict[str, str]]:
    """The recipe's conditions, and those that can't be applied, with the reason."""
    return understand(recipe, lambda text: parse(text, measured.kind, measured.quantile), _absence)


def _absence(fault: UsageError) -> str | None:
    """Whether an expression failed for an indicator that there isn't or that isn't measured, not for how it is written."""
    if isinstance(fault, UnknownName):
        return "no such indicator is installed"
    return str(fault) if "isn't measured yet" in str(fault) else None


def _records(measured: Measured, columns: Sequence[str]) -> pl.DataFrame:
    if columns:
        return measured.read(columns)
    return pl.DataFrame({"": np.zeros(measured.dataset.rows, np.int8)})  # a filter without a column: `True`


def _balance(measured: Measured, keep: Any, balance: Balance, seed: int) -> Any:
    """The filter's mask, with a balanced sample of what it keeps."""
    measured.kind(balance.by)  # names what is wrong with it
    whole = isinstance(balance.size, int)
    left = int(keep.sum())
    size = int(balance.size) if whole else round(left * balance.size)
    classes = measured.read([balance.by])[balance.by].filter(pl.Series(keep))
    ids = measured.dataset.read(["id"])["id"].filter(pl.Series(keep))
    chosen = keep.copy()
    chosen[keep] = balanced(ids, classes, size, seed)
    return chosen


def _draw(dataset: Dataset, size: int, seed: int) -> Any:
    """A mask of so many records, drawn by hash of their ids."""
    ids = dataset.read(["id"])["id"]
    mask = np.zeros(len(ids), dtype=bool)
    mask[np.lexsort((ids.to_numpy(), draw(salt(seed, "random baseline"), ids)))[:size]] = True
    return mask


def _write(measured: Measured, selection: Selection, out: Path) -> int:
    build = write_selection(measured, selection, out)
    return sum(split["records"] for split in build["splits"].values())
