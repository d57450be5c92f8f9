"""Checks of `momentum`."""

from __future__ import annotations

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect_close
from nnlabs.exercises.given import new_memory
from nnlabs.scratch.optim import Momentum
from nnlabs.scratch.tensor import Tensor


def _momentum_steps(change: Function, gradients: list[float], lrs: list[float], mu: float) -> list[float]:
    """What is subtracted in each of several steps."""
    optimizer, memory, moved = Momentum([Tensor([0.0])], lr=lrs[0], momentum=mu), new_memory((1,)), []
    for g, lr in zip(gradients, lrs, strict=True):
        optimizer.lr = lr
        moved.append(float(np.asarray(change(optimizer, np.array([g]), memory)).item()))
    return moved


def from_rest(change: Function) -> None:
    """The first step is that of plain descent: η g."""
    got = _momentum_steps(change, [2.0], [0.1], 0.9)
    suspects = {
        "the gradient is weighted by 1 - μ": [0.02],
        "the learning rate is forgotten": [2.0],
        "the sign is turned round: what is returned is subtracted": [-0.2],
        "the look-ahead of Nesterov is taken": [0.1 * 3.8],
        "the gradient is weighted by μ": [0.18],
    }
    expect_close(
        got,
        [0.2],
        "η g, as the ball starts at rest",
        "What is v ← μ v + g for v = 0?",
        inputs="one step with g = 2, η = 0.1, μ = 0.9",
        suspects=suspects,
    )


def velocity_is_kept(change: Function) -> None:
    """The second step keeps a share μ of the first."""
    got = _momentum_steps(change, [2.0, 1.0], [0.1, 0.1], 0.9)
    suspects = {
        "the velocity is not remembered": [0.2, 0.1],
        "1 - μ is kept instead of μ": [0.2, 0.12],
        "all of the velocity is kept": [0.2, 0.3],
        "the velocity takes the gradient's place": [0.2, 0.18],
    }
    expect_close(
        got,
        [0.2, 0.28],
        "0.2, then η (μ · 2 + 1)",
        "Is v written back into the memory? What share of it is kept?",
        inputs="g = 2, then g = 1; η = 0.1, μ = 0.9",
        suspects=suspects,
    )


def terminal_velocity(change: Function) -> None:
    """Where the slope stays the same, steps grow towards η g / (1 - μ)."""
    got = _momentum_steps(change, [1.0] * 300, [0.1] * 300, 0.9)[-1]
    expect_close(
        got,
        1.0,
        "η g / (1 - μ) = 10 times a plain step",
        "What does v ← 0.9 v + 1 settle at?",
        inputs="300 steps with g = 1, η = 0.1, μ = 0.9",
        tolerance=1e-6,
    )


def learning_rate_of_the_moment(change: Function) -> None:
    """The learning rate of the moment scales the whole step: the velocity knows nothing of it."""
    got = _momentum_steps(change, [2.0, 1.0], [0.1, 0.01], 0.5)
    expect_close(
        got,
        [0.2, 0.02],
        "0.2, then 0.01 (0.5 · 2 + 1)",
        "Is η inside v, or outside? Which μ is used?",
        inputs="g = 2 with η = 0.1, then g = 1 with η = 0.01; μ = 0.5",
        suspects={
            "the learning rate is part of the velocity": [0.2, 0.11],
            "μ is always 0.9: it is self.momentum": [0.2, 0.028],
        },
    )


def each_number_by_itself(change: Function) -> None:
    """Each number of a parameter is moved by its own gradient, whatever those of the others are."""
    optimizer, g = Momentum([Tensor([0.0, 0.0])], lr=0.1), np.array([2.0, -1.0])
    expect_close(
        change(optimizer, g.copy(), new_memory((2,))),
        [0.2, -0.1],
        "η g for each number, as the ball starts at rest",
        "Each number has a velocity of its own: does anything mix the numbers of g?",
        inputs="one step with g = [2, -1], η = 0.1",
        suspects={
            "the mean of all numbers of the gradient is taken": [0.05, 0.05],
            "all numbers of the gradient are added up": [0.1, 0.1],
        },
    )


def gradient_is_left_alone(change: Function) -> None:
    """The gradient's array stays as it is."""
    g = np.array([2.0, -1.0])
    optimizer, memory = Momentum([Tensor([0.0, 0.0])], lr=0.1), new_memory((2,))
    change(optimizer, g, memory)
    change(optimizer, g, memory)
    expect_close(
        g,
        [2, -1],
        "g as it was",
        "What writes into the array g? Is g itself kept as v, and then changed?",
        inputs="two steps with g = [2, -1]",
    )


def a_memory_for_each(change: Function) -> None:
    """Each parameter has a velocity of its own, in its own memory, though one optimizer moves them all."""
    optimizer = Momentum([Tensor([0.0]), Tensor([0.0])], lr=0.1, momentum=0.9)
    memories = new_memory((1,)), new_memory((1,))
    got = [
        float(np.asarray(change(optimizer, np.array([g]), memories[turn % 2])).item())
        for turn, g in enumerate([2.0, 10.0, 1.0, -4.0])
    ]
    expect_close(
        got,
        [0.2, 1.0, 0.28, 0.5],
        "0.2 and 1 first, then 0.1 (0.9 · 2 + 1) and 0.1 (0.9 · 10 - 4)",
        "Where is v kept? `memory` belongs to one parameter, `self` to all of them.",
        inputs="two parameters by turns: g = 2 and 10, then g = 1 and -4; η = 0.1, μ = 0.9",
        suspects={"all parameters share one velocity": [0.2, 1.18, 1.162, 0.6458]},
    )
