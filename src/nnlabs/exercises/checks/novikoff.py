"""Checks of `novikoff`."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect, expect_close
from nnlabs.scratch.perceptron_rule import Unit


def one_example(margin_of: Function) -> None:
    """Of one example: its distance from the boundary, and its own length, both with the 1 for the bias."""
    got = margin_of(np.array([0.0, 0.0, 2.0]), np.array([[3.0, 4.0]]), np.array([1.0]))
    called = "margin_of(w = [0, 0, 2], X = [[3, 4]], y = [1])"
    expect_close(got.w, [0, 0, 1], "w scaled to length 1", "Divide w by its length.", inputs=called)
    expect_close(
        got.gamma,
        1.0,
        "γ = y u·x̃, for u of length 1 and x̃ = (3, 4, 1)",
        "Is the weight vector of length 1?",
        inputs=called,
        suspects={"the weights are not scaled to length 1": 2.0},
    )
    suspects = {"the 1 for the bias is left out": 5.0, "the length is left squared": 26.0}
    expect_close(
        got.radius, np.sqrt(26), "R = |(3, 4, 1)|", "x̃ has one number more than x.", inputs=called, suspects=suspects
    )


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
    expect_close(
        got.gamma, 1.0, "γ = min yᵢ u·x̃ᵢ", "How far is the example at 1, the nearest?", inputs=called, suspects=suspects
    )
    suspects = {"the mean length is taken": float(np.mean(np.sqrt([2, 17, 5])))}
    expect_close(
        got.radius, np.sqrt(17), "R = max |x̃ᵢ|", "Which example lies farthest out?", inputs=called, suspects=suspects
    )


def refuses_what_does_not_separate(margin_of: Function) -> None:
    """A boundary with an example on its wrong side, or on itself, has no margin: that is a ValueError."""
    cases = {
        2.0: ("on the wrong side", "a boundary that does not separate is accepted"),
        0.0: ("exactly on the boundary", "an example exactly on the boundary is accepted"),
    }
    for x, (where, cause) in cases.items():
        try:
            got = margin_of(np.array([1.0, 0.0]), np.array([[1.0], [x]]), np.array([1.0, -1.0]))
        except ValueError:
            continue
        expect(
            False,
            f"a ValueError, as the example at {x:g} lies {where}",
            got,
            "What is γ here? What if it is not above 0?",
            inputs=f"margin_of(w = [1, 0], X = [[1], [{x:g}]], y = [1, -1])",
            suspects={cause: True},
        )


def arrays_are_left_alone(margin_of: Function) -> None:
    """Weights, examples and labels stay as they are: they belong to others, too."""
    arrays = {"w": np.array([0.0, 0.0, 2.0]), "X": np.array([[3.0, 4.0]]), "y": np.array([1.0])}
    before = {name: array.copy() for name, array in arrays.items()}
    margin_of(*arrays.values())
    for name, array in arrays.items():
        expect_close(
            array,
            before[name],
            f"{name} as it was",
            "`/=`, `*=` and `out=` write into the array that came in: make a new one.",
            inputs="margin_of(w = [0, 0, 2], X = [[3, 4]], y = [1])",
            suspects={f"{name} is overwritten": array},
        )


def bound_by_hand(bound: Function) -> None:
    """For R = 3 and γ = 1/2 the bound is 36; it need not be a whole number."""
    for radius, gamma in ((3.0, 0.5), (2.5, 0.3)):
        got = bound(SimpleNamespace(w=np.array([1.0, 0.0]), gamma=gamma, radius=radius))
        suspects = {
            "the quotient is not squared": radius / gamma,
            "R and γ are the wrong way round": (gamma / radius) ** 2,
            "γ is multiplied, not divided by": (radius * gamma) ** 2,
            "only R is squared": radius**2 / gamma,
            "γ is left out": 4 * radius**2,
            "the quotient is rounded": (radius // gamma) ** 2,
        }
        expect_close(
            got,
            (radius / gamma) ** 2,
            "(R / γ)²",
            "More room between the classes means fewer mistakes: R² / γ².",
            inputs=f"bound(self = Margin with gamma = {gamma:g}, radius = {radius:g})",
            suspects=suspects,
        )


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
        expect(
            total <= limit,
            f"at least the {total} mistakes that a perceptron makes",
            limit,
            "Is γ that of the nearest example, and R that of the farthest?",
            inputs="40 points in two clouds",
        )
