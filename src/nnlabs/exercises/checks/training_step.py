"""Checks of `training_step`."""

from __future__ import annotations

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect, expect_close
from nnlabs.scratch.layers import Linear
from nnlabs.scratch.losses import mse
from nnlabs.scratch.optim import SGD, Adam, Optimizer
from nnlabs.scratch.tensor import Tensor


def _problem(kind: type[SGD | Adam] = SGD) -> tuple[Linear, Optimizer]:
    """Y = w x + b with w = 2, b = 0, and gradient descent, or another optimizer, with learning rate 0.1."""
    model = Linear(1, 1, np.random.default_rng(0))
    model.W.data, model.b.data = np.array([[2.0]]), np.array([0.0])
    return model, kind(model.parameters(), lr=0.1)


STEP = "model y = 2 x + 0, SGD with lr 0.1, mse, x = [[1]], targets [[5]]"


def one_step(training_step: Function) -> None:
    """One step of gradient descent on a line through the origin."""
    model, optimizer = _problem()
    got = training_step(model, optimizer, mse, np.array([[1.0]]), np.array([[5.0]]))
    suspects = {"the parameters were not moved": 2.0, "the step goes uphill": 1.4, "two steps were made": 2.96}
    expect_close(
        model.W.data[0, 0],
        2.6,
        "w - lr · dL/dw = 2 - 0.1 · 2 (2 - 5)",
        "Loss, backward, step: is each there, in this order?",
        inputs=STEP,
        suspects=suspects,
    )
    expect(
        isinstance(got, float),
        "the loss as a float, Python's own kind of number",
        type(got).__name__,
        "A Tensor holds its whole graph; what .item() gives is a float.",
        inputs=STEP,
        suspects={
            "nothing is returned": got is None,
            "the Tensor is returned, with the graph it holds": isinstance(got, Tensor),
        },
    )
    expect_close(
        got,
        9.0,
        "the loss before the step, (2 - 5)²",
        "Was the loss taken before the parameters moved?",
        inputs=STEP,
        suspects={"the loss is computed anew after the step": 3.24},
    )


def old_gradients_do_not_count(training_step: Function) -> None:
    """Gradients that an earlier step left behind do not count again."""
    model, optimizer = _problem()
    for w in (2.6, 2.96):
        training_step(model, optimizer, mse, np.array([[1.0]]), np.array([[5.0]]))
        words = "w after the first step" if w == 2.6 else "w after the second step: gradients of that step alone count"
        expect_close(
            model.W.data[0, 0],
            w,
            words,
            "Gradients add up until zero_grad(): who calls it, and when?",
            inputs=STEP + ", several steps",
            suspects={"zero_grad is never called": 3.56, "the gradient is cleared before it is used": 2.0},
        )


def left_over_gradient(training_step: Function) -> None:
    """A gradient left over from before the first step does not count either."""
    model, optimizer = _problem()
    model.W.grad, model.b.grad = np.array([[100.0]]), np.array([100.0])
    training_step(model, optimizer, mse, np.array([[1.0]]), np.array([[5.0]]))
    expect_close(
        model.W.data[0, 0],
        2.6,
        "w after the step, as if nothing had been left over",
        "Call zero_grad() first, not last.",
        inputs=STEP + ", and a gradient of 100 left over",
        suspects={"zero_grad is called only after the step": -7.4},
    )


def whichever_optimizer(training_step: Function) -> None:
    """The optimizer that is given moves the parameters, by a rule of its own."""
    model, optimizer = _problem(Adam)
    training_step(model, optimizer, mse, np.array([[1.0]]), np.array([[5.0]]))
    expect_close(
        model.W.data[0, 0],
        2.1,
        "w after Adam's first step, which is the learning rate long",
        "Each optimizer has a rule of its own, in step(): who else would know it?",
        inputs=STEP.replace("SGD", "Adam"),
        tolerance=1e-6,
        suspects={"the parameters are moved by hand, past the optimizer": 2.6},
    )


def it_learns(training_step: Function) -> None:
    """Three hundred steps fit a line."""
    rng = np.random.default_rng(0)
    model, optimizer = _problem()
    x = rng.uniform(-1, 1, (16, 1))
    for _ in range(300):
        loss = training_step(model, optimizer, mse, x, 3 * x - 1)
    expect(
        loss < 1e-4,
        "a loss below 0.0001",
        loss,
        "Does every call use the batch it is given?",
        inputs="300 steps on y = 3 x - 1",
    )
