"""Agreement of models, correlations, and what is left of them when many are looked at.

Sources: intraclass correlations and their intervals, McGraw and Wong 1996 (the six forms: Shrout and Fleiss 1979); intervals of
correlations, Fisher 1921, and of rank correlations Bonett and Wright 2000; corrections, Holm 1979, Benjamini and Hochberg 1995.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

__all__ = ["ICC_FORMS", "Correlation", "IccForm", "Intraclass", "adjust", "icc", "pearson", "spearman"]

_Floats = npt.NDArray[np.float64]

IccForm = Literal["ICC(1,1)", "ICC(1,k)", "ICC(A,1)", "ICC(A,k)", "ICC(C,1)", "ICC(C,k)"]
ICC_FORMS: tuple[IccForm, ...] = ("ICC(1,1)", "ICC(1,k)", "ICC(A,1)", "ICC(A,k)", "ICC(C,1)", "ICC(C,k)")

_EXACT = 8  # ranks of so many values at most are permuted in all ways: 40,320


@dataclass(frozen=True)
class Intraclass:
    """One form of the intraclass correlation.

    Attributes:
        form: `1`: one-way random; `A`: two-way random, absolute agreement (Shrout and Fleiss's 2); `C`: two-way, consistency
            (their 3). `,1`: of a single rater; `,k`: of the mean of all.
        value: At most 1; below 0 where rows differ less than raters do.
        low, high: Of its confidence interval.
        p: That rows differ at all, by the F test.
    """

    form: IccForm
    value: float
    low: float
    high: float
    p: float


def icc(table: npt.ArrayLike, confidence: float = 0.95) -> dict[IccForm, Intraclass] | None:
    """The intraclass correlation in all six forms; None where all scores are the same, of which it can't be computed.

    Args:
        table: A row a thing that is rated, a column a rater (a model); at least two of each, without gaps.
        confidence: Of the intervals.
    """
    from scipy.special import fdtrc

    scores = np.asarray(table, dtype=np.float64)
    n, k = scores.shape
    rows, columns, whole = scores.mean(axis=1), scores.mean(axis=0), scores.mean()
    between = k * float(np.square(rows - whole).sum()) / (n - 1)
    raters = n * float(np.square(columns - whole).sum()) / (k - 1)
    within = float(np.square(scores - rows[:, None]).sum()) / (n * (k - 1))
    error = float(np.square(scores - rows[:, None] - columns[None, :] + whole).sum()) / ((n - 1) * (k - 1))
    if np.ptp(scores) == 0:
        return None
    found: dict[IccForm, Intraclass] = {}
    kinds = (("1", within, n * (k - 1)), ("C", error, (n - 1) * (k - 1)))
    for kind, noise, freedom in kinds:
        ratio = between / noise if noise > 0 else math.inf
        p = float(fdtrc(n - 1, freedom, ratio)) if math.isfinite(ratio) else 0.0
        low = ratio / _f_quantile(n - 1, freedom, confidence)
        high = ratio * _f_quantile(freedom, n - 1, confidence)
        single = [_share(one, k) for one in (ratio, low, high)]
        mean = [_stepped_up(one, k) for one in single]
        for size, (value, lowest, highest) in (("1", single), ("k", mean)):
            form: IccForm = f"ICC({kind},{size})"  # type: ignore[assignment]
            found[form] = Intraclass(form, value, lowest, highest, p)
    found |= _absolute(n, k, between, raters, error, confidence, found["ICC(C,1)"].p)
    return {form: found[form] for form in ICC_FORMS}


def _absolute(
    n: int, k: int, between: float, raters: float, error: float, confidence: float, p: float
) -> dict[IccForm, Intraclass]:
    """Two-way random, absolute agreement; its interval by Satterthwaite's degrees of freedom."""
    value = (between - error) / (between + (k - 1) * error + k * (raters - error) / n)
    if error == 0 and raters == 0:
        low = high = 1.0
    else:
        share = min(value, 1 - 1e-12)
        a = k * share / (n * (1 - share))
        b = 1 + k * share * (n - 1) / (n * (1 - share))
        parts = (a * raters) ** 2 / (k - 1) + (b * error) ** 2 / ((n - 1) * (k - 1))
        freedom = (a * raters + b * error) ** 2 / parts
        below, above = _f_quantile(n - 1, freedom, confidence), _f_quantile(freedom, n - 1, confidence)
        rest = k * raters + (k * n - k - n) * error
        low = n * (between - below * error) / (below * rest + n * between)
        high = n * (above * between - error) / (rest + n * above * between)
    mean = [_stepped_up(one, k) for one in (value, low, high)]
    return {
        "ICC(A,1)": Intraclass("ICC(A,1)", value, low, high, p),
        "ICC(A,k)": Intraclass("ICC(A,k)", mean[0], mean[1], mean[2], p),
    }


def _f_quantile(first: float, second: float, confidence: float) -> float:
    from scipy.special import fdtri

    return float(fdtri(first, second, (1 + confidence) / 2))


def _share(ratio: float, k: int) -> float:
    return (ratio - 1) / (ratio + k - 1) if math.isfinite(ratio) else 1.0


def _stepped_up(single: float, k: int) -> float:
    """Of the mean of k raters, by Spearman and Brown's formula."""
    rest = 1 + (k - 1) * single
    return k * single / rest if rest else -math.inf


@dataclass(frozen=True)
class Correlation:
    """A correlation.

    Attributes:
        r: In [-1, 1]; None where it can't be computed.
        n: Of how many pairs.
        low, high: Of its confidence interval; None below four pairs, of which there is none.
        p: Two-sided, that there is none. Pearson's by the t distribution, which supposes normal values (for n = 4 it is 1 - |r|);
            Spearman's by all permutations of the ranks up to n = 8, above it by the t distribution.
        why: Why it can't be computed.
    """

    r: float | None
    n: int
    low: float | None = None
    high: float | None = None
    p: float | None = None
    why: str | None = None


def pearson(x: Sequence[float], y: Sequence[float], confidence: float = 0.95) -> Correlation:
    """Pearson's product-moment correlation, of values that are all known."""
    left, right = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if why := _impossible(left, right):
        return Correlation(None, len(left), why=why)
    r = _product_moment(left, right)
    return Correlation(r, len(left), *_interval(r, len(left), 1.0, confidence), p=_p_of_t(r, len(left)))


def spearman(x: Sequence[float], y: Sequence[float], confidence: float = 0.95) -> Correlation:
    """Spearman's rank correlation, of values that are all known; equal values share their mean rank."""
    left, right = np.asarray(x, np.float64), np.asarray(y, np.float64)
    if why := _impossible(left, right):
        return Correlation(None, len(left), why=why)
    left, right = _ranks(left), _ranks(right)
    r, n = _product_moment(left, right), len(left)
    p = _p_of_permutations(left, right, r) if n <= _EXACT else _p_of_t(r, n)
    return Correlation(r, n, *_interval(r, n, math.sqrt(1 + r * r / 2), confidence), p=p)


def _impossible(x: _Floats, y: _Floats) -> str | None:
    if len(x) < 3:
        return f"{len(x)} datasets: a correlation takes three at least"
    for name, values in (("the indicator", x), ("the score", y)):
        if np.ptp(values) == 0:
            return f"{name} is constant"
    return None


def _product_moment(x: _Floats, y: _Floats) -> float:
    x, y = x - x.mean(), y - y.mean()
    x, y = x / np.abs(x).max(), y / np.abs(y).max()  # so that nothing overflows
    return float(np.clip(x @ y / math.sqrt(float(x @ x) * float(y @ y)), -1, 1))


def _ranks(values: _Floats) -> _Floats:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[places], dtype=np.float64)


