"""Which instructions a pool takes from a model: whole, of the pool's language and form of answer, and unlike those it has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from vlit_hub.drafting.templates import TemplateFault, parse
from vlit_hub.plugins.strategies.annotation_adaption.pools import PoolSpec

__all__ = ["Judge", "tidy"]

_LIST_MARK = re.compile(r"^(?:\d+[.)]|[-*•])\s+")
_WORD = re.compile(r"\{\w+\}|[^\W_]+(?:'[^\W_]+)?")

# What tells the form of the answer, in English. How much of a pool says so decides what its new instructions have to say.
_CUES = {
    "a limit on the answer": re.compile(
        r"\b(?:brief\w*|short|concise\w*|sum up|words?|(?:an?|short|or|brief) phrases?|(?:one|single) (?:short |brief )?sentence"
        r"|only|alone|just|nothing (?:else|but)|(?:no|without) (?:any )?(?:explanation|comment)s?|keep it to|no more than"
        r"|digits?|(?:a|one|single) number|yes or no|list)\b",
        re.IGNORECASE,
    ),
    "a sentence": re.compile(r"\bsentences?\b", re.IGNORECASE),
}
_USUAL, _UNUSUAL = 0.8, 0.1  # shares of a style's instructions

_NEAR = 0.8  # Jaccard similarity of character 4-grams from which on two instructions are one
_LENGTH = 1.5  # times the pool's longest
_KNOWN = 0.25  # share of the words that the pool has too; another language's is smaller


def tidy(text: str) -> str:
    """Without list marks, quotes around it, and superfluous white space."""
    text = _LIST_MARK.sub("", " ".join(text.split()))
    if len(text) > 2 and text[0] == text[-1] == '"' and text.count('"') == 2:
        text = text[1:-1].strip()
    return text


class Judge:
    """Says what is wrong with an instruction; knows the pool's and those it took.

    Args:
        spec: The pool's.
        existing: Its instructions by style.
    """

    def __init__(self, spec: PoolSpec, existing: Mapping[str, Sequence[str]]) -> None:
        self._spec = spec
        everything = [text for texts in existing.values() for text in texts]
        self._longest = max(map(len, everything))
        counts = Counter(word for text in everything for word in set(_words(text)))
        self._vocabulary = set(counts)
        self._small = {word for word, count in counts.items() if count > 1 and len(word) <= 4}
        self._form = {style: _form(texts) for style, texts in existing.items()}
        self._taken = [_fingerprint(text) for text in everything]

    def fault(self, style: str, text: str) -> str | None:
        """Why an instruction can't be taken into this style; None if it can."""
        return (
            self._template_fault(text)
            or self._length_fault(text)
            or self._language_fault(text)
            or self._form_fault(style, text)
            or self._likeness_fault(text)
        )

    def take(self, text: str) -> None:
        """Remember an instruction, so that nothing like it is taken again."""
        self._taken.append(_fingerprint(text))

    def _template_fault(self, text: str) -> str | None:
        if not text:
            return "is empty"
        try:
            names = parse(text)[1]
            if fault := self._spec.instruction_fault(text):
                return fault
        except TemplateFault as error:
            return str(error)
        if "{{" in text or "}}" in text:
            return "has braces that are no placeholder"
        if repeated := next((name for name in names if names.count(name) > 1), None):
            return f"has {{{repeated}}} more than once"
        return None

    def _length_fault(self, text: str) -> str | None:
        return "is too long" if len(text) > _LENGTH * self._longest else None

    def _language_fault(self, text: str) -> str | None:
        words = _words(text)
        known = [word for word in words if word in self._vocabulary]
        if len(known) == len(words) or (len(known) >= _KNOWN * len(words) and self._small.intersection(known)):
            return None
        return "seems to be in another language"

    def _form_fault(self, style: str, text: str) -> str | None:
        for cue, share in self._form[style].items():
            said = bool(_CUES[cue].search(_without_placeholders(text)))
            if said and share <= _UNUSUAL:
                return f"asks for {cue}, unlike this style of the pool"
            if not said and share >= _USUAL:
                return f"doesn't ask for {cue}, unlike this style of the pool"
        return None

    def _likeness_fault(self, text: str) -> str | None:
        grams = _fingerprint(text)
        near = any(len(grams & other) >= _NEAR * len(grams | other) for other in self._taken)
        return "is almost the same as another" if near else None


def _form(texts: Sequence[str]) -> dict[str, float]:
    plain = [_without_placeholders(text) for text in texts]
    return {cue: sum(bool(said.search(text)) for text in plain) / len(plain) for cue, said in _CUES.items() if plain}


def _without_placeholders(text: str) -> str:
    return re.sub(r"\{\w+\}", " ", text)


def _words(text: str) -> list[str]:
    """In small letters, without placeholders."""
    return [word for word in _WORD.findall(text.lower()) if not word.startswith("{")]


def _fingerprint(text: str) -> frozenset[str]:
    """Character 4-grams of the words; a placeholder counts as the same whichever it is."""
    flat = f" {' '.join('{}' if word.startswith('{') else word for word in _WORD.findall(text.lower()))} "
    return frozenset(flat[place : place + 4] for place in range(max(len(flat) - 3, 1)))
