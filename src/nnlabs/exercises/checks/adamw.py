"""Checks of `adamw`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect_close
from nnlabs.scratch.optim import Optimizer
from nnlabs.scratch.tensor import Tensor


def _decayed(AdamW: Callable[..., Optimizer], w: list[float], g: list[float], steps: int = 1, **options: Any) -> Any:
    parameters = [Tensor([number]) for number in w]
    optimizer = AdamW(parameters, **{"lr": 0.1, "weight_decay": 0.5, **options})
    for _ in range(steps):
        for parameter, gradient in zip(parameters, g, strict=True):
            parameter.grad = np.array([gradient])
        optimizer.step()
    return np.array([parameter.data.item() for parameter in parameters])


def decay_without_gradient(AdamW: Function) -> None:
    """Where the gradient is 0, each weight shrinks by the share η λ, and by nothing else."""
    got = _decayed(AdamW, [4.0, -2.0], [0.0, 0.0])
    suspects = {
        "the decay is put into the gradient, as in Adam with L2": [3.9, -1.9],
        "λ alone is used, without the learning rate": [2, -1],
        "the weights do not decay": [4, -2],
        "the weights grow": [4.2, -2.1],
        "the decay is applied twice": [4 * 0.95**2, -2 * 0.95**2],
        "only the first parameter decays": [3.8, -2],
        "the learning rate alone is used": [3.6, -1.8],
    }
    expect_close(
        got,
        [3.8, -1.9],
        "(1 - η λ) w",
        "Who sees the decay: the weights, or the gradient that is divided by its own size?",
        inputs="one step from w = 4 and w = -2, gradients 0, η = 0.1, λ = 0.5",
        tolerance=1e-6,
        suspects=suspects,
    )


def decay_then_step(AdamW: Function) -> None:
    """The weights shrink first, then Adam's step follows, once."""
    got = _decayed(AdamW, [4.0], [10.0])
    suspects = {
        "the decay comes after the step": [(4 - 0.1) * 0.95],
        "Adam's own step is missing": [3.8],
        "the step is made twice": [3.6],
        "the decay is put into the gradient, as in Adam with L2": [3.9],
    }
    expect_close(
        got,
        [3.7],
        "(1 - η λ) w - η = 3.8 - 0.1",
        "In which order do decay and step come?",
        inputs="one step from w = 4, gradient 10, η = 0.1, λ = 0.5",
        tolerance=1e-6,
        suspects=suspects,
    )


def each_number_by_itself(AdamW: Function) -> None:
    """A parameter may hold several numbers: each decays by its own share and is moved by its own gradient."""
    parameter = Tensor([4.0, -2.0])
    optimizer, parameter.grad = AdamW([parameter], lr=0.1, weight_decay=0.5), np.array([10.0, -0.01])
    optimizer.step()
    expect_close(
        parameter.data,
        [3.7, -1.8],
        "(1 - η λ) w - η g / |g| for each number",
        "Each number has its own decay and its own gradient: does anything mix them?",
        inputs="one step of a parameter [4, -2], gradient [10, -0.01], η = 0.1, λ = 0.5",
        tolerance=1e-5,
        suspects={
            "the mean of the weights is what decays": [4 - 0.05 - 0.1, -2 - 0.05 + 0.1],
            "the mean of the gradients moves all numbers": [3.8 - 0.1, -1.9 - 0.1],
        },
    )


def decay_ignores_the_gradient(AdamW: Function) -> None:
    """A weight with large gradients decays by the same share as one with small ones: that is what decoupling changes."""
    w, g = [4.0, 4.0], [0.01, 100.0]
    with_decay, without = _decayed(AdamW, w, g, 3), _decayed(AdamW, w, g, 3, weight_decay=0.0)
    right = 4.0
    for _ in range(3):
        right = 0.95 * right - 0.1
    expect_close(
        without,
        [3.7, 3.7],
        "4 - 3 η without decay",
        "With λ = 0, AdamW is Adam, which keeps the means of each parameter apart.",
        inputs="three steps of two weights with gradients 0.01 and 100, λ = 0",
        tolerance=1e-5,
        suspects={"Adam's step for all parameters is made once for each of them": [3.4, 3.4]},
    )
    expect_close(
        with_decay,
        [right, right],
        "three times (1 - η λ) w - η",
        "Does the decay pass through Adam's division?",
        inputs="three steps from w = 4, twice, with gradients 0.01 and 100, η = 0.1, λ = 0.5",
        tolerance=1e-5,
    )


def learning_rate_of_now(AdamW: Function) -> None:
    """The decay follows the learning rate of the moment, as a schedule sets it."""
    parameter = Tensor([4.0])
    optimizer = AdamW([parameter], lr=0.1, weight_decay=0.5)
    optimizer.lr, parameter.grad = 0.01, np.array([0.0])
    optimizer.step()
    expect_close(
        parameter.data,
        [3.98],
        "(1 - 0.01 · 0.5) 4",
        "Is self.lr read in each step?",
        inputs="w = 4, gradient 0, λ = 0.5; made with η = 0.1, then η set to 0.01",
        tolerance=1e-9,
        suspects={"the first learning rate is used for ever": [3.8]},
    )


def no_gradient_no_decay(AdamW: Function) -> None:
    """A parameter without a gradient stays as it is: it had no part in the loss."""
    idle, used = Tensor([4.0]), Tensor([-2.0])
    optimizer = AdamW([idle, used], lr=0.1, weight_decay=0.5)
    used.grad = np.array([0.0])
    optimizer.step()
    expect_close(
        np.concatenate([idle.data, used.data]),
        [4.0, -1.9],
        "w where grad is None, (1 - η λ) w where it is 0",
        "The docstring of `step` says which parameters it changes.",
        inputs="one step from w = 4, grad None, and w = -2, gradient 0; η = 0.1, λ = 0.5",
        tolerance=1e-6,
        suspects={"a parameter without a gradient decays too": [3.8, -1.9], "none decays": [4.0, -2.0]},
    )
