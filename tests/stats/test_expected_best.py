from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest

from nnlabs.stats.expected_best import expected_best, leaders


@pytest.mark.parametrize("trials", range(1, 9))
def test_it_is_the_mean_over_all_subsets(trials):
    scores = np.random.default_rng(trials).normal(size=trials)
    by_hand = [np.mean([max(some) for some in combinations(scores, n)]) for n in range(1, trials + 1)]
    np.testing.assert_allclose(expected_best(scores, worst=-9), by_hand, rtol=1e-12)


def test_a_table_worked_out_by_hand():
    """Pairs of (0.2, 0.2, 0.8): one of (0.2, 0.2), two with 0.8."""
    np.testing.assert_allclose(expected_best([0.2, 0.8, 0.2]), [0.4, (0.2 + 2 * 0.8) / 3, 0.8], rtol=1e-14)


def test_a_diverged_trial_costs_a_trial():
    np.testing.assert_array_equal(
        expected_best([0.9, np.nan, 0.6, np.inf], worst=0.1), expected_best([0.9, 0.1, 0.6, 0.1])
    )
    np.testing.assert_array_equal(expected_best([np.nan, np.nan], worst=0.1), [0.1, 0.1])


@pytest.mark.parametrize("trials", [300, 1031, 2500])
def test_it_starts_at_the_mean_rises_and_ends_at_the_best_for_large_sweeps_too(trials):
    scores = np.random.default_rng(0).uniform(size=trials)
    curve = expected_best(scores)
    assert curve[0] == pytest.approx(scores.mean(), rel=1e-12)
    assert curve[-1] == scores.max()
    assert (np.diff(curve) > -1e-12).all()


def test_a_large_sweep_is_weighed_as_exact_fractions_do():
    trials, n = 1100, 400
    weights = [Fraction(comb(i - 1, n - 1), comb(trials, n)) for i in range(1, trials + 1)]
    scores = np.arange(trials) / trials
    expected = float(sum(weight * i for i, weight in enumerate(weights))) / trials
    assert expected_best(scores)[n - 1] == pytest.approx(expected, rel=1e-12)


def test_without_replacement_there_is_no_bias_and_with_replacement_there_is():
    """The expected best of 5 uniform draws is 5/6; each estimate comes from 6 draws."""
    rng = np.random.default_rng(1)
    samples = rng.uniform(size=(4000, 6))
    ours = [expected_best(sample)[4] for sample in samples]
    share = (np.arange(1, 7) / 6) ** 5 - (np.arange(6) / 6) ** 5
    with_replacement = np.sort(samples, axis=1) @ share
    error = np.std(ours) / np.sqrt(4000)
    assert abs(np.mean(ours) - 5 / 6) < 4 * error
    assert np.mean(with_replacement) < 5 / 6 - 20 * error


def test_the_leader_changes_with_the_budget():
    scores = {
        "forgiving": [0.80, 0.81, 0.82, 0.83],  # good wherever it is tried
        "delicate": [0.90, 0.10, 0.10, 0.10],  # best at one place out of four
        "out": [np.nan] * 4,
    }
    curves = {name: expected_best(trials) for name, trials in scores.items()}
    assert leaders(curves) == [("forgiving",)] * 3 + [("delicate",)]
    assert leaders({"short": [0.1], **curves}) == [("forgiving",)]


def test_equals_lead_together_also_where_they_differ_by_rounding():
    curves = {"a": [0.1 + 0.2, 0.5, 0.7], "b": [0.3, 0.6, 0.7], "c": [0.2, 0.4, 0.7]}
    assert leaders(curves) == [("a", "b"), ("b",), ("a", "b", "c")]
