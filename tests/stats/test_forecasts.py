from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import kendalltau, norm

from nnlabs.stats.forecasts import interval_score, rank_distance


@pytest.mark.parametrize(
    ("low", "high", "observed", "level", "score"),
    [
        (10, 30, 20, 0.8, 20),  # inside: its width
        (10, 30, 30, 0.8, 20),  # an end belongs to it
        (10, 30, 8, 0.8, 20 + 10 * 2),  # 2 / 0.2 = 10 for each unit below
        (10, 30, 33, 0.8, 20 + 10 * 3),
        (-1, 1, 2, 0.5, 2 + 4 * 1),  # 2 / 0.5 = 4
        (5, 5, 5, 0.8, 0),  # a single number that is exactly right
        (5, 5, 7, 0.8, 20),
    ],
)
def test_interval_score_by_hand(low, high, observed, level, score):
    assert interval_score(low, high, observed, level) == pytest.approx(score)


def test_who_says_what_he_believes_has_the_least_interval_score():
    """The rule is proper: over draws from N(0, 1), nothing beats its own 10 % and 90 % quantiles."""
    draws = norm.ppf((np.arange(20_000) + 0.5) / 20_000)

    def mean_score(low: float, high: float) -> float:
        return float(np.mean([interval_score(low, high, y) for y in draws]))

    q = norm.ppf(0.9)
    honest = mean_score(-q, q)
    others = [(-q / 2, q / 2), (-2 * q, 2 * q), (-q, q + 0.3), (-q + 0.3, q), (0, 0), (0.5 - q, 0.5 + q)]
    assert all(mean_score(*other) > honest for other in others)


def test_what_is_no_interval_is_refused():
    for low, high, level in ((2, 1, 0.8), (math.nan, 1, 0.8), (1, 2, 1.0), (1, 2, 0.0)):
        with pytest.raises(ValueError, match="is none"):
            interval_score(low, high, 1.5, level)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_over_all_pairs_it_is_kendalls_tau(order):
    values = np.array([0.4, 0.9, 0.1, 0.5])
    ranks = np.array(order)
    found = rank_distance(ranks, values, values)
    assert found.pairs == 6
    assert found.distance == pytest.approx((1 - kendalltau(-ranks, values).statistic) / 2)


def test_the_first_place_alone_is_judged_by_the_others_that_it_beats():
    values = [0.9, 0.7, 0.5, 0.3]
    for named, wrong in ((0, 0), (1, 1), (2, 2), (3, 3)):
        ranks = [0 if i == named else 1 for i in range(4)]
        found = rank_distance(ranks, values, values)
        assert (found.wrong, found.pairs) == (wrong, 3)


def test_results_that_overlap_count_for_nobody():
    low, high = [0.8, 0.7, 0.1], [1.0, 0.9, 0.2]  # the first two share 0.8 to 0.9
    assert rank_distance([1, 2, 3], low, high) == rank_distance([2, 1, 3], low, high)
    assert rank_distance([1, 2, 3], low, high).pairs == 2
    assert rank_distance([3, 2, 1], low, high).distance == 1


def test_where_no_pair_counts_there_is_no_distance():
    assert math.isnan(rank_distance([1, 2], [0.5, 0.5], [0.5, 0.5]).distance)


def test_a_result_that_is_missing_comes_last():
    lowest = [0.5, -math.inf, 0.2]
    assert rank_distance([1, 3, 2], lowest, lowest).wrong == 0
    assert rank_distance([3, 1, 2], lowest, lowest).wrong == 3
