"""Exercises of lab 1: the perceptron."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Exercise, mistake
from nnlabs.exercises.expect import expect, expect_close
from nnlabs.labs.perceptron.margin import Margin
from nnlabs.scratch.perceptron_rule import Unit

Function = Callable[..., Any]


def _unit(w: list[float], b: float) -> Unit:
    unit = Unit(len(w))
    unit.w, unit.b = np.array(w), b
    return unit


# ---- Which side, and how clearly


def two_by_hand(margins: Function) -> None:
    """Each weight meets its own feature; the bias counts, and the label decides the sign of it all."""
    unit, X, y = _unit([2.0, -1.0], 0.5), np.array([[1.0, 2.0], [3.0, 0.0]]), np.array([1.0, -1.0])
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
        unit, X, y = _unit(list(rng.normal(size=d)), 0.5), rng.normal(size=(n, d)), rng.choice([-1.0, 1.0], n)
        think = "A sum over the features (the columns) leaves one number an example; over which axis do you sum?"
        expect_close(margins(unit, X, y), y * (X @ unit.w + 0.5), "the margin of each example", think)


PREDICT = Exercise(
    name="perceptron_predict",
    lab=1,
    title="the side on which a perceptron sees each example, and how clearly",
    minutes=10,
    hints=(
        "A margin is the score w·x + b, with the label's sign: positive means right, whichever class it is.",
        "`self.w` has shape (d,), X has shape (n, d): multiply them, and sum over the features of each example.",
        "The scores are (X * self.w).sum(axis=1) + self.b; what is left is to multiply the whole of that by y.",
    ),
    why="One sign for both classes makes the learning rule a single line, and Novikoff's proof a page (Rosenblatt 1958).",
    checks=(two_by_hand, one_margin_an_example),
    mistakes=(
        mistake("the bias is left out", "the bias is left out", ".sum(axis=1) + self.b", ".sum(axis=1)"),
        mistake("the bias is subtracted", "the bias is subtracted", "+ self.b", "- self.b"),
        mistake(
            "the bias is not multiplied by the label",
            "the bias is not multiplied by the label",
            "y * ((X * self.w).sum(axis=1) + self.b)",
            "y * (X * self.w).sum(axis=1) + self.b",
        ),
        mistake("the label is forgotten", "the label", "y * ((X", "((X"),
        mistake("the sum runs over the examples", "sum runs over the examples", "axis=1", "axis=0"),
        mistake("the sign is turned round", "turned round", "y * ((X", "-y * ((X"),
        mistake("only the side is returned", "only the side", "y * ((X * self.w).sum(axis=1) + self.b)",
                "np.sign(y * ((X * self.w).sum(axis=1) + self.b))"),
        mistake("the length of the weights is divided out", "divided out", "return margins",
                "return margins / np.linalg.norm(self.w)"),
    ),
)  # fmt: skip


# ---- Learning from a mistake


def from_zero(correct: Function) -> None:
    """From zero, the weights become the example itself, with the sign of its label."""
    for y in (1.0, -1.0):
        unit, x = Unit(2), np.array([1.0, 2.0])
        correct(unit, x, y)
        called = f"correct(self = a new Unit, w = [0, 0] and b = 0, x = [1, 2], y = {y:g})"
        suspects = {"the label is forgotten": [1.0, 2.0], "y x is subtracted": [-y, -2 * y], "nothing is changed": [0, 0]}
        expect_close(unit.w, [y, 2 * y], "w + y x", "Which way must w turn so that y (w·x + b) grows?",
                     inputs=called, suspects=suspects)  # fmt: skip
        causes: dict[str, Any] = {"the bias does not learn": 0.0, "the bias ignores the label": 1.0, "the bias is subtracted": -y}
        causes["the bias learns from the features too"] = 3 * y
        think = "The bias is a weight whose feature is always 1."
        expect_close(unit.b, y, "b + y", think, inputs=called, suspects=causes)


def adds_to_what_was_learnt(correct: Function) -> None:
    """What was learnt before stays; the correction is added to it."""
    unit = _unit([10.0, -4.0], 7.0)
    correct(unit, np.array([1.0, 2.0]), -1.0)
    called = "correct(self = Unit with w = [10, -4], b = 7, x = [1, 2], y = -1)"
    suspects = {"the old weights are replaced": [-1, -2]}
    expect_close(unit.w, [9, -6], "w + y x", "Is y x added, or put in w's place?", inputs=called, suspects=suspects)
    expect_close(unit.b, 6.0, "b + y", "Is y added, or put in b's place?", inputs=called,
                 suspects={"the old bias is replaced": -1.0})  # fmt: skip


def leaves_arrays_alone(correct: Function) -> None:
    """Neither the example nor the array of the old weights is changed."""
    unit, x = _unit([1.0, 1.0], 0.0), np.array([1.0, 2.0])
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
        unit, x, y = _unit(list(rng.normal(size=3)), float(rng.normal())), rng.normal(size=3), float(rng.choice([-1, 1]))
        before = unit.margins(x[None], np.array([y]))
        correct(unit, x, y)
        grown = unit.margins(x[None], np.array([y])) - before
        expect_close(grown, [x @ x + 1], "growth of the margin y (w·x + b): |x|² from the weights, 1 from the bias",
                     "Put w + y x and b + y into y (w·x + b), with y² = 1.")  # fmt: skip


UPDATE = Exercise(
    name="perceptron_update",
    lab=1,
    title="what a perceptron learns from one mistake",
    minutes=10,
    hints=(
        "The mistake is that y (w·x + b) is not positive. Change w and b so that it grows.",
        "Adding y x to w makes y w·x larger by |x|²; the bias is a weight whose feature is always 1.",
        "Two lines: self.w = self.w + y * x, and the same for self.b with 1 in place of x.",
    ),
    why="This rule finds a separating line after finitely many mistakes wherever one exists (Rosenblatt 1958, Novikoff 1962).",
    checks=(from_zero, adds_to_what_was_learnt, leaves_arrays_alone, margin_grows),
    mistakes=(
        mistake("the bias does not learn", "the bias does not learn", "self.b += y", "self.b += 0"),
        mistake("the label is forgotten", "the label is forgotten", "+ y * x", "+ x"),
        mistake("y x is subtracted", "y x is subtracted", "+ y * x", "- y * x"),
        mistake("the bias ignores the label", "the bias ignores the label", "self.b += y", "self.b += 1"),
        mistake("the bias is subtracted", "the bias is subtracted", "self.b += y", "self.b -= y"),
        mistake("the weights are changed in place", "in place", "self.w = self.w + y * x", "self.w += y * x"),
        mistake("the old weights are replaced", "old weights are replaced", "self.w + y * x", "y * x"),
        mistake("the old bias is replaced", "old bias is replaced", "self.b += y", "self.b = y"),
    ),
)  # fmt: skip


# ---- The margin, and Novikoff's bound


def one_example(margin_of: Function) -> None:
    """Of one example: its distance from the boundary, and its own length, both with the 1 for the bias."""
    got = margin_of(np.array([0.0, 0.0, 2.0]), np.array([[3.0, 4.0]]), np.array([1.0]))
    called = "margin_of(w = [0, 0, 2], X = [[3, 4]], y = [1])"
    expect_close(got.w, [0, 0, 1], "w scaled to length 1", "Divide w by its length.", inputs=called)
    expect_close(got.gamma, 1.0, "γ = y u·x̃, for u of length 1 and x̃ = (3, 4, 1)", "Is the weight vector of length 1?",
                 inputs=called, suspects={"the weights are not scaled to length 1": 2.0})  # fmt: skip
    suspects = {"the 1 for the bias is left out": 5.0, "the length is left squared": 26.0}
    expect_close(got.radius, np.sqrt(26), "R = |(3, 4, 1)|", "x̃ has one number more than x.", inputs=called, suspects=suspects)


def nearest_and_farthest(margin_of: Function) -> None:
    """γ is the nearest example's, R the farthest one's, whichever their classes."""
    X, y = np.array([[1.0], [4.0], [-2.0]]), np.array([1.0, 1.0, -1.0])
    got = margin_of(np.array([1.0, 0.0]), X, y)
    called = "margin_of(w = [1, 0], X = [[1], [4], [-2]], y = [1, 1, -1])"
    suspects = {
        "the labels are forgotten": -2.0,
        "the mean is taken instead of the smallest": 7 / 3,
        "the largest is taken instead of the smallest": 4.0,
    }
    expect_close(got.gamma, 1.0, "γ = min yᵢ u·x̃ᵢ", "How far is the example at 1, the nearest?", inputs=called, suspects=suspects)
    suspects = {"the mean length is taken": float(np.mean(np.sqrt([2, 17, 5])))}
    expect_close(got.radius, np.sqrt(17), "R = max |x̃ᵢ|", "Which example lies farthest out?", inputs=called, suspects=suspects)


def refuses_what_does_not_separate(margin_of: Function) -> None:
    """A boundary with an example on its wrong side has no margin: that is a ValueError."""
    try:
        got = margin_of(np.array([1.0, 0.0]), np.array([[1.0], [2.0]]), np.array([1.0, -1.0]))
    except ValueError:
        return
    expect(False, "a ValueError, as the example at 2 lies on the wrong side", got, "What is γ here? What if it is not above 0?",
           inputs="margin_of(w = [1, 0], X = [[1], [2]], y = [1, -1])",
           suspects={"a boundary that does not separate is accepted": True})  # fmt: skip


def bound_by_hand(bound: Function) -> None:
    """For R = 3 and γ = 1/2 the bound is 36."""
    got = bound(Margin(np.array([1.0, 0.0]), 0.5, 3.0))
    suspects = {
        "the quotient is not squared": 6.0,
        "R and γ are the wrong way round": 1 / 36,
        "γ is multiplied, not divided by": 2.25,
        "only R is squared": 18.0,
    }
    expect_close(got, 36.0, "(R / γ)²", "More room between the classes means fewer mistakes: R² / γ².",
                 inputs="bound(self = Margin with gamma = 0.5, radius = 3)", suspects=suspects)  # fmt: skip


def no_order_exceeds_it(margin_of: Function, bound: Function) -> None:
    """A perceptron never makes more mistakes than the bound allows, in any order of the examples."""
    rng = np.random.default_rng(2)
    X = np.vstack([rng.normal(2, 0.5, (20, 2)), rng.normal(-2, 0.5, (20, 2))])
    y = np.repeat([1.0, -1.0], 20)
    limit = float(bound(margin_of(np.array([1.0, 1.0, 0.0]), X, y)))
    for _ in range(10):
        unit, order, total = Unit(2), rng.permutation(40), 0
        while made := unit.learn_epoch(X[order], y[order]):
            total += made
        expect(total <= limit, f"at least the {total} mistakes that a perceptron makes", limit,
               "Is γ that of the nearest example, and R that of the farthest?", inputs="40 points in two clouds")  # fmt: skip


NOVIKOFF = Exercise(
    name="novikoff",
    lab=1,
    title="the margin of two classes, and how many mistakes it allows at most",
    minutes=20,
    hints=(
        "Write each example as x̃ = (x, 1), so that the bias is a weight like the others: np.column_stack adds the 1s.",
        "With u = w / |w|, yᵢ u·x̃ᵢ is the distance of example i from the boundary, negative on the wrong side.",
        "gamma = (y * (augmented @ u)).min(), an error if it is not above 0; radius = the largest np.linalg.norm(..., axis=1); "
        "the bound is (R / γ)².",
    ),
    why="Each mistake adds at least γ to w·u but at most R² to |w|², so there can be no more than (R/γ)² of them (Novikoff 1962).",
    checks=(one_example, nearest_and_farthest, refuses_what_does_not_separate, bound_by_hand, no_order_exceeds_it),
    mistakes=(
        mistake("the weights are not scaled to length 1", "length 1", "u = w / np.linalg.norm(w)", "u = w"),
        mistake("the 1 for the bias is left out of R", "the 1 for the bias", "np.linalg.norm(augmented,", "np.linalg.norm(X,"),
        mistake("the mean margin is taken", "the mean is taken", "(y * (augmented @ u)).min()", "(y * (augmented @ u)).mean()"),
        mistake("the labels are forgotten", "the labels are forgotten", "(y * (augmented @ u)).min()", "(augmented @ u).min()",
                "if gamma <= 0", "if False"),
        mistake("the mean length is taken for R", "the mean length", "axis=1).max()", "axis=1).mean()"),
        mistake("a boundary that does not separate is accepted", "does not separate", "if gamma <= 0:", "if False:"),
        mistake("the quotient is not squared", "not squared", "** 2", "** 1"),
        mistake("R and γ are the wrong way round", "wrong way round", "self.radius / self.gamma", "self.gamma / self.radius"),
    ),
)  # fmt: skip

EXERCISES = (PREDICT, UPDATE, NOVIKOFF)
