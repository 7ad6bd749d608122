"""Personal data in texts: what looks like an e-mail address, a phone number, a licence plate."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from vlit_hub.quality.indicator import Individual
from vlit_hub.quality.words import Turns, turns

__all__ = ["PersonalData"]

_EMAIL = r"(?i)\b[a-z0-9._%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\b"
# +49 30 1234567, (555) 123-4567, 555-123-4567, 0201 234 5678: nine to fifteen digits in groups, with a sign that they are a
# number to call
_PHONE = "|".join(
    (
        r"\+\d{1,3}[ .-]?(?:\(?\d{2,4}\)?[ .-]?){2,4}\d{2,4}\b",
        r"\(\d{3}\) ?\d{3}[ .-]\d{4}\b",
        r"\b\d{3}[.-]\d{3}[.-]\d{4}\b",
        r"\b0\d{2,4}[ /-]\d{3,4}[ -]\d{3,4}\b",
    )
)
# AB12 CDE, ABC 1234, ABC-1234, B-AB 1234: only where the text speaks of a plate
_PLATE = r"\b(?:[A-Z]{2}\d{2} ?[A-Z]{3}|[A-Z]{2,3}[ -]\d{3,4}|[A-Z]{1,3}-[A-Z]{1,2} ?\d{1,4}|\d{1,3}[ -]?[A-Z]{3}[ -]?\d{1,3})\b"
_ABOUT_PLATES = (
    r"(?i)\b(?:licen[cs]e|number|registration)[ -]plates?\b|\bplate (?:number|reads|says)\b|\bregistration number\b"
)


class PersonalData(Individual):
    """How many e-mail addresses, phone numbers and licence plates the turns of a record seem to hold, by regular expressions.

    Plates are counted only in a record that speaks of plates: by themselves they look like any text on a sign. Names and postal
    addresses are beyond regular expressions. Finds formats that are usual in English, not all of the world's; expect misses,
    and some false alarms among product codes. A first sieve, not a proof of absence.
    """

    name = "personal_data"
    measures = "E-mail addresses, phone numbers and licence plates that the texts seem to hold, each counted."
    backend = "regular expressions"
    reads = Turns.READS
    columns = {"personal_emails": pa.int32(), "personal_phones": pa.int32(), "personal_plates": pa.int32()}

    def measure(self, records: pl.DataFrame, options: Any, loaded: Any) -> pl.DataFrame:
        """Counts; most texts have neither an @ nor a digit, and are told by that."""
        told = turns(records)
        texts = told.texts
        digits = texts.str.contains(r"\d")
        about = told.sums(texts.str.contains(_ABOUT_PLATES).to_numpy()) > 0
        beside = np.zeros(len(texts), np.bool_)  # texts of records that speak of plates
        beside[told.places[about[told.owners]]] = True
        counts = {
            "personal_emails": _count(texts, texts.str.contains("@", literal=True), _EMAIL),
            "personal_phones": _count(texts, digits, _PHONE),
            "personal_plates": _count(texts, digits & pl.Series(beside), _PLATE),
        }
        found = {name: told.sums(numbers) for name, numbers in counts.items()}
        found["personal_plates"] *= about
        return pl.DataFrame(found)


def _count(texts: pl.Series, which: pl.Series, pattern: str) -> npt.NDArray[np.int64]:
    """Matches in some of the texts; 0 for the others."""
    counts = np.zeros(len(texts), np.int64)
    counts[which.to_numpy()] = texts.filter(which).str.count_matches(pattern).to_numpy()
    return counts
