"""Verdicts on lessons: the interval decides, and what was not learned decides nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nnlabs.labkit.lessons import CONTRADICTED, NOT_SHOWN, SHOWN, Lesson, difference, judge, of_all_seeds
from nnlabs.stats.intervals import Interval, mean_interval

EQUAL_SEEDS = "all seeds found the same, which is no evidence of how others would come out"


def interval(mean: float, half: float) -> Interval:
    return Interval(np.float64(mean), np.float64(mean - half), np.float64(mean + half), np.int64(3))


def only(lesson: Lesson, metrics=None, preset: str = "quick"):
    (outcome,) = judge([lesson], metrics or {"act": {"any": 1}}, preset)
    return outcome


@pytest.mark.parametrize(
    ("guessing", "verdict", "bound"), [(0.1, SHOWN, 20), (0.55, NOT_SHOWN, 65), (0.7, CONTRADICTED, 80)]
)
def test_what_guessing_gets_depends_on_the_data(guessing, verdict, bound):
    lesson = Lesson("act", "All learn", "right", lambda metrics: interval(0.64, 0.05), above=0.1, over_guessing=True)
    (outcome,) = judge([lesson], {"act": {"any": 1}}, "quick", guessing)
    assert outcome.verdict == verdict
    assert f"more than {bound} expected" in outcome.numbers
    beyond = Lesson("act", "All learn", "right", lambda metrics: interval(0.99, 0.01), above=0.1, over_guessing=True)
    (outcome,) = judge([beyond], {"act": {"any": 1}}, "quick", 0.95)
    assert outcome.verdict == NOT_SHOWN
    assert outcome.why == "on these data guessing gets up to 95 %, so that nothing can lie so far above it"
    right = Lesson("act", "x", "size", lambda metrics: 1.0, learned=lambda metrics: interval(0.64, 0.05))
    (outcome,) = judge([right], {"act": {"any": 1}}, "quick", guessing)
    assert outcome.verdict == (SHOWN if guessing < 0.59 else NOT_SHOWN)


@pytest.mark.parametrize(
    ("value", "verdict", "why"),
    [
        (interval(0.08, 0.02), SHOWN, ""),
        (interval(0.08, 0.04), NOT_SHOWN, "the interval leaves both possible"),
        (interval(0.02, 0.02), CONTRADICTED, "the whole interval lies on the other side"),
        (mean_interval([0.08]), NOT_SHOWN, "measured once, which tells nothing of chance"),
        (of_all_seeds(mean_interval([0.08, 0.09, math.nan]), 3), NOT_SHOWN, "some seeds were lost"),
        (of_all_seeds(mean_interval([0.08, math.nan, math.nan]), 3), NOT_SHOWN, "some seeds were lost"),
        (of_all_seeds(mean_interval([0.08, 0.081, 0.082]), 3), SHOWN, ""),
        (interval(math.nan, math.nan), NOT_SHOWN, "nothing was measured"),
        (mean_interval([0.08] * 3), NOT_SHOWN, EQUAL_SEEDS),
        (mean_interval([0.02] * 3), NOT_SHOWN, EQUAL_SEEDS),
        (mean_interval([0.05] * 3), NOT_SHOWN, EQUAL_SEEDS),
        (difference(mean_interval([0.18] * 3), mean_interval([0.1] * 3)), NOT_SHOWN, EQUAL_SEEDS),
        (difference(mean_interval([0.18] * 3), mean_interval([0.1, 0.101, 0.102])), SHOWN, ""),
        (0.06, SHOWN, ""),
        (0.05, NOT_SHOWN, "it is equal"),
        (0.04, CONTRADICTED, "it lies on the other side"),
    ],
)
def test_the_interval_decides_and_a_number_without_one_is_exact(value, verdict, why):
    outcome = only(Lesson("act", "It is large", "size", lambda metrics: value, above=0.05))
    assert (outcome.verdict, outcome.why) == (verdict, why)


def test_what_did_not_happen_is_not_called_equal():
    outcome = only(Lesson("act", "It settles", "settled", lambda metrics: 0.0, unit=""))
    assert (outcome.verdict, outcome.why, outcome.numbers) == (NOT_SHOWN, "it did not happen", "settled: no")


def test_a_bound_from_above_turns_the_verdicts():
    for value, verdict in ((0.04, SHOWN), (0.06, CONTRADICTED), (interval(0.05, 0.01), NOT_SHOWN)):
        lesson = Lesson("act", "It is small", "size", lambda metrics, value=value: value, above=None, below=0.05)
        assert only(lesson).verdict == verdict


def test_what_was_not_measured_has_no_number():
    outcome = only(Lesson("act", "x", "size", lambda metrics: mean_interval([math.nan, math.nan])))
    assert (outcome.numbers, outcome.why) == ("size: no number, more than 0 expected", "nothing was measured")


def test_an_interval_with_unequal_halves_is_told_by_its_ends():
    lopsided = Interval(np.float64(0.6), np.float64(0.0), np.float64(0.9), np.int64(3))
    outcome = only(Lesson("act", "All learn", "the worst", lambda metrics: lopsided, above=0.3, unit="%"))
    assert outcome.numbers == "the worst: 60 (from 0 to 90) %, more than 30 expected"


def test_nothing_is_concluded_from_networks_at_chance_level():
    lesson = Lesson("act", "x", "size", lambda metrics: 1.0, learned=lambda metrics: interval(0.15, 0.06), chance=0.1)
    outcome = only(lesson)
    assert (outcome.verdict, outcome.why) == (NOT_SHOWN, "the seeds differ too much in what they learned")
    lesson = Lesson("act", "x", "size", lambda metrics: 1.0, learned=lambda metrics: interval(0.10, 0.06), chance=0.1)
    assert only(lesson).why == "too little was learned to tell"


@pytest.mark.parametrize(
    ("level", "why"), [(0.9, "measured once, which tells nothing of chance"), (0.08, "too little was learned to tell")]
)
def test_of_a_single_seed_it_is_said_that_it_is_one_unless_it_learned_nothing(level, why):
    one = {"learned": lambda metrics: mean_interval([level]), "chance": 0.1}
    outcome = only(Lesson("act", "x", "size", lambda metrics: mean_interval([0.08]), **one))
    assert (outcome.verdict, outcome.why) == (NOT_SHOWN, why)


def test_what_the_settings_leave_out_is_passed_over():
    lessons = [
        Lesson("gone", "x", "size", lambda metrics: 1.0),
        Lesson("act", "x", "size", lambda metrics: None),
        Lesson("act", "x", "size", lambda metrics: metrics["act"]["other"]),
    ]
    assert list(judge(lessons, {"act": {"any": 1}, "gone": {}}, "quick")) == []


def test_a_preset_is_to_show_what_smaller_ones_are_to_show_too():
    since = {name: Lesson("act", "x", "size", lambda metrics: 1.0, since=name) for name in ("smoke", "quick", "full")}
    expected = {
        preset: [name for name, lesson in since.items() if only(lesson, preset=preset).expected]
        for preset in ("smoke", "quick", "full", "fast")
    }
    assert expected == {"smoke": ["smoke"], "quick": ["smoke", "quick"], "full": [*since], "fast": []}


def test_a_run_that_need_not_show_it_names_the_preset_that_does():
    lesson = Lesson("act", "x", "size", lambda metrics: interval(0.1, 0.2), since="full")
    assert only(lesson, preset="quick").why == "the interval leaves both possible; the preset full is made to show it"
    assert only(lesson, preset="full").why == "the interval leaves both possible"


def test_what_is_read_has_its_number_its_spread_and_its_bound():
    lesson = Lesson("act", "It is large", "gap", lambda metrics: interval(0.121, 0.008), above=0.05)
    assert only(lesson).sentence() == "shown: It is large (gap: 12.10 ± 0.80 points, more than 5 expected)"
    for mean, half, words in (
        (0.16, 0.0188, "16.0 ± 1.9"),
        (0.3412, 0.18, "34 ± 18"),
        (0.0228, 0.00017, "2.280 ± 0.017"),
    ):
        wide = Lesson("act", "x", "gap", lambda metrics, mean=mean, half=half: interval(mean, half))
        assert f"(gap: {words} points," in only(wide).sentence()
    yes = Lesson("act", "It settles", "settled", lambda metrics: 1.0, unit="")
    assert only(yes).sentence() == "shown: It settles (settled: yes)"


def test_the_interval_of_a_difference_covers_it_about_as_often_as_it_says():
    random = np.random.default_rng(0)
    a, b = random.normal(1.0, 1.0, (5, 4000)), random.normal(0.0, 2.0, (5, 4000))
    found = difference(mean_interval(a), mean_interval(b))
    covered = np.mean((found.low <= 1.0) & (found.high >= 1.0))
    assert 0.94 <= covered <= 1.0
