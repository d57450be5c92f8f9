"""Checks of `cosine_warmup`."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect, expect_close


def _curve(function: Function, steps: int, warmup: int, last: int) -> list[float]:
    return [function(t, steps, warmup, 0.8) for t in range(last)]


def up_in_a_line(cosine_with_warmup: Function) -> None:
    """The warm-up goes up in equal parts, and its last step has the full rate."""
    got = _curve(cosine_with_warmup, 12, 4, 4)
    suspects = {
        "the first step has a rate of 0": [0, 0.2, 0.4, 0.6],
        "there is no warm-up": [0.8] * 4,
        "the warm-up follows the cosine too": [0.8 * (1 + cos(pi * t / 12)) / 2 for t in range(4)],
        "the learning rate is forgotten": [0.25, 0.5, 0.75, 1],
        "the warm-up is divided by all steps": [0.8 * (t + 1) / 12 for t in range(4)],
    }
    expect_close(
        got,
        [0.2, 0.4, 0.6, 0.8],
        "lr/4, 2 lr/4, 3 lr/4, lr",
        "t counts from 0: which share has the first step?",
        inputs="t = 0, 1, 2, 3 with steps = 12, warmup = 4, lr = 0.8",
        suspects=suspects,
    )


def down_along_a_cosine(cosine_with_warmup: Function) -> None:
    """After the warm-up, half a cosine from lr down to 0, over the steps that are left."""
    got = [cosine_with_warmup(t, 12, 4, 0.8) for t in (4, 6, 8, 10, 12)]

    def curve(f: Callable[[float], float]) -> list[float]:
        return [0.8 * f(t) for t in (4, 6, 8, 10, 12)]

    suspects = {
        "the cosine begins at step 0, not behind the warm-up": curve(lambda t: (1 + cos(pi * t / 12)) / 2),
        "it is spread over all steps, not over those that are left": curve(lambda t: (1 + cos(pi * (t - 4) / 12)) / 2),
        "it is not halved": curve(lambda t: 1 + cos(pi * (t - 4) / 8)),
        "the 1 is missing": curve(lambda t: cos(pi * (t - 4) / 8)),
        "a quarter of a period is taken": curve(lambda t: cos(pi / 2 * (t - 4) / 8)),
        "a whole period is taken": curve(lambda t: (1 + cos(2 * pi * (t - 4) / 8)) / 2),
        "π is forgotten": curve(lambda t: (1 + cos((t - 4) / 8)) / 2),
        "it goes down in a straight line": curve(lambda t: 1 - (t - 4) / 8),
        "it goes up": curve(lambda t: (1 - cos(pi * (t - 4) / 8)) / 2),
    }
    half = 0.8 * (1 + cos(pi / 4)) / 2
    expect_close(
        got,
        [0.8, half, 0.4, 0.8 - half, 0],
        "lr (1 + cos(π s / S)) / 2 for s = 0, 2, 4, 6, 8 of S = 8",
        "How many steps are left behind the warm-up, and how many of them are done?",
        inputs="t = 4, 6, 8, 10, 12 with steps = 12, warmup = 4, lr = 0.8",
        suspects=suspects,
    )


def without_warmup(cosine_with_warmup: Function) -> None:
    """Without warm-up, the first step has the full rate."""
    try:
        got = cosine_with_warmup(0, 10, 0, 0.8)
    except ZeroDivisionError:
        got = "a division by 0"
    expect(
        not isinstance(got, str),
        "0.8",
        got,
        "With warmup = 0, no t is below it.",
        suspects={"the warm-up divides by 0": True},
    )
    expect_close(got, 0.8, "lr", "What is s at the first step?")


def never_jumps(cosine_with_warmup: Function) -> None:
    """From the last step of the warm-up to the first behind it there is no jump."""
    for steps, warmup in ((10, 1), (100, 7)):
        before, after = (cosine_with_warmup(t, steps, warmup, 1.0) for t in (warmup - 1, warmup))
        expect_close(
            after,
            before,
            "the full rate at both",
            "What is s = t - warmup at t = warmup?",
            inputs=f"t = {warmup - 1} and {warmup}, steps = {steps}, warmup = {warmup}, lr = 1",
        )
