"""Checks of `lr_range`."""

from __future__ import annotations

import math

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import Array, expect, expect_close


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
    got = first_diverged([1.0, 2.0, 3.0], np.array([8.0, 2.8, 3.1]), 3.0)
    expect_close(
        got,
        np.nan,
        "nan, as 2.8 is not below 0.9 of 3, what guessing costs",
        "Below 0.9 of which height must the loss have fallen?",
        suspects={"learning is counted from the first loss, though guessing costs less": 3.0},
    )


CLEAR = "None says that the fall is not clear: which of the two conditions of a clear fall says so here, and why?"


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
        think = "High is 4, low is 1: what is half-way?"
        expect_close(got, right, words, think, suspects=suspects, if_none=CLEAR)


def guessing_is_no_height(find_halfway: Function) -> None:
    """A fall to what guessing costs is not learning: it is taken for the height."""
    smoothed = np.array([8.0, 4.0, 3.0, 2.0, 1.0])
    got = find_halfway(smoothed, smoothed, 100.0, 4.0)
    words = "the last step at which the loss is half-way between 4, what guessing costs, and 1"
    think = "Which height does the fall that counts begin at?"
    expect_close(got, 2, words, think, suspects={"ignorance is not asked": 0}, if_none=CLEAR)


def no_clear_fall(find_halfway: Function) -> None:
    """Where the loss does not fall clearly there is no such step: None."""
    jumps = np.array([1.0, 2.0] * 30)
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


def _jumping(steps: int, factor: float) -> Array:
    """Losses that jump between 1 and a factor of it from one batch to the next: the median jump is ln factor."""
    return factor ** (np.arange(steps) % 2.0)


def _falling(steps: int, depth: float) -> tuple[Array, int]:
    """A smoothed loss that falls from 1 to e to the power of -depth at its last step; and its last step half-way or above."""
    smoothed = np.linspace(1.0, math.exp(-depth), steps)
    return smoothed, (steps - 1) // 2


def jumps_down_are_noise_too(find_halfway: Function) -> None:
    """A jump down is as much noise as a jump up: the noise is the median of their sizes."""
    steps, factor, window = 43, 2.0, 3.0  # 21 jumps up and as many down
    smoothed, _ = _falling(steps, 0.25)
    expect(
        (got := find_halfway(_jumping(steps, factor), smoothed, window)) is None,
        "None",
        got,
        "How large is a jump from 2 down to 1? What is the median of as many jumps up as down?",
        inputs=f"{_said(steps, factor, window)}; smoothed from 1 down to e^-0.25 at the last step",
        suspects={"the jumps keep their signs, so that up and down cancel": True},
    )


def five_standard_errors(find_halfway: Function) -> None:
    """A fall is clear above five standard errors of what the noise of single batches can do, and not below."""
    factor, window, steps = 1.25, 3.0, 42
    error = math.log(factor) / (0.6745 * math.sqrt(2)) * math.sqrt(3 / (2 * math.sqrt(math.pi) * window))
    loss, think = _jumping(steps, factor), "ln(high / low) against STANDARD_ERRORS times σ √(3 / (2 √π window))."
    # without 0.6745 √2 = 0.95 below it the error is 0.95 of the right one, and a fall of 4.77 right ones is taken for clear
    causes = {1.1: "one standard error is enough", 4.7: "", 4.8: "the noise is not divided by 0.6745 √2", 4.9: ""}
    for errors, cause in causes.items():
        smoothed, _ = _falling(steps, errors * error)
        got = find_halfway(loss, smoothed, window)
        inputs = f"{_said(steps, factor, window)}, smoothed with a fall of {errors} standard errors"
        expect(got is None, "None", got, think, inputs=inputs, suspects={cause: True})
    smoothed, halfway = _falling(steps, 5.1 * error)
    inputs = f"{_said(steps, factor, window)}, smoothed with a fall of 5.1 standard errors"
    got, words = find_halfway(loss, smoothed, window), "the last step at which the loss is half-way or above"
    expect_close(got, halfway, words, think, inputs=inputs, if_none=f"This fall is clear, if barely. {think}")


