"""Checks of `lr_range`."""

from __future__ import annotations

import math

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect, expect_close


def falling_is_harmless(first_diverged: Function) -> None:
    """A loss that only falls is no reason, however far."""
    got = first_diverged([1.0, 2.0, 3.0], np.array([9.0, 2.0, 1.0]), math.inf)
    expect_close(
        got,
        np.nan,
        "nan, as the loss only falls",
        "The lowest so far, not the lowest of all.",
        suspects={"the lowest of all is taken, which comes later": 1.0},
    )


def back_where_it_began(first_diverged: Function) -> None:
    """A rate is too high where the loss, having fallen, is back at its beginning."""
    got = first_diverged([1.0, 2.0, 3.0, 4.0], np.array([1.0, 0.5, 1.2, 0.4]), math.inf)
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
    got = first_diverged([1.0, 2.0, 3.0, 4.0], np.array([1.0, 0.1, 0.39, 0.41]), math.inf)
    suspects = {
        "the loss is compared with the first, not with the lowest": np.nan,
        "any rise counts": 3.0,
        "the number of the rate is returned, not the rate": 3.0,
        "the rate of the lowest loss is returned": 2.0,
    }
    expect_close(
        got, 4.0, "4, as 0.41 is more than 4 · 0.1", "What is the lowest loss so far at each rate?", suspects=suspects
    )


def never_learned(first_diverged: Function) -> None:
    """A loss that never fell by a tenth cannot come to nothing, and no losses at all are no reason."""
    got = first_diverged([1.0, 2.0, 3.0], np.array([1.0, 0.95, 1.0]), math.inf)
    expect_close(
        got,
        np.nan,
        "nan, as 0.95 is not below 0.9 of the first",
        "Noise alone takes a loss back to its beginning.",
        suspects={"a fall of less than a tenth counts as learning": 3.0, "every rate at the first loss counts": 1.0},
    )
    expect_close(
        first_diverged([1.0, 2.0], np.array([]), math.inf),
        np.nan,
        "nan, where no loss is known yet",
        "What is smoothed[0] of nothing?",
    )


def ignorance_is_a_beginning_too(first_diverged: Function) -> None:
    """What it costs to know nothing counts as the beginning, where the first loss was higher."""
    got = first_diverged([1.0, 2.0, 3.0, 4.0], np.array([8.0, 2.0, 4.0, 8.5]), 3.0)
    expect_close(
        got,
        3.0,
        "3, the first rate at which the loss is above 3, what guessing costs",
        "Which is lower: the first loss, or what guessing costs?",
        suspects={"ignorance is not asked": 4.0},
    )


def half_of_the_fall(find_halfway: Function) -> None:
    """The last step with half of the fall still before it: the loss is half-way between high and low there, or above."""
    for curve, right in (([4.0, 4.0, 3.0, 2.0, 1.0, 4.0], 2), ([4.0, 2.0, 3.0, 2.0, 1.0], 2)):
        lowest = curve.index(1.0)
        smoothed = np.array(curve)
        got = find_halfway(smoothed, smoothed, 100.0)
        suspects = {
            "the middle is taken on a logarithmic scale (the geometric mean)": 3,
            "the first such step is taken, not the last": 0,
            "what comes behind the lowest loss counts too": 5 if curve[-1] > 1 else -1,
            "the step of the lowest loss is taken": lowest,
            "the first step below the middle is taken": next(i for i, loss in enumerate(curve) if loss < 2.5),
        }
        words = "the last step before the lowest loss at which the loss is 2.5 or more"
        expect_close(got, right, words, "High is 4, low is 1: what is half-way?", suspects=suspects)


def guessing_is_no_height(find_halfway: Function) -> None:
    """A fall to what guessing costs is not learning: it is taken for the height."""
    smoothed = np.array([8.0, 4.0, 3.0, 2.0, 1.0])
    got = find_halfway(smoothed, smoothed, 100.0, 4.0)
    words = "the last step at which the loss is half-way between 4, what guessing costs, and 1"
    expect_close(
        got, 2, words, "Which height does the fall that counts begin at?", suspects={"ignorance is not asked": 0}
    )


def no_clear_fall(find_halfway: Function) -> None:
    """Where the loss does not fall clearly there is no such step: None."""
    jumps = np.array([2.0, 1.0] * 30)
    slow = np.linspace(1.5, 1.2, 60)
    small = np.array([1.0, 0.99, 0.98, 0.95, 0.96])
    rising = np.arange(1.0, 5.0)
    cases = {
        "a fall of less than a tenth counts": (small, small, 100.0, "a smoothed loss from 1 to 0.95"),
        "the noise is not asked": (jumps, slow, 3.0, "losses that jump between 1 and 2, smoothed from 1.5 down to 1.2"),
        "a loss that only rises has a fall": (rising, rising, 100.0, "a loss that only rises"),
        "no losses at all have a fall": (np.array([]), np.array([]), 100.0, "no losses at all"),
    }
    for cause, (loss, smoothed, window, inputs) in cases.items():
        got = find_halfway(loss, smoothed, window)
        think = "Compare the fall with a tenth, and with what the noise of single batches can do."
        expect(got is None, "None", got, think, inputs=inputs, suspects={cause: True})
