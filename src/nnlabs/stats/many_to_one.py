"""Who differs from one reference, as far as a few seeds can tell: intervals that hold for all comparisons together.

Two choices make three to five seeds usable, both declared here and not looked up in the data:

- Everybody is compared with one reference (the plain network, or a leader chosen on other data), not with everybody: with
  ten competitors nine comparisons instead of 45, and less to correct for.
- How much seeds scatter is learned from all groups together, as in Dunnett's test: ten groups of five seeds give 36
  degrees of freedom instead of 4. A pair whose own differences scatter more is judged by these.

With ten groups and a standard deviation of 0.3 points over seeds, a true difference of one point is found in 95 % of
experiments with five seeds and in 69 % with three; by paired t tests and Holm's correction over all 45 pairs in 21 % and
in 2 %. The price is paid where groups scatter very differently: `differences_from_first` says how much.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from nnlabs.stats.intervals import NOTHING, Interval

LEVEL = 0.05


def compare_with(reference: str, scores: Mapping[str, ArrayLike]) -> dict[str, Interval]:
    """The difference of every group to one of them, by name; it is told apart where 0 lies outside its interval.

    Args:
        reference: name of the group that all others are compared with. It must not be chosen by these scores.
        scores: higher is better; by name an array of shape (seeds,), with the same seeds in the same order for all.
            A group that lacks a seed (nan: diverged) is not compared: a mean over lucky seeds is no fair one.

    Returns:
        Score minus the reference's, for all but the reference. Mean and ends are nan where either lacks a seed; the ends
        also where there is one seed only, or no scatter to judge by.

    Example:
        >>> scores = {"plain": [0.80, 0.81, 0.82], "L1": [0.81, 0.81, 0.82], "dropout": [0.90, 0.90, 0.91]}
        >>> {name: bool(found.low > 0) for name, found in compare_with("plain", scores).items()}
        {'L1': False, 'dropout': True}
    """
    table = {name: np.asarray(row, dtype=np.float64) for name, row in scores.items()}
    compared = [name for name in table if name != reference and np.isfinite(table[name]).all()]
    found = {name: NOTHING for name in table if name != reference}
    if not compared or not np.isfinite(table[reference]).all():
        return found
    all_at_once = differences_from_first([table[name] for name in (reference, *compared)])
    ends = np.stack([all_at_once.mean, all_at_once.low, all_at_once.high], axis=-1)
    seeds = np.int64(table[reference].size)
    return {
        **found,
        **{name: Interval(m, low, high, seeds) for name, (m, low, high) in zip(compared, ends, strict=True)},
    }


def differences_from_first(scores: ArrayLike, level: float = LEVEL) -> Interval:
    """Differences of k - 1 groups to the first; where all scatter alike, their intervals hold at once with probability ≥ 1 - level.

    The scores are taken as group + seed + noise, yᵢⱼ = μᵢ + bⱼ + eᵢⱼ: what a seed does to all groups cancels. The noise's
    variance comes from all groups, s² = Σ eᵢⱼ² / (k - 1)(n - 1), unless the differences of the pair vary more, sᵢ²:

        ȳᵢ - ȳ₁ ± t((k - 1)(n - 1), 1 - level / 2(k - 1)) · √(max(2 s², sᵢ²) / n)

    The quantile is Bonferroni's, for ten groups 4, 6 and 9 % above Dunnett's own with 5, 3 and 2 seeds; with two groups
    all is the paired t test. Where all scatter alike, the chance that anything at all is told apart by mistake is below
    3 % at level 5 % (2 to 5 seeds, 9 or 10 groups, also where accuracies are multiples of 1 %). Where standard
    deviations differ by a factor of two at random it is 4, 6 and 7 % with 5, 3 and 2 seeds; with one group that scatters
    ten times as much as all others 4, 9 and 15 %, and 7, 13 and 23 % if that one is the reference. So what differs
    little from a group that scatters much is to be read with care, and two seeds are few.

    Args:
        scores: shape (..., k, n): k groups, the reference first, and n seeds, the same for all.
        level: the chance of any mistake among the k - 1 comparisons.

    Returns:
        Shape (..., k - 1). The ends are nan with fewer than two seeds and where nothing scatters at all: equal values are
        no evidence of how others would come out.

    Source:
        C. W. Dunnett, "A Multiple Comparison Procedure for Comparing Several Treatments with a Control", Journal of the
        American Statistical Association 50(272), 1955; with seeds as the blocks of a randomized block design.
    """
    from scipy.special import stdtrit

    x = np.asarray(scores, dtype=np.float64)
    groups, seeds = x.shape[-2:]
    difference = x[..., 1:, :] - x[..., :1, :]
    mean, n = difference.mean(axis=-1), np.full(difference.shape[:-1], seeds)
    if seeds < 2 or groups < 2:
        return Interval(mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan), n)
    degrees = (groups - 1) * (seeds - 1)
    noise = x - x.mean(axis=-1, keepdims=True) - x.mean(axis=-2, keepdims=True) + x.mean(axis=(-2, -1), keepdims=True)
    pooled = (noise**2).sum(axis=(-2, -1)) / degrees
    variance = np.maximum(2 * pooled[..., None], difference.var(axis=-1, ddof=1))
    variance = np.where(variance > 1e-24, variance, np.nan)  # rounding is no scatter
    half = stdtrit(degrees, 1 - level / (2 * (groups - 1))) * np.sqrt(variance / seeds)
    return Interval(mean, mean - half, mean + half, n)
