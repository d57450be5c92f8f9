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


def test_the_lucky_seeds_of_a_network_that_lost_others_show_nothing():
    clean = {name: {"validation": around(0.8), "gap": around(0.1)} for name in ("plain", "dropout", "together")}
    metrics = {"techniques": {"clean": clean, "wrong labels": {}}}
    clean["together"] = {"validation": around(0.8), "gap": mean_interval([0.01, 0.012, np.nan])}
    whys = [outcome.why for outcome in judge(LESSONS[:2], metrics, "full")]
    assert whys == ["", "some seeds were lost"]
    clean["plain"] = {"validation": mean_interval([0.8, np.nan, np.nan]), "gap": mean_interval([0.1, np.nan, np.nan])}
    whys = [outcome.why for outcome in judge(LESSONS[:2], metrics, "full")]
    assert whys == ["some seeds were lost"] * 2
    gaps = [around(0.3), around(0.2), mean_interval([0.05, 0.051, np.nan])]
    (outcome,) = judge(LESSONS, {"sizes": {"gap": {"plain": gaps}}}, "full")
    assert outcome.why == "some seeds were lost"


def test_strengths_at_which_a_seed_was_lost_are_no_end_of_a_valley():
    losses = [around(1.0), around(0.5), around(0.9), mean_interval([9.0, np.nan, np.nan])]
    assert ": 0.4000 ± " in shown(strengths={"best": {"L2": 0.3}, "L2": {"validation_loss": losses}})["strengths"]
    assert judged(strengths={"best": {"L2": 0.3}, "L2": {"validation_loss": losses[1:]}}) == set()


def test_a_valley_has_two_sides_and_more_data_two_numbers():
    valley = {"validation_loss": [around(1.0), around(0.5), around(0.9)]}
    assert ": 0.4000 ± " in shown(strengths={"best": {"L2": 0.3}, "L2": valley})["strengths"]
    slope = {"validation_loss": [around(1.0), around(0.5)]}
    assert judged(strengths={"best": {"L2": 0.3}, "L2": slope}) == set()
    assert ": 20.00 ± " in shown(sizes={"gap": {"plain": [around(0.3), around(0.2), around(0.1)]}})["sizes"]
    assert judged(sizes={"gap": {"plain": [around(0.3)]}}) == set()


def test_structures_are_judged_only_where_they_have_about_as_many_weights() -> None:
    def found(cnn: int | None, mlp: int | None) -> list[str]:
        tried = {"cnn": (cnn, 0.9), "mlp": (mlp, 0.8)}
        rows = {
            name: {"parameters": parameters, "validation": around(test), "test": around(test)}
            for name, (parameters, test) in tried.items()
        }
        return [outcome.verdict for outcome in judge(LESSONS, {"topologies": rows}, "full")]

    assert found(90_634, 94_310) == found(1_000, 1_500) == found(1_500, 1_000) == [SHOWN]
    assert found(12_050, 47_710) == found(1_501, 1_000) == []
    assert found(None, 1_000) == found(None, None) == [SHOWN]  # what was not counted is not known to differ


def test_of_several_valleys_the_deepest_counts() -> None:
    def around(mean: float) -> object:
        return mean_interval([mean - 0.001, mean, mean + 0.001])

    deep = {"validation_loss": [around(1.0), around(0.5), around(0.9)]}
    flat = {"validation_loss": [around(0.6), around(0.5), around(0.7)]}
    metrics = {"strengths": {"best": {}, "L2": flat, "L1": deep, "dropout": flat}}
    (found,) = judge(LESSONS, metrics, "full")
    assert ": 0.4000 ± " in found.numbers
