from __future__ import annotations

import numpy as np

from nnlabs.labkit.lessons import SHOWN, judge
from nnlabs.labs.regularization.lessons import LESSONS
from nnlabs.stats.intervals import mean_interval


def around(mean: float) -> object:
    return mean_interval([mean - 0.001, mean, mean + 0.001])


def shown(**metrics: object) -> dict[str, str]:
    return {outcome.act: outcome.numbers for outcome in judge(LESSONS, metrics, "full") if outcome.verdict == SHOWN}


def judged(**metrics: object) -> set[str]:
    return {outcome.act for outcome in judge(LESSONS, metrics, "full")}


def test_of_the_wrong_labels_it_is_the_technique_that_validation_chose_with_every_seed():
    def network(validation: object, test: float) -> dict[str, object]:
        return {"validation": validation, "test": around(test)}

    clean = {name: {"validation": around(0.8), "gap": around(0.1)} for name in ("plain", "together")}
    lucky = mean_interval([0.95, np.nan, np.nan])
    noisy = {"plain": network(around(0.6), 0.6), "dropout": network(around(0.7), 0.7), "L1": network(lucky, 0.9)}
    found = judge(LESSONS, {"techniques": {"clean": clean, "wrong labels": noisy}}, "full")
    (numbers,) = [outcome.numbers for outcome in found if "wrong" in outcome.claim]
    assert ": 10.00 ± " in numbers


def test_a_valley_has_two_sides_and_more_data_two_numbers():
    valley = {"validation_loss": [around(1.0), around(0.5), around(0.9)]}
    assert ": 0.4000 ± " in shown(strengths={"best": {"L2": 0.3}, "L2": valley})["strengths"]
    slope = {"validation_loss": [around(1.0), around(0.5)]}
    assert judged(strengths={"best": {"L2": 0.3}, "L2": slope}) == set()
    assert ": 20.00 ± " in shown(sizes={"gap": {"plain": [around(0.3), around(0.2), around(0.1)]}})["sizes"]
    assert judged(sizes={"gap": {"plain": [around(0.3)]}}) == set()
