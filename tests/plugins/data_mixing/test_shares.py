from __future__ import annotations

from fractions import Fraction

import pytest

from vlit_hub.plugins.strategies.data_mixing.interleaving import in_turn, interleaved
from vlit_hub.plugins.strategies.data_mixing.shares import apportion, largest_size, tempered


@pytest.mark.parametrize(
    "size, shares, parts",
    [
        (10, ("0.5", "0.3", "0.2"), [5, 3, 2]),
        (10, ("1/3", "1/3", "1/3"), [4, 3, 3]),  # what is left over goes to the first of equal remainders
        (7, ("0.5", "0.3", "0.2"), [4, 2, 1]),  # 3.5, 2.1, 1.4: the largest remainder is the first's
        (8, ("0.55", "0.33", "0.12"), [4, 3, 1]),  # 4.4, 2.64, 0.96
        (1, ("0.2", "0.5", "0.3"), [0, 1, 0]),
    ],
)
def test_largest_remainders(size: int, shares: tuple[str, ...], parts: list[int]) -> None:
    assert apportion(size, [Fraction(share) for share in shares]) == parts


def test_temperature_makes_shares_n_to_the_power_of_1_over_t() -> None:
    assert tempered([900, 100], 1) == [Fraction(9, 10), Fraction(1, 10)]
    assert tempered([900, 100], 2) == [Fraction(3, 4), Fraction(1, 4)]  # 30 : 10
    assert [float(share) for share in tempered([8, 1, 0], 3)] == pytest.approx([2 / 3, 1 / 3, 0])
    assert max(tempered([10**6, 1], 1000)) < Fraction(51, 100)


def test_the_largest_size_is_what_the_scarcest_source_allows() -> None:
    half = [Fraction(1, 2), Fraction(1, 2)]
    assert largest_size(half, [30, 100]) == 60
    assert largest_size(half, [30, None]) == 60
    assert largest_size(half, [None, None]) is None
    assert largest_size([Fraction(11, 20), Fraction(9, 20)], [400, 100]) == 222
    for size in range(1, 223):
        assert apportion(size, [Fraction(11, 20), Fraction(9, 20)])[1] <= 100


@pytest.mark.parametrize("counts", [[700, 200, 100], [1, 999], [250, 250, 250, 250], [997, 2, 1], [40, 0, 3]])
@pytest.mark.parametrize("block", [64, 1 << 14])
def test_every_stretch_of_an_interleaved_mix_has_the_sources_in_their_shares(counts: list[int], block: int) -> None:
    order: list[int] = []
    for taken, places in interleaved(counts, block):
        own = [place for place, count in enumerate(taken) for _ in range(count)]
        assert sorted(places) == list(range(len(own)))
        order += [own[place] for place in places]
    whole = sum(counts)
    assert [order.count(place) for place in range(len(counts))] == counts
    for place, count in enumerate(counts):
        share = count / whole
        until = [0]
        for one in order:
            until.append(until[-1] + (one == place))
        for width in (10, 50, 200):
            if width > whole:
                continue
            found = [until[first + width] - until[first] for first in range(whole - width + 1)]
            allowed = 1 + share * len(counts)
            assert share * width - allowed <= min(found) and max(found) <= share * width + allowed


def test_without_interleaving_sources_follow_each_other() -> None:
    turns = [(taken, places.tolist()) for taken, places in in_turn([3, 0, 2], 2)]
    assert turns == [([2, 0, 0], [0, 1]), ([1, 0, 0], [0]), ([0, 0, 2], [0, 1])]
