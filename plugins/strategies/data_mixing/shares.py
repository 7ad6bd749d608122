"""How many records each source gives, and each class of them: whole numbers that add up.

p ~ n^(1/T)                  shares by temperature T (Raffel et al. 2020, section 3.5.2, temperature-scaled mixing)
whole numbers from shares    largest remainder (Hamilton's method)
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

__all__ = ["apportion", "largest_size", "tempered"]


def tempered(counts: Sequence[int], temperature: float) -> list[Fraction]:
    """Shares proportional to n^(1/temperature), in fractions that add up to 1; that of none is 0."""
    weights = [Fraction(float(count) ** (1 / temperature)) if count else Fraction(0) for count in counts]
    whole = sum(weights)
    return [weight / whole for weight in weights] if whole else weights


def apportion(size: int, shares: Sequence[Fraction]) -> list[int]:
    """Whole numbers that add up to `size`, each within 1 of its share; what is left over goes to the largest remainders."""
    exact = [size * share for share in shares]
    given = [int(one) for one in exact]
    order = sorted(range(len(shares)), key=lambda place: (given[place] - exact[place], place))
    for place in order[: size - sum(given)]:
        given[place] += 1
    return given


def largest_size(shares: Sequence[Fraction], counts: Sequence[int | None]) -> int | None:
    """The largest size of which nobody's part is more than there is; None where nothing bounds it.

    Args:
        shares: Of each, adding up to 1.
        counts: What each has; None where it may be repeated.
    """
    bounds = [int(count / share) for share, count in zip(shares, counts, strict=True) if count is not None and share]
    return min(bounds, default=None)
