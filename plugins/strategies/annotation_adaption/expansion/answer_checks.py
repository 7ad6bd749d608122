"""Whether a sentence says what a question and its short answer say, and no more. For English."""

from __future__ import annotations

import re
from importlib.resources import files

import yaml

__all__ = ["fault"]

_MOST_WORDS = 30
_MOST_NEW = 2  # words of content that neither question nor answer has ("The time on the clock is ...")
_MOST_NEW_YES_NO = 1  # here all can be repeated but for a verb's form ("Did he catch it?", "Yes, he caught it.")

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)?")
_ANOTHER_SENTENCE = re.compile(r"[.!?][\"')\]]*\s+\S")

_ENGLISH = yaml.safe_load((files(__package__) / "english.yaml").read_text(encoding="utf-8"))
_NUMBERS = {word: str(number) for number, word in _ENGLISH["numbers"].items()}
_NEGATIONS = frozenset(_ENGLISH["negations"].split())
_NOTHING = _NEGATIONS | {"0", "zero"}
_ARTICLES = {"a", "an", "the"}
_FUNCTION_WORDS = _ARTICLES.union(_ENGLISH["function_words"].split(), _ENGLISH["of_pictures"].split())


def fault(question: str, answer: str, sentence: str) -> str | None:
    """Why the sentence can't stand for the answer to the question; None if it can. Fit to be sent back to the model."""
    asked, given, said = _words(question), _words(answer), _words(sentence)
    if shape := _shape_fault(answer, given, sentence, said):
        return shape
    if given in (["yes"], ["no"]):
        return _yes_no_fault(given[0], asked, said) or _addition_fault(asked, given, said, _MOST_NEW_YES_NO)
    return _meaning_fault(asked, given, said) or _addition_fault(asked, given, said, _MOST_NEW)


def _shape_fault(answer: str, given: list[str], sentence: str, said: list[str]) -> str | None:
    if "\n" in sentence or _ANOTHER_SENTENCE.search(sentence.replace(answer, "x")):
        return "it is more than one sentence"
    if sentence.endswith("?"):
        return "it is a question"
    if len(said) > _MOST_WORDS:
        return f"it has more than {_MOST_WORDS} words"
    if len(said) < 3 or len(said) <= len(given):
        return "it is no full sentence"
    return None


def _yes_no_fault(answer: str, asked: list[str], said: list[str]) -> str | None:
    if said[0] != answer:
        return f'it doesn\'t begin with "{answer.capitalize()},"'
    if _denies(asked):  # "Isn't it wet?": what follows a yes or no is anybody's guess
        return None
    if _denies(said[1:]) != (answer == "no"):
        return "it turns the answer round" if answer == "yes" else "it doesn't deny what was asked"
    return None


def _meaning_fault(asked: list[str], given: list[str], said: list[str]) -> str | None:
    if _NOTHING.issuperset(given):
        return None if _denies(said) or "0" in map(_stem, said) else "it doesn't hold the answer"
    stems = set(map(_stem, said))
    if any(_stem(word) not in stems for word in given if word not in _ARTICLES):
        return "it doesn't hold the answer"
    if _denies(said) and not _denies(asked) and not _denies(given):
        return "it denies what the answer affirms"
    return None


def _addition_fault(asked: list[str], given: list[str], said: list[str], most: int) -> str | None:
    known = {_stem(word) for word in (*asked, *given)}
    new = [word for word in said if word not in _FUNCTION_WORDS and not _is_negation(word) and _stem(word) not in known]
    if number := next((word for word in new if _stem(word).isdigit()), None):
        return f"it adds a number ({number})"
    if len(new) > most:
        return f"it adds what neither question nor answer says ({', '.join(dict.fromkeys(new))})"
    return None


def _words(text: str) -> list[str]:
    return [word.replace("\u2019", "'") for word in _WORD.findall(text.lower())]


def _is_negation(word: str) -> bool:
    return word in _NEGATIONS or word.endswith("n't")


def _denies(words: list[str]) -> bool:
    return any(map(_is_negation, words))


def _stem(word: str) -> str:
    """Coarse: the same for the forms of a word, and for a number and its word."""
    if word in _NUMBERS:
        return _NUMBERS[word]
    word = word.removesuffix("'s")
    for ending, instead in (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending) + instead
            break
    if len(word) > 3:
        word = word.removesuffix("e")
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word
