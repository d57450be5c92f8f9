from __future__ import annotations

import pytest

from nnlabs.units import clock, duration


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.2, "5 s"),
        (7.4, "5 s"),
        (89, "90 s"),
        (117, "115 s"),
        (118, "2 min"),
        (2040, "34 min"),
        (5369, "89 min"),
        (9000, "2.5 h"),
    ],
)
def test_a_duration_is_as_exact_as_an_estimate(seconds, written):
    assert duration(seconds) == written


@pytest.mark.parametrize(("seconds", "written"), [(0, "0:00"), (309.4, "5:09"), (3909, "1:05:09")])
def test_a_clock_shows_hours_only_where_there_are_any(seconds, written):
    assert clock(seconds) == written
