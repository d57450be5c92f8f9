"""Which learning rates do well: means of their logarithms, each rate with the weight of what it brings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nnlabs.arrays import Array
from nnlabs.labkit.comparison import with_end
from nnlabs.labs.optimizers.protocol import Trials
from nnlabs.stats.intervals import Interval

Findings = tuple[list[str], dict[str, Any]]
"""What an act's numbers say, and the numbers."""


def rates_of(tried: Trials, bound: float, examples: int) -> dict[str, Any]:
    """The mean of log₁₀ lr by what the rates bring, and the middle of those tried; nothing where no trial learned.

    Args:
        tried: finished trials of one competitor.
        bound: the validation accuracy of guessing, from `chance_bound`.
        examples: of the validation split.
    """
    if not tried.lrs.size or np.nan_to_num(tried.scores).max() <= bound:
        return {}
    mean = _mean_rate(tried.scores, tried.lrs, bound, examples)
    return {"mean_log10_lr": mean, "middle_log10_lr": float(np.log10(tried.lrs).mean())}


def on_batches(scores: Mapping[int, Array], lrs: Sequence[float], bound: float, examples: int) -> Findings:
    """How the right learning rate grows with the batch: the best one, and the mean of all, weighted by how good they are.

    Args:
        scores: by batch size: validation accuracies, shape (learning rates,).
        lrs: the learning rates.
        bound: as in `rates_of`.
        examples: of the validation split.
    """
    top = {size: float(np.nan_to_num(row).max()) for size, row in scores.items()}
    best = {size: lrs[int(np.nan_to_num(row).argmax())] for size, row in scores.items() if top[size] > bound}
    means = {size: _mean_rate(scores[size], lrs, bound, examples) for size in best}
    numbers = {
        "mean_log10_lr": {f"batch_{size}": mean for size, mean in means.items()},
        "best_lr": {f"batch_{size}": lr for size, lr in best.items()},
        "validation_accuracy": {f"batch_{size}": value for size, value in top.items()},
    }
    if len(scores) < 2:
        return ["One batch size was tried, which shows no rule for the rate."], numbers
    if len(best) < 2:
        return [
            "Fewer than two batch sizes did better than guessing, so that no rule for the rate can be seen."
        ], numbers
    small, large = min(best), max(best)
    growth = 10 ** float(means[large].mean - means[small].mean)
    return [
        _on_rules(scores, lrs, small, large),
        f"In the geometric mean of all rates, each with the weight of what it brings above guessing, it becomes {growth:.2g} times "
        "what it was.",
    ], numbers


def best_rates(accuracies: Array, lrs: ArrayLike) -> list[float]:
    """The learning rates that nothing is better than: several where they are equal, none where all diverged.

    Args:
        accuracies: on validation, shape (learning rates,); nan: diverged.
        lrs: the learning rates.
    """
    known = np.isfinite(accuracies)
    return [float(lr) for lr in np.asarray(lrs)[known & (accuracies == accuracies[known].max(initial=-1))]]


def _on_rules(scores: Mapping[int, Array], lrs: Sequence[float], small: int, large: int) -> str:
    """How the best rate goes from the smallest batch to the largest, beside what two rules say; not where it cannot be told."""
    ties = {size: len(best_rates(scores[size], lrs)) for size in (small, large)}
    if max(ties.values()) > 1:
        size = max(ties, key=ties.__getitem__)
        return f"With batches of {size}, {ties[size]} of the rates tried are equally good: which is the best cannot be told."
    best = {size: best_rates(scores[size], lrs)[0] for size in ties}
    before, after = (with_end(lr, lrs) for lr in best.values())
    goes = f"goes from {before} to {after}" if before != after else f"of those tried stays at {before}"
    return (
        f"From batches of {small} to batches of {large} the best learning rate {goes}; "
        f"the linear rule says {best[small] * large / small:.2g}, the square-root rule {best[small] * (large / small) ** 0.5:.2g}."
    )


def _mean_rate(accuracies: Array, lrs: ArrayLike, bound: float, examples: int) -> Interval:
    """Mean of log₁₀ lr, weighted by accuracy above guessing; the best of a few rates alone is decided by a few examples."""
    x, weights = np.log10(lrs), np.maximum(np.nan_to_num(accuracies) - bound, 0)
    # c = Σ wᵢ xᵢ / Σ wᵢ
    mean = weights @ x / weights.sum()
    # Var c = Σ ((xᵢ - c) / Σ w)² Var wᵢ, where a share of n examples has a variance of ¼ / n at most
    half = 1.96 * np.sqrt((((x - mean) / weights.sum()) ** 2).sum() / 4 / examples)
    return Interval(mean, mean - half, mean + half, np.int64(1))
