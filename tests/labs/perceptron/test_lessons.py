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