def _said(steps: int, factor: float, window: float) -> str:
    return f"{steps} losses that jump by a factor of {factor:g}, window = {window:g}"


def a_few_huge_jumps_are_no_noise(find_halfway: Function) -> None:
    """The noise is the median jump: a few that are huge do not hide a clear fall."""
    loss = np.ones(42)
    loss[[5, 15, 25]] = 100.0
    smoothed, halfway = _falling(42, 0.5)
    think = "σ is the median of the jumps, which a few huge ones do not move. What is their mean?"
    got = find_halfway(loss, smoothed, 3.0)
    expect_close(
        got,
        halfway,
        "the last step at which the loss is half-way or above, as most losses do not jump at all",
        think,
        inputs="42 losses, all 1 but three of 100; smoothed from 1 down to e^-0.5 at the last step; window = 3",
        if_none=f"This fall is clear. {think}",
    )


def the_first_two_steps_are_no_curve(find_halfway: Function) -> None:
    """A lowest point before step 2 says nothing about a fall: None."""
    smoothed = np.array([1.0, 0.5, 0.9, 0.95, 0.97])
    got = find_halfway(smoothed, smoothed, 100.0)
    expect(
        got is None,
        "None, as the lowest point is step 1",
        got,
        "Steps are counted from 0: where is the lowest point, and where must it be at least?",
        inputs="a smoothed loss of 1, 0.5, 0.9, 0.95, 0.97",
        suspects={"a fall within the first two steps counts": True},
    )


def which_losses_tell_the_noise(find_halfway: Function) -> None:
    """The noise is that of the losses up to the lowest point, or of the first half if that is more: what follows does not count."""
    think = "Over which losses is the median taken? Up to the lowest point, or half of all if that is more."
    fall, behind = np.linspace(1.0, 0.8, 6), np.linspace(0.81, 0.99, 34)
    smoothed = np.concatenate([fall, behind])
    calm, wild = np.ones(40), 2.0 / _jumping(40, 2.0)  # 2 where a calm loss before it was 1
    late = np.concatenate([calm[:20], wild[20:]])
    got = find_halfway(late, smoothed, 3.0)
    expect_close(
        got,
        2,
        "2, as the noise begins behind the first half",
        think,
        inputs="40 losses, the first 20 all 1, then between 1 and 2; smoothed from 1 down to 0.8 at step 5, and up again",
        if_none=think,
    )
    early = np.concatenate([calm[:6], wild[6:]])
    got = find_halfway(early, smoothed, 3.0)
    expect(
        got is None,
        "None",
        got,
        think,
        inputs="40 losses, the first 6 all 1, then between 1 and 2; smoothed from 1 down to 0.8 at step 5, and up again",
        suspects={"the first half is not asked for the noise": True},
    )


def a_late_lowest_point_asks_more_than_half(find_halfway: Function) -> None:
    """Where the lowest point lies behind the first half, all losses up to it tell the noise, its own among them."""
    loss = np.concatenate([np.ones(14), 2.0 / _jumping(26, 2.0)])
    # Of the 27 jumps up to step 27, 14 are by a factor of 2, and so is the median; of 26 half are, and the median is √2.
    cases = {
        0.5: "only the first half is asked for the noise",
        0.25: "the lowest point itself is not asked for the noise",
    }
    for low, cause in cases.items():
        smoothed = np.concatenate([np.linspace(1.0, low, 28), np.linspace(low + 0.01, 0.99, 12)])
        expect(
            (got := find_halfway(loss, smoothed, 3.0)) is None,
            "None",
            got,
            "Over which losses is the median taken? Step 27, the lowest, is the 28th loss of 40.",
            inputs=f"40 losses, the first 14 all 1, then between 2 and 1; smoothed from 1 down to {low} at step 27, and up again",
            suspects={cause: True},
        )
