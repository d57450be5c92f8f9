"""What linear layers, dropout and batch norm do to arrays in training: rules as in `ops`. The layers are in `layers`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.scratch.ops import operation


@operation
def linear(x: Array, W: Array, b: Array, /) -> tuple[Any, ...]:
    """Affine map: x W + b, for one example x, shape (n_in,), or many, shape (..., n_in); one step where `x @ W + b` is two."""
    n_in, n_out = W.shape
    X = x.reshape(-1, n_in)
    ones = _ones(len(X), W.dtype)
    # Y = X W + 1 bᵀ: dL/dX = G Wᵀ, dL/dW = Xᵀ G, dL/db = Gᵀ 1
    # (dot is @ for these shapes, and faster where they are small)
    return (
        x.dot(W) + b,
        lambda g: g.dot(W.T),
        lambda g: X.T.dot(g.reshape(-1, n_out)),
        lambda g: ones.dot(g.reshape(-1, n_out)),
    )


@lru_cache(maxsize=8)
def _ones(n: int, dtype: np.dtype[Any]) -> Array:
    """The vector 1 that sums over n examples: made once, as making it takes longer than the sum."""
    ones = np.ones(n, dtype)
    ones.flags.writeable = False
    return ones


def dropout(x: Array, /, *, p: float, rng: np.random.Generator) -> tuple[Any, ...]:
    """Set each number to 0 with probability p, and divide the others by 1 - p, so that the mean stays ("inverted" dropout).

    Args:
        x: any shape.
        p: probability of being dropped, from 0 up to, not including, 1.
        rng: where the choices are drawn from.

    Returns:
        The value, of x's shape and type, and the function that carries a gradient back to x, through the same choices.

    Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov (2014).
    """
    kept = rng.random(x.shape) >= p
    # E[kept / (1 - p)] = 1
    scale = (kept / (1 - p)).astype(x.dtype)
    # dy/dx = scale
    return x * scale, lambda g: g * scale


@operation
def batch_norm(x: Array, gamma: Array, beta: Array, /, *, eps: float) -> tuple[Any, ...]:
    """Give each column mean 0 and variance 1 over the batch, then scale and shift it: y = γ (x - mean) / √(variance + ε) + β.

    Args:
        x: shape (n, width); the variance is the mean of the n squared deviations.
        gamma: scale γ of each column, shape (width,).
        beta: shift β of each column, shape (width,).
        eps: ε, so that a constant column is no division by 0.

    Returns:
        The value, of x's shape, and the functions that carry a gradient back to x, gamma and beta.

    Source: Ioffe & Szegedy (2015).
    """
    std = np.sqrt(x.var(0) + eps)
    normed = (x - x.mean(0)) / std

    def to_x(g: Array) -> Array:
        # mean and variance hang on every x: what g does to either is taken out, dL/dx = γ/std (g - mean(g) - x̂ mean(g x̂))
        back: Array = gamma / std * (g - g.mean(0) - normed * (g * normed).mean(0))
        return back

    # dL/dγ = Σ g x̂ and dL/dβ = Σ g, over the batch
    return gamma * normed + beta, to_x, lambda g: (g * normed).sum(0), lambda g: g.sum(0)
