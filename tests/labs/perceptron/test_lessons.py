from __future__ import annotations

import pytest

from nnlabs.labkit.lessons import CONTRADICTED, NOT_SHOWN, SHOWN, judge
from nnlabs.labs.perceptron.lessons import LESSONS


@pytest.mark.parametrize(
    ("raw", "centered", "verdict"),
    [
        ([6], [6], NOT_SHOWN),  # in another order of the flowers it may be otherwise
        ([60], [6], NOT_SHOWN),
        ([6, 7], [6, 7], CONTRADICTED),
        ([60, 40], [6, 7], SHOWN),
    ],
)
def test_a_single_order_neither_shows_nor_refutes_what_centering_saves(raw, centered, verdict):
    task = {"raw_mistakes": raw, "centered_mistakes": centered, "raw_bound": 100.0, "centered_bound": 50.0}
    outcomes = judge(LESSONS, {"theory": {"tasks": [task]}}, "smoke")
    (saved,) = (outcome for outcome in outcomes if "means away" in outcome.claim)
    assert saved.verdict == verdict


def test_the_largest_share_of_the_mistakes_allowed_is_made_over_allowed() -> None:
    task = {"raw_mistakes": [60, 40], "centered_mistakes": [6, 7], "raw_bound": 100.0, "centered_bound": 50.0}
    worse = task | {"centered_mistakes": [6, 40]}
    over = task | {"raw_mistakes": [60, 101]}
    for tasks, verdict, numbers in (
        ([task], "shown", "60 %, less than 100 expected"),
        ([task, worse], "shown", "80 %, less than 100 expected"),
        ([over], "contradicted", "101 %, less than 100 expected"),
    ):
        (found,) = [each for each in judge(LESSONS, {"theory": {"tasks": tasks}}, "smoke") if "no order" in each.claim]
        assert found.verdict == verdict and found.numbers.endswith(numbers)
