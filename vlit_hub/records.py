"""The record: one (instruction, input, response) with its history, task, source, generation and quality.

This module is its one definition: the Arrow schema, `datasets.Features`, and the checks that every table passes before it is
written.

    id           stable: same inputs and options, same id
    instruction  the last turn's instruction
    input        images (paths, embedded bytes, or none), and text that goes with the instruction
    response     the last turn's response
    history      earlier turns, oldest first; empty for one turn
    regions      boxes x1, y1, x2, y2 in pixels of the upright image; `image` counts in `source.image_ids`
    task         from the task vocabulary (`vlit_hub.tasks`) or a plugin's own
    granularity  global | region | interleaved
    strategy     annotation_adaption | self_instruct | ... | a plugin's name
    source       annotation sources, image ids and file names, licence of the annotations and of the images
    generation   what a language model wrote: model, prompt, ...; null when none did
    quality      one nullable field an indicator; null where it can't be computed

The photos stand before the first instruction. Only in records of granularity `interleaved` may they stand elsewhere: there,
`<image>` in the instructions, oldest first, is the place of the next photo, and there are as many of them as photos; or none at
all, and the photos stand before the first instruction. In other records, and in every response, `<image>` is plain text.
`input.text` follows the last instruction, below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from vlit_hub.errors import RecordError

if TYPE_CHECKING:
    from datasets import Features

__all__ = ["BASE_INDICATORS", "GRANULARITIES", "PLACEHOLDER", "features", "from_rows", "schema", "validate"]

GRANULARITIES = ("global", "region", "interleaved")
PLACEHOLDER = "<image>"
"""The place of a photo in the instructions of an interleaved record."""

# What is known when a record is made, so that every record has the fields.
# annotator_agreement: the share of annotators who gave the response, in (0, 1]; null where one annotator wrote it.
# unsupported_mentions: how many categories of objects the response claims that no annotation of the image supports; null where
# nobody looked (a response taken from the annotations claims nothing else).
BASE_INDICATORS: Mapping[str, pa.DataType] = {"annotator_agreement": pa.float32(), "unsupported_mentions": pa.int32()}

_IMAGE = pa.struct({"bytes": pa.binary(), "path": pa.string()})
_TURN = pa.struct({"instruction": pa.string(), "response": pa.string()})
_REGION = pa.struct({"image": pa.int32(), "bbox": pa.list_(pa.float32(), 4), "label": pa.string()})
_SOURCE = pa.struct(
    {
        "datasets": pa.list_(pa.string()),
        "image_ids": pa.list_(pa.string()),
        "file_names": pa.list_(pa.string()),
        "license": pa.string(),
        "image_license": pa.string(),
    }
)
_GENERATION = pa.struct(
    {
        "model": pa.string(),
        "prompt": pa.string(),
        "prompt_version": pa.string(),
        "temperature": pa.float32(),
        "seed": pa.int64(),
    }
)
_NULLABLE = {"generation", "quality"}


def schema(indicators: Mapping[str, pa.DataType] | None = None) -> pa.Schema:
    """The record's Arrow schema, with `BASE_INDICATORS` and these in `quality`."""
    return pa.schema(
        {
            "id": pa.string(),
            "instruction": pa.string(),
            "input": pa.struct({"images": pa.list_(_IMAGE), "text": pa.string()}),
            "response": pa.string(),
            "history": pa.list_(_TURN),
            "regions": pa.list_(_REGION),
            "task": pa.string(),
            "granularity": pa.string(),
            "strategy": pa.string(),
            "source": _SOURCE,
            "generation": _GENERATION,
            "quality": pa.struct({**BASE_INDICATORS, **(indicators or {})}),
        }
    )


def features(indicators: Mapping[str, pa.DataType] | None = None) -> Features:
    """The record as `datasets.Features`: the schema, with `images` as `List(Image())`."""
    from datasets import Features, Image, List

    found = Features.from_arrow_schema(schema(indicators))
    found["input"]["images"] = List(Image())
    return found


def from_rows(rows: Iterable[Mapping[str, Any]], indicators: Mapping[str, pa.DataType] | None = None) -> pa.Table:
    """A checked table of records given as dicts.

    Raises:
        RecordError: A record lacks a field, has one too many, or one of a wrong type; or `validate` finds fault.
    """
    wanted = schema(indicators)
    rows = list(rows)
    for number, row in enumerate(rows):
        name = str(row.get("id") or f"record {number}")
        for field in wanted.names:
            if field not in row:
                raise RecordError(name, field, "is missing")
            try:
                pa.array([row[field]], type=wanted.field(field).type)
            except (pa.ArrowException, TypeError, ValueError) as error:
                raise RecordError(name, field, f"has a wrong type: {error}") from None
        for field in row:
            if field not in wanted.names:
                raise RecordError(name, field, "is no field of a record")
    table = pa.Table.from_pylist([dict(row) for row in rows], schema=wanted)
    validate(table, indicators=indicators)
    return table


