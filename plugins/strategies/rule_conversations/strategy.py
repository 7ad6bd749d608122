"""The strategy `rule_conversations`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from vlit_hub.drafting.boxes import region_structs
from vlit_hub.drafting.columns import annotation_keys, lists, run_starts
from vlit_hub.drafts import DRAFT, TURN, complete
from vlit_hub.frames import Annotations
from vlit_hub.plugins.strategies.rule_conversations.choosing import CONVERSATION, choose
from vlit_hub.plugins.strategies.rule_conversations.facts import Facts
from vlit_hub.plugins.strategies.rule_conversations.makers import DENYING, MAKERS, SPECS
from vlit_hub.plugins.strategies.rule_conversations.options import Kind, RuleConversationsOptions
from vlit_hub.plugins.strategies.rule_conversations.telling import tell
from vlit_hub.plugins.strategies.rule_conversations.turns import TURN_COLUMNS
from vlit_hub.plugins.strategies.rule_conversations.vocabulary import Vocabulary, vocabulary_of
from vlit_hub.plugins.strategies.rule_conversations.wordings import Wordings, load
from vlit_hub.strategy import Options, Strategy

__all__ = ["RuleConversations"]

_TASK = "conversation"
_NOTHING = "no annotation says anything certain of the image"

_LEAST_DENIALS = 2  # turns about what isn't there, in a negative conversation


@dataclass(frozen=True)
class Prepared:
    """What is worked out once for all images."""

    vocabulary: Vocabulary
    wordings: Mapping[str, Wordings]


class RuleConversations(Strategy):
    """Conversations whose every statement follows from the annotations."""

    name: ClassVar[str] = "rule_conversations"
    version: ClassVar[int] = 1
    tasks: ClassVar[tuple[str, ...]] = (_TASK,)
    Options: ClassVar[type[Options]] = RuleConversationsOptions

    def prepare(self, annotations: Annotations, options: RuleConversationsOptions) -> Prepared:
        """Read the wordings; collect the categories that the sources know.

        Raises:
            InputError: A file of wordings is broken.
        """
        return Prepared(vocabulary_of(annotations), load(SPECS.values(), options.box_format, options.pools or ()))

    def drafts(self, annotations: Annotations, options: RuleConversationsOptions, prepared: Prepared) -> pl.DataFrame:
        """The conversations of these images, kind by kind."""
        facts = Facts(annotations, options, prepared.vocabulary)
        frames = [make(facts) if set(kinds) & set(options.kinds) else None for _, make, kinds in MAKERS]
        parts = []
        for kind in ("global", "negative", "region"):
            if kind in options.kinds:
                least = 1 if kind == "global" else options.least
                parts.append(_conversations(kind, frames, facts, prepared, least))
        if "global" in options.kinds:
            parts.append(_speechless(annotations, parts[0]))
        made = [complete(part) for part in parts if len(part)]
        return pl.concat(made) if made else pl.DataFrame(schema=DRAFT)


def _conversations(
    kind: Kind, frames: Sequence[pl.DataFrame | None], facts: Facts, prepared: Prepared, least: int
) -> pl.DataFrame:
    """Drafts of one kind; those with fewer turns than `least` are left out."""
    pools = {name: number for number, name in enumerate(SPECS)}
    used = {
        number: (frame, spec, make)
        for number, (frame, (spec, make, kinds)) in enumerate(zip(frames, MAKERS, strict=True))
        if frame is not None and kind in kinds
    }
    slim = [
        frame.select(
            *TURN_COLUMNS,
            maker=pl.lit(number, dtype=pl.Int64()),
            pool=pl.lit(pools[spec.name], dtype=pl.Int64()),
            row=pl.int_range(pl.len(), dtype=pl.Int64()),
        )
        for number, (frame, spec, _) in used.items()
    ]
    objects = facts.annotations.objects.select("object_id").with_row_index("object").cast(pl.Int64())
    candidates = pl.concat(slim).join(objects, on="object", how="left", maintain_order="left")
    chosen = choose(candidates.with_columns(pl.col("object_id").fill_null(-1)), kind, facts.options)
    chosen = chosen.filter(pl.len().over(CONVERSATION) >= least)
    if kind == "negative":
        denying = [number for number, (_, _, make) in used.items() if make in DENYING]
        chosen = chosen.filter(pl.col("maker").is_in(denying).sum().over(CONVERSATION) >= _LEAST_DENIALS)
    chosen = chosen.with_row_index("at")
    told = [
        _told(chosen.filter(pl.col("maker") == number), frame, prepared.wordings[spec.name])
        for number, (frame, spec, _) in used.items()
    ]
    said = pl.concat(
        [pl.DataFrame(schema={"at": pl.UInt32(), "instruction": pl.String(), "response": pl.String()}), *told]
    )
    turns = chosen.select("at", *CONVERSATION, "source").join(said, on="at", how="left", maintain_order="left")
    return _chained(turns, kind, facts)


def _told(chosen: pl.DataFrame, frame: pl.DataFrame, wordings: Wordings) -> pl.DataFrame:
    drawn = chosen.select("at", "wording", "nth", "picture", "following")
    if not len(chosen):
        return pl.DataFrame(schema={"at": pl.UInt32(), "instruction": pl.String(), "response": pl.String()})
    return drawn.select("at").hstack(tell(wordings, frame[chosen["row"]].hstack(drawn.drop("at"))))


def _chained(turns: pl.DataFrame, kind: Kind, facts: Facts) -> pl.DataFrame:
    """A draft a conversation: the last turn, and those before as history."""
    starts = run_starts(turns["image_id"].to_numpy(), turns["object"].to_numpy())
    ends = np.append(starts[1:], len(turns)).astype(np.int64)[: len(starts)]
    last = np.zeros(len(turns), np.bool_)
    last[ends - 1] = True
    pairs = turns.filter(~pl.Series(last)).select(pl.struct("instruction", "response").cast(TURN).alias("turn"))["turn"]
    earlier = starts - np.arange(len(starts))  # each conversation before has left its last turn out
    drafts = turns.filter(pl.Series(last)).select("image_id", "object", "instruction", "response")
    sources = lists(turns["source"], starts).list.unique().list.sort()
    drafts = drafts.with_columns(history=lists(pairs, earlier), sources=sources, task=pl.lit(_TASK))
    if kind != "region":
        return drafts.drop("object").with_columns(key=pl.lit(kind))
    objects = facts.objects[drafts["object"]]
    regions = region_structs(objects, objects["said"])
    return drafts.drop("object").with_columns(
        key=pl.lit("region-") + annotation_keys(objects, "object_id"),
        regions=lists(regions, np.arange(len(regions))),
        granularity=pl.lit("region"),
    )


def _speechless(annotations: Annotations, spoken: pl.DataFrame) -> pl.DataFrame:
    """A rejected draft for each image that has no conversation."""
    images = annotations.images.join(spoken.select("image_id"), on="image_id", how="anti", maintain_order="left")
    return images.select(
        "image_id",
        key=pl.lit("global"),
        task=pl.lit(_TASK),
        instruction=pl.lit(""),
        response=pl.lit(""),
        sources=pl.concat_list("source"),
        reject_reason=pl.lit(_NOTHING),
    )
