"""The answer that most annotators gave."""

import random
from collections import Counter

import polars as pl
import pytest

from vlit_hub.sources import votes
from vlit_hub.sources.votes import count_votes

LISTS = pl.List(pl.String())


@pytest.mark.parametrize(
    ("answers", "chosen", "found"),
    [
        (["yes"] * 10, "yes", ("yes", 10, False)),
        (["no", "yes", "yes"], "yes", ("yes", 2, False)),
        # the file's choice among equals
        (["no", "no", "yes", "yes"], "yes", ("yes", 2, True)),
        # without one, the first
        (["no", "yes", "yes", "no"], None, ("no", 2, True)),
        # a choice that others have more votes than, or that nobody gave
        (["no", "no", "yes"], "yes", ("no", 2, False)),
        (["no", "no", "yes"], "No", ("no", 2, False)),
        # all differ
        (list("cab"), "b", ("b", 1, True)),
        (list("cab"), None, ("c", 1, True)),
        (["one"], None, ("one", 1, False)),
        # answers like any other
        (["", "", "none"], None, ("", 2, False)),
        # nobody answered
        ([], "yes", (None, 0, False)),
        (None, None, (None, 0, False)),
    ],
)
def test_count_votes(answers: list[str] | None, chosen: str | None, found: tuple[str | None, int, bool]) -> None:
    lists = pl.Series([["before"], answers, ["after"]], dtype=LISTS)
    for choices in [pl.Series(["x", chosen, None])] + ([None] if chosen is None else []):
        frame = count_votes(lists, choices)
        assert frame.schema == {"answer": pl.String(), "votes": pl.Int32(), "tied": pl.Boolean()}
        assert frame.rows() == [("before", 1, False), found, ("after", 1, False)]


def test_nothing_to_count() -> None:
    assert count_votes(pl.Series([], dtype=LISTS)).shape == (0, 3)
    assert count_votes(pl.Series([[], []], dtype=LISTS), pl.Series(["a", None])).rows() == [(None, 0, False)] * 2


def test_as_a_loop_would(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(votes, "_ROWS", 64)
    draw = random.Random(5)
    words = ["yes", "no", "", "2", "black and white"]
    sizes = [0, 1, 2, 3, 10, 10, 10, 10, 10, 300]
    asked = [draw.choices(words[: draw.randint(1, 5)], k=draw.choice(sizes)) for _ in range(2000)]
    chosen = [draw.choice([*words, "other", None]) for _ in asked]
    frame = count_votes(pl.Series(asked, dtype=LISTS), pl.Series(chosen))
    for answers, choice, row in zip(asked, chosen, frame.iter_rows(), strict=True):
        counts = Counter(answers)
        most = max(counts.values(), default=0)
        modes = [word for word in dict.fromkeys(answers) if counts[word] == most]
        answer = choice if choice in modes else next(iter(modes), None)
        assert row == (answer, most, len(modes) > 1)
