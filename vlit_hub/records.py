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
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa

from vlit_hub.errors import RecordError

if TYPE_CHECKING:
    from datasets import Features

__all__ = ["BASE_INDICATORS", "GRANULARITIES", "features", "from_rows", "schema", "validate"]

GRANULARITIES = ("global", "region", "interleaved")

# The share of annotators who gave the response, in (0, 1]; null where one annotator wrote it. It comes with the annotations,
# so every record has the field.
BASE_INDICATORS: Mapping[str, pa.DataType] = {"annotator_agreement": pa.float32()}

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
        "cached": pa.bool_(),
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
    table: pa.Table | pl.DataFrame,
    *,
    image_sizes: pl.DataFrame | None = None,
    indicators: Mapping[str, pa.DataType] | None = None,
) -> None:
    """Check records against their definition.

    Args:
        table: Records; an Arrow table is checked for its types too.
        image_sizes: Columns `image_key` (as in `source.image_ids`), `width` and `height` in pixels: regions must lie within.
        indicators: The indicators that `quality` has beyond `BASE_INDICATORS`.

    Raises:
        RecordError: Names the first record at fault and its field.
    """
    if isinstance(table, pa.Table):
        _check_types(table.schema, schema(indicators))
        frame = pl.DataFrame(pl.from_arrow(table))
    else:
        frame = table
    for field in frame.columns:
        if field not in _NULLABLE:
            _refuse(frame, pl.col(field).is_null(), field, "is null")
    _refuse(frame, pl.col("id").is_duplicated(), "id", "is the id of another record too")
    for field in ("id", "instruction", "response", "task", "strategy"):
        _refuse(frame, pl.col(field).str.strip_chars() == "", field, "is empty")
    _refuse(frame, ~pl.col("granularity").is_in(GRANULARITIES), "granularity", f"is none of {', '.join(GRANULARITIES)}")
    text = pl.col("input").struct.field("text")
    _refuse(frame, text.is_null(), "input.text", "is null")
    images = pl.col("input").struct.field("images").list.len()
    named = pl.col("source").struct.field("image_ids").list.len()
    _refuse(frame, (images != 0) & (images != named), "input.images", "aren't as many as source.image_ids")
    turns = frame.filter(pl.col("history").list.len() > 0).select("id", "history").explode("history").unnest("history")
    for field in ("instruction", "response"):
        empty = pl.col(field).is_null() | (pl.col(field).str.strip_chars() == "")
        _refuse(turns, empty, f"history.{field}", "is empty")
    _check_regions(frame, image_sizes)


def _check_regions(frame: pl.DataFrame, image_sizes: pl.DataFrame | None) -> None:
    regions = (
        frame.filter(pl.col("regions").list.len() > 0)
        .select("id", "regions", image_ids=pl.col("source").struct.field("image_ids"))
        .explode("regions")
        .unnest("regions")
    )
    if regions.is_empty():
        return
    outside = pl.col("image").is_null() | (pl.col("image") < 0) | (pl.col("image") >= pl.col("image_ids").list.len())
    _refuse(regions, outside, "regions.image", "names an image that isn't there")
    box = [pl.col("bbox").arr.get(side) for side in range(4)]
    for side in box:
        _refuse(regions, side.is_null() | ~side.is_finite(), "regions.bbox", "has no number")
    x1, y1, x2, y2 = box
    _refuse(regions, (x1 < 0) | (y1 < 0) | (x2 < x1) | (y2 < y1), "regions.bbox", "isn't 0 <= x1 <= x2, 0 <= y1 <= y2")
    if image_sizes is not None:
        sized = regions.with_columns(image_key=pl.col("image_ids").list.get(pl.col("image"))).join(
            image_sizes.select("image_key", "width", "height"), on="image_key", how="left"
        )
        beyond = (x2 > pl.col("width")) | (y2 > pl.col("height"))
        _refuse(sized, beyond.fill_null(False), "regions.bbox", "lies outside its image")


def _check_types(found: pa.Schema, wanted: pa.Schema) -> None:
    for field in wanted:
        if field.name not in found.names:
            raise RecordError("every record", field.name, "is missing")
        if found.field(field.name).type != field.type:
            raise RecordError("every record", field.name, f"is {found.field(field.name).type}, not {field.type}")
    for name in found.names:
        if name not in wanted.names:
            raise RecordError("every record", name, "is no field of a record")


def _refuse(frame: pl.DataFrame, fault: pl.Expr, field: str, reason: str) -> None:
    bad = frame.select(row=pl.arg_where(fault)).to_series()
    if len(bad):
        record = frame["id"][int(bad[0])] or f"record {bad[0]}"
        more = f" (first of {len(bad)})" if len(bad) > 1 else ""
        raise RecordError(str(record), field, reason + more)