def validate(
    table: pa.Table,
    *,
    image_sizes: pl.DataFrame | None = None,
    indicators: Mapping[str, pa.DataType] | None = None,
) -> None:
    """Check records against their definition.

    Args:
        table: Records.
        image_sizes: Columns `image_key` (as in `source.image_ids`), `width` and `height` in pixels: regions must lie within.
        indicators: The indicators that `quality` has beyond `BASE_INDICATORS`.

    Raises:
        RecordError: Names the first record at fault and its field.
    """
    _check_types(table.schema, schema(indicators))
    table = table.combine_chunks()
    ids = pl.Series(table["id"])
    for field in table.column_names:
        if field not in _NULLABLE and table[field].null_count:
            _refuse(ids, table[field].is_null(), field, "is null")
    if ids.n_unique() != len(ids):
        _refuse(ids, ids.is_duplicated(), "id", "is the id of another record too")
    for field in ("instruction", "response"):
        _refuse(ids, _blank(table[field]), field, "is empty")
    for field in ("task", "strategy"):
        if any(not value.strip() for value in pc.unique(table[field]).to_pylist()):
            _refuse(ids, _blank(table[field]), field, "is empty")
    if set(pc.unique(table["granularity"]).to_pylist()) - set(GRANULARITIES):
        strange = ~pl.Series(table["granularity"]).is_in(GRANULARITIES)
        _refuse(ids, strange, "granularity", f"is none of {', '.join(GRANULARITIES)}")
    asked = pc.struct_field(table["input"], "text")
    if asked.null_count:
        _refuse(ids, asked.is_null(), "input.text", "is null")
    images = pl.Series(pc.list_value_length(pc.struct_field(table["input"], "images")))
    named = pl.Series(pc.list_value_length(pc.struct_field(table["source"], "image_ids")))
    _refuse(ids, (images != 0) & (images != named), "input.images", "aren't as many as source.image_ids")
    turns, owners = _flat(table["history"])
    for field in ("instruction", "response"):
        _refuse(ids.gather(owners), _blank(turns.field(field)), f"history.{field}", "is empty")
    _check_regions(table, ids, image_sizes)


def _blank(texts: pa.ChunkedArray | pa.Array) -> pl.Series:
    """Where a text has nothing but white space, or is null."""
    return ~pl.Series(texts).str.contains(r"\S").fill_null(False)


def _check_regions(table: pa.Table, ids: pl.Series, image_sizes: pl.DataFrame | None) -> None:
    regions, owners = _flat(table["regions"])
    if not len(regions):
        return
    ids = ids.gather(owners)
    image_ids = pl.Series(pc.struct_field(table["source"], "image_ids").combine_chunks())
    image = pl.Series(regions.field("image"))
    stray = image.is_null() | (image < 0) | (image >= image_ids.list.len().gather(owners))
    _refuse(ids, stray, "regions.image", "names an image that isn't there")
    for part in (regions.field("bbox"), regions.field("bbox").flatten()):
        if part.null_count:
            raise RecordError("a record", "regions.bbox", "has no number")
    boxes = regions.field("bbox").flatten().to_numpy().reshape(-1, 4)
    _refuse(ids, pl.Series(~np.isfinite(boxes).all(axis=1)), "regions.bbox", "isn't finite")
    x1, y1, x2, y2 = boxes.T
    unordered = (x1 < 0) | (y1 < 0) | (x2 < x1) | (y2 < y1)
    _refuse(ids, pl.Series(unordered), "regions.bbox", "isn't 0 <= x1 <= x2, 0 <= y1 <= y2")
    if image_sizes is not None:
        keys = pl.DataFrame({"image_key": image_ids.gather(owners).list.get(image)})
        sizes = keys.join(image_sizes, on="image_key", how="left", maintain_order="left")
        beyond = (pl.Series(x2) > sizes["width"]) | (pl.Series(y2) > sizes["height"])
        _refuse(ids, beyond.fill_null(False), "regions.bbox", "lies outside its image")


def _flat(column: pa.ChunkedArray) -> tuple[pa.StructArray, pl.Series]:
    """The values of a column of lists, one below the other, and the row that each is from."""
    lists = column.combine_chunks()
    return lists.flatten(), pl.Series(pc.list_parent_indices(lists))


def _check_types(found: pa.Schema, wanted: pa.Schema) -> None:
    for field in wanted:
        if field.name not in found.names:
            raise RecordError("every record", field.name, "is missing")
        if found.field(field.name).type != field.type:
            raise RecordError("every record", field.name, f"is {found.field(field.name).type}, not {field.type}")
    for name in found.names:
        if name not in wanted.names:
            raise RecordError("every record", name, "is no field of a record")


def _refuse(ids: pl.Series, fault: pl.Series | pa.Array, field: str, reason: str) -> None:
    bad = pl.Series(fault).arg_true()
    if len(bad):
        record = ids[int(bad[0])] or f"record {bad[0]}"
        raise RecordError(str(record), field, reason + (f" (first of {len(bad)})" if len(bad) > 1 else ""))
