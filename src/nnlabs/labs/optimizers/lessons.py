"""What lab 4 is to show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnlabs.labkit.lessons import Lesson, Metrics, difference
from nnlabs.stats.intervals import Interval, judging_interval

RAVINE = "Ravine"
JUDGES = "validation_examples"
"""Under this name an act of single seeds keeps by how many examples it was judged."""
_ONE_SEED = "one seed each, with ± for the examples that judge"
"""What the intervals of acts with single seeds are, which is less than other seeds would change."""


def _sooner_down(metrics: Metrics) -> float | None:
    """Steps that momentum saves in the ravine; whoever never came down counts as taking all steps there were."""
    arrivals, steps = metrics["paths"]["steps_until_down"][RAVINE], metrics["paths"]["steps"]
    if not {"sgd", "momentum"} <= set(metrics["paths"]["optimizers"]):
        return None
    return float(arrivals.get("sgd", steps) - arrivals.get("momentum", steps))


def _gained_by_tuning(metrics: Metrics) -> Interval | None:
    """What an optimizer's best trial has over its worst one, in the mean, less what the best of all has over the worst best."""
    tuned = [facts for facts in metrics["tuning"].values() if isinstance(facts, Mapping)]
    if len(tuned) < 2 or any(facts["trials"] < 2 for facts in tuned):
        return None
    best = [facts["best_validation_accuracy"] for facts in tuned]
    worst = [facts["worst_validation_accuracy"] for facts in tuned]
    judges, apart = metrics["tuning"][JUDGES], max(best) - min(best)
    gain = difference(judging_interval(best, judges), judging_interval(worst, judges))
    return Interval(gain.mean - apart, gain.low - apart, gain.high - apart, gain.n)


def _momentum_wants_smaller_rates(metrics: Metrics) -> Interval:
    """Mean of log₁₀ lr of plain SGD less that with momentum, each from the middle of its range, in powers of ten.

    Which of a few trials is the best is decided by a few examples; so all of them count, each with the weight of what it brings.
    And who is searched at higher rates finds higher ones: only what goes beyond the distance of the ranges is an answer. Where the
    rates themselves say the opposite, the interval reaches to them, so that it leaves both possible.
    """
    sgd, momentum = (metrics["tuning"][name] for name in ("sgd", "momentum"))
    shift = difference(sgd["mean_log10_lr"], momentum["mean_log10_lr"])
    ranges = sgd["middle_log10_lr"] - momentum["middle_log10_lr"]
    low, high = shift.low - ranges, shift.high - ranges
    if high < 0 < shift.high:
        high = shift.high
    elif shift.low < 0 < low:
        low = shift.low
    return Interval(shift.mean - ranges, low, high, shift.n)


def _weaker_of_the_two(metrics: Metrics) -> float:
    """Validation accuracy of the best trial of plain SGD or of momentum, whichever is lower."""
    return min(float(metrics["tuning"][name]["best_validation_accuracy"]) for name in ("sgd", "momentum"))


def _weakest(metrics: Metrics) -> Interval | None:
    """Validation accuracy of the tuned optimizer that did worst; None where there is a single one, as in the preset fast.

    A lost seed counts as 0 % in the order, and the interval reaches down to it.
    """
    found: list[Interval] = [facts["validation_accuracy"] for facts in metrics["finals"].values()]
    if len(found) < 2:
        return None
    weakest = min(found, key=lambda accuracy: float(np.nan_to_num(accuracy.mean) * accuracy.n))
    seeds = max(accuracy.n for accuracy in found)
    if weakest.n in (0, seeds):
        return weakest
    survivors = weakest.mean
    return Interval(np.float64(survivors * weakest.n / seeds), np.float64(0), np.float64(survivors), seeds)


def _gained_by_decoupling(metrics: Metrics) -> Interval:
    """Accuracy over all learning rates and weight decays: the mean of AdamW's less that of Adam's with L2 in the loss."""
    decoupled, l2 = (metrics["decoupling"][kind]["mean_validation_accuracy"] for kind in ("AdamW", "Adam with L2"))
    return difference(decoupled, l2)


def _gained_by_larger_rates(metrics: Metrics) -> Interval | None:
    """Mean of log₁₀ lr for the largest batch less that for the smallest, in powers of ten."""
    means = list(metrics["batches"]["mean_log10_lr"].values())
    return difference(means[-1], means[0]) if len(means) > 1 else None


LESSONS = (
    Lesson(
        "paths",
        "In a ravine, momentum comes down sooner than plain steps",
        "steps that momentum saves",
        _sooner_down,
        unit="steps",
        scale=1,
        since="smoke",
    ),
    Lesson(
        "tuning",
        "Badly chosen settings cost more than the choice of the optimizer",
        f"between an optimizer's best and worst trial, in the mean, less between the optimizers' best trials, {_ONE_SEED}",
        _gained_by_tuning,
        above=0.05,  # of ten equal trials, best and worst lie three standard deviations apart: chance alone gives some points
    ),
    Lesson(
        "tuning",
        "With momentum every step counts several times, so that good learning rates are smaller",
        f"mean of the learning rates by what they bring, plain SGD's over momentum's, beyond the ranges' distance, {_ONE_SEED}",
        _momentum_wants_smaller_rates,
        unit="powers of ten",
        scale=1,
        learned=_weaker_of_the_two,
    ),
    Lesson(
        "finals",
        "Tuned with equal care, all of them learn",
        "validation accuracy of the one that does worst",
        _weakest,
        above=0.1,
        over_guessing=True,
        unit="%",
    ),
    Lesson(
        "grid",
        "A learning rate that falls beats one that stays as high as it began",
        "validation accuracy of the best settings, less that of the same with a constant rate, in the mean",
        lambda metrics: metrics["grid"]["gained_by_falling"],
        since="full",  # in a short training on CIFAR-10 they are equal
    ),
    Lesson(
        "decoupling",
        "The same numbers of weight decay do less harm beside the gradient (AdamW) than through it (Adam with L2)",
        f"validation accuracy of AdamW, less that of Adam with L2, the mean over all settings, {_ONE_SEED}",
        _gained_by_decoupling,
    ),
    Lesson(
        "batches",
        "Larger batches want larger learning rates",
        f"mean of the learning rates by what they bring, of the largest batch over that of the smallest, {_ONE_SEED}",
        _gained_by_larger_rates,
        unit="powers of ten",
        scale=1,
    ),
)
