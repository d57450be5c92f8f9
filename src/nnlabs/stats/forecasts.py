"""How good a prediction was, once the result is there: the interval score of a range, the rank distance of an order."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike

LEVEL = 0.8
"""The probability with which a predicted range is meant to hold the result."""


def interval_score(low: float, high: float, observed: float, level: float = LEVEL) -> float:
    """The interval score of a central prediction interval; 0 is best, and it has the unit of what is predicted.

    S = (u - l) + 2/α (l - y) 1{y < l} + 2/α (y - u) 1{y > u}, with α = 1 - level: wide ranges cost, and a result outside costs
    2/α times its distance. Whoever says what he believes, the α/2 and 1 - α/2 quantiles, has the least score to expect (the rule
    is proper). A single number is the range without width.

    Args:
        low: l, the range's lower end.
        high: u, its upper end, not below `low`.
        observed: y, what came out.
        level: the probability with which the range was to hold it, in (0, 1).

    Raises:
        ValueError: for a range that ends before it begins, or a level out of (0, 1).

    Source:
        T. Gneiting and A. E. Raftery, "Strictly Proper Scoring Rules, Prediction, and Estimation", JASA 102, 2007, section 6.2.

    Example:
        >>> [round(interval_score(10, 30, observed), 9) for observed in (20, 8, 30.5)]
        [20.0, 40.0, 25.0]
    """
    if not low <= high or not 0 < level < 1:
        raise ValueError(f"a range from {low} to {high} at level {level} is none")
    alpha = 1 - level
    # S = (u - l) + 2/α max(l - y, 0) + 2/α max(y - u, 0)
    return (high - low) + 2 / alpha * (max(low - observed, 0) + max(observed - high, 0))


@dataclass(frozen=True)
class RankDistance:
    """What `rank_distance` finds.

    Attributes:
        wrong: pairs in the wrong order.
        pairs: pairs that count.
    """

    wrong: int
    pairs: int

    @property
    def distance(self) -> float:
        """`wrong` over `pairs`, from 0 (the same order) to 1 (the reverse); nan where no pair counts."""
        return self.wrong / self.pairs if self.pairs else nan


def rank_distance(ranks: ArrayLike, low: ArrayLike, high: ArrayLike) -> RankDistance:
    """Kendall's distance between a predicted order and results, over the pairs that both put in an order.

    A pair counts where the prediction puts one before the other (ranks differ), and where the results do (their intervals have no
    point in common). So an order that names the first places only is judged by these, and nobody is wrong about what the results
    leave open. Where all pairs count, distance = (1 - τ) / 2 with Kendall's τ.

    Args:
        ranks: predicted places, shape (n,): 1 for the one that is to have the largest result, equal for those left open.
        low: lower ends of the results' intervals, shape (n,); equal to the upper ends where results are exact.
        high: upper ends, shape (n,).

    Source: M. G. Kendall, "A New Measure of Rank Correlation", Biometrika 30, 1938.

    Example:
        >>> rank_distance([1, 2, 3], [0.9, 0.5, 0.7], [0.9, 0.5, 0.7])
        RankDistance(wrong=1, pairs=3)
    """
    place, lows, highs = (np.asarray(values, dtype=np.float64) for values in (ranks, low, high))
    above = lows[:, None] > highs[None, :]  # [i, j]: the result of i is larger than that of j
    counts = above & (place[:, None] != place[None, :])
    wrong = counts & (place[:, None] > place[None, :])
    return RankDistance(int(wrong.sum()), int(counts.sum()))
