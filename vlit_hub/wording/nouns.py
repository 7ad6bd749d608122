"""English forms of category names: article, plural, agreement.

Names are those of annotation files: `wine glass`, `scissors`, `TV`, `mouse_(computer_equipment)`. What the rules can't know
stands in tables; all 80 names of COCO come out right, and others mostly do.
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.draws import keys_to_uint64

__all__ = ["FORMS", "Forms", "Labels", "forms", "number_word"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Said differently from how the files name it: singular, plural.
_SAID = {"broccoli": ("piece of broccoli", "pieces of broccoli"), "tv": ("TV", "TVs")}

# Plural in form, one thing in fact.
_PAIRS = _words(
    "binoculars eyeglasses goggles jeans leggings pants pliers scissors skis sunglasses tights tongs trousers tweezers"
)

_IRREGULAR = {
    "calf": "calves",
    "child": "children",
    "foot": "feet",
    "goose": "geese",
    "half": "halves",
    "hero": "heroes",
    "knife": "knives",
    "leaf": "leaves",
    "loaf": "loaves",
    "man": "men",
    "mango": "mangoes",
    "mouse": "mice",
    "ox": "oxen",
    "person": "people",
    "policeman": "policemen",
    "potato": "potatoes",
    "quiz": "quizzes",
    "scarf": "scarves",
    "shelf": "shelves",
    "snowman": "snowmen",
    "fireman": "firemen",
    "thief": "thieves",
    "tomato": "tomatoes",
    "tooth": "teeth",
    "wife": "wives",
    "wolf": "wolves",
    "woman": "women",
}
_UNCHANGED = _words("aircraft bison deer fish moose salmon sheep shrimp spacecraft squid trout")

# No article and no plural.
_MASS = _words(
    "beer bread butter cheese clothing coffee corn dirt food foliage fruit furniture garlic glassware grass gravel graffiti hair "
    "ice jewelry juice lettuce luggage meat milk mud parsley rice salt sand silverware smoke snow spinach steam sugar tea "
    "traffic water wine wood"
)

# End in s and are one thing all the same.
_SINGULAR_S = _words("alias atlas bus canvas christmas gas lens minibus trolleybus")

_SAID_WITH_A = re.compile(r"(?:uni(?!n|m)|ute|use|usb|uk|euro|ewe|one\b|once\b)", re.IGNORECASE)
_SAID_WITH_AN = re.compile(r"(?:hour|honest|heir|(?:suv|mp3|x-ray|atv|lcd|led|rv|sd)\b)", re.IGNORECASE)

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


@dataclass(frozen=True)
class Forms:
    """How a category is said.

    Attributes:
        label: Its name, as the annotations have it: `dog`, `scissors`.
        a_label: One of it: `a dog`, `an apple`, `a pair of scissors`, `trees`, `grass`.
        the_label: `the dog`, `the pair of scissors`.
        labels: Several of it: `dogs`, `pairs of scissors`.
        one: One of it, without article: `dog`, `pair of scissors`.
        is_: The verb after `a_label` and `the_label`: `is` or `are`.
        are: The verb after `labels`: `are`, or `is` for what has no plural.
        countable: Whether `two {labels}` is said of two annotated objects. Skis aren't: some annotators drew a box round
            each, some round the pair.
    """

    label: str
    a_label: str
    the_label: str
    labels: str
    one: str
    is_: str
    are: str
    countable: bool

    @property
    def capital_is(self) -> str:
        """`is_` at the beginning of a question."""
        return self.is_.capitalize()


FORMS: dict[str, str] = {
    "label": "label",
    "a_label": "a_label",
    "the_label": "the_label",
    "labels": "labels",
    "is": "is_",
    "Is": "capital_is",
    "are": "are",
}
"""The placeholders that say a category, and the attribute of `Forms` that each stands for."""


@lru_cache(maxsize=1 << 16)
def forms(name: str) -> Forms:
    """The forms of a category name.

    >>> forms("apple").a_label, forms("knife").labels, forms("scissors").the_label
    ('an apple', 'knives', 'the pair of scissors')
    """
    label = " ".join(name.replace("_", " ").split())
    head, rest = _split(label)
    last = head.rsplit(" ", 1)[-1]
    key = last.lower()
    if head.lower() in _SAID:
        one, many = _SAID[head.lower()]
        return _counted(label, one + rest, many + rest)
    if key in _PAIRS:
        return _counted(label, f"pair of {label}", f"pairs of {label}", countable=key != "skis")
    if key in _MASS:
        return Forms(label, label, f"the {label}", label, label, "is", "is", countable=False)
    if _is_plural(key):
        return Forms(label, label, f"the {label}", label, label, "are", "are", countable=False)
    return _counted(label, label, head[: len(head) - len(last)] + _plural(last) + rest)


def number_word(number: int) -> str:
    """A number as a sentence has it: `three`, and digits beyond twelve."""
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


class Labels:
    """The categories of many rows: each form as a column.

    Args:
        categories: A name a row, as the annotations have it.
    """

    def __init__(self, categories: pl.Series) -> None:
        self._distinct = categories.unique().sort()
        places = pl.int_range(len(self._distinct), eager=True)
        found = categories.replace_strict(self._distinct, places, return_dtype=pl.Int64())
        self.codes: npt.NDArray[np.int64] = found.cast(pl.Int64()).to_numpy()
        """Of each row the place of its name among all, in the order of the alphabet."""

    def __len__(self) -> int:
        """How many distinct names there are."""
        return len(self._distinct)

    def gather(self, rows: npt.NDArray[np.int64]) -> Labels:
        """The categories of these rows."""
        chosen = copy(self)
        chosen.codes = self.codes[rows]
        return chosen

    @property
    def names(self) -> pl.Series:
        """Each row's name, as the annotations have it."""
        return self._distinct[self.codes]

    @property
    def keys(self) -> pl.Series:
        """Each row's name as a number to draw by."""
        return pl.Series(keys_to_uint64(self._distinct).view(np.int64)[self.codes])

    def countable(self) -> npt.NDArray[np.bool_]:
        """Whether `two {labels}` is said of each row's category."""
        return np.array([forms(name).countable for name in self._distinct], dtype=np.bool_)[self.codes]

    def form(self, attribute: str) -> pl.Series:
        """An attribute of `Forms`, as text, for each row."""
        said = [getattr(forms(name), attribute) for name in self._distinct]
        return pl.Series(said, dtype=pl.String())[self.codes]

    def columns(self, placeholders: frozenset[str]) -> dict[str, pl.Series]:
        """Those of these placeholders that say a category."""
        return {name: self.form(attribute) for name, attribute in FORMS.items() if name in placeholders}


