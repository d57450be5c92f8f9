"""Checks of `unbroadcast`."""

from __future__ import annotations

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect, expect_close


def unchanged(unbroadcast: Function) -> None:
    """Where nothing was stretched, the gradient stays as it is."""
    g = np.array([[1.0, 2.0], [3.0, 4.0]])
    expect_close(
        unbroadcast(g, np.zeros((2, 2))),
        g,
        "the gradient itself",
        "Which axes were stretched here?",
        suspects={"everything is summed": np.full((2, 2), 10.0)},
    )


def leading_axes(unbroadcast: Function) -> None:
    """Axes that the data did not have are summed away."""
    g = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    suspects = {
        "the mean is taken: each use counts in full": g.mean(0),
        "the first row is taken: all uses count": g[0],
        "the wrong axis is summed": g.sum(1),
        "the axes that the data did not have stay": g,
        "an axis that should go stays with length 1": g.sum(0, keepdims=True),
    }
    think = "Each number of the data was used once for each row: what comes back from all uses adds up."
    expect_close(unbroadcast(g, np.zeros(2)), g.sum(0), "the sum over the rows", think, suspects=suspects)
    expect_close(
        unbroadcast(g, np.zeros(())),
        21.0,
        "the sum of all, for data of shape ()",
        think,
        suspects={"the mean is taken: each use counts in full": 3.5},
    )


def axes_of_length_1(unbroadcast: Function) -> None:
    """Axes of length 1 are summed, and keep their place with length 1."""
    g = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    for shape, axis in (((3, 1), 1), ((1, 2), 0)):
        suspects = {
            "axes of length 1 are not summed": g,
            "the summed axis is lost": g.sum(axis),
            "the wrong axis is summed": g.sum(1 - axis, keepdims=True),
            "the mean is taken: each use counts in full": g.mean(axis, keepdims=True),
        }
        words = f"the sum over axis {axis}, of shape {shape}"
        think = "An axis of length 1 was stretched; the result must have the data's shape again."
        expect_close(unbroadcast(g, np.zeros(shape)), g.sum(axis, keepdims=True), words, think, suspects=suspects)


def both_at_once(unbroadcast: Function) -> None:
    """Whatever was stretched, ⟨g, stretched data⟩ = ⟨result, data⟩: the gradient of stretching is its adjoint."""
    rng = np.random.default_rng(0)
    for shape in ((3, 1), (1, 4), (4,), (1,), (2, 1, 4), (1, 3, 1), (1, 1), ()):
        data, g = rng.normal(size=shape), rng.normal(size=(2, 3, 4))
        got = unbroadcast(g, data)
        expect(
            np.shape(got) == shape,
            f"an array of the data's shape, {shape}",
            f"shape {np.shape(got)}",
            "First the axes that are too many, at the front; then those of length 1.",
            inputs=f"gradient of shape (2, 3, 4), data of shape {shape}",
        )
        right = float((g * np.broadcast_to(data, g.shape)).sum())
        expect_close(
            float((np.asarray(got) * data).sum()),
            right,
            "Σ result · data, the same as Σ gradient · stretched data",
            "Is anything counted twice, or not at all?",
            inputs=f"gradient of shape (2, 3, 4), data of shape {shape}",
        )


def type_of_the_data(unbroadcast: Function) -> None:
    """The gradient of float32 data is float32."""
    causes = {
        (3, 2): "the type of the data is forgotten",
        (2,): "the type of the data is forgotten where nothing was stretched",
    }
    for shape, cause in causes.items():
        got = unbroadcast(np.ones(shape), np.zeros(2, np.float32))
        expect(
            getattr(got, "dtype", None) == np.float32,
            "float32, as the data",
            str(getattr(got, "dtype", type(got))),
            "A single float64 gradient makes a whole network slow: astype, on every way out.",
            inputs=f"a float64 gradient of shape {shape}, float32 data of shape (2,)",
            suspects={cause: True},
        )
