"""The statistics, on numbers that others have published."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vlit_hub.quality.statistics import adjust, icc, pearson, spearman

# Shrout and Fleiss 1979, table 2: six targets, four judges
JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]


def test_the_six_forms_of_shrout_and_fleiss() -> None:
    found = icc(JUDGES)
    assert found is not None
    rounded = {form: round(one.value, 2) for form, one in found.items()}
    assert rounded == {
        "ICC(1,1)": 0.17,
        "ICC(1,k)": 0.44,
        "ICC(A,1)": 0.29,
        "ICC(A,k)": 0.62,
        "ICC(C,1)": 0.71,
        "ICC(C,k)": 0.91,
    }
    # intervals as R's psych::ICC prints them for this table
    assert (round(found["ICC(1,1)"].low, 3), round(found["ICC(1,1)"].high, 3)) == (-0.133, 0.723)
    assert (round(found["ICC(A,1)"].low, 3), round(found["ICC(A,1)"].high, 3)) == (0.019, 0.761)
    assert (round(found["ICC(C,1)"].low, 3), round(found["ICC(C,1)"].high, 3)) == (0.342, 0.946)
    assert found["ICC(C,1)"].p == pytest.approx(1.346e-4, rel=1e-3) and 0.16 < found["ICC(1,1)"].p < 0.17


def test_agreement_at_its_ends() -> None:
    same = icc([[1, 1, 1], [2, 2, 2], [4, 4, 4]])
    assert same is not None and all(one.value == one.low == one.high == 1 for one in same.values())
    shifted = icc([[1, 2, 3], [2, 3, 4], [4, 5, 6]])
    assert shifted is not None
    assert shifted["ICC(C,1)"].value == 1 and shifted["ICC(A,1)"].value < 0.8
    assert icc([[3, 3], [3, 3]]) is None
    noise = icc([[1, 2], [2, 1], [1, 2]])
    assert noise is not None and noise["ICC(1,1)"].value < 0


def test_intervals_cover_as_often_as_they_say() -> None:
    """2,000 samples of 12 rows and 3 raters whose ICC(1,1) is 0.6."""
    draw = np.random.default_rng(1)
    covered = 0
    for _ in range(2000):
        table = draw.normal(size=(12, 1)) * math.sqrt(0.6) + draw.normal(size=(12, 3)) * math.sqrt(0.4)
        found = icc(table)
        assert found is not None
        covered += found["ICC(1,1)"].low <= 0.6 <= found["ICC(1,1)"].high
    assert 0.935 < covered / 2000 < 0.965


def test_pearson_of_four_is_exact() -> None:
    for y in ([1.0, 3.0, 2.0, 5.0], [4.0, -1.0, 0.5, 0.0]):
        found = pearson([1, 2, 3, 4], y)
        assert found.r == pytest.approx(np.corrcoef([1, 2, 3, 4], y)[0, 1])
        assert found.p == pytest.approx(1 - abs(found.r)) and found.n == 4
        assert found.low is not None and found.high is not None and found.low < found.r < found.high


def test_p_values_are_uniform_where_there_is_nothing() -> None:
    draw = np.random.default_rng(2)
    for correlate in (pearson, spearman):
        p = [correlate(draw.normal(size=7), draw.normal(size=7)).p for _ in range(1000)]
        for level in (0.05, 0.3, 0.7):
            assert np.mean(np.array(p) <= level) == pytest.approx(level, abs=0.05)


def test_spearman_knows_ranks_only() -> None:
    found = spearman([1, 2, 3, 4], [1, 10, 100, 1e6])
    assert (found.r, found.p) == (1, pytest.approx(2 / 24))
    tied = spearman([1, 1, 2, 3], [5, 5, 6, 9])
    assert tied.r == 1 and tied.p == pytest.approx(2 / 24)  # no order of these ranks gives -1
    assert spearman(range(20), [math.exp(-one) for one in range(20)]).p == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("x", "y", "why"),
    [
        ([1, 2], [3, 4], "2 datasets"),
        ([1, 1, 1], [1, 2, 3], "the indicator is constant"),
        ([1, 2, 3], [2, 2, 2], "the score is constant"),
    ],
)
def test_what_cannot_be_computed(x: list[float], y: list[float], why: str) -> None:
    for found in (pearson(x, y), spearman(x, y)):
        assert found.r is None and found.p is None and why in str(found.why)
    three = pearson([1, 2, 3], [1, 2, 4])
    assert three.low is None and three.p is not None and three.p < 0.2


def test_corrections() -> None:
    p = [0.04, 0.01, 0.03, 0.005]
    assert adjust(p, "holm") == pytest.approx([0.06, 0.03, 0.06, 0.02])
    assert adjust(p, "bh") == pytest.approx([0.04, 0.02, 0.04, 0.02])
    assert adjust([], "holm") == [] and adjust([0.9, 0.8], "holm") == [1, 1]