def _interval(r: float, n: int, spread: float, confidence: float) -> tuple[float | None, float | None]:
    """Fisher's: normal in z = atanh r, of standard deviation `spread` / sqrt(n - 3)."""
    from scipy.special import ndtri

    if n < 4:
        return None, None
    if abs(r) == 1:
        return r, r
    half = float(ndtri((1 + confidence) / 2)) * spread / math.sqrt(n - 3)
    z = math.atanh(r)
    return math.tanh(z - half), math.tanh(z + half)


def _p_of_t(r: float, n: int) -> float:
    """P(|R| >= |r|) = I_{1 - r^2}((n - 2) / 2, 1/2), the regularised incomplete beta function."""
    from scipy.special import betainc

    return float(betainc((n - 2) / 2, 0.5, max(0.0, (1 - abs(r)) * (1 + abs(r)))))


def _p_of_permutations(x: _Floats, y: _Floats, r: float) -> float:
    together = y[_permutations(len(y))] @ (x - x.mean())
    seen = abs(float(y @ (x - x.mean())))
    return float((np.abs(together) >= seen - 1e-9).mean())


@cache
def _permutations(n: int) -> npt.NDArray[np.int64]:
    return np.array(list(itertools.permutations(range(n))), dtype=np.int64)


def adjust(p: Sequence[float], method: Literal["holm", "bh"]) -> list[float]:
    """p-values corrected for their number.

    Args:
        p: Of all tests that were made.
        method: `holm` holds the chance that any of those called significant is an error; `bh` (Benjamini and Hochberg) the share
            of errors among them.
    """
    values = np.asarray(p, np.float64)
    count = len(values)
    order = np.argsort(values, kind="stable")
    if method == "holm":
        stepped = np.maximum.accumulate(values[order] * (count - np.arange(count)))
    else:
        stepped = np.minimum.accumulate((values[order] * count / np.arange(1, count + 1))[::-1])[::-1]
    corrected = np.empty(count)
    corrected[order] = np.minimum(stepped, 1)
    return [float(one) for one in corrected]
