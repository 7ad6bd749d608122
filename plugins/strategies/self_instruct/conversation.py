"""What the model is asked to answer with: a conversation as JSON."""

from __future__ import annotations

from typing import Annotated

import msgspec

__all__ = ["Conversation", "Turn"]

_Said = Annotated[str, msgspec.Meta(min_length=1, max_length=6000)]


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the user says, and what the assistant answers."""

    user: _Said
    assistant: _Said


class Conversation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A conversation; how many turns it may have within these limits is for each kind of prompt to say."""

    turns: Annotated[tuple[Turn, ...], msgspec.Meta(min_length=1, max_length=20)]
