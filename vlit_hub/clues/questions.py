"""Facts from questions and their answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from vlit_hub.clues.facts import Fact, Worth, joined, sources_of, spaced
from vlit_hub.image_by_image.annotations import Question

__all__ = ["question_facts"]

_AGREED = 0.8
_CERTAIN = 0.5
_ANSWERS_NAMED = 3


def question_facts(questions: Sequence[Question]) -> list[Fact]:
    """A fact an answered question: the answer with its votes or, where fewer than half gave it or another answer has as many,
    the most frequent answers as uncertain. Those with most agreement first.
    """
    rated = []
    for question in questions:
        asked, answer = spaced(question.question).rstrip(" ?"), spaced(question.answer or "")
        if asked and answer:
            text, agreement = _answered(question, answer)
            asked = asked[0].upper() + asked[1:] + ("" if asked.endswith((".", "!")) else "?")
            rated.append((-agreement, question.source, question.question_id, f"{asked} {text}"))
    facts, seen = list[Fact](), set[str]()
    for negative, source, _, text in sorted(rated):
        worth = Worth.AGREED if -negative >= _AGREED else Worth.DISPUTED if -negative >= _CERTAIN else Worth.UNCERTAIN
        if text.lower() not in seen:
            facts.append(Fact("questions", text, worth, sources_of(source)))
        seen.add(text.lower())
    return facts


def _answered(question: Question, answer: str) -> tuple[str, float]:
    """The answer as text, and the agreement in [0, 1]: 0 for a tie, 1 where nobody counted."""
    asked = len(question.answers)
    if question.votes is None or asked < 2:
        return f"{answer.rstrip('.')}.", 0.0 if question.tied else 1.0
    if question.tied or question.votes / asked < _CERTAIN:
        counts = Counter(spaced(given).lower() for given in question.answers)
        named = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_ANSWERS_NAMED]
        return f"Uncertain: {joined((f'{given} ({count} of {asked})' for given, count in named), 'or')}.", 0.0
    return f"{answer.rstrip('.')} ({question.votes} of {asked}).", question.votes / asked
