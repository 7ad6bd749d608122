"""Structure: every turn says something, the user opens with a question, nothing is said twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from vlit_hub.plugins.strategies.self_instruct.checks.turns import Conversation, plain, words

__all__ = ["structure_faults"]

# Two texts that share so many of their words are one; two sentences that differ in left and right share fewer.
_NEARLY_THE_SAME = 0.9

# Short answers may come again: "Yes, there is."
_SHORT_ANSWER = 6

_ROLE = re.compile(
    r"(?:^|\n)\s*[\"*\[<]*(?:user|human|assistant|ai assistant|ai|gpt|chatgpt|bot|system|question|answer|q|"
    r"a)(?: ?\d+)?[\"*\]>]*\s*:"
    r"|<\|(?:im_start|im_end|user|assistant|system|endoftext)\|?>|</?s>|\[/?INST\]",
    re.IGNORECASE,
)
# Requests open with any verb there is ("Work out ...", "Advise ..."); statements with one of these.
_STATES = re.compile(
    r"^(?:sure|certainly|of course|the|this|that|these|those|there|here|its?|he|she|they|we|an?|yes|no)\b",
    re.IGNORECASE,
)
_WANTS = re.compile(
    r"\?|\bI(?:'m| am|'d| would| want| wonder| need| think| don't| can't| see)\b|\bplease\b", re.IGNORECASE
)


def structure_faults(conversation: Conversation) -> list[str]:
    """Why a conversation's form is wrong; empty where it is right."""
    if not conversation:
        return ["no turns"]
    faults = []
    asked, answered = [user for user, _ in conversation], [assistant for _, assistant in conversation]
    for side, texts in (("question", asked), ("answer", answered)):
        if not all(words(text) for text in texts):
            faults.append(f"empty {side}")
        faults += [f"role label in a turn: {label[0].strip()!r}" for text in texts if (label := _ROLE.search(text))][:1]
    opening = plain(asked[0])
    if _STATES.match(opening) and not _WANTS.search(opening):
        faults.append("doesn't start with a question")
    if _repeats(asked, 1):
        faults.append("repeated question")
    if _repeats(answered, _SHORT_ANSWER):
        faults.append("repeated answer")
    return faults


def _repeats(texts: Sequence[str], least: int) -> bool:
    """Whether two texts of at least so many words are the same or nearly so."""
    told = [listed for text in texts if len(listed := words(text)) >= least]
    return any(
        one == other or _jaccard(set(one), set(other)) >= _NEARLY_THE_SAME for one, other in combinations(told, 2)
    )


def _jaccard(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)
