"""Checks of `scalar_backward`."""

from __future__ import annotations

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect_close, expect_rule, expect_untouched, slopes


def quotient(div: Function) -> None:
    """The value is a / b, and one function for each of a and b carries a gradient back."""
    result = div(np.float64(6.0), np.float64(3.0))
    expect_rule(result, 2, "Return three things: y, a function of g for a, a function of g for b.")
    expect_close(result[0], 2.0, "6 / 3", "What is the value, before any gradient?")


def back_to_a(div: Function) -> None:
    """To the numerator comes back g / b."""
    for g in (1.0, 2.0):
        got = div(np.float64(6.0), np.float64(4.0))[1](np.float64(g))
        suspects = {
            "g is forgotten: the chain rule multiplies by what arrives": 0.25,
            "the rule of the product is used": 4 * g,
            "the two gradients are the wrong way round": -g * 6 / 16,
            "b is multiplied, not divided by": 4 * g,
        }
        expect_close(got, g / 4, f"g / b for g = {g:g}", "What is d(a/b)/da, if b is a constant?", suspects=suspects)


def back_to_b(div: Function) -> None:
    """To the denominator comes back -g a / b²."""
    for g in (1.0, 2.0):
        got = div(np.float64(6.0), np.float64(4.0))[2](np.float64(g))
        suspects = {
            "the minus is missing: a larger b makes the quotient smaller": g * 6 / 16,
            "b is not squared": -g * 6 / 4,
            "g is forgotten: the chain rule multiplies by what arrives": -6 / 16,
            "a is forgotten": -g / 16,
            "the rule of the product is used": 6 * g,
            "the two gradients are the wrong way round": g / 4,
        }
        expect_close(
            got,
            -g * 6 / 16,
            f"-g a / b² for g = {g:g}",
            "Write a/b as a b⁻¹; what is its slope in b?",
            suspects=suspects,
        )


def as_measured(div: Function) -> None:
    """On arrays, both gradients are the slopes that two evaluations nearby show."""
    rng = np.random.default_rng(0)
    a, b, g = rng.normal(size=4), rng.uniform(0.5, 2, 4), rng.normal(size=4)
    for which, name in enumerate("ab"):
        got = div(a.copy(), b.copy())[1 + which](g.copy())
        words = f"the measured slope for {name}, times g"
        expect_close(got, slopes(div, (a, b), which, g), words, "Does it work element by element?", tolerance=1e-6)


def arrays_are_left_alone(div: Function) -> None:
    """Neither a, b nor g is overwritten: they belong to others, too."""
    expect_untouched(div, {"a": np.array([6.0, 1.0]), "b": np.array([4.0, -2.0])}, np.array([1.0, 2.0]))
