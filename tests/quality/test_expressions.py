"""Filter expressions: what they mean, what null does, and that a broken one is refused at its place."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl
import pytest

from vlit_hub.errors import UnknownName, UsageError
from vlit_hub.quality.expressions import parse

RECORDS = pl.DataFrame(
    {
        "sharp": [1.0, 5.0, None, 9.0],
        "words": [1, 2, 3, 4],
        "good": [True, False, None, True],
        "task": ["a", "b", "b", None],
    }
)
KINDS = {"sharp": "number", "words": "number", "good": "yes or no", "task": "text"}


def kind(name: str) -> str:
    if name not in KINDS:
        raise UnknownName("indicator", name, KINDS)
    return KINDS[name]


def quantile(name: str, share: float) -> float | None:
    return RECORDS[name].quantile(share, "linear")


def holds(text: str) -> list[bool | None]:
    [condition] = parse(text, kind, quantile)
    assert set(condition.columns) <= set(KINDS)
    return RECORDS.select(condition.expression.alias("held")).to_series().to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sharp > 4", [False, True, None, True]),
        ("4 < sharp", [False, True, None, True]),
        ("2 <= words < 4", [False, True, True, False]),
        ("sharp >= words", [True, True, None, True]),
        ("sharp == -1 or words != 1", [False, True, True, True]),
        ("good", [True, False, None, True]),
        ("not good", [False, True, None, False]),
        ("good == False", [False, True, None, False]),
        ("task == 'b'", [False, True, True, None]),
        ("task in ('a', 'c')", [True, False, False, None]),
        ("task not in ['a', 'c']", [False, True, True, None]),
        ("words in (1, 4)", [True, False, False, True]),
        ("sharp is None", [False, False, True, False]),
        ("sharp is not None", [True, True, False, True]),
        ("sharp is None or sharp > 4", [False, True, True, True]),
        ("(sharp > 4 and words > 3) or good", [True, False, None, True]),  # null or (null and false): unknown
        ("not (sharp > 4 or words > 2)", [True, False, False, False]),
        ("words > quantile(0.5)", [False, False, True, True]),
        ("words <= quantile(1)", [True, True, True, True]),
        ("words\n> 3", [False, False, False, True]),
    ],
)
def test_meaning(text: str, expected: list[bool | None]) -> None:
    assert holds(text) == expected


def test_and_at_the_top_makes_conditions_of_their_own() -> None:
    conditions = parse("sharp > 4 and (good or task == 'a') and words > quantile(0.5)", kind, quantile)
    assert [one.text for one in conditions] == ["sharp > 4", "(good or task == 'a')"[1:-1], "words > 2.5"]
    assert [one.columns for one in conditions] == [("sharp",), ("good", "task"), ("words",)]


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("", 1, "there is nothing"),
        ("sharp > > 3", 9, "invalid syntax"),
        ("sharp >", 8, "invalid syntax"),
        ("sharp", 1, "to be compared"),
        ("good and 3", 10, "here a comparison"),
        ("3 > 2", 1, "must be an indicator"),
        ("sharp > 'a'", 9, "sharp is a number"),
        ("task > 3", 8, "task is a text"),
        ("good > True", 8, "write good, or not good"),
        ("sharp > None", 9, "write: sharp is None"),
        ("sharp is 3", 10, "only None"),
        ("task in 'ab'", 9, "a list of values"),
        ("task in ()", 9, "a list of values"),
        ("sharp > task", 9, "task is a text"),
        ("sharp + 1 > 3", 1, "must be an indicator"),
        ("sharp > 1e999", 9, "too large"),
        (f"sharp > 1{'0' * 400}", 9, "too large"),
        ("words > quantile(2)", 9, "between 0 and 1"),
        (f"words > quantile(1{'0' * 400})", 9, "between 0 and 1"),
        ("words > quantil(0.5)", 9, "the only function"),
        ("task == quantile(0.5)", 9, "the only function"),
        ("'ä' == task and sharp > 'ü'", 25, "sharp is a number"),  # counted in characters
    ],
)
def test_a_broken_expression_is_refused_at_its_place(text: str, column: int, reason: str) -> None:
    with pytest.raises(UsageError) as refusal:
        parse(text, kind, quantile)
    message, _, caret = str(refusal.value).split("\n")
    assert f"column {column}:" in message and reason in message
    assert caret.index("^") == column + 1


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('touch pwned') > 1",
        "sharp.__class__ == 1",
        "(lambda: sharp)() > 1",
        "[x for x in ()] == sharp",
        "sharp > open('pwned', 'w')",
        "(words := 3) > 1",
        "f'{sharp}' == task",
        "sharp if good else words",
        "words ** 9 > 1",
        "task == 'a' * 10",
        "sharp > quantile(*words)",
        "sharp[0] > 1",
    ],
)
def test_code_is_never_run(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="can't be read at column"):
        parse(text, kind, quantile)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_name_has_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"'sharpp'\. Did you mean 'sharp'"):
        parse("sharpp > 3", kind, quantile)


def test_of_a_long_expression_what_is_around_the_fault_is_shown() -> None:
    with pytest.raises(UsageError, match="too many nested") as refusal:
        parse("(" * 10_000 + "good" + ")" * 10_000, kind, quantile)
    assert len(str(refusal.value)) < 400


def test_many_parts_take_no_time() -> None:
    [condition] = parse(" or ".join(f"sharp == {number}" for number in range(1500)), kind, quantile)
    frame = pl.DataFrame({"sharp": [3.0, 0.5, None]})
    start = time.monotonic()
    assert frame.select(condition.expression).to_series().to_list() == [True, False, None]
    assert time.monotonic() - start < 5


def test_depth_has_an_end() -> None:
    with pytest.raises(UsageError):
        parse("not " * 5_000 + "good", kind, quantile)
    with pytest.raises(UsageError):
        parse("(" * 500 + "good" + ")" * 500, kind, quantile)
