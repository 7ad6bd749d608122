"""Ten people's answers to a question: most agree, some use another true word, a few slip."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from vlit_hub.sample.chance import Chance

__all__ = ["Question", "annotation", "colour_slips", "count_slips"]

_PEOPLE = 10
_SLIPS = {0: 54, 1: 20, 2: 13, 3: 9, 4: 4}  # how many of the ten slip: weights
_OTHER_WORD = 0.22  # how likely one of the rest uses another true word, where there is one
_TIE = 0.34  # how likely the rest splits evenly between two true words, where there are two

_NEIGHBOURS = {
    "red": ("orange", "maroon", "pink"),
    "orange": ("red", "yellow", "brown"),
    "yellow": ("orange", "gold", "tan"),
    "green": ("dark green", "blue", "teal"),
    "blue": ("light blue", "purple", "navy"),
    "purple": ("blue", "violet", "pink"),
    "pink": ("purple", "red", "rose"),
    "brown": ("tan", "red", "black"),
    "black": ("gray", "dark gray", "blue"),
    "white": ("gray", "cream", "beige"),
    "gray": ("silver", "white", "black"),
}


@dataclass(frozen=True)
class Question:
    """A question whose answer is known.

    Attributes:
        text: The question.
        type: Its beginning, as VQA groups questions.
        kind: `yes/no`, `number` or `other`.
        answer: What most people say.
        also: Other true answers.
        slips: What some might wrongly say.
    """

    text: str
    type: str
    kind: str
    answer: str
    also: tuple[str, ...] = ()
    slips: tuple[str, ...] = ()


def count_slips(number: int) -> tuple[str, ...]:
    """Counts that are off by one or two."""
    return tuple(str(n) for n in (number + 1, number - 1, number + 2) if n >= 0)


def colour_slips(colour: str) -> tuple[str, ...]:
    """Colours that some people would call it."""
    return _NEIGHBOURS[colour]


def annotation(question: Question, image_id: int, question_id: int, chance: Chance) -> dict[str, object]:
    """A row of a VQA v2 annotations file; its most frequent answer is always true."""
    said = _said(question, chance)
    counts = Counter(answer for answer, _ in said)
    most = max(counts.values())
    top = question.answer if counts[question.answer] == most else next(a for a in question.also if counts[a] == most)
    return {
        "question_type": question.type,
        "multiple_choice_answer": top,
        "answers": [
            {"answer": answer, "answer_confidence": confidence, "answer_id": i + 1}
            for i, (answer, confidence) in enumerate(said)
        ],
        "image_id": image_id,
        "answer_type": question.kind,
        "question_id": question_id,
    }


def _said(question: Question, chance: Chance) -> list[tuple[str, str]]:
    """Answers with confidence, in drawn order. Wrong ones are at most four, and fewer than the most frequent true one."""
    slips = question.slips or (("no",) if question.answer == "yes" else ("yes",) if question.answer == "no" else ())
    wrong = chance.weighted(_SLIPS) if slips else 0
    if question.also:
        wrong = min(wrong, 2)
    right = _PEOPLE - wrong
    answers = [(question.answer, True)] * right
    if question.also and right % 2 == 0 and chance.happens(_TIE):
        answers[right // 2 :] = [(question.also[0], True)] * (right // 2)
    elif question.also:
        others = sum(chance.happens(_OTHER_WORD) for _ in range(right))
        answers[right - others :] = [(chance.one(question.also), True) for _ in range(others)]
    answers += [(chance.one(slips), False) for _ in range(wrong)]
    said = [(answer, _confidence(chance, right)) for answer, right in answers]
    return chance.some(said, len(said))


def _confidence(chance: Chance, right: bool) -> str:
    draw = chance.between(0, 1)
    if right:
        return "yes" if draw < 0.82 else "maybe" if draw < 0.97 else "no"
    return "yes" if draw < 0.45 else "maybe" if draw < 0.85 else "no"
