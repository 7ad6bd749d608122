"""Assembly: drafts become records.

What a strategy leaves open is filled in here: the id, the photo, licences, the strategy's name. The nesting is built from
Arrow buffers, a column at a time; Polars' own nested columns cost several times more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from vlit_hub.drafts import complete
from vlit_hub.draws import draw, salt
from vlit_hub.errors import RecordError
from vlit_hub.records import schema

__all__ = ["REJECTED", "Assembled", "assemble"]

REJECTED = pl.Schema(
    {
        "id": pl.String(),
        "reason": pl.String(),
        "task": pl.String(),
        "instruction": pl.String(),
        "text": pl.String(),
        "response": pl.String(),
        "image_key": pl.String(),
        "sources": pl.List(pl.String()),
    }
)


@dataclass(frozen=True)
class Assembled:
    """Records, and what didn't become one.

    Attributes:
        records: A table of the record's schema, ordered by image.
        rejected: Columns of `REJECTED`.
        capped: How many drafts `per_image` left out.
    """

    records: pa.Table
    rejected: pl.DataFrame
    capped: int = 0


def assemble(
    drafts: pl.DataFrame,
    images: pl.DataFrame,
    *,
    strategy: str,
    licenses: Mapping[str, str],
    per_image: int | None = None,
    seed: int = 0,
) -> Assembled:
    """Complete drafts to records.

    Args:
        drafts: Columns of `vlit_hub.drafts.DRAFT`, or those of them that aren't default.
        images: The images of `Annotations`, one row an image.
        strategy: The strategy's name.
        licenses: The licence of each annotation source.
        per_image: At most so many records of one task an image.
        seed: Decides which, with the record's id.

    Raises:
        RecordError: A draft names an image that isn't among `images`.
    """
    known = images.select(
        "image_id", "image_key", "file_name", "photo_fault", image_photo="photo", image_license="license"
    )
    drafts = complete(drafts).sort("image_id", maintain_order=True)
    drafts = drafts.join(known, on="image_id", how="left", maintain_order="left")
    if drafts["image_key"].null_count():
        stray = drafts.filter(pl.col("image_key").is_null()).row(0, named=True)
        raise RecordError(
            f"draft {stray['key']!r} of task {stray['task']}", "image_id", f"no image {stray['image_id']}"
        )
    drafts = drafts.with_columns(
        id=pl.concat_str("task", "image_key", "key", separator="-"),
        photo=pl.coalesce("photo", "image_photo"),
        reject_reason=pl.coalesce("reject_reason", pl.format("photo: {}", "photo_fault")),
    )
    reason = drafts["reject_reason"]
    rejected = drafts.filter(reason.is_not_null()).rename({"reject_reason": "reason"}).select(REJECTED.names())
    kept = drafts.filter(reason.is_null()) if len(rejected) else drafts
    chosen = kept if per_image is None else _cap(kept, per_image, seed)
    return Assembled(_table(chosen, strategy, licenses), rejected, len(kept) - len(chosen))


def _cap(drafts: pl.DataFrame, per_image: int, seed: int) -> pl.DataFrame:
    """At most `per_image` drafts of one task an image, drawn by hash."""
    numbers = draw(salt(seed, "per_image"), drafts["id"])
    place = pl.col("draw").rank("ordinal").over("image_id", "task")
    return drafts.with_columns(draw=numbers).filter(place <= per_image).drop("draw")


def _table(drafts: pl.DataFrame, strategy: str, licenses: Mapping[str, str]) -> pa.Table:
    wanted = schema()
    rows = len(drafts)

    def column(name: str, kind: pa.DataType | None = None) -> pa.Array:
        found = drafts[name].to_arrow(compat_level=pl.CompatLevel.newest())
        return found.cast(kind or wanted.field(name).type)

    def constant(value: str) -> pa.Array:
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int8)), [value]).cast(pa.string())

    def ones(values: pa.Array) -> pa.Array:
        """Lists of one value each."""
        return pa.ListArray.from_arrays(pa.array(np.arange(rows + 1, dtype=np.int32)), values)

    source_type = wanted.field("source").type
    paths = column("photo", pa.string())
    starts = np.concatenate([[0], np.cumsum(drafts["photo"].is_not_null().to_numpy())]).astype(np.int32)
    image_type = wanted.field("input").type.field("images").type.value_type
    found = paths.drop_null()
    photos = pa.StructArray.from_arrays([pa.nulls(len(found), pa.binary()), found], fields=list(image_type))
    columns = {
        "input": pa.StructArray.from_arrays(
            [pa.ListArray.from_arrays(pa.array(starts), photos), column("text", pa.string())],
            fields=list(wanted.field("input").type),
        ),
        "strategy": constant(strategy),
        "source": pa.StructArray.from_arrays(
            [
                column("sources", source_type.field("datasets").type),
                ones(column("image_key", pa.string())),
                ones(column("file_name", pa.string())),
                _license(drafts["sources"], licenses),
                column("image_license", pa.string()),
            ],
            fields=list(source_type),
        ),
        "generation": column("generation"),
        "quality": pa.StructArray.from_arrays(
            [column(field.name, field.type) for field in wanted.field("quality").type],
            fields=list(wanted.field("quality").type),
        ),
    }
    return pa.table([columns[name] if name in columns else column(name) for name in wanted.names], schema=wanted)


def _license(sources: pl.Series, licenses: Mapping[str, str]) -> pa.Array:
    """The annotations' licence: of several sources, each licence once."""
    single = sources.list.len().max() in (None, 1)
    texts = sources.list.first() if single else sources.list.join("\n")
    distinct = texts.unique().sort()
    names = [
        " AND ".join(dict.fromkeys(licenses.get(name, "unknown") for name in text.split("\n"))) for text in distinct
    ]
    named = texts.replace_strict(distinct, names, return_dtype=pl.String())
    return named.cast(pl.String()).to_arrow(compat_level=pl.CompatLevel.newest()).cast(pa.string())
