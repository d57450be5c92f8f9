from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from nnlabs.labkit.lessons import CONTRADICTED, NOT_SHOWN, SHOWN, judge
from nnlabs.labs.optimizers.findings import on_decoupling, tuning_metrics
from nnlabs.labs.optimizers.lessons import JUDGES, LESSONS
from nnlabs.labs.optimizers.rates import on_batches
from nnlabs.stats.intervals import Interval, mean_interval

TUNED, ALL_LEARN, RATES, BATCHES, FALLING, DECOUPLED = (
    "Badly chosen settings cost more than the choice of the optimizer",
    "Tuned with equal care, all of them learn",
    "With momentum every step counts several times, so that good learning rates are smaller",
    "Larger batches want larger learning rates",
    "A learning rate that falls beats one that stays as high as it began",
    "The same numbers of weight decay do less harm beside the gradient (AdamW) than through it (Adam with L2)",
)


def tried(best: float, worst: float, lr: float = 0.1, trials: int = 5) -> dict[str, object]:
    mean = np.float64(np.log10(lr))
    return {
        "best_validation_accuracy": best,
        "worst_validation_accuracy": worst,
        "trials": trials,
        "mean_log10_lr": Interval(mean, mean - 0.05, mean + 0.05, np.int64(1)),
        "middle_log10_lr": -0.5,
    }


def verdicts(**metrics: object) -> dict[str, str]:
    return {outcome.claim: outcome.verdict for outcome in judge(LESSONS, metrics, "full")}


def test_tuning_is_judged_where_there_is_something_to_compare():
    two = {"sgd": tried(0.9, 0.3, 1.0), "momentum": tried(0.88, 0.4, 0.1), JUDGES: 1000}
    assert verdicts(tuning=two) == {TUNED: SHOWN, RATES: SHOWN}
    assert TUNED not in verdicts(tuning={"sgd": tried(0.9, 0.3), JUDGES: 1000})
    once = {"sgd": tried(0.9, 0.9, trials=1), "momentum": tried(0.5, 0.5, trials=1), JUDGES: 1000}
    assert TUNED not in verdicts(tuning=once)  # no trial is better than another
    assert verdicts(tuning={**two, "momentum": tried(0.1, 0.1, 3.0)})[RATES] == NOT_SHOWN  # its best rate is chance


def test_ranges_that_lie_apart_are_no_lesson_about_momentum():
    lrs, accuracies = np.array([0.03, 0.1, 0.3, 1, 3]), np.array([0.3, 0.6, 0.9, 0.85, 0.1])

    def verdict(momentum_lrs, momentum_accuracies) -> str:
        trials = {"sgd": (lrs, accuracies), "momentum": (momentum_lrs, momentum_accuracies)}
        found = {
            name: SimpleNamespace(lrs=x, scores=y, best=int(np.nanargmax(y)), settings=[{"train.lr": lr} for lr in x])
            for name, (x, y) in trials.items()
        }
        return verdicts(tuning={**tuning_metrics(found, 0.14, 1000), JUDGES: 1000}).get(RATES, "left out")

    assert verdict(lrs / 10, accuracies) == NOT_SHOWN  # ten times smaller, because they were searched there
    assert verdict(lrs, accuracies[[1, 2, 3, 4, 4]]) == SHOWN
    assert verdict(lrs / 10, accuracies[[1, 2, 3, 4, 4]]) == SHOWN
    assert verdict(lrs, np.array([0.1, 0.3, 0.6, 0.9, np.nan])) == CONTRADICTED
    # Smaller than plain SGD's, but by less than the ranges lie apart; and the other way round.
    assert verdict(lrs / 30, accuracies[[0, 0, 1, 2, 3]]) == NOT_SHOWN
    assert verdict(lrs * 30, accuracies[[1, 2, 3, 4, 4]]) == NOT_SHOWN
    assert verdict(lrs, np.array([0.1, 0.12, np.nan, 0.1, 0.1])) == "left out"  # it never learned


