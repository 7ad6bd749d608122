"""All checks of one conversation."""

from __future__ import annotations

from dataclasses import dataclass

from vlit_hub.image_by_image.annotations import ImageAnnotations, Object
from vlit_hub.plugins.strategies.self_instruct.checks.language import language_faults
from vlit_hub.plugins.strategies.self_instruct.checks.leaks import leaks
from vlit_hub.plugins.strategies.self_instruct.checks.objects import unsupported
from vlit_hub.plugins.strategies.self_instruct.checks.refusals import refusals
from vlit_hub.plugins.strategies.self_instruct.checks.region import region_faults
from vlit_hub.plugins.strategies.self_instruct.checks.structure import structure_faults
from vlit_hub.plugins.strategies.self_instruct.checks.turns import Conversation

__all__ = ["Checked", "check"]


@dataclass(frozen=True)
class Checked:
    """What the checks found.

    Attributes:
        reasons: Why the conversation is to be rejected; empty where it is good.
        unsupported: Categories of COCO that the assistant says are there and no annotation supports, sorted.
    """

    reasons: list[str]
    unsupported: list[str]


def check(
    conversation: Conversation,
    *,
    kind: str,
    image: ImageAnnotations,
    region: Object | None = None,
    language: str = "en",
) -> Checked:
    """Check a conversation that a model wrote.

    Structure and language are checked in any language; leaks, refusals, objects and region talk in English only.

    Args:
        conversation: The turns.
        kind: What was asked for: `region` talk has to stay with the marked object.
        image: What the annotations say.
        region: The marked object; none where none is.
        language: ISO 639-1 code of the language that was asked for.
    """
    faults = structure_faults(conversation)
    faults += language_faults(conversation, language)
    if language != "en":
        return Checked(faults, [])
    faults += leaks(conversation) + refusals(conversation)
    if kind == "region" and region is not None:
        faults += region_faults(conversation, region)
    return Checked(faults, unsupported(conversation, image))
