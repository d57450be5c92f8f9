from __future__ import annotations

import numpy as np
import pytest

from nnlabs.labkit.lessons import CONTRADICTED, NOT_SHOWN, SHOWN, judge
from nnlabs.labs.optimizers.lessons import JUDGES, LESSONS
from nnlabs.stats.intervals import mean_interval

TUNED, ALL_LEARN, RATES, BATCHES = (
    "Badly chosen settings cost more than the choice of the optimizer",
    "Tuned with equal care, all of them learn",
    "With momentum every step counts several times, so that the best learning rate is several times smaller",
    "Larger batches want larger learning rates",
)


def tried(best: float, worst: float, lr: float = 0.1, trials: int = 5) -> dict[str, object]:
    return {
        "best_validation_accuracy": best,
        "worst_validation_accuracy": worst,
        "trials": trials,
        "best_setting": {"train.lr": lr},
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


def test_two_batch_sizes_have_to_have_learned():
    assert verdicts(batches={"best_lr": {"batch_16": 0.03, "batch_128": 0.3}}) == {BATCHES: SHOWN}
    assert verdicts(batches={"best_lr": {"batch_16": 0.03}}) == {}
