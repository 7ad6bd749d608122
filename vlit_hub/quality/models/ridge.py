"""Ridge regression in closed form: a linear model from few examples and many features, and how well it foretells new ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Ridge", "cross_validated_r2", "fit_ridge"]

_Floats = npt.NDArray[np.float64]
_PENALTIES = np.logspace(-6, 1, 29)  # a row's


@dataclass(frozen=True)
class Ridge:
    """`constant + features @ weights`.

    Attributes:
        weights: One a feature.
        constant: What features that are all 0 come to.
        penalty: Of the squared weights, a row's: what is smallest is (sum of squared errors) / n + penalty * |weights|^2.
    """

    weights: _Floats
    constant: float
    penalty: float


def fit_ridge(features: _Floats, values: _Floats) -> Ridge:
    """Fit, with the penalty whose leave-one-out error is smallest (in closed form: Golub, Heath and Wahba 1979, "PRESS").

    Features are taken as they are: one of a larger scale is penalised less.

    Args:
        features: A row an example.
        values: What is to be foretold, one a row.
    """
    rows = len(features)
    centre, mean = features.mean(axis=0), float(values.mean())
    left, sizes, right = _decomposed(features - centre)
    projected = left.T @ (values - mean)
    shrunk = sizes[:, None] ** 2 / (sizes[:, None] ** 2 + rows * _PENALTIES)  # a column a penalty
    leverage = 1 / rows + left**2 @ shrunk
    errors = (values - mean)[:, None] - left @ (shrunk * projected[:, None])
    left_out = np.mean((errors / np.maximum(1 - leverage, 1e-9)) ** 2, axis=0)
    penalty = float(_PENALTIES[np.argmin(left_out)])
    weights = right.T @ (sizes / (sizes**2 + rows * penalty) * projected)
    return Ridge(weights, mean - float(centre @ weights), penalty)


def _decomposed(table: _Floats) -> tuple[_Floats, _Floats, _Floats]:
    """The thin singular value decomposition, by the eigenvectors of the smaller product of the table with itself: for a hundred
    rows and five hundred columns in a tenth of the time of LAPACK's. Singular values next to 0 are left out."""
    wide = len(table) <= table.shape[1]
    squares, vectors = np.linalg.eigh(table @ table.T if wide else table.T @ table)
    there = squares > 1e-12 * max(squares[-1], 1e-300)
    sizes, vectors = np.sqrt(squares[there]), vectors[:, there]
    if wide:
        return vectors, sizes, (vectors.T @ table) / sizes[:, None]
    return table @ vectors / sizes, sizes, vectors.T


def cross_validated_r2(features: _Floats, values: _Floats, folds: npt.NDArray[np.integer]) -> float:
    """1 - (squared error of what each fold's values are foretold to be by a fit to the others) / (that of the others' mean).

    The penalty is chosen anew for each fold. 1 is perfect; 0 is no better than always saying the mean, below 0 worse.

    Args:
        features: A row an example.
        values: One a row, not all equal.
        folds: The fold that each row is in.
    """
    error = of_mean = 0.0
    for fold in np.unique(folds):
        out = folds == fold
        fitted = fit_ridge(features[~out], values[~out])
        error += float(np.sum((values[out] - fitted.constant - features[out] @ fitted.weights) ** 2))
        of_mean += float(np.sum((values[out] - values[~out].mean()) ** 2))
    return 1 - error / of_mean
