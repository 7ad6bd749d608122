"""Instructions that a user scored by hand: a CSV or JSON lines file with `text` and `score`."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path

import msgspec
import polars as pl

from vlit_hub.errors import InputError

__all__ = ["read_scored"]

_LEAST = 30
_FORM = 'Give CSV with the columns text and score, or JSON lines: {"text": "How many dogs are there?", "score": 3}'


class _Line(msgspec.Struct):
    text: str
    score: float


def read_scored(path: Path, lowest: float, highest: float) -> pl.DataFrame:
    """The texts, without the white space around them, and their scores, in the order of the file.

    Args:
        path: Of CSV; of JSON lines if its name ends in .jsonl.
        lowest: What a score may be at least.
        highest: And at most.

    Raises:
        InputError: It can't be read, a line is wrong, there are fewer than 30 different texts, or all scores are equal.
    """
    try:
        content = path.expanduser().read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(path, "isn't UTF-8", _FORM) from None
    except OSError as error:
        raise InputError(path, f"can't be read ({error.strerror})", _FORM) from None
    lines = _json_lines(path, content) if path.suffix == ".jsonl" else _csv_lines(path, content)
    rows = []
    for number, text, score in lines:
        if not text.strip():
            raise InputError(path, f"line {number} has no text", "Fill it in, or delete the line.")
        if not (math.isfinite(score) and lowest <= score <= highest):
            reason = f"line {number} has the score {score:g}, which isn't from {lowest:g} to {highest:g}"
            raise InputError(path, reason, "Mend it.")
        rows.append((text.strip(), score))
    scored = pl.DataFrame(rows, schema={"text": pl.String, "score": pl.Float64}, orient="row")
    if (different := scored["text"].n_unique()) < _LEAST:
        raise InputError(path, f"has {different} different texts, and a fit wants at least {_LEAST}", "Score more.")
    if scored["score"].n_unique() == 1:
        raise InputError(path, "gives all texts the same score", "Score texts of different complexity.")
    return scored


def _csv_lines(path: Path, content: str) -> Iterator[tuple[int, str, float]]:
    reader = csv.DictReader(io.StringIO(content), strict=True)
    try:
        for name in ("text", "score"):
            if name not in (reader.fieldnames or ()):
                raise InputError(path, f"has no column `{name}`", _FORM)
        for row in reader:
            if row["score"] is None:
                raise InputError(path, f"line {reader.line_num} has too few cells", _FORM)
            try:
                yield reader.line_num, row["text"], float(row["score"])
            except ValueError:
                reason = f"line {reader.line_num} has the score {row['score']!r}, which is no number"
                raise InputError(path, reason, "Mend it.") from None
    except csv.Error as error:
        raise InputError(path, f"line {reader.line_num}: {error}", _FORM) from None


def _json_lines(path: Path, content: str) -> Iterator[tuple[int, str, float]]:
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            try:
                found = msgspec.json.decode(line, type=_Line)
            except msgspec.DecodeError as error:
                raise InputError(path, f"line {number}: {error}", _FORM) from None
            yield number, found.text, found.score
