"""What a few repetitions say: means with confidence intervals over seeds, and what guessing reaches.

SciPy is imported inside the functions, so that the module itself costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnlabs.arrays import Array


@dataclass(frozen=True)
class Interval:
    """An estimate with its confidence interval: numbers, or arrays of one shape with an interval each.

    Attributes:
        mean: the estimate; nan where there is no finite value at all.
        low: lower end of the interval; nan where fewer than two values leave nothing to tell the spread from.
        high: upper end, likewise.
        n: number of finite values behind each estimate.
    """

    mean: Array | np.float64
    low: Array | np.float64
    high: Array | np.float64
    n: NDArray[np.int64] | np.int64


NOTHING = Interval(np.float64(np.nan), np.float64(np.nan), np.float64(np.nan), np.int64(0))
"""Of what no value tells anything."""


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Mean over the first axis (seeds) with Student's t confidence interval.

    mean ± t(n - 1, (1 + confidence) / 2) · s / √n, where s is the sample standard deviation (divisor n - 1) and t a
    quantile of Student's distribution. It takes the values for independent and roughly normal. Values that are not
    finite (a diverged run, an epoch that early stopping left out) do not count: `n` says how many did.

    Args:
        values: shape (seeds, ...).
        confidence: the share of such intervals that hold the true mean, in (0, 1).

    Returns:
        Intervals of shape `values.shape[1:]`; numbers for one-dimensional `values`.

    Raises:
        ValueError: where `values` has no axis or `confidence` is not in (0, 1).

    Source:
        Student (W. S. Gosset), "The Probable Error of a Mean", Biometrika 6(1), 1908;
        NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.5.2.

    Example:
        >>> accuracy = mean_interval([0.90, 0.91, 0.92])
        >>> f"{accuracy.mean:.3f} in [{accuracy.low:.3f}, {accuracy.high:.3f}], n = {accuracy.n}"
        '0.910 in [0.885, 0.935], n = 3'
    """
    from scipy.special import stdtrit

    _check_confidence(confidence)
    x = np.asarray(values, dtype=np.float64)
    if x.ndim == 0:
        raise ValueError("mean_interval needs one value a seed along the first axis, and got a single number.")
    finite = np.isfinite(x)
    n = finite.sum(axis=0)
    # nan, not a warning, where there is nothing to divide by
    some, several = np.where(n > 0, n, np.nan), np.where(n > 1, n, np.nan)
    mean = np.where(finite, x, 0.0).sum(axis=0) / some
    # s² = Σ (x - mean)² / (n - 1)
    variance = (np.where(finite, x - mean, 0.0) ** 2).sum(axis=0) / (several - 1)
    half = stdtrit(several - 1, (1 + confidence) / 2) * np.sqrt(variance / several)
    return Interval(mean, mean - half, mean + half, n)


def judging_interval(accuracies: ArrayLike, examples: int) -> Interval:
    """Mean accuracy of several networks of one seed each, all judged by the same examples, with what that judging leaves open.

    mean ± 1.96 · s / √(n + 4), where s is the mean of √(p̃ᵢ (1 - p̃ᵢ)), and p̃ᵢ = (n pᵢ + 2) / (n + 4). An example that is hard for
    one network is hard for the others, so that their errors add up: the standard deviation of a mean is at most the mean of the
    standard deviations, however alike they are. What other seeds would change comes on top.

    Args:
        accuracies: pᵢ, shares in [0, 1], shape (networks,); nan gives nan.
        examples: by which each was judged, n.

    Source:
        A. Agresti, B. A. Coull, "Approximate Is Better than 'Exact' for Interval Estimation of Binomial Proportions",
        The American Statistician 52(2), 1998: two right and two wrong answers are added.

    Example:
        >>> accuracy = judging_interval([0.90, 0.92], examples=500)
        >>> f"{accuracy.mean:.3f} in [{accuracy.low:.3f}, {accuracy.high:.3f}]"
        '0.910 in [0.885, 0.935]'
    """
    p, n = np.asarray(accuracies, dtype=np.float64), examples
    adjusted = (n * p + 2) / (n + 4)
    half = 1.96 * np.sqrt(adjusted * (1 - adjusted)).mean() / np.sqrt(n + 4)
    return Interval(p.mean(), p.mean() - half, p.mean() + half, np.int64(1))


def guessing_bound(share: float, examples: int) -> float:
    """The accuracy that guessing stays at or below, but for a chance of 1 in 1000: who is above it has learned something.

    The number of right guesses among n examples follows a binomial distribution of probability p = `share`; the bound is its
    0.999 quantile, divided by n. That is too high where it reaches 1: whoever names the commonest class always is wrong with all
    others, and whoever names it for a share q of the examples, drawn by lot, has all of them right with a chance of
    q^(pn) (1 - q)^((1 - p)n) at most, which is highest for q = p.

    Args:
        share: of the commonest class among the examples, which is what always saying that class gets right.
        examples: how many are judged, n.

    Returns:
        1 where so few examples tell nothing.

    Example:
        >>> [guessing_bound(0.1, examples) for examples in (30, 500, 10_000)]
        [0.3, 0.144, 0.1094]
        >>> f"{guessing_bound(0.9, 60):.3f}, {guessing_bound(0.9, 10):.3f}"
        '0.983, 1.000'
    """
    from scipy.stats import binom

    right = float(binom.ppf(0.999, examples, share))
    # pᵖⁿ (1 - p)⁽¹⁻ᵖ⁾ⁿ
    all_right = float((share**share * (1 - share) ** (1 - share)) ** examples)
    return min(right, examples - 1 if all_right < 0.001 else examples) / examples


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, such as 0.95, and is {confidence}.")
