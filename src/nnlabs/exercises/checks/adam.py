"""Checks of `adam`."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect_close, show
from nnlabs.exercises.given import new_memory
from nnlabs.scratch.optim import Adam
from nnlabs.scratch.tensor import Tensor


def _adam_steps(change: Function, gradients: list[float], **options: Any) -> list[float]:
    optimizer, memory, moved = Adam([Tensor([0.0])], **{"lr": 0.1, **options}), new_memory((1,)), []
    for g in gradients:
        optimizer.steps += 1
        moved.append(float(np.asarray(change(optimizer, np.array([g]), memory)).item()))
    return moved


def _adam(
    gradients: list[float],
    b1: float = 0.9,
    b2: float = 0.999,
    *,
    keep_m: bool = True,
    keep_s: bool = True,
    correct_m: bool = True,
    correct_s: bool = True,
    taken: Sequence[int] = (1, 2, 3, 4, 5),
    swapped: bool = False,
) -> list[float]:
    """Adam in plain numbers, or with one mistake; `taken` counts the steps."""
    m = s = 0.0
    moved = []
    for g, steps in zip(gradients, taken, strict=False):
        m, s = keep_m * b1 * m + (1 - b1) * g, keep_s * b2 * s + (1 - b2) * g * g
        for_m, for_s = (b2, b1) if swapped else (b1, b2)
        m_hat, s_hat = m / (1 - for_m**steps if correct_m else 1), s / (1 - for_s**steps if correct_s else 1)
        moved.append(0.1 * m_hat / (sqrt(s_hat) + 1e-8))
    return moved


def first_step_is_the_sign(change: Function) -> None:
    """The first step is η times the sign of g, whatever its size."""
    for g in (1.0, 400.0, -400.0):
        wanted = 0.1 * float(np.sign(g))
        suspects = {
            "neither mean is corrected for its start at 0": _adam([g], correct_m=False, correct_s=False),
            "the mean gradient is not corrected for its start at 0": _adam([g], correct_m=False),
            "the mean square is not corrected for its start at 0": _adam([g], correct_s=False),
            "the square root is forgotten": [0.1 / g],
            "the sign is turned round: what is returned is subtracted": [-wanted],
            "the learning rate is forgotten": [wanted * 10],
            "the gradient is not squared": [0.1 * g / sqrt(abs(g))],
            "the betas are the wrong way round in the correction": _adam([g], swapped=True),
        }
        expect_close(
            _adam_steps(change, [g]),
            [wanted],
            "η m̂ / (√ŝ + ε) = η g / |g|",
            "After one step m is (1 - β₁) g: what is m̂?",
            inputs=f"one step with g = {g:g}, η = 0.1, β = (0.9, 0.999)",
            tolerance=1e-6,
            suspects=suspects,
        )


def several_steps(change: Function) -> None:
    """Later steps weigh what came before by β₁ and β₂."""
    gradients = [1.0, -2.0, 0.5, 3.0, 0.1]
    suspects = {
        "β₁ and β₂ are the wrong way round": _adam(gradients, 0.999, 0.9),
        "the correction is always that of the first step": _adam(gradients, taken=[1] * 5),
        "the mean gradient is not remembered": _adam(gradients, keep_m=False),
        "the mean square is not remembered": _adam(gradients, keep_s=False),
    }
    expect_close(
        _adam_steps(change, gradients),
        _adam(gradients),
        "the five steps of the formula",
        "Are m and s written back into the memory? Which t is in the correction?",
        inputs=f"g = {show(gradients)}, one after the other; η = 0.1, β = (0.9, 0.999)",
        tolerance=1e-6,
        suspects=suspects,
    )


def scale_does_not_matter(change: Function) -> None:
    """A loss a thousand times as large gives the same steps."""
    gradients = [1.0, -2.0, 0.5]
    small, large = _adam_steps(change, gradients), _adam_steps(change, [1000 * g for g in gradients])
    expect_close(
        large,
        small,
        "the same steps as for gradients of a thousandth",
        "g stands above and, squared under a root, below.",
        inputs="g = 1000, -2000, 500",
        tolerance=1e-6,
    )


def epsilon_outside_the_root(change: Function) -> None:
    """ε is added behind the square root: it halves the step where |g| = ε."""
    got = _adam_steps(change, [1e-3], eps=1e-3)
    suspects = {"ε is added inside the square root": [0.1 * 1e-3 / sqrt(1e-6 + 1e-3)], "ε is forgotten": [0.1]}
    suspects["ε is subtracted"] = [np.inf]
    expect_close(
        got,
        [0.05],
        "η g / (|g| + ε) = η / 2",
        "Where does ε go?",
        inputs="one step with g = 0.001 and eps = 0.001",
        tolerance=1e-6,
        suspects=suspects,
    )


def gradient_is_left_alone(change: Function) -> None:
    """The gradient's array stays as it is."""
    optimizer, g = Adam([Tensor([0.0, 0.0])], lr=0.1), np.array([2.0, -3.0])
    optimizer.steps = 1
    change(optimizer, g, new_memory((2,)))
    expect_close(
        g,
        [2, -3],
        "g as it was",
        "`*=` and `out=` write into the array that came in.",
        inputs="one step with g = [2, -3]",
        suspects={"the gradient itself is squared": [4, 9]},
    )


def _expect_means_of_each_number(change: Function) -> None:
    """Insist that each number of a parameter is moved by its own gradient, whatever those of the others are."""
    optimizer, g = Adam([Tensor([0.0, 0.0])], lr=0.1), np.array([2.0, -30.0])
    optimizer.steps = 1
    expect_close(
        change(optimizer, g.copy(), new_memory((2,))),
        [0.1, -0.1],
        "η g / |g| for each number",
        "Each number has an m and an s of its own: does anything mix the numbers of g?",
        inputs="one step with g = [2, -30], η = 0.1",
        tolerance=1e-6,
        suspects={
            "the mean square is taken over all numbers of the parameter": 0.1 * g / np.sqrt(np.mean(g * g)),
            "the squares of all numbers are added up": 0.1 * g / np.sqrt(g @ g),
            "the mean gradient is taken over all numbers of the parameter": 0.1 * g.mean() / np.abs(g),
        },
    )


def a_memory_for_each(change: Function) -> None:
    """Each number of each parameter has means of its own, in its parameter's memory, though one optimizer moves them all."""
    _expect_means_of_each_number(change)
    optimizer = Adam([Tensor([0.0]), Tensor([0.0])], lr=0.1)
    memories, moved = (new_memory((1,)), new_memory((1,))), []
    first, second = [1.0, 0.5], [-100.0, 30.0]
    by_turns = [first[0], second[0], first[1], second[1]]
    for turn, g in enumerate(by_turns):
        optimizer.steps = 1 + turn // 2
        moved.append(float(np.asarray(change(optimizer, np.array([g]), memories[turn % 2])).item()))
    counted = _adam(first, taken=[1, 3]), _adam(second, taken=[2, 4])
    expect_close(
        moved,
        np.ravel(np.transpose([_adam(first), _adam(second)])),
        "for each the steps that it would make alone",
        "Where are m and s kept? `memory` belongs to one parameter, `self` to all of them.",
        inputs="two parameters by turns: g = 1 and -100, then g = 0.5 and 30; η = 0.1, β = (0.9, 0.999)",
        tolerance=1e-6,
        suspects={
            "all parameters share their means": _adam(by_turns, taken=[1, 1, 2, 2]),
            "the steps of all parameters are counted together": np.ravel(np.transpose(counted)),
        },
    )
