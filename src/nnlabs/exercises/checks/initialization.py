"""Checks of `initialization`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from nnlabs.exercises.exercise import Function
from nnlabs.exercises.expect import expect


def _draw(init: Function, n_in: int, n_out: int, seed: int = 0) -> Any:
    return init(np.random.default_rng(seed), n_in, n_out)


def _check_draw(
    init: Function, name: str, variance: Callable[[int, int], float], suspects: dict[str, Callable[[int, int], float]]
) -> None:
    for n_in, n_out in ((300, 100), (50, 400)):
        got = _draw(init, n_in, n_out)
        inputs = f"{name}(rng, n_in = {n_in}, n_out = {n_out})"
        expect(
            np.shape(got) == (n_in, n_out),
            f"an array of shape ({n_in}, {n_out}): a layer computes x W",
            f"shape {np.shape(got)}",
            "x has n_in numbers an example; which shape has W in x @ W?",
            inputs=inputs,
            suspects={"inputs and outputs are the wrong way round": np.shape(got) == (n_out, n_in)},
        )
        std, mean = float(np.std(got)), float(np.mean(got))
        right = np.sqrt(variance(n_in, n_out))
        causes = {cause: abs(std - expected(n_in, n_out)) < 0.03 * std for cause, expected in suspects.items()}
        expect(
            abs(mean) < 0.05 * right,
            f"a mean near 0 (within {0.05 * right:.2g})",
            mean,
            "Are half of the weights negative?",
            inputs=inputs,
            suspects={
                "the standard deviation is passed as the mean": abs(std - 1) < 0.1 and abs(mean - right) < 0.1,
                "all weights are positive": bool(np.min(got) >= 0),
            },
        )
        expect(
            abs(std - right) < 0.03 * right,
            f"a standard deviation of {right:.4g}, give or take 3 %",
            f"{std:.4g}",
            "A variance of v is a standard deviation of √v. Which numbers of inputs and outputs belong in it?",
            inputs=inputs,
            suspects=causes,
        )
        share = float((np.abs(got) < right).mean())
        expect(
            abs(share - 0.683) < 0.03,
            "68 % of the weights within one standard deviation, give or take 3 points: they are normal, N(0, v)",
            f"{share:.1%}",
            "Which of rng's functions draws from a normal distribution?",
            inputs=inputs,
            suspects={"the weights are drawn uniformly": abs(share - 1 / np.sqrt(3)) < 0.03},
        )


def xavier_spread(xavier: Function) -> None:
    """Xavier's weights are normal, with mean 0 and variance 2 / (n_in + n_out)."""
    _check_draw(
        xavier,
        "xavier",
        lambda i, o: 2 / (i + o),
        {
            "the variance is taken for the standard deviation": lambda i, o: 2 / (i + o),
            "1 stands where 2 belongs": lambda i, o: np.sqrt(1 / (i + o)),
            "the outputs are left out": lambda i, o: np.sqrt(2 / i),
            "the outputs are left out ": lambda i, o: np.sqrt(1 / i),
            "the weights are not scaled": lambda i, o: 1.0,
        },
    )


def he_spread(he: Function) -> None:
    """He's weights are normal, with mean 0 and variance 2 / n_in."""
    _check_draw(
        he,
        "he",
        lambda i, o: 2 / i,
        {
            "the variance is taken for the standard deviation": lambda i, o: 2 / i,
            "the outputs are counted instead of the inputs": lambda i, o: np.sqrt(2 / o),
            "the 2 for ReLU is missing": lambda i, o: np.sqrt(1 / i),
            "the outputs are counted too": lambda i, o: np.sqrt(2 / (i + o)),
            "the weights are not scaled": lambda i, o: 1.0,
        },
    )


def same_seed_same_weights(xavier: Function, he: Function) -> None:
    """The same seed gives the same weights, another one others."""
    for name, init in (("xavier", xavier), ("he", he)):
        first, again, other = (_draw(init, 3, 2, seed) for seed in (0, 0, 1))
        inputs = f"{name}(rng, n_in = 3, n_out = 2), twice with a new rng of seed 0"
        expect(
            bool(np.array_equal(first, again)),
            "the same weights twice",
            again,
            "Draw from `rng`, which was given.",
            inputs=inputs,
            suspects={"the generator that was given is not used": True},
        )
        expect(
            not np.array_equal(first, other),
            "other weights with seed 1",
            other,
            "Draw from `rng`, which was given.",
            inputs=f"{name}(rng, n_in = 3, n_out = 2) with seeds 0 and 1",
        )


def he_keeps_a_signal(he: Function) -> None:
    """Through 30 layers with ReLU the signal neither dies out nor explodes."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal((64, 128))
    for _ in range(30):
        x = np.maximum(x @ he(rng, 128, 128), 0)
    size = float(np.sqrt((x**2).mean()))
    expect(
        0.1 < size < 10,
        "a root mean square between 0.1 and 10 behind 30 layers",
        f"{size:.3g}",
        "Each layer multiplies the variance by n_in · Var(W) / 2.",
        inputs="30 layers of 128 units with ReLU",
    )
