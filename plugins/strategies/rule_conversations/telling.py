"""Turns in words: the values that wordings ask for, and the filling in."""

from __future__ import annotations

import numpy as np
import polars as pl

from vlit_hub.plugins.strategies.rule_conversations.turns import hashed
from vlit_hub.plugins.strategies.rule_conversations.wordings import Wordings
from vlit_hub.wording.nouns import Labels, number_word
from vlit_hub.wording.tidying import one_end_mark

__all__ = ["CATEGORY", "NUMBER", "ORDERED", "OTHER", "tell"]

# Placeholders of the category that a turn is about, of the other one, of both in a drawn order, and of a number.
CATEGORY = frozenset({"label", "one", "a_label", "A_label", "the_label", "The_label", "labels", "is", "Is", "it"})
OTHER = frozenset({"a_other", "the_other", "labels_other"})
ORDERED = frozenset({"first", "second"})
NUMBER = frozenset({"number", "Number"})

_FORMS = {
    "label": "label",
    "one": "one",
    "a_label": "a_label",
    "the_label": "the_label",
    "labels": "labels",
    "is": "is_",
    "Is": "capital_is",
}


def tell(wordings: Wordings, turns: pl.DataFrame) -> pl.DataFrame:
    """Columns `instruction` and `response` of each of these turns.

    Args:
        wordings: Of the turns' pool.
        turns: As `choosing.choose` gives them, beside the columns of their pool's frame.
    """
    values = _values(turns, wordings.spec.placeholders)
    following = turns["following"].to_numpy() & wordings.follows
    asked = wordings.ask((turns["wording"] + turns["nth"]).to_numpy(), following.astype(np.int64), values)
    numbers = turns["wording"] // (1 << 20) + turns["nth"]
    answered = wordings.answer(numbers.to_numpy(), turns["outcome"], values)
    for name in ("caption", "answer"):
        if name in values:
            answered = one_end_mark(answered, values[name])
    return pl.DataFrame({"instruction": _capital(asked), "response": _capital(answered)})


def _capital(texts: pl.Series) -> pl.Series:
    first = pl.col("text").str.slice(0, 1).str.to_uppercase()
    return texts.to_frame("text").select(pl.concat_str(first, pl.col("text").str.slice(1))).to_series()


def _values(turns: pl.DataFrame, wanted: frozenset[str]) -> dict[str, pl.Series]:
    found = {name: turns[name] for name in wanted if name in turns.columns and turns[name].dtype == pl.String()}
    found["picture"] = turns["picture"]
    if "said" in turns.columns and wanted & (CATEGORY | ORDERED | {"labels_first"}):
        found |= _category(turns, wanted)
    if "other_said" in turns.columns:
        found |= _other(turns)
    if "another_said" in turns.columns:
        found["another"] = Labels(turns["another_said"]).form("a_label")
    if "third_said" in turns.columns:
        found |= _trio(turns)
    for name in ("number", "percent"):
        if name in turns.columns and name in wanted and turns[name].dtype.is_integer():
            found[name] = _number_words(turns[name], name == "number")
    if "number" in found:
        found["Number"] = _capital(found["number"])
    if "answer" in found:
        found["Answer"] = _capital(found["answer"])
    return found


def _category(turns: pl.DataFrame, wanted: frozenset[str]) -> dict[str, pl.Series]:
    labels = Labels(turns["said"])
    found = {
        name: labels.form(attribute) for name, attribute in _FORMS.items() if name in wanted | {"the_label", "a_label"}
    }
    found["The_label"], found["A_label"] = _capital(found["the_label"]), _capital(found["a_label"])
    person = (
        pl.Series(turns["category"] == "person")
        if "category" in turns.columns
        else pl.repeat(False, len(turns), eager=True)
    )
    found["it"] = pl.select(pl.when(person).then(pl.lit("the person")).otherwise(pl.lit("it"))).to_series()
    return found


def _other(turns: pl.DataFrame) -> dict[str, pl.Series]:
    labels, others = Labels(turns["said"]), Labels(turns["other_said"])
    found = {
        "a_other": others.form("a_label"),
        "the_other": others.form("the_label"),
        "labels_other": others.form("labels"),
    }
    swapped = (hashed(turns["other_said"] + turns["said"]) ^ turns["wording"]) % 2 != 0
    for form, first, second in (("the_label", "first", "second"), ("labels", "labels_first", "labels_second")):
        own, its = labels.form(form), others.form(form)
        found[first] = pl.select(pl.when(swapped).then(its).otherwise(own)).to_series()
        found[second] = pl.select(pl.when(swapped).then(own).otherwise(its)).to_series()
    if "other_number" in turns.columns:
        found["number_other"] = _number_words(turns["other_number"], True)
        for name, count, kinds in (("number_labels", "number", labels), ("number_others", "other_number", others)):
            single = pl.Series(turns[count] == 1)
            noun = pl.select(pl.when(single).then(kinds.form("one")).otherwise(kinds.form("labels"))).to_series()
            found[name] = _number_words(turns[count], True) + " " + noun
    return found


def _trio(turns: pl.DataFrame) -> dict[str, pl.Series]:
    """The three of a choice; `order` is the place of the one that is there."""
    there, second, third = (Labels(turns[name]).form("a_label") for name in ("said", "second_said", "third_said"))
    at = turns["order"]

    def listed(*three: pl.Series) -> pl.Series:
        """The first, second or third series, where the one that is there comes first, second or third."""
        return pl.select(pl.when(at == 0).then(three[0]).when(at == 1).then(three[1]).otherwise(three[2])).to_series()

    return {
        "first": listed(there, second, second),
        "second": listed(second, there, third),
        "third": listed(third, third, there),
    }


def _number_words(numbers: pl.Series, in_words: bool) -> pl.Series:
    if not in_words:
        return numbers.cast(pl.String())
    distinct = numbers.unique()
    words = pl.Series([number_word(number) for number in distinct], dtype=pl.String())
    return numbers.replace_strict(distinct, words, return_dtype=pl.String())
