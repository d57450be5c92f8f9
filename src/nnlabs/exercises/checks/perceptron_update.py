"""Checks of `perceptron_update`."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect_close
from nnlabs.exercises.given import make_unit
from nnlabs.scratch.perceptron_rule import Unit


def from_zero(correct: Function) -> None:
    """From zero, the weights become the example itself, with the sign of its label."""
    for y in (1.0, -1.0):
        unit, wrong, x = Unit(2), make_unit([-y, -2 * y], 0.0), np.array([1.0, 2.0])
        correct(wrong, x.copy(), y)
        correct(unit, x, y)
        idle = wrong.w.tolist() == [-y, -2 * y]  # nor was that far beyond the boundary
        nothing = "nothing is stored in self" if idle else "nothing is changed, though a margin of 0 is a mistake too"
        if idle:
            think = "What is computed must be put into self.w and self.b."
        elif not np.any(unit.w):
            think = "Is anything done where y (w·x + b) is 0, on the boundary itself?"
        else:
            think = "Is it y x as it is that is added: with that sign, and with no factor such as a learning rate?"
        called = f"correct(self = a new Unit, w = [0, 0] and b = 0, x = [1, 2], y = {y:g})"
        suspects = {
            "the label is forgotten": [1.0, 2.0],
            "y x is subtracted": [-y, -2 * y],
            nothing: [0, 0],
        }
        expect_close(
            unit.w,
            [y, 2 * y],
            "w + y x",
            think,
            inputs=called,
            suspects=suspects,
        )
        causes: dict[str, Any] = {
            "the bias does not learn": 0.0,
            "the bias ignores the label": 1.0,
            "the bias is subtracted": -y,
            "the bias learns from the features too": 3 * y,
        }
        think = "The bias is a weight whose feature is always 1."
        expect_close(unit.b, y, "b + y", think, inputs=called, suspects=causes)


def adds_to_what_was_learnt(correct: Function) -> None:
    """What was learned before stays; the correction is added to it."""
    unit = make_unit([10.0, -4.0], 7.0)
    correct(unit, np.array([1.0, 2.0]), -1.0)
    called = "correct(self = Unit with w = [10, -4], b = 7, x = [1, 2], y = -1)"
    suspects = {"the old weights are replaced": [-1, -2]}
    expect_close(unit.w, [9, -6], "w + y x", "Is y x added, or put in w's place?", inputs=called, suspects=suspects)
    expect_close(
        unit.b,
        6.0,
        "b + y",
        "Is y added, or put in b's place?",
        inputs=called,
        suspects={"the old bias is replaced": -1.0},
    )


def leaves_arrays_alone(correct: Function) -> None:
    """Neither the example nor the array of the old weights is changed."""
    unit, x = make_unit([1.0, 1.0], 0.0), np.array([1.0, 2.0])
    before = unit.w
    correct(unit, x, 1.0)
    called = "correct(self = Unit with w = [1, 1], x = [1, 2], y = 1)"
    expect_close(x, [1, 2], "x as it was", "The example belongs to the data: what writes into it?", inputs=called)
    think = "`w += ...` writes into the array that a pocket may have kept; `w = w + ...` makes a new one."
    suspects = {"the weights are changed in place": unit.w}
    words = "the array that held the old weights, as it was"
    expect_close(before, [1, 1], words, think, inputs=called, suspects=suspects)


def margin_grows(correct: Function) -> None:
    """The example's margin grows by |x|² + 1."""
    rng = np.random.default_rng(1)
    for _ in range(5):
        unit = make_unit(list(rng.normal(size=3)), float(rng.normal()))
        x, y = rng.normal(size=3), float(rng.choice([-1, 1]))
        before = unit.margins(x[None], np.array([y]))
        correct(unit, x, y)
        grown = unit.margins(x[None], np.array([y])) - before
        expect_close(
            grown,
            [x @ x + 1],
            "growth of the margin y (w·x + b): |x|² from the weights, 1 from the bias",
            "Put w + y x and b + y into y (w·x + b), with y² = 1.",
            suspects={"an example on its right side is left out: which ones are mistakes was judged before": [0]},
        )
