"""Drafts: what a strategy makes, before the builder completes it to records.

A strategy says only what it alone knows: which image, which task, instruction and response. Ids, photos, licences, the
strategy's name and the nesting of the record are filled in by `vlit_hub.building.assembly`.
"""

from __future__ import annotations

import polars as pl

__all__ = ["DRAFT", "GENERATION", "REGION", "REQUIRED", "TURN", "complete"]

TURN = pl.Struct({"instruction": pl.String(), "response": pl.String()})
REGION = pl.Struct({"image": pl.Int32(), "bbox": pl.Array(pl.Float32(), 4), "label": pl.String()})

GENERATION = pl.Struct(
    {
        "model": pl.String(),
        "prompt": pl.String(),
        "prompt_version": pl.String(),
        "temperature": pl.Float32(),
        "seed": pl.Int64(),
    }
)

REQUIRED = ("image_id", "key", "task", "instruction", "response", "sources")

# `key` tells apart the drafts of one image and task, and is stable: an annotation's id as text, or a category's name.
# `sources` are the annotation sources used. `reject_reason` puts the draft aside instead of into the dataset.
# `photo` is the path of a picture that takes the place of the image's own (a copy with a region drawn in), `generation` what a
# language model's part was, `unsupported_mentions` how many categories the text claims that no annotation of the image knows.
DRAFT = pl.Schema(
    {
        "image_id": pl.Int64(),
        "key": pl.String(),
        "task": pl.String(),
        "instruction": pl.String(),
        "text": pl.String(),
        "response": pl.String(),
        "history": pl.List(TURN),
        "regions": pl.List(REGION),
        "granularity": pl.String(),
        "sources": pl.List(pl.String()),
        "annotator_agreement": pl.Float32(),
        "unsupported_mentions": pl.Int32(),
        "photo": pl.String(),
        "generation": GENERATION,
        "reject_reason": pl.String(),
    }
)

_DEFAULTS = {
    "text": pl.lit("", dtype=pl.String()),
    "history": pl.lit([], dtype=pl.List(TURN)),
    "regions": pl.lit([], dtype=pl.List(REGION)),
    "granularity": pl.lit("global", dtype=pl.String()),
    **{
        name: pl.lit(None, dtype=DRAFT[name])
        for name in ("annotator_agreement", "unsupported_mentions", "photo", "generation", "reject_reason")
    },
}


def complete(drafts: pl.DataFrame) -> pl.DataFrame:
    """Drafts with every column of `DRAFT`, in its order: columns left out get their defaults.

    Raises:
        ValueError: A required column is missing, or one is no draft column.
    """
    if missing := [name for name in REQUIRED if name not in drafts.columns]:
        raise ValueError(f"drafts lack {', '.join(missing)}")
    if extra := [name for name in drafts.columns if name not in DRAFT]:
        raise ValueError(f"drafts have {', '.join(extra)}, which is no draft column")
    added = {name: default for name, default in _DEFAULTS.items() if name not in drafts.columns}
    return drafts.with_columns(**added).select(pl.col(name).cast(dtype) for name, dtype in DRAFT.items())
