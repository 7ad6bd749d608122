"""Refusals and boilerplate: a model that speaks of itself instead of the picture.

"I can't tell from the picture who they are" is an answer, and so is "I cannot see any dog in the picture".
"""

from __future__ import annotations

import re

from vlit_hub.plugins.strategies.self_instruct.checks.turns import Conversation, plain

__all__ = ["refusals"]

_CANNOT = (
    r"(?:can ?not|can't|could not|couldn't|am unable to|"
    r"'m unable to|am not able to|'m not able to|unable to|do not|don't|won't|will not)"
)
_PICTURES = r"(?:images?|pictures?|photos?|photographs?|visuals?|visual content|files?|attachments?)"
# A picture that hangs in the picture, or a part of the picture.
_A_PICTURE_IN_IT = r"(?!(?:'s| (?:on|in|of|hanging|behind|frames?|above|taped|pinned|that|inside)\b))"
_PATTERNS = [
    r"\b(?:I'm|I am|we're|we are)?\s*(?:very |so |truly )?sorry,? (?:but )?(?:I|we)(?:'m| am| are)? "
    r"(?:can ?not|can't|unable|not able|don't|do not|won't|am not|could not|couldn't)\b",
    r"\bI apologi[sz]e,? (?:but|for (?:the|any) (?:confusion|inconvenience))\b|\bmy apologies\b",
    r"\bas an? (?:\w+[- ])?(?:AI|artificial intelligence|(?:large )?language model|LLM|text-based model|"
    r"machine learning model)\b",
    r"\bI(?:'m| am) (?:just |only |merely )?an? (?:\w+[- ])?(?:AI|artificial intelligence|language model|LLM|"
    r"chatbot|computer program)\b",
    rf"\b{_CANNOT} (?:directly |actually |physically |really |currently )?(?:see|view|access|open|look at|"
    rf"process|analy[sz]e|display) "
    rf"(?:(?:the|this|that|your|any|an?|actual|attached|provided|real|"
    rf"uploaded) ){{0,2}}{_PICTURES}\b{_A_PICTURE_IN_IT}",
    r"\bI (?:do not|don't) have (?:the )?(?:ability|capability|access|means)\b|\bI (?:do not|"
    r"don't) have (?:eyes|vision|visual)\b",
    r"\bI(?:'m| am) (?:unable|not able) to (?:assist|help|comply|fulfil+|provide|process|answer|respond|generate)\b",
    r"\bI (?:can ?not|can't|won't|will not) (?:assist|help|comply|fulfil+|generate|provide|discuss|engage|"
    r"respond|participate|continue)\b",
    rf"\bno {_PICTURES} (?:is|was|were|has been|have been|seems to be) (?:provided|attached|uploaded|included|"
    rf"given|shared)\b",
    rf"\bplease (?:provide|upload|share|attach|send) (?:me )?(?:the|an?|your|more) (?:\w+ )?(?:{_PICTURES}|"
    rf"details|information|context)\b",
    r"\b(?:against|violates?) (?:my|our|the) (?:\w+ )?(?:guidelines|programming|policy|policies)\b",
    r"\bmy (?:training data|training|programming|knowledge cut-?off|guidelines)\b",
]
_REFUSAL = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS), re.IGNORECASE)


def refusals(conversation: Conversation) -> list[str]:
    """Reasons, each with the assistant's words: `refusal: 'as an ai language model'`."""
    found = dict.fromkeys(
        match[0].strip().lower() for _, assistant in conversation for match in _REFUSAL.finditer(plain(assistant))
    )
    return [f"refusal: {words!r}" for words in found]
