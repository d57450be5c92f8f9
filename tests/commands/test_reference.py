"""Reference values and tolerances: against SciPy, against simulated repetitions, and on accounts written by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from nnlabs.commands.reference import (
    ALPHA,
    Expected,
    from_intervals,
    from_repetitions,
    hold_against,
    numbers,
    read_reference,
    reference_path,
    write_reference,
)
from nnlabs.errors import RunError
from nnlabs.stats.intervals import mean_interval


def account(**metrics) -> dict:
    return {"data": "Digits", "acts": {"act": {"metrics": metrics}}}


def interval(values) -> dict[str, float]:
    return {name: float(value) for name, value in vars(mean_interval(values)).items()}


def test_metrics_are_numbers_without_times_choices_and_interval_ends():
    result = account(
        accuracy=0.9,
        networks={"plain": {"test": {"mean": 0.8, "low": 0.7, "high": 0.9, "n": 3.0}, "seconds": 3.0}},
        missing=None,
        minutes_of_training=2,
        best={"L2": 0.1},
        winner={"train.lr": 0.1},
        name="plain",
        confusion=[[1, 2], [3, 4]],
    )
    assert numbers(result) == {"act.accuracy": 0.9, "act.networks.plain.test": 0.8, "act.missing": None}


def test_tolerance_is_the_prediction_interval_of_one_more_repetition():
    values = np.random.default_rng(0).normal(3, 0.2, 8)
    expected = from_repetitions([account(loss=value) for value in values])["act.loss"]
    quantile = stats.t.ppf(1 - ALPHA / 2 / 40, 7)
    by_hand = quantile * values.std(ddof=1) * math.sqrt(1 + 1 / 8)
    assert expected.mean == pytest.approx(values.mean())
    assert expected.tolerance(40) == pytest.approx(by_hand + 1e-6 * expected.mean, rel=1e-9)


def test_one_more_repetition_lies_inside_as_often_as_is_said():
    random = np.random.default_rng(1)
    inside = 0
    for _ in range(4000):
        *before, new = random.normal(0, 1, 9)
        it = Expected(float(np.mean(before)), float(np.std(before, ddof=1)), 8)
        inside += abs(new - it.mean) <= it.tolerance(1)
    # binomial: 0.99 of 4000 with standard deviation 0.0016
    assert abs(inside / 4000 - (1 - ALPHA)) < 5 * 0.0016


def test_spread_is_read_back_from_a_confidence_interval_of_five_seeds_but_not_of_three():
    values = [0.90, 0.91, 0.93, 0.92, 0.90]
    found = from_intervals(account(five=interval(values), three=interval(values[:3]), single=0.9))
    assert list(found) == ["act.five"]
    assert found["act.five"].spread == pytest.approx(np.std(values, ddof=1))
    assert (found["act.five"].n, found["act.five"].k) == (5, 5)


def test_what_is_off_is_named_and_what_is_missing_too(tmp_path):
    repetitions = [account(steady=100, accuracy=0.9 + 0.01 * (i % 2), gone=0.5 + 0.1 * i) for i in range(6)]
    write_reference(tmp_path / "lab-smoke.json", from_repetitions(repetitions), "Digits")
    expected = read_reference(tmp_path / "lab-smoke.json")
    assert hold_against(repetitions[0], expected) == []
    rows = hold_against(account(steady=101, accuracy=0.5, new=1.0), expected)
    assert [(row["metric"], row["measured"]) for row in rows] == [
        ("act.steady", 101),
        ("act.accuracy", 0.5),
        ("act.gone", None),
    ]
    assert rows[1]["expected"] == pytest.approx(0.905)


def test_too_few_repetitions_and_metrics_that_some_lack_make_no_reference(tmp_path):
    with pytest.raises(RunError, match=r"^4 repetitions tell too little"):
        from_repetitions([account(loss=1.0)] * 4)
    assert from_repetitions([account(loss=1.0), *[account(loss=None)] * 4]) == {}
    assert read_reference(tmp_path / "nosuch.json") == {}


@pytest.mark.parametrize(
    "full", sorted(reference_path("LAB", "full").parents[2].glob("*/reference/full.json")), ids=str
)
def test_the_shipped_values_of_full_have_names_of_the_form_that_the_lab_gives_now(full):
    names, now = (read_reference(path).keys() for path in (full, full.with_name("smoke.json")))
    forms = {(name.partition(".")[0], name.count(".")) for name in now}
    assert names and {(name.partition(".")[0], name.count(".")) for name in names} <= forms
