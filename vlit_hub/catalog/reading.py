"""Read the catalogue's files, check that they fit together, and put their entries together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import msgspec

from vlit_hub.catalog.entries import Count, DatasetEntry, ModelEntry, Strategy, TaskEntry, fold
from vlit_hub.catalog.schema import FILES, Dataset, Leaf, Model, Task
from vlit_hub.errors import InputError

__all__ = ["Catalog", "read_catalog"]

_GRANULARITY = {"region": "regional", "interleave": "interleaved"}
_STRATEGIES = ("AA", "SI", "DM")


class Catalog(msgspec.Struct, frozen=True):
    """The whole catalogue.

    Attributes:
        datasets: In Table 9's order, then those that only Table 1 or Figure 6 has.
        models: In Table 1's order.
        tasks: By kind.
        branches: The leaves of Figure 6's instruction tendency, by branch.
    """

    datasets: tuple[DatasetEntry, ...]
    models: tuple[ModelEntry, ...]
    tasks: tuple[TaskEntry, ...]
    branches: dict[str, tuple[str, ...]]


def read_catalog(folder: Traversable | None = None) -> Catalog:
    """Read the catalogue.

    Args:
        folder: Where its files are; vlit-hub's own if None.

    Raises:
        InputError: A file breaks the schema, or names what no other file has.
    """
    folder = folder or files("vlit_hub.cards") / "catalog"
    read: dict[str, tuple[Any, ...]] = {name: _read(folder / f"{name}.yaml", kind) for name, kind in FILES.items()}
    models: dict[str, Model] = {model.name: model for model in read["models"]}
    tasks: dict[str, Task] = {task.name: task for task in read["tasks"]}
    for model in models.values():
        for task in model.tasks:
            if task not in tasks:
                raise InputError("models.yaml", f"{model.name}: no task {task!r}", "Name one of tasks.yaml.")
    for dataset in read["datasets"]:
        if dataset.model and dataset.model not in models:
            reason = f"{dataset.name}: no model {dataset.model!r}"
            raise InputError("datasets.yaml", reason, "Name one of models.yaml.")
        if (dataset.model is None) == (dataset.paper is None):
            raise InputError("datasets.yaml", f"{dataset.name}: model or paper", "Give one of the two.")
    leaves = _leaves(read["figure_6"], read["datasets"], models)
    datasets = tuple(_dataset(dataset, models, leaves[dataset.name]) for dataset in read["datasets"])
    entries = tuple(_model(model, [data for data in datasets if data.model == model.name]) for model in models.values())
    branches: dict[str, tuple[str, ...]] = {}
    for leaf in read["figure_6"]:
        if leaf.leaf not in _STRATEGIES:
            branches[leaf.branch] = (*branches.get(leaf.branch, ()), leaf.leaf)
    return Catalog(datasets, entries, tuple(_task(task, entries, datasets) for task in tasks.values()), branches)


def _read(file: Traversable, kind: type[Any]) -> tuple[Any, ...]:
    try:
        rows = msgspec.yaml.decode(file.read_bytes(), type=list[dict[str, Any]])
    except OSError as error:
        raise InputError(file, f"can't be read ({error.strerror})", "Install vlit-hub again.") from None
    except msgspec.DecodeError as error:
        raise InputError(file, f"is no YAML list ({' '.join(str(error).split())})", "Mend it.") from None
    entries: dict[str, Any] = {}
    for number, row in enumerate(rows, 1):
        name = str(row.get("name") or row.get("leaf") or f"entry {number}")
        if name in entries:
            raise InputError(file, f"{name} stands there twice", "Take one out.")
        try:
            entries[name] = msgspec.convert(row, kind)
        except msgspec.ValidationError as error:
            raise InputError(file, f"{name}: {error}", "docs/catalog.md says what an entry has.") from None
    return tuple(entries.values())


def _leaves(tree: Iterable[Leaf], datasets: Iterable[Dataset], models: Mapping[str, Model]) -> dict[str, list[str]]:
    """The leaves that each dataset stands under; a model's name stands for its data where no dataset has that name."""
    found: dict[str, list[str]] = {dataset.name: [] for dataset in datasets}
    own = {fold(name): [dataset.name] for dataset in datasets for name in (dataset.name, *dataset.also)}
    of_models: dict[str, list[str]] = {}
    for dataset in datasets:
        if dataset.model:
            for name in (dataset.model, *models[dataset.model].also):
                of_models.setdefault(fold(name), []).append(dataset.name)
    for leaf in tree:
        for name in leaf.data:
            meant = own.get(fold(name)) or of_models.get(fold(name))
            if not meant:
                raise InputError("figure_6.yaml", f"{leaf.leaf}: no dataset {name!r}", "Add it to datasets.yaml.")
            for dataset_name in meant:
                if leaf.leaf not in found[dataset_name]:
                    found[dataset_name].append(leaf.leaf)
    return found


