"""All that conversations are made of: kinds of turns, their wordings, and where they occur."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from vlit_hub.plugins.strategies.rule_conversations import (
    about_absence,
    about_attributes,
    about_objects,
    about_regions,
    about_texts,
)
from vlit_hub.plugins.strategies.rule_conversations.facts import Facts
from vlit_hub.plugins.strategies.rule_conversations.options import Kind
from vlit_hub.plugins.strategies.rule_conversations.telling import CATEGORY, NUMBER, ORDERED, OTHER
from vlit_hub.plugins.strategies.rule_conversations.wordings import WordingsSpec

__all__ = ["DENYING", "MAKERS", "SPECS"]

_Make = Callable[[Facts], pl.DataFrame]

_LABELS = frozenset({"a_label", "the_label", "label", "labels", "one"})


def _spec(
    name: str,
    *placeholders: str,
    outcomes: tuple[str, ...] = ("known",),
    needed: frozenset[str] = frozenset(),
    box: bool = False,
) -> WordingsSpec:
    return WordingsSpec(name, CATEGORY | frozenset(placeholders), outcomes, needed, box)


_PRESENCE = _spec("presence", outcomes=("one", "several", "no"), needed=_LABELS)

MAKERS: tuple[tuple[WordingsSpec, _Make, tuple[Kind, ...]], ...] = (
    (WordingsSpec("caption", frozenset({"caption"}), ("said",)), about_texts.caption, ("global",)),
    (WordingsSpec("caption_again", frozenset({"caption"}), ("said",)), about_texts.caption_again, ("global",)),
    (_spec("count", *NUMBER, outcomes=("one", "several"), needed=_LABELS), about_objects.count, ("global",)),
    (_spec("count_people", *NUMBER, outcomes=("one", "several")), about_objects.count_people, ("global",)),
    (_spec("position", "part", outcomes=("known", "person"), needed=_LABELS), about_objects.position, ("global",)),
    (_spec("side", *OTHER, outcomes=("left", "right"), needed=_LABELS), about_objects.side, ("global",)),
    (
        _spec("side_check", *OTHER, "claimed", "opposite", outcomes=("yes", "no"), needed=_LABELS),
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
    (_spec("colour", "colour", needed=_LABELS), about_attributes.colour, ("global",)),
    (_spec("posture", "posture", needed=_LABELS), about_attributes.posture, ("global",)),
    (WordingsSpec("text", frozenset({"text"})), about_texts.text, ("global",)),
    (
        WordingsSpec(
            "question", frozenset({"question", "answer", "Answer"}), ("yes", "no", "other"), frozenset({"question"})
        ),
        about_texts.question,
        ("global",),
    ),
    (_PRESENCE, about_objects.present, ("global", "negative")),
    (_PRESENCE, about_absence.absent, ("global", "negative")),
    (_spec("premise", outcomes=("no",), needed=_LABELS), about_absence.premise, ("negative",)),
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
    (_spec("region_only", *NUMBER, outcomes=("yes", "no"), needed=_LABELS), about_regions.only, ("region",)),
    (_spec("region_order", *NUMBER, "ordinal"), about_regions.order, ("region",)),
    (_spec("region_beside", *OTHER, outcomes=("left", "right"), needed=OTHER), about_regions.beside, ("region",)),
    (_spec("region_share", "percent"), about_regions.share, ("region",)),
    (_spec("region_edge", "edge", outcomes=("yes", "no")), about_regions.edge, ("region",)),
    (_spec("region_shape", outcomes=("wide", "tall")), about_regions.shape, ("region",)),
    (_spec("region_colour", "colour"), about_regions.colour_of, ("region",)),
    (_spec("region_posture", "posture"), about_regions.posture_of, ("region",)),
)
"""Who makes turns: their wordings, the function, and the kinds of conversations that have such turns."""

DENYING = frozenset({about_absence.absent, about_absence.premise, about_absence.choice})
"""Those whose turns say that something isn't there."""

SPECS: Mapping[str, WordingsSpec] = {spec.name: spec for spec, _, _ in MAKERS}
"""The pools of wordings by name."""
