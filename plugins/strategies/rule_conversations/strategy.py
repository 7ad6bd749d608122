"""The strategy `rule_conversations`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from vlit_hub.drafting.boxes import region_structs
from vlit_hub.drafting.columns import annotation_keys, lists, run_starts
from vlit_hub.drafts import DRAFT, TURN, complete
from vlit_hub.frames import Annotations
from vlit_hub.plugins.strategies.rule_conversations import (
    about_absence,
    about_attributes,
    about_objects,
    about_regions,
    about_texts,
)
from vlit_hub.plugins.strategies.rule_conversations.choosing import CONVERSATION, choose
from vlit_hub.plugins.strategies.rule_conversations.facts import Facts
from vlit_hub.plugins.strategies.rule_conversations.options import Kind, RuleConversationsOptions
from vlit_hub.plugins.strategies.rule_conversations.telling import CATEGORY, NUMBER, ORDERED, OTHER, tell
from vlit_hub.plugins.strategies.rule_conversations.turns import TURN_COLUMNS
from vlit_hub.plugins.strategies.rule_conversations.vocabulary import Vocabulary, vocabulary_of
from vlit_hub.plugins.strategies.rule_conversations.wordings import Wordings, WordingsSpec, load
from vlit_hub.strategy import Options, Strategy

__all__ = ["SPECS", "RuleConversations"]

_TASK = "conversation"
_NOTHING = "no annotation says anything certain of the image"

_LEAST_DENIALS = 2  # turns about what isn't there, in a negative conversation

_Maker = Callable[[Facts], pl.DataFrame]
_Labels = frozenset({"a_label", "the_label", "label", "labels", "one"})


def _spec(
    name: str,
    *placeholders: str,
    outcomes: tuple[str, ...] = ("known",),
    needed: frozenset[str] = frozenset(),
    box: bool = False,
) -> WordingsSpec:
    return WordingsSpec(name, CATEGORY | frozenset(placeholders), outcomes, needed, box)


# Of each pool: its wordings, who makes its turns, and the kinds of conversations that have them.
_POOLS: tuple[tuple[WordingsSpec, _Maker, tuple[Kind, ...]], ...] = (
    (WordingsSpec("caption", frozenset({"caption"}), ("said",)), about_texts.caption, ("global",)),
    (WordingsSpec("caption_again", frozenset({"caption"}), ("said",)), about_texts.caption_again, ("global",)),
    (_spec("count", *NUMBER, outcomes=("one", "several"), needed=_Labels), about_objects.count, ("global",)),
    (_spec("count_people", *NUMBER, outcomes=("one", "several")), about_objects.count_people, ("global",)),
    (_spec("position", "part", outcomes=("known", "person"), needed=_Labels), about_objects.position, ("global",)),
    (_spec("side", *OTHER, outcomes=("left", "right"), needed=_Labels), about_objects.side, ("global",)),
    (
        _spec("side_check", *OTHER, "claimed", "opposite", outcomes=("yes", "no"), needed=_Labels),
        about_objects.side_check,
        ("global",),
    ),
    (_spec("higher", *OTHER, *ORDERED, needed=ORDERED), about_objects.higher, ("global",)),
    (_spec("larger", *OTHER, *ORDERED, needed=ORDERED), about_objects.larger, ("global",)),
    (
        _spec(
            "more",
            *OTHER,
            *NUMBER,
            "labels_first",
            "labels_second",
            "number_other",
            "number_labels",
            "number_others",
            needed=frozenset({"labels_first"}),
        ),
        about_objects.more,
        ("global",),
    ),
    (_spec("colour", "colour", needed=_Labels), about_attributes.colour, ("global",)),
    (_spec("posture", "posture", needed=_Labels), about_attributes.posture, ("global",)),
    (WordingsSpec("text", frozenset({"text"})), about_texts.text, ("global",)),
    (
        WordingsSpec(
            "question", frozenset({"question", "answer", "Answer"}), ("yes", "no", "other"), frozenset({"question"})
        ),
        about_texts.question,
        ("global",),
    ),
    (_spec("presence", outcomes=("one", "several"), needed=_Labels), about_objects.present, ("global", "negative")),
    (_spec("absence", outcomes=("no",), needed=_Labels), about_absence.absent, ("global", "negative")),
    (_spec("premise", outcomes=("no",), needed=_Labels), about_absence.premise, ("negative",)),
    (
        _spec("choice", "first", "second", "third", outcomes=("one",), needed=frozenset({"first"})),
        about_absence.choice,
        ("negative",),
    ),
    (_spec("region_what", "box", box=True), about_regions.what, ("region",)),
    (
        _spec("region_other", "another", outcomes=("no",), needed=frozenset({"another"})),
        about_regions.other,
        ("region",),
    ),
    (_spec("region_place", "part"), about_regions.place_of, ("region",)),
    (_spec("region_only", *NUMBER, outcomes=("yes", "no"), needed=_Labels), about_regions.only, ("region",)),
    (_spec("region_order", *NUMBER, "ordinal"), about_regions.order, ("region",)),
    (_spec("region_beside", *OTHER, outcomes=("left", "right"), needed=OTHER), about_regions.beside, ("region",)),
    (_spec("region_share", "percent"), about_regions.share, ("region",)),
    (_spec("region_edge", "edge", outcomes=("yes", "no")), about_regions.edge, ("region",)),
    (_spec("region_shape", outcomes=("wide", "tall")), about_regions.shape, ("region",)),
    (_spec("region_colour", "colour"), about_regions.colour_of, ("region",)),
    (_spec("region_posture", "posture"), about_regions.posture_of, ("region",)),
)

SPECS: Mapping[str, WordingsSpec] = {spec.name: spec for spec, _, _ in _POOLS}
"""The pools of wordings by name."""


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
        frames = {spec.name: maker(facts) for spec, maker, kinds in _POOLS if set(kinds) & set(options.kinds)}
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
    kind: Kind, frames: Mapping[str, pl.DataFrame], facts: Facts, prepared: Prepared, least: int
) -> pl.DataFrame:
    """Drafts of one kind; those with fewer turns than `least` are left out."""
    pools = [spec.name for spec, _, kinds in _POOLS if kind in kinds]
    slim = [
        frames[name].select(
            *TURN_COLUMNS, pool=pl.lit(number, dtype=pl.Int64()), row=pl.int_range(pl.len(), dtype=pl.Int64())
        )
        for number, name in enumerate(pools)
    ]
    chosen = choose(pl.concat(slim), kind, facts.options)
    chosen = chosen.filter(pl.len().over(CONVERSATION) >= least)
    if kind == "negative":
        denials = [number for number, name in enumerate(pools) if name != "presence"]
        chosen = chosen.filter(pl.col("pool").is_in(denials).sum().over(CONVERSATION) >= _LEAST_DENIALS)
    chosen = chosen.with_row_index("at")
    told = [
        _told(chosen.filter(pl.col("pool") == number), frames[name], prepared.wordings[name])
        for number, name in enumerate(pools)
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
    ends = np.append(starts[1:], len(turns)).astype(np.int64)
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
