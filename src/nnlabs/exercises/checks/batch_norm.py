"""Checks of `batch_norm`."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import Array, expect_close, expect_rule, expect_untouched, slopes

EPS = 1e-3


BATCH = np.array([[1.0, 10.0], [3.0, 10.0], [5.0, 40.0]])


GAMMA, BETA = np.array([2.0, 0.5]), np.array([1.0, -1.0])


def _apply(batch_norm: Function, *inputs: Array) -> Any:
    """What it returns for copies of these, as it may write into them."""
    return batch_norm(*(array.copy() for array in inputs), eps=EPS)


def normalized_columns(batch_norm: Function) -> None:
    """Each column gets mean 0 and variance 1 over the batch, then γ and β."""
    result = _apply(batch_norm, BATCH, GAMMA, BETA)
    expect_rule(result, 3, "Return y, then a function of g for each of x, gamma and beta.")
    centred = BATCH - BATCH.mean(0)
    right = GAMMA * centred / np.sqrt(BATCH.var(0) + EPS) + BETA
    rows = BATCH - BATCH.mean(1, keepdims=True)
    suspects = {
        "each example is normalized, not each column (layer norm)": GAMMA
        * rows
        / np.sqrt(BATCH.var(1, keepdims=True) + EPS)
        + BETA,
        "the variance stands where its square root belongs": GAMMA * centred / (BATCH.var(0) + EPS) + BETA,
        "the divisor of the variance is n - 1": GAMMA * centred / np.sqrt(BATCH.var(0, ddof=1) + EPS) + BETA,
        "γ and β are forgotten": centred / np.sqrt(BATCH.var(0) + EPS),
        "β is forgotten": right - BETA,
        "the mean is not taken off": GAMMA * BATCH / np.sqrt(BATCH.var(0) + EPS) + BETA,
        "ε is added behind the square root": GAMMA * centred / (BATCH.std(0) + EPS) + BETA,
        "ε is forgotten": GAMMA * centred / BATCH.std(0) + BETA,
    }
    expect_close(
        result[0],
        right,
        "γ (x - mean) / √(variance + ε) + β",
        "Over which axis do mean and variance run?",
        suspects=suspects,
    )


def constant_column(batch_norm: Function) -> None:
    """A column that is the same everywhere becomes β, not nan."""
    with np.errstate(all="ignore"):
        got = batch_norm(np.full((3, 1), 7.0), np.ones(1), np.full(1, 0.5), eps=EPS)[0]
    expect_close(
        got,
        np.full((3, 1), 0.5),
        "β, as x - mean is 0",
        "What is ε for?",
        suspects={"ε is forgotten": np.full((3, 1), np.nan)},
    )


def back_to_gamma_and_beta(batch_norm: Function) -> None:
    """To γ comes back Σ g x̂, to β Σ g, over the batch."""
    g = np.array([[1.0, 2.0], [0.0, 1.0], [3.0, -1.0]])
    normed = (BATCH - BATCH.mean(0)) / np.sqrt(BATCH.var(0) + EPS)
    _, _, to_gamma, to_beta = _apply(batch_norm, BATCH, GAMMA, BETA)
    inputs = "a batch of 3 examples with 2 columns; g = [[1, 2], [0, 1], [3, -1]] arrives"
    expect_close(
        to_gamma(g.copy()),
        (g * normed).sum(0),
        "Σ g x̂ over the batch",
        "y = γ x̂ + β: what is its slope in γ?",
        inputs=inputs,
        suspects={
            "the sum over the batch is forgotten": g * normed,
            "the mean over the batch is taken": (g * normed).mean(0),
            "x stands where the normalized x̂ belongs": (g * BATCH).sum(0),
        },
    )
    expect_close(
        to_beta(g.copy()),
        g.sum(0),
        "Σ g over the batch",
        "β was added to every example.",
        inputs=inputs,
        suspects={"the sum over the batch is forgotten": g, "the mean over the batch is taken": g.mean(0)},
    )


def back_to_x(batch_norm: Function) -> None:
    """To x comes back what two evaluations nearby show: mean and variance hang on x, too."""
    rng = np.random.default_rng(0)
    for x, g in ((BATCH[:, :1], np.array([[1.0], [0.0], [0.0]])), (rng.normal(size=(5, 2)), rng.normal(size=(5, 2)))):
        gamma, beta = GAMMA[: x.shape[1]], BETA[: x.shape[1]]
        measured = slopes(lambda *inputs: batch_norm(*inputs, eps=EPS), (x, gamma, beta), 0, g)
        std = np.sqrt(x.var(0) + EPS)
        normed, centred = (x - x.mean(0)) / std, g - g.mean(0)
        suspects = {
            "mean and variance are taken for constants": gamma / std * g,
            "the variance is taken for a constant": gamma / std * centred,
            "the mean is taken for a constant": gamma / std * (g - normed * (g * normed).mean(0)),
            "γ is forgotten": measured / gamma,
            "the sums over the batch are not divided by n": gamma / std * (g - g.sum(0) - normed * (g * normed).sum(0)),
            "it is not divided by the standard deviation": measured * std,
        }
        expect_close(
            _apply(batch_norm, x, gamma, beta)[1](g.copy()),
            measured,
            "the measured slopes",
            "Changing one x moves the mean and the variance of its column, and with them all examples.",
            inputs=f"a batch of shape {x.shape}" + ("; g = [1, 0, 0] arrives" if x.shape[1] == 1 else ""),
            tolerance=1e-6,
            suspects=suspects,
        )


def arrays_are_left_alone(batch_norm: Function) -> None:
    """Neither the inputs nor g are overwritten: they belong to others, too."""
    inputs = {"x": BATCH, "gamma": GAMMA, "beta": BETA}
    expect_untouched(lambda *arrays: batch_norm(*arrays, eps=EPS), inputs, np.array([[1.0, 2], [0, 1], [3, -1]]))
