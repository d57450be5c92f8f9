"""Intervals against SciPy, against published numbers, and against what they promise: to cover the truth."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy import stats

from nnlabs.labkit.lessons import difference
from nnlabs.stats.intervals import guessing_bound, judging_interval, mean_interval


def test_t_interval_of_the_nist_handbook() -> None:
    # Section 1.3.5.2, ZARR13.DAT: n = 195, mean 9.261460, s = 0.02278881 give (9.258242, 9.264679) at 95 %.
    x = np.random.default_rng(0).normal(size=195)
    x = 9.261460 + 0.02278881 * (x - x.mean()) / x.std(ddof=1)
    interval = mean_interval(x)
    assert interval.mean == pytest.approx(9.261460, abs=1e-9)
    assert (interval.low, interval.high) == pytest.approx((9.258242, 9.264679), abs=1e-6)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.99])
def test_each_entry_is_scipys_t_interval(confidence: float) -> None:
    values = np.random.default_rng(1).normal(3.0, 2.0, size=(4, 2, 3))
    interval = mean_interval(values, confidence)
    low, high = stats.t.interval(confidence, df=3, loc=values.mean(axis=0), scale=stats.sem(values, axis=0))
    np.testing.assert_allclose(interval.low, low, rtol=1e-12)
    np.testing.assert_allclose(interval.high, high, rtol=1e-12)
    assert interval.n.tolist() == [[4, 4, 4], [4, 4, 4]]


def test_it_covers_the_true_mean_as_often_as_it_says() -> None:
    interval = mean_interval(np.random.default_rng(2).normal(size=(3, 20_000)))
    covered = np.mean((interval.low < 0) & (interval.high > 0))
    assert covered == pytest.approx(0.95, abs=0.006)  # four standard errors of 20,000 draws


def test_one_seed_has_a_mean_but_no_interval() -> None:
    interval = mean_interval([0.9])
    assert interval.mean == 0.9
    assert np.isnan(interval.low)
    assert np.isnan(interval.high)


SKILLS = np.linspace(0.3, 0.95, 9)
N, REPETITIONS = 500, 2000


def judged(difficulties: np.ndarray, skills: np.ndarray) -> np.ndarray:
    """Accuracies, shape (skills, repetitions), of networks that are right where an example is not too difficult for them."""
    return np.array([(difficulties < skill).mean(axis=-1) for skill in skills])


def test_networks_that_err_on_the_same_examples_are_no_surer_than_one() -> None:
    accuracies = judged(np.random.default_rng(3).random((REPETITIONS, N)), SKILLS)
    found = [judging_interval(accuracies[:, i], N) for i in range(REPETITIONS)]
    scatter = 1.96 * np.std([one.mean for one in found])
    assert scatter < found[0].high - found[0].mean < 1.25 * scatter
    single = [judging_interval([accuracy], N) for accuracy in accuracies[4]]
    covered = np.mean([one.low < SKILLS[4] < one.high for one in single])
    assert covered == pytest.approx(0.95, abs=0.02)  # four standard errors of 2,000 draws


def test_a_difference_between_two_kinds_is_covered_whether_or_not_they_err_alike() -> None:
    random, better = np.random.default_rng(4), SKILLS + 0.04
    difficulties = random.random((2, REPETITIONS, N))
    a = judged(difficulties[0], better)
    for other in difficulties:
        b = judged(other, SKILLS)
        gains = [difference(*(judging_interval(x[:, i], N) for x in (a, b))) for i in range(REPETITIONS)]
        assert np.mean([gain.low < 0.04 < gain.high for gain in gains]) > 0.93


def test_always_right_is_not_certain_and_a_diverged_one_says_nothing() -> None:
    sure = judging_interval([1.0, 1.0], 20)
    assert sure.low < 0.95 < sure.mean
    assert np.isnan(judging_interval([0.9, np.nan], 20).low)


@pytest.mark.filterwarnings("error")
def test_a_diverged_seed_does_not_count() -> None:
    values = [[0.8, np.nan, np.nan], [0.9, 0.7, np.inf], [1.0, 0.9, np.nan]]
    interval = mean_interval(values)
    whole, two = mean_interval([0.8, 0.9, 1.0]), mean_interval([0.7, 0.9])
    assert interval.n.tolist() == [3, 2, 0]
    np.testing.assert_allclose(interval.mean, [whole.mean, two.mean, np.nan], rtol=1e-15)
    np.testing.assert_allclose(interval.high, [whole.high, two.high, np.nan], rtol=1e-15)


@pytest.mark.parametrize(("share", "examples"), [(0.1, 100), (0.25, 1000), (0.6, 30)])
def test_guessing_stays_below_its_bound_and_no_smaller_one_would_do(share: float, examples: int) -> None:
    right = round(guessing_bound(share, examples) * examples)
    guesses = [
        comb(examples, k) * Fraction(share) ** k * (1 - Fraction(share)) ** (examples - k) for k in range(right + 1)
    ]
    assert 1 - sum(guesses) <= 0.001 < 1 - sum(guesses[:-1])


@pytest.mark.parametrize(("right", "wrong"), [(19, 2), (27, 3), (57, 3), (9, 3), (6, 6), (5, 5), (5, 4), (30, 0)])
def test_all_right_is_above_guessing_where_no_blind_guesser_gets_it_once_in_a_thousand(right: int, wrong: int) -> None:
    n = right + wrong
    likeliest = max(q**right * (1 - q) ** wrong for q in np.linspace(0, 1, 10_001))
    assert (guessing_bound(right / n, n) < 1) == (likeliest < 0.001)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_interval([1.0, 2.0], confidence=95), "confidence must lie between 0 and 1"),
        (lambda: mean_interval(0.5), "one value a seed along the first axis"),
    ],
)
def test_wrong_arguments_get_a_sentence(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_importing_the_module_does_not_import_scipy() -> None:
    code = "import sys, nnlabs.stats.intervals; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
