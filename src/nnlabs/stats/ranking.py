"""Who is better, as far as a few seeds can tell: ranks by paired t tests, corrected for the number of comparisons.

What three to five seeds can show is little, and that is part of the lesson. With ten competitors there are 45 pairs, and
the clearest of them passes the corrected test at 5 % only where the mean difference is `needed_difference(seeds, 45)`
times the standard deviation of the seeds' differences: 17 times with 3 seeds, 3.7 with 5, 1.5 with 10. So "tied" means
"not told apart by this experiment", never "equal".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlabs.stats.intervals import Interval, mean_interval

Array = NDArray[np.float64]

LEVEL = 0.05


@dataclass(frozen=True)
class Standing:
    """One competitor's place.

    Attributes:
        name: whose.
        rank: 1 + the number of competitors that are significantly better.
        score: mean over the seeds that ended with a number, and its 95 % t interval.
        diverged: number of seeds that did not.
        tied_with: names of all that are neither significantly better nor significantly worse, in the order of the ranking.
    """

    name: str
    rank: int
    score: Interval
    diverged: int
    tied_with: tuple[str, ...]


def rank(scores: Mapping[str, ArrayLike], level: float = LEVEL) -> list[Standing]:
    """Put competitors in order, with shared ranks for what cannot be told apart.

    One is significantly better than another where its mean over their common seeds is higher and the paired t test, by
    Holm's correction over all pairs, gives p ≤ level; also where the other diverged on every seed and it did not.

    The order is that of ranks; within a rank, those that ended every seed come before those that diverged on some
    (whose mean is one over lucky seeds), and then the higher mean comes first. "Tied" is not transitive: the second may
    be tied with the first and with the third, while the first is better than the third.

    Args:
        scores: higher is better; by name an array of shape (seeds,), with the same seeds in the same order for all;
            nan: diverged or failed.
        level: the largest corrected p of a difference that is called significant.

    Returns:
        One standing a competitor, the leader first.

    Raises:
        ValueError: where the arrays have different lengths.

    Example:
        >>> table = rank({"a": [0.90, 0.91, 0.92, 0.93], "b": [0.901, 0.909, 0.922, 0.929], "c": [0.10, 0.12, 0.11, 0.13]})
        >>> [(one.rank, one.name, one.tied_with) for one in table]
        [(1, 'b', ('a',)), (1, 'a', ('b',)), (3, 'c', ())]
    """
    names, x = list(scores), _table(scores)
    better = _better(x, level)
    ranks = 1 + better.sum(axis=0)
    intervals = [mean_interval(row) for row in x]
    diverged = (~np.isfinite(x)).sum(axis=1)
    means = [np.nan_to_num(interval.mean, nan=-np.inf) for interval in intervals]
    order = sorted(range(len(names)), key=lambda i: (ranks[i], diverged[i] > 0, -means[i]))

    def tied_with(i: int) -> tuple[str, ...]:
        return tuple(names[j] for j in order if j != i and not better[i, j] and not better[j, i])

    return [Standing(names[i], int(ranks[i]), intervals[i], int(diverged[i]), tied_with(i)) for i in order]


def corrected_p(scores: Mapping[str, ArrayLike]) -> Array:
    """The p values of paired t tests between all competitors, two-sided, by Holm's correction over all pairs.

    A pair takes the seeds that both ended with a number. With fewer than two, or where all differences are the same, so
    that there is no spread to judge by, p is 1: nothing can be said.

    Args:
        scores: as in `rank`.

    Returns:
        Shape (competitors, competitors), symmetric, with 1 on the diagonal.
    """
    return _corrected_p(_table(scores))


def _corrected_p(x: Array) -> Array:
    pairs = list(combinations(range(len(x)), 2))
    corrected = holm([_paired_p(x[i], x[j]) for i, j in pairs])
    table = np.ones((len(x), len(x)))
    for (i, j), p in zip(pairs, corrected, strict=True):
        table[i, j] = table[j, i] = p
    return table


def holm(p: ArrayLike) -> Array:
    """Holm's correction: p values such that calling those up to α significant errs at all with probability α at most.

    With p₁ ≤ ... ≤ pₘ, the corrected value of pᵢ is the largest of (m - j + 1) pⱼ over j ≤ i, and at most 1. It holds
    whatever depends on what, and finds at least all that Bonferroni's m p does.

    Args:
        p: shape (m,).

    Source:
        S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6(2), 1979.

    Example:
        >>> holm([0.04, 0.01, 0.03])
        array([0.06, 0.03, 0.06])
    """
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values)
    corrected = np.empty_like(values)
    # p̃ᵢ = max over j ≤ i of (m - j + 1) pⱼ
    corrected[order] = np.maximum.accumulate(np.arange(len(values), 0, -1) * values[order])
    return np.minimum(corrected, 1.0)


def needed_difference(seeds: int, comparisons: int, level: float = LEVEL) -> float:
    """How large a mean difference the clearest pair needs, in standard deviations of the seeds' differences.

    From t = mean √n / s and Holm's first step p ≤ level / m: mean / s ≥ t(n - 1, 1 - level / 2m) / √n.

    Args:
        seeds: common seeds, n, at least 2.
        comparisons: pairs that are compared, m.
        level: as in `rank`.

    Example:
        >>> [round(needed_difference(seeds, comparisons=45), 1) for seeds in (3, 5, 10)]
        [17.3, 3.7, 1.5]
    """
    from scipy.special import stdtrit

    return float(stdtrit(seeds - 1, 1 - level / (2 * comparisons)) / np.sqrt(seeds))


def _table(scores: Mapping[str, ArrayLike]) -> Array:
    """All scores, shape (competitors, seeds)."""
    rows = [np.asarray(values, dtype=np.float64) for values in scores.values()]
    if len({row.shape for row in rows}) > 1:
        lengths = ", ".join(f"{name} {row.shape}" for name, row in zip(scores, rows, strict=True))
        raise ValueError(f"a ranking needs the same seeds for all competitors, and got {lengths}.")
    return np.stack(rows)


def _better(x: Array, level: float) -> NDArray[np.bool_]:
    """Whether competitor i is significantly better than competitor j, at [i, j]."""
    significant = _corrected_p(x) <= level
    differences = np.moveaxis(x[:, None] - x, -1, 0)  # (seeds, i, j); nan where either diverged
    ahead = np.asarray(mean_interval(differences).mean) > 0
    some = np.isfinite(x).any(axis=1)
    return (significant & ahead) | np.outer(some, ~some)


def _paired_p(a: Array, b: Array) -> float:
    """One paired t test's p, over the seeds that both ended with a number."""
    from scipy.stats import ttest_rel

    common = np.isfinite(a) & np.isfinite(b)
    difference = (a - b)[common]
    if len(difference) < 2 or np.ptp(difference) < 1e-12:
        return 1.0
    return float(ttest_rel(a[common], b[common]).pvalue)
