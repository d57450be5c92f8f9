"""Checks of `activations`."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect, expect_close, expect_rule, expect_untouched


def _back(rule: Function, x: float, g: float, wanted: float, suspects: dict[str, float], words: str) -> None:
    """Insist on what comes back through an activation at one place."""
    result = rule(np.array([x]))
    expect_rule(result, 1, "Return y and one function of g.")
    causes: dict[str, Any] = {
        "g is forgotten: the chain rule multiplies by what arrives": [wanted / g],
        "g is added instead of multiplied": [wanted / g + g],
        **{name: [value] for name, value in suspects.items()},
    }
    name = getattr(rule, "__name__", "the function")
    expect_close(
        result[1](np.array([g])),
        [wanted],
        words,
        "What is f' here, and what does the chain rule do with g?",
        inputs=f"x = {x:g}, and g = {g:g} arrives at {name}",
        tolerance=1e-7,
        suspects=causes,
    )


def tanh_values(tanh: Function) -> None:
    """Tanh runs from -1 through 0 to 1, however large x is."""
    x = np.array([0.0, 0.5, -0.5, 1000.0, -1000.0])
    result = tanh(x.copy())
    expect_rule(result, 1, "Return y and one function of g.")
    suspects = {"the sigmoid is computed": 1 / (1 + np.exp(-np.clip(x, -500, 500)))}
    expect_close(
        result[0],
        [0, 0.46211715726, -0.46211715726, 1, -1],
        "(eˣ - e⁻ˣ) / (eˣ + e⁻ˣ)",
        "Does an exponential overflow for ±1000? NumPy has this function.",
        suspects=suspects,
    )


def tanh_slope(tanh: Function) -> None:
    """The slope of tanh is 1 - tanh² x."""
    for x, g in ((0.5, 1.5), (-1.0, 2.0)):
        y = float(np.tanh(x))
        suspects = {
            "the square is missing": g * (1 - y),
            "x stands where y belongs": g * (1 - x * x),
            "the slope of the sigmoid is used": g * y * (1 - y),
            "the square stands alone": g * y * y,
        }
        _back(tanh, x, g, g * (1 - y * y), suspects, "g (1 - tanh² x)")


def leaky_values(leaky_relu: Function) -> None:
    """Positive x come through, negative ones are multiplied by the slope."""
    x = np.array([2.0, -2.0, 0.0])
    suspects = {
        "negative x become 0": [2, 0, 0],
        "the two sides are the wrong way round": [0.02, -2, 0],
        "the sign of the negative side is turned round": [2, 0.02, 0],
    }
    result = leaky_relu(x.copy())
    expect_rule(result, 1, "Return y and one function of g.")
    expect_close(
        result[0], [2, -0.02, 0], "x for x > 0, else 0.01 x", "What does a negative x give?", suspects=suspects
    )
    expect_close(
        leaky_relu(x.copy(), slope=0.5)[0],
        [2, -1, 0],
        "x for x > 0, else slope x, with slope = 0.5",
        "Is the slope that was given used?",
        suspects={"the slope is always 0.01": [2, -0.02, 0]},
    )
    expect_close(
        leaky_relu(x.copy(), slope=2.0)[0],
        [2, -4, 0],
        "x for x > 0, else slope x, with slope = 2",
        "Which of x and slope x is the larger where the slope is above 1?",
        suspects={"the larger of x and slope x is taken": [4, -2, 0]},
    )


def leaky_slope(leaky_relu: Function) -> None:
    """The slope is 1 on the right and `slope` on the left."""
    for x, g, wanted in ((2.0, 3.0, 3.0), (-2.0, 3.0, 0.03)):
        suspects = {
            "no gradient comes through for negative x": 0.0,
            "the gradient's sign decides, not the sign of x": 3.0,
            "x is multiplied in": g * x * (1 if x > 0 else 0.01),
            "the two slopes are the wrong way round": 3.03 - wanted,
        }
        _back(leaky_relu, x, g, wanted, suspects, "g times 1 for x > 0, g times 0.01 else")
    expect_close(
        leaky_relu(np.array([-2.0]), slope=0.5)[1](np.array([3.0])),
        [1.5],
        "g times the slope that was given",
        "Is the slope that was given used on the way back, too?",
        inputs="x = -2, slope = 0.5, and g = 3 arrives",
        suspects={"the slope is always 0.01 on the way back": [0.03]},
    )


def elu_values(elu: Function) -> None:
    """Positive x come through, negative ones near -alpha, without an overflow anywhere."""
    x = np.array([2.0, -2.0, 0.0])
    result = elu(x.copy())
    expect_rule(result, 1, "Return y and one function of g.")
    low = np.exp(-2) - 1
    suspects = {
        "the -1 is missing": [2, low + 1, 0],
        "negative x become 0": [2, 0, 0],
        "the -1 is missing ": [2, low + 1, 1],
    }
    expect_close(
        result[0], [2, low, 0], "x for x > 0, else eˣ - 1", "Is the function without a jump at 0?", suspects=suspects
    )
    expect_close(
        elu(x.copy(), alpha=2.0)[0],
        [2, 2 * low, 0],
        "x for x > 0, else alpha (eˣ - 1), with alpha = 2",
        "Where does alpha go?",
        suspects={"alpha is forgotten": [2, low, 0]},
    )


def elu_slope(elu: Function) -> None:
    """The slope is 1 on the right and alpha eˣ on the left."""
    for x in (2.0, -2.0):
        result = elu(np.array([x]), alpha=2.0)
        right = 3 * (1.0 if x > 0 else 2 * np.exp(x))
        suspects = {
            "alpha is forgotten in the slope": [3 * np.exp(x)],
            "g is forgotten: the chain rule multiplies by what arrives": [right / 3],
            "the value is taken for the slope": [3 * (x if x > 0 else 2 * (np.exp(x) - 1))],
        }
        expect_close(
            result[1](np.array([3.0])),
            [right],
            "g times 1 for x > 0, g times alpha eˣ else",
            "What is the derivative of alpha (eˣ - 1)?",
            suspects=suspects,
            inputs=f"x = {x:g}, alpha = 2, and g = 3 arrives",
        )


def elu_is_safe(elu: Function) -> None:
    """A large positive x is no overflow: eˣ is not needed there."""
    with np.errstate(over="raise"):
        try:
            y, back = elu(np.array([1000.0]))
            ended = f"{y}, {back(np.array([1.0]))}"
        except FloatingPointError as error:
            ended = str(error)
    expect(
        "overflow" not in ended,
        "1000, and no warning",
        ended,
        "np.where computes both sides: what is e¹⁰⁰⁰?",
        inputs="x = [1000]",
        suspects={"the exponential of large positive x overflows": True},
    )


def arrays_of_any_shape(tanh: Function, leaky_relu: Function, elu: Function) -> None:
    """A batch has a row for each example: values and gradients keep the shape of x, whatever it is."""
    x, g = np.array([[2.0, -2.0, 0.5], [-0.5, 1.0, -1.0]]), np.array([[1.0, 2.0, 3.0], [-1.0, -2.0, -3.0]])
    positive, y = x > 0, np.tanh(x)
    rules = {
        tanh: (y, g * (1 - y * y)),
        leaky_relu: (np.where(positive, x, 0.01 * x), np.where(positive, g, 0.01 * g)),
        elu: (np.where(positive, x, np.exp(x) - 1), np.where(positive, g, g * np.exp(x))),
    }
    think = "NumPy's functions work on arrays of any shape: is there a loop, or a sum, that is not needed?"
    for rule, (value, slope) in rules.items():
        result = rule(x.copy())
        expect_rule(result, 1, "Return y and one function of g.")
        expect_close(result[0], value, "a value for each x", think, tolerance=1e-7)
        inputs = f"x and g of shape (2, 3), and g arrives at {rule.__name__}"
        expect_close(result[1](g.copy()), slope, "g f'(x) for each x", think, inputs=inputs, tolerance=1e-7)


def arrays_are_left_alone(tanh: Function, leaky_relu: Function, elu: Function) -> None:
    """Neither x nor g is overwritten: both belong to others, too."""
    for rule in (tanh, leaky_relu, elu):
        expect_untouched(rule, {"x": np.array([2.0, -2.0, 0.5])}, np.array([1.0, 2.0, 3.0]))
