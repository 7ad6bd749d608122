"""Tidying: white space, a capital first letter, a final period or question mark. Words stay as they are.

Most texts need little. What a text needs is read off the bytes of the whole column at once, and only those texts that need it
go through the slower string operations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from vlit_hub.drafting.columns import Ints, overwrite

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
    small, last, before = _starts_small(raw), raw.at(-1), raw.at(-2)
    plain = _is_plain(last)
    odd = ~plain & _is_tidy(last) & ((last != _PERIOD) | (before == _SPACE) | (before == _PERIOD))
    cases = [
        (small & ~plain & ~odd, _CAPITAL),
        (~small & plain, _text + "."),
        (small & plain, _CAPITAL + "."),
        (odd, _ENDED),
    ]
    return _mend(texts, cases)


def _as_questions(texts: pl.Series, raw: Bytes) -> pl.Series:
    small, last, before = _starts_small(raw), raw.at(-1), raw.at(-2)
    odd = _is_tidy(last) & ((last != _QUESTION_MARK) | (before == _SPACE) | (before == _QUESTION_MARK))
    return _mend(texts, [(small & ~odd, _CAPITAL), (odd, _ASKED)])


def _starts_small(raw: Bytes) -> _Mask:
    """Whether it may begin with a small letter."""
    first = raw.at(0)
    return ((first >= ord("a")) & (first <= ord("z"))) | (first >= 0x80)


def _is_tidy(last: npt.NDArray[np.uint8]) -> _Mask:
    """Whether a text with this last byte isn't empty nor waits for its spaces to be tidied."""
    return np.asarray((last != 0) & (last != _SPACE))


def _is_plain(byte: npt.NDArray[np.uint8]) -> _Mask:
    """Whether it is a letter or digit of ASCII."""
    small = byte | 0x20
    return ((small >= ord("a")) & (small <= ord("z"))) | ((byte >= ord("0")) & (byte <= ord("9")))


def _mend(texts: pl.Series, cases: Sequence[tuple[_Mask, pl.Expr]]) -> pl.Series:
    """The texts, those of each case replaced by what its expression makes of column `text`. No text is in two cases."""
    rows = [np.flatnonzero(which).astype(np.int64) for which, _ in cases]
    mended = [
        texts[some].to_frame("text").select(how.alias("text")).to_series()
        for some, (_, how) in zip(rows, cases, strict=True)
        if len(some)
    ]
    return overwrite(texts, np.concatenate(rows), pl.concat(mended)) if mended else texts


_text = pl.col("text")
_CAPITAL = pl.concat_str(_text.str.slice(0, 1).str.to_uppercase(), _text.str.slice(1))


def _ended() -> pl.Expr:
    bare = _CAPITAL.str.replace(r"\s+([.!?]+)$", "$1").str.replace(r"([^.])\.\.$", "$1.")
    cut = bare.str.replace(r"[\s,;:\p{Pd}]+$", "")
    mark = pl.when(cut.str.contains(r"[\p{Han}\p{Hiragana}\p{Katakana}]$")).then(pl.lit("。")).otherwise(pl.lit("."))
    return pl.when(bare.str.contains(_ENDS_SENTENCE)).then(bare).otherwise(pl.concat_str(cut, mark))


def _asked() -> pl.Expr:
    command = _text.str.to_lowercase().str.contains(_COMMAND) & ~_text.str.ends_with("?")
    asked = pl.concat_str(_CAPITAL.str.replace(r"[\s.,;:!?\p{Pd}]+$", ""), pl.lit("?"))
    return pl.when(command).then(_ENDED).otherwise(asked)


_ENDED = _ended()
_ASKED = _asked()
