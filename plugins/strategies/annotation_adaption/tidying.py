"""Tidying: white space, a capital first letter, a final period or question mark. Words stay as they are.

Most texts need little. What a text needs is read off the bytes of the whole column at once, and only those texts that need it
go through the slower string operations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.plugins.strategies.annotation_adaption.columns import Ints, overwrite

__all__ = ["Bytes", "bytes_of", "one_end_mark", "tidy_questions", "tidy_sentences", "tidy_spaces"]

_Mask = npt.NDArray[np.bool_]

_SPACE, _PERIOD, _QUESTION_MARK, _EXCLAMATION_MARK = b" .?!"
_ENDS_SENTENCE = r"[.!?\u{2026}\u{3002}\u{ff01}\u{ff1f}][\p{Pe}\p{Pf}\"']*$"
_COMMAND = r"^(?:choose|count|describe|explain|find|give|guess|identify|list|look|name|pick|read|say|select|tell)\b"


@dataclass(frozen=True)
class Bytes:
    """The UTF-8 bytes of a column of texts, which lie one after the other."""

    data: npt.NDArray[np.uint8]
    offsets: Ints

    def at(self, place: int) -> npt.NDArray[np.uint8]:
        """Of each text the byte at this place, counted from the start or (negative) the end; 0 where it is shorter."""
        starts, ends = self.offsets[:-1], self.offsets[1:]
        places = (starts if place >= 0 else ends) + place
        inside = (places >= starts) & (places < ends)
        if not len(self.data):
            return np.zeros(len(starts), np.uint8)
        found: npt.NDArray[np.uint8] = np.where(inside, self.data[np.where(inside, places, 0)], 0).astype(np.uint8)
        return found

    def ragged(self) -> Ints:
        """The texts that may have white space around them, or other than single spaces within."""
        space = self.data == _SPACE
        places = np.concatenate([np.flatnonzero(space[1:] & space[:-1]), np.flatnonzero(self.data < _SPACE)])
        rows = np.searchsorted(self.offsets, places, side="right") - 1
        first, last = self.at(0), self.at(-1)
        around = (first == _SPACE) | (last == _SPACE) | (first >= 0x80) | (last >= 0x80)
        return np.union1d(rows, np.flatnonzero(around)).astype(np.int64)


def bytes_of(texts: pl.Series) -> Bytes:
    """The bytes of a column without nulls."""
    array = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, np.int64, len(array) + 1, offset=8 * array.offset)
    return Bytes(np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8), ends)


def tidy_spaces(texts: pl.Series) -> pl.Series:
    """White space within becomes one space, white space around goes; null becomes empty."""
    return _tidy(texts, lambda clean, raw: clean)


def tidy_sentences(texts: pl.Series) -> pl.Series:
    """As sentences: spaces tidied, a capital first letter, and a final period where there is no end mark."""
    return _tidy(texts, _as_sentences)


def tidy_questions(texts: pl.Series) -> pl.Series:
    """As questions: spaces tidied, a capital first letter, and a final question mark; commands end in a period."""
    return _tidy(texts, _as_questions)


def one_end_mark(sentences: pl.Series, values: pl.Series) -> pl.Series:
    """Sentences whose template puts a period after a value that has an end mark of its own (`st.`), without that period."""
    last = bytes_of(values).at(-1)
    rows = np.flatnonzero((last == _PERIOD) | (last == _QUESTION_MARK) | (last == _EXCLAMATION_MARK)).astype(np.int64)
    doubled = pl.DataFrame({"sentence": sentences[rows], "value": values[rows]})
    sentence = pl.col("sentence")
    cut = pl.when(sentence.str.ends_with(pl.col("value") + ".")).then(sentence.str.head(-1)).otherwise(sentence)
    return overwrite(sentences, rows, doubled.select(cut).to_series())


def _tidy(texts: pl.Series, finish: Callable[[pl.Series, Bytes], pl.Series]) -> pl.Series:
    """Tidy the spaces, then finish."""
    given = texts.fill_null("") if texts.null_count() else texts
    raw = bytes_of(given)
    ragged = raw.ragged()
    if not len(ragged):
        return finish(given, raw)
    clean = given[ragged].str.strip_chars().str.replace_all(r"\s{2,}|[^\S ]", " ")
    return overwrite(finish(given, raw), ragged, finish(clean, bytes_of(clean)))


def _as_sentences(texts: pl.Series, raw: Bytes) -> pl.Series:
    last = raw.at(-1)
    plain = _plain(last)
    odd = ~plain & (last != 0) & ((last != _PERIOD) | (raw.at(-2) == _SPACE))
    return _mend(_mend(_capitalise(texts, raw), plain, _text + "."), odd, _ENDED)


def _as_questions(texts: pl.Series, raw: Bytes) -> pl.Series:
    last, before = raw.at(-1), raw.at(-2)
    odd = (last != 0) & ((last != _QUESTION_MARK) | (before == _SPACE) | (before == _QUESTION_MARK))
    return _mend(_capitalise(texts, raw), odd, _ASKED)


def _capitalise(texts: pl.Series, raw: Bytes) -> pl.Series:
    first = raw.at(0)
    small = ((first >= ord("a")) & (first <= ord("z"))) | (first >= 0x80)
    return _mend(texts, small, pl.concat_str(_text.str.slice(0, 1).str.to_uppercase(), _text.str.slice(1)))


def _plain(byte: npt.NDArray[np.uint8]) -> _Mask:
    """Whether it is a letter or digit of ASCII."""
    small = byte | 0x20
    return ((small >= ord("a")) & (small <= ord("z"))) | ((byte >= ord("0")) & (byte <= ord("9")))


def _mend(texts: pl.Series, which: _Mask, how: pl.Expr) -> pl.Series:
    rows = np.flatnonzero(which).astype(np.int64)
    return overwrite(texts, rows, texts[rows].to_frame("text").select(how).to_series()) if len(rows) else texts


_text = pl.col("text")


def _ended() -> pl.Expr:
    bare = _text.str.replace(r"\s+([.!?]+)$", "$1")
    cut = bare.str.replace(r"[\s,;:\p{Pd}]+$", "")
    mark = pl.when(cut.str.contains(r"[\p{Han}\p{Hiragana}\p{Katakana}]$")).then(pl.lit("。")).otherwise(pl.lit("."))
    return pl.when(bare.str.contains(_ENDS_SENTENCE)).then(bare).otherwise(pl.concat_str(cut, mark))


_ENDED = _ended()
_COMMANDED = _text.str.to_lowercase().str.contains(_COMMAND) & ~_text.str.ends_with("?")
_ASKED = (
    pl.when(_COMMANDED).then(_ENDED).otherwise(pl.concat_str(_text.str.replace(r"[\s.,;:!?\p{Pd}]+$", ""), pl.lit("?")))
)
