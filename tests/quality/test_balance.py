"""Balance: planted imbalance is seen, and a sample mends it."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.quality.making import record, write
from vlit_hub.dataset.reading import open_dataset
from vlit_hub.errors import UsageError
from vlit_hub.quality.balance import balanced, quotas, spread
from vlit_hub.quality.balancing import balance_dataset


def test_spread_by_hand() -> None:
    found = spread([1, 3, 0])
    assert (found.classes, found.variance, found.cv) == (2, 1.0, 0.5)
    assert found.evenness == pytest.approx(-(0.25 * math.log(0.25) + 0.75 * math.log(0.75)) / math.log(2))
    assert spread([5, 5, 5]).evenness == pytest.approx(1) and spread([5, 5, 5]).cv == 0
    assert spread([7]).evenness is None


@pytest.mark.parametrize(
    ("counts", "size", "expected"),
    [
        ({"a": 10, "b": 10}, 6, {"a": 3, "b": 3}),
        ({"a": 2, "b": 10, "c": 10}, 12, {"a": 2, "b": 5, "c": 5}),  # what a lacks, the others share
        ({"a": 2, "b": 3, "c": 90}, 95, {"a": 2, "b": 3, "c": 90}),
        ({"a": 10, "b": 10, "c": 10}, 10, {"a": 3, "b": 3, "c": 4}),
        ({"a": 10, "b": 1}, 1, {"a": 1, "b": 0}),
    ],
)
def test_quotas(counts: dict[str, int], size: int, expected: dict[str, int]) -> None:
    assert quotas(counts, size) == expected


def test_fewer_records_than_a_sample_asks() -> None:
    with pytest.raises(UsageError, match="--size 12: there are 11 records"):
        quotas({"a": 10, "b": 1}, 12)


def test_the_order_of_records_changes_nothing_and_the_seed_does() -> None:
    ids = pl.Series([f"r{n}" for n in range(300)])
    tasks = pl.Series(["a"] * 200 + ["b"] * 90 + [None] * 10)
    taken = set(ids.filter(pl.Series(balanced(ids, tasks, 60, 0))))
    order = np.random.default_rng(1).permutation(300)
    shuffled = ids.gather(order)
    assert set(shuffled.filter(pl.Series(balanced(shuffled, tasks.gather(order), 60, 0)))) == taken
    assert len(taken) == 60 and set(ids.filter(pl.Series(balanced(ids, tasks, 60, 1)))) != taken


def test_a_dataset_before_and_after(tmp_path: Path) -> None:
    rows = [record(n, task="a" if n % 10 else "b") for n in range(100)]
    dataset = write(tmp_path / "skewed", {"train": [rows[:50], rows[50:80]], "validation": [rows[80:]]})
    found = balance_dataset(dataset, "task", 20, out=tmp_path / "even")
    assert found.before.counts == {"a": 90, "b": 10} and found.before.spread.cv == pytest.approx(0.8)
    assert found.after is not None and found.after.counts == {"a": 10, "b": 10} and found.after.spread.cv == 0
    even = open_dataset(tmp_path / "even")
    assert even.rows == 20 and even.build["balance"] == {
        "by": "task",
        "size": 20,
        "seed": 0,
        "counts": {"a": 10, "b": 10},
    }
    assert not (tmp_path / "even" / "rejected").exists()
    with pytest.raises(UsageError, match="response_words isn't measured yet"):
        balance_dataset(dataset, "response_words", 20)
