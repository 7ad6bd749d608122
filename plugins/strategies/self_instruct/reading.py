"""What the model answered, read and settled: a conversation, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vlit_hub.errors import VlitHubError
from vlit_hub.generation.requests import Request, Response, repair
from vlit_hub.generation.structured import Invalid, parse
from vlit_hub.plugins.strategies.self_instruct.conversation import Conversation
from vlit_hub.plugins.strategies.self_instruct.prompting import Prompt

__all__ = ["Settled", "follow_up", "mended", "read", "settle"]


@dataclass(frozen=True)
class Settled:
    """How one request ended.

    Attributes:
        response: The last answer.
        turns: The conversation as (user, assistant); empty where there is none.
        reason: Why there is none.
    """

    response: Response
    turns: tuple[tuple[str, str], ...] = ()
    reason: str | None = None


def read(prompt: Prompt, response: Response) -> Conversation:
    """The conversation in an answer.

    Raises:
        Invalid: There is none, or one with too few or too many turns; the text is fit to be sent back.
    """
    conversation = parse(response.text, Conversation, response.finish_reason)
    least, most = prompt.turns.least, prompt.turns.most
    if not least <= len(conversation.turns) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        raise Invalid(f"it has {len(conversation.turns)} turns instead of {wanted}")
    for number, turn in enumerate(conversation.turns, 1):
        for speaker, said in (("user", turn.user), ("assistant", turn.assistant)):
            if not said.strip():
                raise Invalid(f"the {speaker} says nothing in turn {number}")
    return conversation


def mended(prompt: Prompt, request: Request, response: Response) -> Request | None:
    """The request that sends an answer back which doesn't validate; None where it does, or where asking again is in vain."""
    if response.error is not None:
        return None
    try:
        read(prompt, response)
    except Invalid as fault:
        return repair(request, response.text, str(fault))
    return None


def follow_up(prompts: Mapping[str, Prompt], request: Request, response: Response) -> Request | None:
    """What is asked after an answer: once more, if it doesn't validate and wasn't sent back before."""
    return None if request.repairs else mended(prompts[request.group], request, response)


def settle(prompt: Prompt, request: Request, answers: Mapping[str, Response]) -> Settled:
    """How a request ended.

    Args:
        prompt: It was asked by.
        request: As it was sent first.
        answers: By key; those of the request and of what it was mended by.

    Raises:
        VlitHubError: The store lacks an answer.
    """
    response = _answer(request, answers)
    if again := mended(prompt, request, response):
        response = _answer(again, answers)
    if response.error is not None:
        return Settled(response, reason=f"model: {response.error.replace('_', ' ')}")
    try:
        conversation = read(prompt, response)
    except Invalid as fault:
        return Settled(response, reason=f"answer isn't valid: {fault}")
    return Settled(response, tuple((turn.user.strip(), turn.assistant.strip()) for turn in conversation.turns))


def _answer(request: Request, answers: Mapping[str, Response]) -> Response:
    if found := answers.get(request.key()):
        return found
    raise VlitHubError("the response store lacks an answer that was there before. Run the same command again.")
