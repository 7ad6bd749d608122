"""Measures a dataset: what is missing is measured, what is there is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub import __version__, plugin_manager
from vlit_hub.dataset.reading import Dataset
from vlit_hub.quality import pruning
from vlit_hub.quality.annotations import ImagesKnown
from vlit_hub.quality.fragments import load_scores, save_scores
from vlit_hub.quality.kept import about, sees_annotations
from vlit_hub.quality.measuring import Run
from vlit_hub.quality.planning import Plan, make_plan

__all__ = ["inputs_of", "measure_some", "score"]


def score(
    dataset: Dataset,
    names: Sequence[str] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    device: str = "auto",
    images: ImagesKnown | None = None,
    prune: bool = False,
) -> dict[str, Any]:
    """Measure a dataset, and note in its scores.json what was measured by what.

    Args:
        dataset: It.
        names: Indicators; all that can run here if none.
        options: Options by indicator.
        device: Where models run.
        images: Those whose annotations are known, for indicators that look at these.
        prune: Afterwards remove what was measured of records that are gone, or with other settings than in this call.

    Returns:
        The content of scores.json, of which `fresh` has the indicators of this call; and as `pruned` what was removed.

    Raises:
        UnknownName: There is no indicator of a name.
        UsageError: An option is wrong, or what is asked for can't be measured here.
        InputError: The dataset can't be read, or its folder can't be written to.
        PluginError: An indicator gave something else than it declares.
    """
    plan = make_plan(plugin_manager.indicators(), names, options or {}, images.digest if images else None)
    scores = load_scores(dataset)
    run = Run(dataset, plan, device, images)
    fresh = {}
    for stage in plan.stages:
        for planned, entry in run.stage(stage).items():
            if not planned.indicator.feature:
                fresh[planned.name] = {**about(planned), **entry}
                if images is not None and sees_annotations(planned):
                    fresh[planned.name]["annotations"] = images.about
    scores["indicators"] = dict(sorted({**scores["indicators"], **fresh}.items()))
    scores["left_out"] = dict(plan.left_out) if names is None else scores["left_out"]
    scores["vlit_hub"] = __version__
    save_scores(dataset, scores)
    removed = pruning.prune(dataset, {one.name: [one.settings] for one in plan.chosen}) if prune else None
    return {**scores, "fresh": sorted(fresh), "pruned": asdict(removed) if removed else None}


def inputs_of(dataset: Dataset, plan: Plan, keep: npt.NDArray[np.bool_], device: str = "auto") -> pl.DataFrame:
    """What the indicators of a plan read of some of the records, and their ids; features that are missing are measured first.

    Args:
        dataset: It.
        plan: Of indicators that look at all records together.
        keep: Which of the records, in the order of the shards.
        device: Where models run.
    """
    features = tuple(tuple(one for one in stage if one.indicator.feature) for stage in plan.stages)
    run = Run(dataset, Plan(tuple(filter(None, features)), {}), device, keep=keep)
    for stage in filter(None, features):
        run.measure(stage)
    return run.whole(
        dict.fromkeys(
            (
                "id",
                *(name for planned in plan.chosen if not planned.indicator.feature for name in planned.indicator.reads),
            )
        ),
        keep,
    )


def measure_some(
    dataset: Dataset, plan: Plan, keep: npt.NDArray[np.bool_], device: str = "auto"
) -> tuple[pl.DataFrame, dict[str, dict[str, Any]]]:
    """What the indicators of a plan say of some of the records; what isn't known of these is measured.

    Args:
        dataset: It.
        plan: Of indicators that look at each record; others are measured of all records.
        keep: Which of the records, in the order of the shards.
        device: Where models run.

    Returns:
        Their columns, a row a record, null for the others; and by indicator what scores.json would say of it.
    """
    run = Run(dataset, plan, device, keep=keep)
    for stage in plan.stages:
        run.measure(stage)
    chosen = [planned for planned in plan.chosen if not planned.indicator.feature]
    parts = [pl.concat([run.values(planned, shard) for shard in dataset.shards]) for planned in chosen]
    whole = pl.concat(parts, how="horizontal")
    left_out = pl.Series(~keep)
    return whole.with_columns(pl.when(~left_out).then(pl.all())), {one.name: about(one) for one in chosen}
