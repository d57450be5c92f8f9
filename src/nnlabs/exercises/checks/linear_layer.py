"""Checks of `linear_layer`."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import Array, expect_close, expect_rule, expect_untouched, slopes

X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


W = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, -1.0]])


B = np.array([10.0, 20.0])


G = np.array([[1.0, 2.0], [3.0, 5.0]])


SHAPES = "x of shape (2, 3), W (3, 2), b (2,)"


def _apply(linear: Function, *inputs: Array) -> Any:
    """What it returns for copies of these, as it may write into them."""
    return linear(*(array.copy() for array in inputs))


def affine(linear: Function) -> None:
    """The value is x W + b, for each row of x."""
    result = _apply(linear, X, W, B)
    expect_rule(result, 3, "Return y, then a function of g for each of x, W and b.")
    suspects = {"the bias is left out": X @ W, "the bias is multiplied": (X @ W) * B}
    expect_close(result[0], X @ W + B, "x W + b", "Which number of inputs meets which rows of W?", suspects=suspects)
    expect_close(
        _apply(linear, X[0], W, B)[0], X[0] @ W + B, "x W + b for a single example", "Does it work for x of shape (3,)?"
    )


def _arriving(name: str) -> str:
    return f"{SHAPES}; g = [[1, 2], [3, 5]] arrives; to {name}"


def back_to_x(linear: Function) -> None:
    """To x comes back g Wᵀ."""
    got = _apply(linear, X, W, B)[1](G.copy())
    think = "Y = X W: shapes leave one product of g and W that has x's shape. Which?"
    expect_close(
        got,
        G @ W.T,
        "g Wᵀ, of x's shape",
        think,
        inputs=_arriving("x"),
        suspects={
            "it is divided by the number of examples": G @ W.T / 2,
            "g is forgotten": np.ones_like(G) @ W.T,
        },
    )


def back_to_weights(linear: Function) -> None:
    """To W comes back xᵀ g, the sum over the batch."""
    got = _apply(linear, X, W, B)[2](G.copy())
    suspects = {
        "the result is transposed": G.T @ X,
        "it is divided by the number of examples": X.T @ G / 2,
        "g is forgotten": X.T @ np.ones_like(G),
        "only the first example counts": np.outer(X[0], G[0]),
    }
    think = "Each example adds the outer product of its x and its g; written as one product of matrices?"
    expect_close(got, X.T @ G, "xᵀ g, of W's shape", think, inputs=_arriving("W"), suspects=suspects)


def back_to_bias(linear: Function) -> None:
    """To b comes back the sum of g over the batch."""
    got = _apply(linear, X, W, B)[3](G.copy())
    suspects = {
        "the sum over the batch is forgotten": G,
        "the mean over the batch is taken": G.mean(0),
        "the sum runs over the units, not over the batch": G.sum(1),
        "it is summed with keepdims": G.sum(0, keepdims=True),
        "g is replaced by 1": [2, 2],
    }
    think = "b was added to each of the examples: what comes back from all of them adds up."
    expect_close(
        got, G.sum(0), "the sum of g over the examples, of b's shape", think, inputs=_arriving("b"), suspects=suspects
    )


def as_measured(linear: Function) -> None:
    """All three are the slopes that two evaluations nearby show, for batches of any shape."""
    rng = np.random.default_rng(0)
    for shape in ((3,), (5, 3), (4, 5, 3)):
        arrays = [rng.normal(size=shape), rng.normal(size=(3, 2)), rng.normal(size=2)]
        result = _apply(linear, *arrays)
        g = rng.normal(size=np.shape(result[0]))
        for which, name in enumerate(("x", "W", "b")):
            expect_close(
                result[1 + which](g.copy()),
                slopes(linear, arrays, which, g),
                f"the measured slopes for {name}",
                "With more axes in front, all of them but the last are the batch: reshape(-1, ...).",
                inputs=f"x of shape {shape}, W (3, 2), b (2,)",
                tolerance=1e-6,
            )


def arrays_are_left_alone(linear: Function) -> None:
    """Neither the inputs nor g are overwritten: they belong to others, too."""
    expect_untouched(linear, {"x": X, "W": W, "b": B}, G)
