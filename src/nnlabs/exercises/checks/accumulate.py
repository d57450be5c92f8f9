"""Checks of `accumulate`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect, expect_close
from nnlabs.exercises.solutions import plugged_in
from nnlabs.scratch.tensor import Tensor


def _gradients(step: Function, make: Callable[..., Tensor], *values: Any) -> list[Any]:
    """Gradients of leaves, when the engine carries gradients back with the learner's function."""
    leaves = [Tensor(value) for value in values]
    loss = make(*leaves)
    with plugged_in("accumulate", step):
        loss.backward()
    return [np.array(0.0 if leaf.grad is None else leaf.grad) for leaf in leaves]


def one_use(to_parents: Function) -> None:
    """Each parent gets what its own function makes of this node's gradient."""
    a, b = _gradients(to_parents, lambda a, b: a * b, 3.0, 5.0)
    inputs = "L = a b at a = 3, b = 5"
    causes = {"only the first parent gets its gradient": 0.0, "the parents' gradients are the wrong way round": 5.0}
    expect_close(
        a,
        5.0,
        "dL/da = b",
        "Which function belongs to which parent?",
        inputs=inputs,
        suspects={"the parents' gradients are the wrong way round": 3.0, "nothing is carried back": 0.0},
    )
    expect_close(b, 3.0, "dL/db = a", "Does every parent get its gradient?", inputs=inputs, suspects=causes)


def two_steps(to_parents: Function) -> None:
    """What is carried back is this node's gradient, not 1."""
    (a,) = _gradients(to_parents, lambda a: (a * 3) * 5, 2.0)
    expect_close(
        a,
        15.0,
        "dL/da = 3 · 5",
        "What has arrived at a * 3, that has to go on?",
        inputs="L = (a * 3) * 5 at a = 2",
        suspects={"1 is carried back instead of the gradient": 3.0},
    )


def used_twice(to_parents: Function) -> None:
    """Where a node is used twice, what comes back from both uses adds up."""
    (a,) = _gradients(to_parents, lambda a: a * (a + 1), 3.0)
    expect_close(
        a,
        7.0,
        "dL/da = (a + 1) + a, as both uses count",
        "What becomes of a gradient that is there already?",
        inputs="L = a * (a + 1) at a = 3",
        suspects={
            "what comes back later overwrites what came first": 3.0,
            "what comes back later is lost": 4.0,
            "the uses are multiplied": 12.0,
            "the mean is taken": 3.5,
        },
    )
    (a,) = _gradients(to_parents, lambda a: a * a, 3.0)
    expect_close(
        a,
        6.0,
        "dL/da = a + a, as both uses count",
        "Here both parents are the same node: does each of the two functions get its turn?",
        inputs="L = a * a at a = 3",
        suspects={"a parent that stands twice in one operation counts once": 3.0},
    )
    (a,) = _gradients(to_parents, lambda a: (a * 2) * (a * 2) + a * 2, 3.0)
    expect_close(
        a,
        26.0,
        "dL/da = 2 (2 · 6 + 1)",
        "b = a * 2 would be used three times if it were named; a is.",
        inputs="L = (a * 2) * (a * 2) + a * 2 at a = 3",
    )


def no_array_is_shared(to_parents: Function) -> None:
    """Adding to one parent's gradient leaves the other parent's alone."""
    one = np.ones(2)

    def loss(x: Tensor, y: Tensor) -> Tensor:
        a, b = x * 1, y * 1
        return (a * 2 + (a + b)).sum()

    a, b = _gradients(to_parents, loss, one, one)
    inputs = "L = Σ (a * 2 + (a + b)), where a = x * 1 = [1, 1] and b = y * 1 = [1, 1]"
    think = "a + b hands the same array to both parents: what does += do to it?"
    expect_close(b, [1, 1], "dL/dy", think, inputs=inputs, suspects={"a gradient is added to in place": [3, 3]})
    expect_close(a, [3, 3], "dL/dx", think, inputs=inputs)


def shapes_fit(to_parents: Function) -> None:
    """A gradient has the shape of what it is the gradient of."""
    X, b = _gradients(to_parents, lambda X, b: (X + b).sum(), np.zeros((3, 2)), np.zeros(2))
    inputs = "L = Σ (X + b) with X of shape (3, 2), b of shape (2,)"
    think = "b was stretched over the 3 rows: the function imported above sums what comes back over them."
    expect_close(
        b,
        [3, 3],
        "dL/db, of b's shape",
        think,
        inputs=inputs,
        suspects={"the gradient keeps the shape that broadcasting gave it": np.ones((3, 2))},
    )
    expect_close(X, np.ones((3, 2)), "dL/dX", "Here nothing was stretched.", inputs=inputs)


def types_fit(to_parents: Function) -> None:
    """A gradient has the type of what it is the gradient of, where nothing was stretched, too."""
    x = Tensor(np.ones(2, np.float32))
    with plugged_in("accumulate", to_parents):
        (x * np.array([2.0, 3.0])).sum().backward()
    kind = str(getattr(x.grad, "dtype", type(x.grad).__name__))
    expect(
        kind == "float32",
        "a gradient in float32, as x",
        kind,
        "Times a float64 constant, g becomes float64. When is the function imported above called, which mends the type?",
        inputs="x.grad, where L = Σ x c, x = [1, 1] is float32 and the constant c = [2, 3] is float64",
        suspects={"the type of the data is forgotten": kind == "float64"},
    )


def gradients_of_their_own(to_parents: Function) -> None:
    """Each leaf has a gradient of its own: who changes one in place leaves the other's as it is."""
    x, y = Tensor(np.ones(2)), Tensor(np.ones(2))
    with plugged_in("accumulate", to_parents):
        ((x + y) * 3).sum().backward()
    shared = np.shares_memory(np.asarray(x.grad), np.asarray(y.grad))
    expect(
        not shared,
        "two arrays",
        "one and the same array",
        "a + b hands the same array to both parents: what if a user writes x.grad *= 0.5? Which of them needs a copy?",
        inputs="x.grad and y.grad, where L = Σ 3 (x + y)",
        suspects={"two leaves share one array": shared},
    )
