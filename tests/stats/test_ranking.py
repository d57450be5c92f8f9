from __future__ import annotations

import warnings
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from nnlabs.stats.intervals import mean_interval
from nnlabs.stats.ranking import corrected_p, holm, needed_difference, rank

# Five seeds that share their luck, plus a little noise of each one's own.
SHARED = np.array([0.00, 0.02, -0.01, 0.03, -0.02])
TABLE = {
    "middle": 0.80 + SHARED + [0.001, -0.001, 0.002, 0.000, -0.002],
    "best": 0.90 + SHARED + [0.000, 0.001, -0.001, 0.002, -0.001],
    "nearly": 0.90 + SHARED + [0.001, 0.000, -0.002, 0.000, 0.000],
    "worst": 0.70 + SHARED + [-0.001, 0.000, 0.001, -0.002, 0.002],
}


def test_ranks_ties_and_order_of_a_table_made_by_hand():
    ranking = rank(TABLE)
    assert [(one.name, one.rank, one.tied_with) for one in ranking] == [
        ("best", 1, ("nearly",)),
        ("nearly", 1, ("best",)),
        ("middle", 3, ()),
        ("worst", 4, ()),
    ]
    for one in ranking:
        assert one.score == mean_interval(TABLE[one.name])
        assert one.diverged == 0


def test_pairing_finds_what_two_intervals_side_by_side_do_not():
    a, b = mean_interval(TABLE["middle"]), mean_interval(TABLE["middle"] + 0.01)
    assert a.high > b.low
    noisy = TABLE["middle"] + 0.01 + np.array([0.001, -0.001, 0.0, 0.0005, -0.0005])
    assert [one.rank for one in rank({"a": TABLE["middle"], "b": noisy})] == [1, 2]


def test_the_p_values_are_scipys_with_holms_correction_step_by_step():
    names = list(TABLE)
    raw = {(a, b): stats.ttest_rel(TABLE[a], TABLE[b]).pvalue for a, b in combinations(names, 2)}
    largest, expected = 0.0, {}
    for step, pair in enumerate(sorted(raw, key=raw.__getitem__)):
        largest = max(largest, (6 - step) * raw[pair])
        expected[pair] = min(largest, 1.0)
    found = corrected_p(TABLE)
    assert found.shape == (4, 4)
    np.testing.assert_array_equal(found, found.T)
    np.testing.assert_array_equal(np.diag(found), 1)
    for (a, b), p in expected.items():
        assert found[names.index(a), names.index(b)] == pytest.approx(p, rel=1e-12)


@pytest.mark.parametrize(
    ("p", "corrected"),
    [
        # 3 * 0.01, 2 * 0.03, and 1 * 0.04 lifted to 0.06
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        # 4 * 0.005, 3 * 0.01, 2 * 0.03, 1 * 0.04 lifted to 0.06
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.9], [1.0, 1.0]),
        ([0.03], [0.03]),
        ([], []),
    ],
)
def test_holm_by_hand(p, corrected):
    np.testing.assert_allclose(holm(p), corrected, rtol=1e-14)


def test_holm_keeps_the_chance_of_any_false_alarm():
    """Ten competitors that are all the same: in at most 5 % of experiments is anybody called better than anybody."""
    rng = np.random.default_rng(0)
    alarms = sum(
        len({one.rank for one in rank(dict(enumerate(rng.normal(size=(5, 4)))))}) > 1  # type: ignore[arg-type]
        for _ in range(200)
    )
    assert alarms <= 20  # 0.05 * 200 + 3.2 standard deviations


def test_a_competitor_that_always_diverges_is_last_and_one_that_sometimes_does_is_counted():
    ranking = rank({"never ends": [np.nan] * 5, **TABLE, "lucky": [np.nan, np.nan, np.nan, np.nan, 0.99]})
    places = {one.name: one for one in ranking}
    assert (ranking[-1].name, ranking[-1].rank, ranking[-1].diverged) == ("never ends", 6, 5)
    assert np.isnan(ranking[-1].score.mean)
    assert places["lucky"].diverged == 4
    assert ranking[0].name == "best"  # and not the one lucky seed
    assert places["lucky"].rank == 1
    assert set(places["lucky"].tied_with) == set(TABLE)  # one seed tells it from nobody


def test_pairs_take_the_seeds_that_both_ended():
    a, b = TABLE["best"].copy(), TABLE["middle"].copy()
    a[1], b[3] = np.nan, np.inf
    common = [0, 2, 4]
    expected = stats.ttest_rel(TABLE["best"][common], TABLE["middle"][common]).pvalue
    assert corrected_p({"a": a, "b": b})[0, 1] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seeds", [[0.9], [0.9, 0.9, 0.9], [0.9, 0.91, 0.92]])
def test_without_spread_nothing_can_be_said(seeds):
    """One seed, and differences that are all 0 or all 0.1 up to rounding: no t, no verdict, no warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for other in (np.array(seeds), np.array(seeds) - 0.1):
            assert [one.rank for one in rank({"a": seeds, "b": other})] == [1, 1]


def test_a_tie_need_not_be_transitive():
    """The noisy one cannot be told from anybody; the two quiet ones can from each other."""
    table = {
        "high": [0.90, 0.901, 0.899, 0.90, 0.902],
        "noisy": [0.95, 0.70, 0.99, 0.80, 0.95],
        "low": [0.85, 0.852, 0.849, 0.85, 0.851],
    }
    ranking = rank(table)
    assert [(one.name, one.rank, one.tied_with) for one in ranking] == [
        ("high", 1, ("noisy",)),
        ("noisy", 1, ("high", "low")),
        ("low", 2, ("noisy",)),
    ]


@pytest.mark.parametrize(("seeds", "comparisons"), [(3, 1), (3, 45), (5, 45), (10, 6)])
def test_the_needed_difference_is_where_the_verdict_turns(seeds, comparisons):
    noise = np.random.default_rng(seeds).normal(size=seeds)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    needed = needed_difference(seeds, comparisons)
    for factor, significant in ((0.99, False), (1.01, True)):
        p = stats.ttest_1samp(noise + factor * needed, 0).pvalue
        assert (p * comparisons <= 0.05) == significant


def test_seeds_that_do_not_match_are_told():
    with pytest.raises(ValueError, match=r"same seeds for all competitors, and got a \(2,\), b \(3,\)"):
        rank({"a": [1, 2], "b": [1, 2, 3]})
