"""Checks of `perceptron_predict`."""

from __future__ import annotations

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect_close
from nnlabs.exercises.given import make_unit


def two_by_hand(margins: Function) -> None:
    """Each weight meets its own feature; the bias counts, and the label decides the sign of it all."""
    unit, X, y = make_unit([2.0, -1.0], 0.5), np.array([[1.0, 2.0], [3.0, 0.0]]), np.array([1.0, -1.0])
    scores = X @ unit.w
    suspects = {
        "the bias is left out": y * scores,
        "the bias is subtracted": y * (scores - 0.5),
        "the bias is not multiplied by the label": y * scores + 0.5,
        "the label is forgotten": scores + 0.5,
        "the sign of the margin is turned round": -y * (scores + 0.5),
        "only the side is returned, not how clearly": np.sign(y * (scores + 0.5)),
        "the length of the weights is divided out": y * (scores + 0.5) / np.sqrt(5),
        "the sum runs over the examples, not over the features": y * ((X * unit.w).sum(0) + 0.5),
    }
    got = margins(unit, X, y)
    think = "Work it out by hand: which numbers make up the margin of the second example?"
    expect_close(got, [0.5, -6.5], "y (w·x + b) of each example", think, suspects=suspects)


def one_margin_an_example(margins: Function) -> None:
    """There are as many margins as examples, whatever the number of features."""
    rng = np.random.default_rng(0)
    for n, d in ((1, 1), (3, 2), (2, 3), (5, 5)):
        unit, X, y = make_unit(list(rng.normal(size=d)), 0.5), rng.normal(size=(n, d)), rng.choice([-1.0, 1.0], n)
        think = "A sum over the features (the columns) leaves one number an example; over which axis do you sum?"
        expect_close(margins(unit, X, y), y * (X @ unit.w + 0.5), "the margin of each example", think)
