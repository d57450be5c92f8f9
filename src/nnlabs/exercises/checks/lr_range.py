"""Checks of `lr_range`."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Check, Function
from nnlabs.exercises.expect import expect, expect_close


def falling_is_harmless(first_diverged: Function) -> None:
    """A loss that only falls is no reason, however far."""
    got = first_diverged([1.0, 2.0, 3.0], np.array([9.0, 2.0, 1.0]))
    expect_close(
        got,
        np.nan,
        "nan, as the loss only falls",
        "The lowest so far, not the lowest of all.",
        suspects={"the lowest of all is taken, which comes later": 1.0},
    )


def back_where_it_began(first_diverged: Function) -> None:
    """A rate is too high where the loss, having fallen, is back at its beginning."""
    got = first_diverged([1.0, 2.0, 3.0, 4.0], np.array([1.0, 0.5, 1.2, 0.4]))
    suspects = {
        "a later rate is taken than the first": 4.0,
        "the number of the rate is returned, not the rate": 2.0,
        "a loss that is back at its beginning is not noticed": np.nan,
        "the lowest loss is taken for the end": 2.0,
    }
    expect_close(
        got,
        3.0,
        "3, the first rate at which the loss is 1 or more again",
        "When has all that was learned come to nothing?",
        suspects=suspects,
    )


def far_above_the_lowest(first_diverged: Function) -> None:
    """A rate is too high where the loss is more than four times the lowest so far."""
    got = first_diverged([1.0, 2.0, 3.0, 4.0], np.array([1.0, 0.1, 0.39, 0.41]))
    suspects = {
        "the loss is compared with the first, not with the lowest": np.nan,
        "any rise counts": 3.0,
        "the number of the rate is returned, not the rate": 3.0,
        "the rate of the lowest loss is returned": 2.0,
    }
    expect_close(
        got, 4.0, "4, as 0.41 is more than 4 · 0.1", "What is the lowest loss so far at each rate?", suspects=suspects
    )


def never_learnt(first_diverged: Function) -> None:
    """A loss that never fell by a tenth cannot come to nothing, and no losses at all are no reason."""
    got = first_diverged([1.0, 2.0, 3.0], np.array([1.0, 0.95, 1.0]))
    expect_close(
        got,
        np.nan,
        "nan, as 0.95 is not below 0.9 of the first",
        "Noise alone takes a loss back to its beginning.",
        suspects={"a fall of less than a tenth counts as learning": 3.0, "every rate at the first loss counts": 1.0},
    )
    expect_close(
        first_diverged([1.0, 2.0], np.array([])),
        np.nan,
        "nan, where no loss is known yet",
        "What is smoothed[0] of nothing?",
    )


RATES = 10 ** np.linspace(-5, 0, 101)


def _test_curve(middle: float) -> Any:
    """A loss that falls fastest, over log lr, at 10**middle, and rises beyond lr = 0.1."""
    x = np.log10(RATES)
    return 2.3 - 2 / (1 + np.exp(-4 * (x - middle))) + np.where(x > -1, 3 * (x + 1) ** 2, 0)


def fastest_fall(steepest: Function) -> None:
    """The rate at which the loss falls fastest over the logarithm of the rate."""
    smoothed = _test_curve(-2.5)
    got = float(steepest(RATES, smoothed, np.nan))
    lowest, plain = RATES[smoothed.argmin()], RATES[np.gradient(smoothed, RATES).argmin()]
    rise = RATES[np.gradient(smoothed, np.log(RATES)).argmax()]

    def near(rate: float) -> bool:
        return bool(abs(np.log10(max(got, 1e-12) / rate)) < 0.11)

    suspects = {
        "the rate of the lowest loss is taken": near(float(lowest)),
        "the slope is taken over lr, not over log lr": near(float(plain)),
        "the steepest rise is taken": near(float(rise)),
        "the number of the rate is returned, not the rate": got == int(got),
    }
    expect(
        abs(np.log10(max(got, 1e-12)) + 2.5) < 0.11,
        "0.00316, or one of its neighbors",
        got,
        "The rates are evenly spaced on a logarithmic axis: slope over np.log(lr).",
        inputs="101 rates from 1e-5 to 1, a loss that falls fastest at 0.00316",
        suspects=suspects,
    )


def nothing_behind_the_end(steepest: Function) -> None:
    """What lies behind the lowest loss, or behind the rate that diverges, does not count."""
    smoothed = _test_curve(-2.5)
    smoothed[95:] = [3.0, 2.0, 0.31, 1.0, 2.0, 3.0]
    got = float(steepest(RATES, smoothed, np.nan))
    expect(
        abs(np.log10(max(got, 1e-12)) + 2.5) < 0.11,
        "0.00316, or one of its neighbors",
        got,
        "Behind the lowest loss a wild curve may fall fast, too.",
        inputs="the same loss, wild behind 0.56",
        suspects={"what comes behind the lowest loss counts too": got > 0.1},
    )
    falls = np.linspace(2.0, 1.9, 101) - np.where(np.arange(101) > 80, np.arange(101) - 80, 0)
    got = float(steepest(RATES, falls, float(RATES[60])))
    expect(
        got < RATES[60],
        f"a rate below {RATES[60]:g}, from which on nothing counts",
        got,
        "Cut the loss off at `diverges` first.",
        inputs=f"a loss that falls slowly, and fast behind 0.1; diverges = {RATES[60]:g}",
        suspects={"`diverges` is ignored": got >= RATES[60]},
    )


def never_falls(steepest: Function) -> None:
    """Where the loss never falls, there is no such rate: nan."""
    got = steepest(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.5, 2.0]), np.nan)
    expect_close(
        got,
        np.nan,
        "nan",
        "What if the first loss is the lowest?",
        suspects={"a loss that never falls has a steepest fall": 1.0},
    )


CHECKS: tuple[Check, ...] = (
    falling_is_harmless,
    back_where_it_began,
    far_above_the_lowest,
    never_learnt,
    fastest_fall,
    nothing_behind_the_end,
    never_falls,
)
