"""What a run would ask and cost, told before anything is sent."""

from __future__ import annotations

import msgspec

from vlit_hub.generation.requests import Request

__all__ = ["GroupEstimate", "Preview"]


class GroupEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """The requests of one group ("region").

    Attributes:
        requests: All of them.
        stored: Those whose answers the response store has.
        prompt_tokens: Of the requests that aren't stored; likewise `completion_tokens`.
        completion_tokens: See `prompt_tokens`.
        cost: In dollars, of the requests that aren't stored; None where the model has no price.
    """

    requests: int
    stored: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """A dry run.

    Attributes:
        model: The model that would be asked.
        examples: Requests as they would be sent, drawn by hash over all groups.
        groups: What each group comes to.
    """

    model: str
    examples: tuple[Request, ...]
    groups: dict[str, GroupEstimate]

    @property
    def total(self) -> GroupEstimate:
        """All groups together; the cost is None where that of one is."""
        groups = self.groups.values()
        costs = [group.cost for group in groups if group.cost is not None]
        return GroupEstimate(
            requests=sum(group.requests for group in groups),
            stored=sum(group.stored for group in groups),
            prompt_tokens=sum(group.prompt_tokens for group in groups),
            completion_tokens=sum(group.completion_tokens for group in groups),
            cost=sum(costs) if len(costs) == len(groups) else None,
        )
