"""How the weights of a layer are drawn before training.

A layer y = x W with n_in inputs of variance v gives outputs of variance n_in · Var(W) · v. Choose Var(W) badly and the signal, or
on the way back the gradient, shrinks or grows by that factor at every layer.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import TypeAlias

import numpy as np

from nnlabs.arrays import Array

Init: TypeAlias = Callable[[np.random.Generator, int, int], Array]


def zeros(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """All 0: every unit of a layer computes the same and gets the same gradient, so they stay equal for ever."""
    return np.zeros((n_in, n_out))


def normal(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """N(0, 0.01²), whatever the width (Krizhevsky, Sutskever & Hinton 2012): too small for deep networks."""
    return 0.01 * rng.standard_normal((n_in, n_out))


def xavier(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """N(0, 2 / (n_in + n_out)), between what keeps activations and what keeps gradients (Glorot & Bengio 2010); for tanh."""
    return sqrt(2 / (n_in + n_out)) * rng.standard_normal((n_in, n_out))


def he(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """N(0, 2 / n_in): the 2 makes up for the half of its inputs that ReLU sets to 0 (He, Zhang, Ren & Sun 2015)."""
    return sqrt(2 / n_in) * rng.standard_normal((n_in, n_out))


def lecun(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """N(0, 1 / n_in), which keeps the variance of a linear layer (LeCun, Bottou, Orr & Müller 1998); for SELU."""
    return sqrt(1 / n_in) * rng.standard_normal((n_in, n_out))


def orthogonal(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Random orthonormal rows or columns, whichever are fewer: lengths are kept where no layer narrows (Saxe et al. 2014)."""
    tall = rng.standard_normal((max(n_in, n_out), min(n_in, n_out)))
    q, r = np.linalg.qr(tall)
    # with the signs of r's diagonal every orthogonal matrix is equally likely (Mezzadri 2007)
    q = q * np.sign(np.diag(r))
    return q if n_in >= n_out else q.T


INITS: dict[str, Init] = {rule.__name__: rule for rule in (zeros, normal, xavier, he, lecun, orthogonal)}
