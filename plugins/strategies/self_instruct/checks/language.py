"""Language: whether a conversation is in the language that was asked for.

py3langid (BSD licence, 97 languages, a naive Bayes model over byte n-grams) says which language a text is in. Its limits: it is
unsure about short texts, so only turns of 25 letters and more are judged (all together where none is so long), and only where
another language is much likelier; close relatives (Danish and Norwegian, Serbian and Croatian, Malay and Indonesian) are taken
one for the other, so a text counts as what was asked for where that is nearly as likely. A language it doesn't know isn't judged.
"""

from __future__ import annotations

import re

from vlit_hub.plugins.strategies.self_instruct.checks.turns import Conversation

__all__ = ["language_faults"]

_LEAST_LETTERS, _LEAST_DENSE = 25, 10

# Difference of log-likelihoods a letter. Measured: English against German, French, Spanish, Dutch, Danish 1.3 to 2.5; Danish
# against Norwegian, Spanish against Galician 0.7 to 0.9; English that quotes a German sign under 0.2.
_MUCH_LIKELIER = 0.8


def language_faults(conversation: Conversation, language: str) -> list[str]:
    """The reason, `language: de instead of en`, where a turn is in another language.

    Args:
        conversation: The turns.
        language: ISO 639-1 code.
    """
    turns = [f"{user}\n{assistant}" for user, assistant in conversation]
    judged = [text for text in turns if _is_long(text)] or ["\n".join(turns)]
    found = dict.fromkeys(other for text in judged if (other := _other_language(text, language)))
    return [f"language: {other} instead of {language}" for other in found]


def _other_language(text: str, language: str) -> str:
    """The language that a text is in; empty where that may be the one asked for."""
    from py3langid import rank  # loads a model of 4 MB

    if not _is_long(text):
        return ""
    ranked: list[tuple[str, float]] = rank(text)
    scores = {name: float(score) for name, score in ranked}
    best = ranked[0][0]
    if language not in scores or best == language:
        return ""
    return best if scores[best] - scores[language] > _MUCH_LIKELIER * _letters(text) else ""


def _is_long(text: str) -> bool:
    """Whether it can be judged; in scripts that say a word in one or two characters ten of them are enough."""
    dense = len(re.findall(r"[\u3040-\u9fff\uac00-\ud7a3]", text))
    return dense >= _LEAST_DENSE or _letters(text) >= _LEAST_LETTERS


def _letters(text: str) -> int:
    return len(re.findall(r"[^\W\d_]", text))
