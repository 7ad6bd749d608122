"""The datasets that are mixed: found, and checked to fit together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from vlit_hub.dataset.reading import Dataset, Shard, find_dataset
from vlit_hub.errors import InputError, UnknownName, UsageError
from vlit_hub.plugins.strategies.data_mixing.recipe import Recipe, SourceRecipe
from vlit_hub.records import BASE_INDICATORS, schema

__all__ = ["Source", "mixed_schema", "open_sources"]


@dataclass(frozen=True)
class Source:
    """A dataset that records are taken of.

    Attributes:
        name: What it is called in the mix; stands last in its records' `source.datasets`.
        dataset: It.
        split: The split that records are taken of.
        shards: That split's files.
        recipe: What the recipe says of it.
        upsample: Whether its records may be repeated.
    """

    name: str
    dataset: Dataset
    split: str
    shards: tuple[Shard, ...]
    recipe: SourceRecipe
    upsample: bool

    @property
    def rows(self) -> int:
        """How many records there are to choose from."""
        return sum(shard.rows for shard in self.shards)


def open_sources(recipe: Recipe) -> list[Source]:
    """Find the datasets of a recipe.

    Raises:
        UsageError: There is no such dataset or split, or two sources have one name.
        InputError: A dataset can't be read.
    """
    sources: dict[str, Source] = {}
    for given in recipe.sources:
        dataset = find_dataset(given.dataset)
        name = given.name or dataset.name.rpartition("/")[2]
        if name in sources:
            raise UsageError(
                f"two sources are called {name} ({sources[name].recipe.dataset}, {given.dataset}). In a recipe, give one of them "
                "another `name`."
            )
        split = _split(dataset, given, name)
        shards = tuple(shard for shard in dataset.shards if shard.split == split)
        sources[name] = Source(name, dataset, split, shards, given, recipe.repeats(given))
    return list(sources.values())


def _split(dataset: Dataset, given: SourceRecipe, name: str) -> str:
    """The split that is meant: `train`, or the only one, where the recipe doesn't say."""
    splits = list(dict.fromkeys(shard.split for shard in dataset.shards))
    if given.split is not None:
        if given.split not in splits:
            raise UnknownName(f"split of {name}", given.split, splits)
        return given.split
    if len(splits) > 1 and "train" not in splits:
        raise UsageError(f"{name} has the splits {', '.join(splits)}. In a recipe, name one with `split`.")
    return "train" if "train" in splits else splits[0]


def mixed_schema(sources: Sequence[Source]) -> pa.Schema:
    """The schema of the mix: a record's, with every field of `quality` that a source has.

    Raises:
        InputError: A source has other columns than the rest, or a field of `quality` of another type.
    """
    fields: dict[str, tuple[str, pa.Field]] = {
        name: ("", pa.field(name, kind)) for name, kind in BASE_INDICATORS.items()
    }
    for source in sources:
        other = next((one.name for one in sources if one is not source), "a record of vlit-hub")
        for shard in source.shards:
            found = pq.read_schema(shard.path)
            _check_columns(found, shard, source.name, other)
            for field in found.field("quality").type:
                owner, known = fields.setdefault(field.name, (source.name, field))
                if known.type != field.type:
                    raise InputError(
                        shard.path,
                        f"quality.{field.name} is {field.type} in {source.name}, and {known.type} in "
                        f"{owner or 'every record of vlit-hub'}",
                        "Score one of the two again with the same indicator, or leave it out.",
                    )
                if not known.metadata and field.metadata:
                    fields[field.name] = (owner, field)
    wanted = schema({name: field.type for name, (_, field) in fields.items() if name not in BASE_INDICATORS})
    quality = pa.struct([_bare(field) for _, field in fields.values()])
    return wanted.set(wanted.get_field_index("quality"), pa.field("quality", quality))


def _check_columns(found: pa.Schema, shard: Shard, name: str, other: str) -> None:
    wanted = schema()
    mend = f"Build or import {name} again with this version of vlit-hub."
    for column in wanted.names:
        if column not in found.names:
            raise InputError(shard.path, f"{name} lacks the column `{column}`, which {other} has", mend)
        kind, right = found.field(column).type, wanted.field(column).type
        if not (pa.types.is_struct(kind) if column == "quality" else kind == right):
            reason = f"{name} and {other} differ in the column `{column}`: it is {kind}, and in a record {right}"
            raise InputError(shard.path, reason, mend)
    for column in found.names:
        if column not in wanted.names:
            reason = f"{name} has a column `{column}`, which {other} hasn't"
            raise InputError(shard.path, reason, "Take it out, or mix other datasets.")


def _bare(field: pa.Field) -> pa.Field:
    """Without what Parquet noted about the file that a field was read from."""
    kept: Mapping[bytes, bytes] = {
        key: value for key, value in (field.metadata or {}).items() if not key.startswith((b"PARQUET:", b"ARROW:"))
    }
    return pa.field(field.name, field.type, metadata=dict(kept) or None)