def test_equal_settings_and_optimizers_do_not_show_that_tuning_matters():
    # Ten optimizers with ten trials each, all of equal worth: what seeds and judges change is all there is.
    random, shown = np.random.default_rng(0), 0
    for _ in range(200):
        scores = random.normal(0.8, 0.02, (10, 10)) + random.normal(0, (0.8 * 0.2 / 2500) ** 0.5, (10, 10))
        tuning = {str(i): tried(best=row.max(), worst=row.min(), trials=10) for i, row in enumerate(scores)}
        shown += verdicts(tuning={**tuning, JUDGES: 2500})[TUNED] == SHOWN
    assert shown == 0


@pytest.mark.parametrize(
    ("last", "verdict"),
    [
        ([0.5, 0.51, 0.5], SHOWN),
        ([0.1, 0.11, 0.1], CONTRADICTED),
        ([np.nan, np.nan, np.nan], NOT_SHOWN),
        ([0.95, np.nan, np.nan], NOT_SHOWN),
        ([0.8, np.nan, 0.81], NOT_SHOWN),
    ],
)
def test_a_competitor_that_lost_seeds_is_the_one_that_does_worst(last, verdict):
    scores = {"adam": [0.9, 0.91, 0.9], "sgd": [0.6, 0.61, 0.6], "muon": last}
    finals = {name: {"validation_accuracy": mean_interval(values)} for name, values in scores.items()}
    assert verdicts(finals=finals) == {ALL_LEARN: verdict}


@pytest.mark.parametrize(("gain", "verdict"), [(0.06, SHOWN), (0.02, NOT_SHOWN), (-0.06, CONTRADICTED)])
def test_decoupling_is_judged_by_all_its_settings(gain, verdict):
    l2 = np.linspace(0.7, 0.9, 6).reshape(2, 3)
    maps = {"Adam with L2": l2, "AdamW": l2 + gain}
    _, numbers = on_decoupling(maps, (0.003, 0.01, 0.03), (0.01, 0.1), 0.14, 500)
    assert verdicts(decoupling=numbers) == {DECOUPLED: verdict}


@pytest.mark.parametrize(
    ("gains", "verdict"), [([0.07, 0.09, 0.08], SHOWN), ([0.07, -0.05, 0.1], NOT_SHOWN), ([0.05], NOT_SHOWN)]
)
def test_a_falling_rate_is_judged_from_several_seeds(gains, verdict):
    assert verdicts(grid={"gained_by_falling": mean_interval(gains)}) == {FALLING: verdict}
    assert verdicts(grid={"validation_accuracy": {}}) == {}


def test_two_batch_sizes_have_to_have_learned():
    lrs, small, large = (0.01, 0.03, 0.1, 0.3), np.array([0.4, 0.42, 0.36, 0.1]), np.array([0.3, 0.38, 0.35, 0.32])
    for bound, n, verdict in ((0.14, 1000, {BATCHES: SHOWN}), (0.14, 30, {BATCHES: NOT_SHOWN}), (0.41, 1000, {})):
        _, numbers = on_batches({16: small, 128: large}, lrs, bound, n)
        assert verdicts(batches=numbers) == verdict
    _, numbers = on_batches({16: large, 128: small}, lrs, 0.14, 1000)
    assert verdicts(batches=numbers) == {BATCHES: CONTRADICTED}


def test_the_margin_of_the_mean_rate_is_that_of_repeated_judging():
    lrs, accuracies, n = (0.01, 0.03, 0.1, 0.3), np.array([0.4, 0.5, 0.55, 0.3]), 1000
    random = np.random.default_rng(0)
    means = [
        on_batches({16: judged, 128: judged}, lrs, 0.14, n)[1]["mean_log10_lr"]["batch_16"]
        for judged in random.binomial(n, accuracies, (2000, 4)) / n
    ]
    half = float(means[0].high - means[0].mean)
    scatter = 1.96 * float(np.std([one.mean for one in means]))
    assert scatter <= half < 1.15 * scatter  # ¼ is the largest p (1 - p)
