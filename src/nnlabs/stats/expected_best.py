"""How the best of n trials grows with n: a ranking of tuned competitors holds for a budget, and can change with it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from nnlabs.arrays import Array


def expected_best(scores: ArrayLike, worst: float = 0.0) -> Array:
    """Expected highest score of n trials drawn without replacement from the N that were run, for n = 1 to N.

    Of the C(N, n) equally likely choices, C(i - 1, n - 1) have the i-th lowest score v₍ᵢ₎ as their highest:

        E[best of n] = Σᵢ v₍ᵢ₎ C(i - 1, n - 1) / C(N, n)

    It is exact for these N trials, rises with n, and ends at their best. As an estimate for new trials from the same
    space it has no bias, while drawing with replacement comes out too low; towards n = N it rests on a few trials alone.

    Args:
        scores: validation scores, higher is better, shape (N,); nan: diverged.
        worst: what a diverged trial counts: at most the lowest score that a trial can end with.

    Returns:
        Shape (N,).

    Source:
        J. Dodge et al., "Show Your Work: Improved Reporting of Experimental Results", arXiv:1909.03004 (with
        replacement); R. Tang et al., "Showing Your Work Doesn't Always Work", arXiv:2004.13705 (its bias, and the form
        without replacement); J. Dodge et al., arXiv:2110.00613 (the price of no bias is variance).

    Example:
        >>> expected_best([0.9, np.nan, 0.6])
        array([0.5, 0.8, 0.9])
    """
    x = np.asarray(scores, dtype=np.float64)
    v = np.sort(np.where(np.isfinite(x), x, worst))
    return np.asarray(_weights(len(v)) @ v)


def _weights(trials: int) -> Array:
    """C(i - 1, n - 1) / C(N, n) at row n - 1 and column i - 1, as products of small factors: the coefficients overflow."""
    n, i = np.ogrid[1:trials, 1 : trials + 1]
    # from n to n + 1 it grows by (i - n) (n + 1) / (n (N - n))
    factors = np.maximum(i - n, 0) * (n + 1) / (n * (trials - n))
    weights = np.cumprod(np.vstack([np.full(trials, 1 / trials), factors]), axis=0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def leaders(curves: Mapping[str, ArrayLike]) -> list[tuple[str, ...]]:
    """Whom nobody is ahead of after n trials, for n = 1 up to the smallest number of trials that all had.

    Args:
        curves: what `expected_best` gave, by name.

    Returns:
        For each n the names: several where they are equal, but for rounding.

    Example:
        >>> leaders({"robust": [0.7, 0.8, 0.8], "picky": [0.5, 0.8, 0.9]})
        [('robust',), ('robust', 'picky'), ('picky',)]
    """
    budget = min(map(len, map(np.asarray, curves.values())))
    table = np.stack([np.asarray(curve)[:budget] for curve in curves.values()], axis=1)
    ahead = table > table.max(axis=1, keepdims=True) - 1e-9
    return [tuple(name for name, leads in zip(curves, row, strict=True) if leads) for row in ahead]