def _counted(label: str, one: str, many: str, countable: bool = True) -> Forms:
    return Forms(label, f"{_article(one)} {one}", f"the {one}", many, one, "is", "are", countable)


def _split(label: str) -> tuple[str, str]:
    """The words whose last takes the plural, and what follows: `can`, ` of soda`; `bow`, ` (weapon)`."""
    found = re.search(r"(?<=\w)(?: \(| (?:of|with|on|in|for|at) )", label)
    return (label, "") if found is None else (label[: found.start()], label[found.start() :])


def _article(noun: str) -> str:
    if _SAID_WITH_AN.match(noun):
        return "an"
    return "an" if noun[:1].lower() in "aeiou" and not _SAID_WITH_A.match(noun) else "a"


def _is_plural(word: str) -> bool:
    if word in _IRREGULAR.values():
        return True
    return word.endswith("s") and not word.endswith(("ss", "us", "is")) and word not in _SINGULAR_S and len(word) > 2


def _plural(word: str) -> str:
    lower = word.lower()
    if lower in _UNCHANGED:
        return word
    if lower in _IRREGULAR:
        many = _IRREGULAR[lower]
        return word[:1] + many[1:] if many[:1] == lower[:1] else many
    if lower.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if lower.endswith("y") and len(lower) > 1 and lower[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"