def _dataset(dataset: Dataset, models: Mapping[str, Model], leaves: list[str]) -> DatasetEntry:
    model = models.get(dataset.model or "")
    table_1 = model.table_1 if model else dataset.table_1
    table_9 = dataset.table_9
    strategy = Strategy(
        table_1.construction if table_1 else None,
        table_9.type if table_9 else None,
        "+".join(leaf for leaf in _STRATEGIES if leaf in leaves) or None,
    )
    tendency = tuple(leaf for leaf in leaves if leaf not in _STRATEGIES)
    return DatasetEntry(
        name=dataset.name,
        also=dataset.also,
        model=dataset.model,
        paper=model.paper if model else dataset.paper or "",
        arxiv=model.arxiv if model else dataset.arxiv,
        strategy=strategy,
        tendency=tendency or (("general",) if leaves else ()),
        granularity=tuple(_GRANULARITY[leaf] for leaf in tendency if leaf in _GRANULARITY),
        tasks=model.tasks if model else (),
        images=Count.of(table_9.images) if table_9 else None,
        videos=Count.of(table_9.videos) if table_9 else None,
        pairs=Count.of(table_9.pairs) if table_9 else None,
        quality=model.quality if model else (),
        link=dataset.link,
        code=model.code if model else None,
        disagreements=() if strategy.agreed() else (_differ("strategy", strategy.said()),),
        notes=dataset.notes,
    )


def _model(model: Model, datasets: list[DatasetEntry]) -> ModelEntry:
    said: dict[str, str] = {}
    if model.table_1 and model.table_8:
        said = {"Table 1": model.table_1.stages, "Table 8": re.sub(r"\(.*?\)", "", model.table_8.stages)}
    return ModelEntry(
        name=model.name,
        also=model.also,
        paper=model.paper,
        arxiv=model.arxiv,
        data=tuple(dataset.name for dataset in datasets),
        strategy=Strategy(model.table_1.construction if model.table_1 else None),
        tendency=tuple(dict.fromkeys(leaf for dataset in datasets for leaf in dataset.tendency)),
        granularity=tuple(dict.fromkeys(word for dataset in datasets for word in dataset.granularity)),
        tasks=model.tasks,
        table_1=model.table_1,
        table_8=model.table_8,
        tuned=model.tuned,
        quality=model.quality,
        code=model.code,
        disagreements=(_differ("stages", said),) if len(set(said.values())) > 1 else (),
        notes=model.notes,
    )


def _task(task: Task, models: Iterable[ModelEntry], datasets: Iterable[DatasetEntry]) -> TaskEntry:
    return TaskEntry(
        name=task.name,
        also=task.also,
        abbreviation=task.abbreviation,
        description=task.description,
        vlit_task=task.vlit_task,
        models=tuple(model.name for model in models if task.name in model.tasks),
        datasets=tuple(dataset.name for dataset in datasets if task.name in dataset.tasks),
    )


def _differ(what: str, said: Mapping[str, str]) -> str:
    return f"{what}: " + "; ".join(f"{place} says {value}" for place, value in said.items())
