"""Many against one: against SciPy's paired t and least squares, the chance of a false alarm, what is found."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats

from nnlabs.stats.many_to_one import compare_with, differences_from_first

TRIES = 4000


def told_apart(x: np.ndarray) -> np.ndarray:
    found = differences_from_first(x)
    return np.asarray((found.low > 0) | (found.high < 0))


def test_student_1908() -> None:
    """Hours of sleep gained by ten patients under two drugs, the first paired t interval ever published.

    R, help("sleep"): t.test(extra ~ group, paired) gives mean -1.58 and (-2.4598858, -0.7001142).
    """
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = compare_with("second", {"first": first, "second": second})["first"]
    assert (found.mean, found.low, found.high) == pytest.approx((-1.58, -2.4598858, -0.7001142), abs=1e-7)


def test_with_two_groups_it_is_the_paired_t_test() -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 6))
    interval = stats.ttest_rel(b, a).confidence_interval(0.95)
    found = compare_with("a", {"a": a, "b": b})["b"]
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-12)
    assert found.mean == pytest.approx(b.mean() - a.mean()) and found.n == 6


def test_the_scatter_is_the_residual_of_least_squares_on_groups_and_seeds() -> None:
    x = np.random.default_rng(1).normal(size=(4, 5))
    group, seed = (index.ravel() for index in np.indices(x.shape))
    design = np.column_stack([np.eye(4)[group], np.eye(5)[seed]])
    residual = x.ravel() - design @ np.linalg.lstsq(design, x.ravel(), rcond=None)[0]
    pooled = 2 * residual @ residual / 12
    own = (x[1:] - x[0]).var(axis=1, ddof=1)
    half = stats.t.ppf(1 - 0.05 / 6, 12) * np.sqrt(np.maximum(pooled, own) / 5)
    found = differences_from_first(x)
    np.testing.assert_allclose((found.high - found.low) / 2, half, rtol=1e-12)
    np.testing.assert_allclose(found.mean, x[1:].mean(axis=1) - x[0].mean(), rtol=1e-12)
    assert (own > pooled).any() and (own < pooled).any()  # both ways are taken here


@pytest.mark.parametrize("seeds", [2, 3, 5])
@pytest.mark.parametrize("values", ["normal", "shared luck", "right of 100 images"])
def test_nine_equal_networks_are_told_apart_in_at_most_five_percent_of_labs(seeds: int, values: str) -> None:
    rng = np.random.default_rng(seeds)
    shape = (TRIES, 9, seeds)
    if values == "right of 100 images":
        x = rng.binomial(100, 0.9, shape) / 100
    else:
        x = rng.normal(size=shape) + (values == "shared luck") * 3 * rng.normal(size=(TRIES, 1, seeds))
    assert told_apart(x).any(axis=-1).mean() <= 0.05


@pytest.mark.parametrize(("seeds", "at_most"), [(5, 0.05), (3, 0.07), (2, 0.09)])
def test_the_price_of_unequal_scatter_is_the_one_stated(seeds: int, at_most: float) -> None:
    """Standard deviations that differ by a factor of two at random (log-normal): 4, 6 and 7 %."""
    rng = np.random.default_rng(0)
    deviations = np.exp(rng.normal(0, np.log(2), (TRIES, 10, 1)))
    assert told_apart(rng.normal(size=(TRIES, 10, seeds)) * deviations).any(axis=-1).mean() <= at_most


@pytest.mark.parametrize(("seeds", "power", "by_all_pairs"), [(5, 0.95, 0.21), (3, 0.69, 0.02)])
def test_a_point_is_found_where_all_pairs_did_not_find_it(seeds: int, power: float, by_all_pairs: float) -> None:
    """Ten competitors, 0.3 points of scatter, one of them a point below: found how often, now and before."""
    x = np.random.default_rng(2).normal(0, 0.3, (TRIES, 10, seeds))
    x[:, 1] -= 1
    assert told_apart(x)[:, 0].mean() == pytest.approx(power, abs=0.02)
    # Holm's first step over 45 pairs, which the pair in question decides nearly alone
    t = (x[:, 1] - x[:, 0]).mean(axis=-1) / (x[:, 1] - x[:, 0]).std(axis=-1, ddof=1) * np.sqrt(seeds)
    assert (2 * stats.t.sf(abs(t), seeds - 1) <= 0.05 / 45).mean() == pytest.approx(by_all_pairs, abs=0.04)


def test_three_seeds_tell_47_from_24_percent() -> None:
    """47.3 ± 4.1 against 24.1 ± 0.9, which the old correction over 45 pairs did not (p = 0.0015)."""
    shape = np.array([-1.0, 0.0, 1.0])
    deviations = {name: half * np.sqrt(3) / stats.t.ppf(0.975, 2) for name, half in (("high", 4.1), ("low", 0.9))}
    scores = {"high": 47.3 + deviations["high"] * shape, "low": 24.1 - deviations["low"] * shape}
    for i in range(8):
        scores[f"other {i}"] = 40 + np.roll(shape, i)
    found = compare_with("high", scores)["low"]
    assert found.mean == pytest.approx(-23.2) and found.high < -15


@pytest.mark.parametrize("seeds", [[0.9], [0.9, 0.9, 0.9], [0.9, 0.91, 0.92]])
def test_without_scatter_nothing_is_told_apart(seeds: list[float]) -> None:
    """One seed, equal values, and differences that are all 0.1 up to rounding: no verdict, no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for other in (np.array(seeds), np.array(seeds) - 0.1):
            found = compare_with("a", {"a": seeds, "b": other})["b"]
            assert np.isnan([found.low, found.high]).all()
            assert found.mean == pytest.approx(other[0] - seeds[0])


def test_one_group_without_scatter_is_judged_by_that_of_the_others() -> None:
    scores = {"a": [0.90, 0.92, 0.91], "same": [0.91, 0.91, 0.91], "c": [0.93, 0.90, 0.91]}
    found = compare_with("a", scores)["same"]
    assert found.low < 0 < found.high
    assert np.isnan(compare_with("a", {"a": [0.9] * 3, "b": [0.8] * 3})["b"].high)


def test_a_group_that_lacks_a_seed_is_not_compared_and_changes_nothing_for_the_others() -> None:
    rng = np.random.default_rng(3)
    scores = {name: rng.normal(size=4) for name in "abc"}
    whole = compare_with("a", scores)
    found = compare_with("a", {**scores, "lucky": [np.nan, np.nan, np.nan, 9.0]})
    assert np.isnan(found.pop("lucky").mean)
    assert found == whole
    assert all(np.isnan(one.mean) for one in compare_with("a", {**scores, "a": [np.nan, 1, 2, 3]}).values())
    assert compare_with("a", {"a": [1.0, 2.0]}) == {}
