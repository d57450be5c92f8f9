"""Checks of `early_stopping`."""

from __future__ import annotations

import math

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect, expect_close, last_call


def best_of_a_few(best_epoch: Function) -> None:
    """The epoch with the lowest loss so far, counted from 1."""
    for losses, right in (([0.5], 1), ([0.5, 0.4, 0.6], 2), ([0.9, 0.7, 0.8, 0.5, 0.6], 4)):
        suspects = {
            "epochs are counted from 0": right - 1,
            "the lowest loss is returned, not its epoch": min(losses),
            "the last epoch is taken": len(losses),
            "the highest loss is searched for": int(np.argmax(losses)) + 1,
            "a loss below the one just before counts as an improvement": max(
                i + 1 for i in range(len(losses)) if i == 0 or losses[i] < losses[i - 1]
            ),
        }
        expect_close(
            best_epoch(losses),
            right,
            "the epoch of the lowest loss",
            "Compare with the best so far, and keep its number.",
            suspects=suspects,
        )


def below_all_before(best_epoch: Function) -> None:
    """Better than the epoch before is not enough: better than the best counts."""
    losses = [0.5, 0.9, 0.8, 0.7]
    expect_close(
        best_epoch(losses),
        1,
        "epoch 1: none after it fell below 0.5",
        "With what do you compare a loss?",
        suspects={"a loss below the one just before counts as an improvement": 4},
    )


def as_good_is_not_better(best_epoch: Function) -> None:
    """An equal loss is no improvement; min_delta asks for more than a hair."""
    expect_close(
        best_epoch([0.5, 0.5]),
        1,
        "epoch 1, as the same loss is no improvement",
        "< or ≤ ?",
        suspects={"an equal loss counts as an improvement": 2},
    )
    losses = [1.0, 0.95, 0.85, 0.84]
    expect_close(
        best_epoch(losses, 0.1),
        3,
        "epoch 3: 0.95 is not below 1 - 0.1, 0.85 is, 0.84 is not below 0.85 - 0.1",
        "What is subtracted from the best, and when does the best change?",
        suspects={
            "min_delta is ignored": 4,
            "the best so far changes without an improvement": 1,
            "min_delta is added": 4,
        },
    )


def nothing_and_nan(best_epoch: Function) -> None:
    """No epoch, or nothing but nan, has no best: 0; a nan is never better."""
    expect_close(best_epoch([]), 0, "0, as there is no epoch", "What is returned when the loop never runs?")
    expect_close(
        best_epoch([math.nan, math.nan]),
        0,
        "0, as nan is no improvement",
        "Every comparison with nan is False: which way do you ask?",
        suspects={"a nan counts as an improvement": 1, "a nan counts as an improvement ": 2},
    )
    expect_close(
        best_epoch([math.nan, 0.5, 0.4]),
        3,
        "3, the epoch of the lowest number",
        "What is the best so far when no number has been seen yet?",
        suspects={
            "a nan in the first epoch stays the best, as no number is below it": 1,
            "a nan in the first epoch stays the best, as no number is below it ": 0,
        },
    )
    expect_close(
        best_epoch([0.5, math.nan, 0.4]),
        3,
        "3, the epoch of the lowest number",
        "Does the best survive a nan?",
        suspects={"a nan counts as an improvement": 2, "a nan becomes the best": 1},
    )


def waits_for_patience(best_epoch: Function, is_over: Function) -> None:
    """Training stops when the last `patience` epochs brought no improvement, not sooner and not later."""
    losses = [1.0, 0.8, 0.9, 0.85, 0.81, 0.7]
    for patience, first in ((2, 4), (3, 5), (1, 3), (4, 7)):
        for epochs in range(1, min(first, len(losses)) + 1):
            got = is_over(losses[:epochs], patience)
            right = epochs >= first
            best = int(np.argmin(losses[:epochs])) + 1
            words = f"{right}: the best of {epochs} epochs is number {best}, and patience is {patience}"
            inputs = last_call()
            if right and not got:
                suspects = _why_not_over(is_over, losses[:epochs], patience)
            else:
                suspects = {
                    "it stops an epoch too early": epochs - best == patience - 1,
                    "all epochs are counted, not those since the best": epochs >= patience,
                }
            think = "How many epochs have passed since the best one?"
            expect(bool(got) == right, words, got, think, inputs=inputs, suspects=suspects)


def _why_not_over(is_over: Function, losses: list[float], patience: int) -> dict[str, bool]:
    """What explains that training is not over when patience is, found out by more questions."""
    rising = [0.5, *(0.6 + 0.1 * epoch for epoch in range(patience))]
    return {
        "rises in a row are counted, not epochs since the best": bool(is_over(rising, patience)),
        "it stops an epoch too late": bool(is_over([*losses, losses[-1]], patience)),
        "it never stops": not is_over([*losses, *[losses[-1]] * 100], patience),
    }


def only_the_last_epochs_count(is_over: Function) -> None:
    """An improvement in the last epochs is one, even if patience had run out before."""
    got = is_over([1.0, 1.0, 0.5], 1)
    expect(
        not got,
        "False: the last epoch brought an improvement, from 1 to 0.5",
        got,
        "Which epochs does the docstring ask about: the last `patience`, or any so many in a row?",
        suspects={"what was over once is over for ever": True},
    )


def min_delta_counts_for_patience_too(is_over: Function) -> None:
    """Improvements smaller than min_delta do not buy more time."""
    got = is_over([1.0, 0.99, 0.98], 2, 0.1)
    expect(
        bool(got),
        "True: neither 0.99 nor 0.98 is below 1 - 0.1",
        got,
        "Is min_delta passed on?",
        suspects={"min_delta is not passed on": True},
    )
    got = is_over([1.0, 0.95, 0.88], 1, 0.1)
    expect(
        not got,
        "False: 0.95 was no improvement, so 0.88 is compared with 1, and it is below 1 - 0.1",
        got,
        "Which is the best so far: the lowest loss, or that of the last improvement?",
        suspects={"the lowest loss is taken for the best, though it was no improvement": True},
    )


def nan_is_no_improvement(is_over: Function) -> None:
    """Epochs whose loss is nan brought no improvement, from the first one on."""
    for epochs, right in ((3, True), (2, False)):
        got = is_over([math.nan] * epochs, 3)
        expect(
            bool(got) == right,
            f"{right}: {epochs} epochs without an improvement, and patience is 3",
            got,
            "What is the best epoch here, and how many have passed since?",
            suspects={"nan is waited for": right, "a nan ends it at once": not right},
        )
