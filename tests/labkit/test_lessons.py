"""The verdicts of lessons, and the interval of a difference."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nnlabs.labkit.lessons import CONTRADICTED, NOT_SHOWN, SHOWN, Lesson, difference, judge
from nnlabs.stats.intervals import Interval, mean_interval

LESSON = Lesson("gap", "The gap grows", "gap", lambda metrics: metrics["gap"]["value"], above=0.05)
NAN = float("nan")


def interval(mean: float, half: float, n: int = 3) -> Interval:
    return Interval(np.float64(mean), np.float64(mean - half), np.float64(mean + half), np.int64(n))


def verdict(lesson: Lesson, value: object, preset: str = "quick", **more: object):
    (outcome,) = judge([lesson], {"gap": {"value": value, **more}}, preset)
    return outcome


@pytest.mark.parametrize(
    ("value", "expected", "why"),
    [
        (interval(0.12, 0.01), SHOWN, ""),
        (interval(0.06, 0.02), NOT_SHOWN, "the interval leaves both possible"),
        (interval(0.02, 0.01), CONTRADICTED, "the whole interval lies on the other side"),
        (interval(0.12, NAN, 1), NOT_SHOWN, "a single seed"),
        (interval(NAN, NAN, 0), NOT_SHOWN, "nothing was measured"),
        (NAN, NOT_SHOWN, "nothing was measured"),
        (0.06, SHOWN, ""),
        (0.04, CONTRADICTED, "it lies on the other side"),
        (0.05, NOT_SHOWN, "it is equal"),
    ],
)
def test_the_interval_decides(value, expected, why):
    found = verdict(LESSON, value)
    assert (found.verdict, found.why) == (expected, why)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(interval(0.02, 0.01), SHOWN), (interval(0.12, 0.01), CONTRADICTED), (interval(0.06, 0.02), NOT_SHOWN)],
)
def test_what_is_to_stay_below_a_bound(value, expected):
    assert verdict(replace(LESSON, above=None, below=0.05), value).verdict == expected


def test_networks_at_chance_level_teach_nothing():
    asks = replace(LESSON, learned=lambda metrics: metrics["gap"]["accuracy"], chance=0.1)
    guessing = verdict(asks, interval(0.12, 0.01), accuracy=interval(0.14, 0.05))
    assert (guessing.verdict, guessing.why) == (NOT_SHOWN, "too little was learned to tell")
    assert verdict(asks, interval(0.12, 0.01), accuracy=interval(0.14, NAN, 1)).verdict == NOT_SHOWN
    assert verdict(asks, interval(0.12, 0.01), accuracy=interval(0.14, 0.03)).verdict == SHOWN


def test_what_the_settings_left_out_is_passed_over():
    assert list(judge([LESSON], {"gap": {}}, "quick")) == []
    assert list(judge([LESSON], {"other": {"value": 1.0}}, "quick")) == []
    assert list(judge([LESSON], {"gap": {"value": None}}, "quick")) == []


@pytest.mark.parametrize(
    ("since", "presets"),
    [("smoke", {"smoke", "quick", "full"}), ("quick", {"quick", "full"}), ("full", {"full"})],
)
def test_a_preset_is_to_show_what_a_smaller_one_shows(since, presets):
    lesson = replace(LESSON, since=since)
    assert {name for name in ("smoke", "quick", "full", "fast") if verdict(lesson, 1.0, name).expected} == presets


def test_the_numbers_in_words():
    assert verdict(LESSON, interval(0.121, 0.008)).numbers == "gap: 12.1 ± 0.8 points, more than 5 expected"
    below = replace(LESSON, above=None, below=2.0, unit="times", scale=1)
    assert verdict(below, 1.5).numbers == "gap: 1.5 times, less than 2 expected"
    assert verdict(LESSON, interval(0.121, NAN, 1)).numbers == "gap: 12.1 points, more than 5 expected"


def test_a_question_of_yes_or_no():
    asked = replace(LESSON, above=0.0, unit="", quantity="it settled")
    yes, no = verdict(asked, 1.0), verdict(asked, 0.0)
    assert (yes.verdict, yes.numbers) == (SHOWN, "it settled: yes")
    assert (no.verdict, no.numbers) == (NOT_SHOWN, "it settled: no")
    assert yes.sentence() == "shown: The gap grows (it settled: yes)"


def test_halves_of_intervals_add_like_the_sides_of_a_right_triangle():
    found = difference(interval(0.9, 0.03, 5), interval(0.7, 0.04, 3))
    assert [found.mean, found.low, found.high] == pytest.approx([0.2, 0.15, 0.25])
    assert found.n == 3


def test_a_difference_from_one_seed_has_no_interval():
    found = difference(mean_interval([0.9, 0.91]), mean_interval([0.7]))
    assert found.mean == pytest.approx(0.205) and np.isnan(found.low) and np.isnan(found.high)
