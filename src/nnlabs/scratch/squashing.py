"""Activations that squash x into an interval; gradients vanish at its ends. And the two that all began with."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.scratch import ops
from nnlabs.scratch.activation import activation


@activation(
    "Identity",
    formula="x",
    range=(-inf, inf),
    paper="Widrow & Hoff (1960), ADALINE",
    good="the output of a regression, where any number can be right",
    bad="between layers: however many there are, they equal one linear layer",
    torch="x",
)
def identity(x: Array, /) -> tuple[Any, ...]:
    """f(x) = x."""
    # f' = 1
    return x, lambda g: g


@activation(
    "Step",
    formula="1 if x > 0 else 0",
    range=(0, 1),
    paper="McCulloch & Pitts (1943); Rosenblatt (1958)",
    good="a yes or no, as the perceptron's output",
    bad="its derivative is 0 wherever it has one, so no gradient comes through",
    torch="(x > 0).to(x.dtype)",
)
def step(x: Array, /) -> tuple[Any, ...]:
    """f(x) = 1 for x > 0, else 0."""
    # f' = 0
    return (x > 0).astype(x.dtype), np.zeros_like


@activation(
    "Sigmoid",
    formula="1 / (1 + exp(-x))",
    range=(0, 1),
    paper="Rumelhart, Hinton & Williams (1986)",
    good="a probability, a gate",
    bad="slope of at most 1/4 and values that are never negative: gradients vanish in deep networks",
    torch="torch.sigmoid(x)",
)
def sigmoid(x: Array, /) -> tuple[Any, ...]:
    """f(x) = 1 / (1 + e⁻ˣ)."""
    y = stable_sigmoid(x)
    # f'(x) = f(x) (1 - f(x)) = f(x) f(-x)
    return y, lambda g: g * y * stable_sigmoid(-x)


@activation(
    "Hard sigmoid",
    formula="min(max(x/6 + 1/2, 0), 1)",
    range=(0, 1),
    paper="Courbariaux, Bengio & David (2015); slope 1/6 of Howard et al. (2019)",
    good="a gate on a phone: no exponential",
    bad="no gradient at all beyond ±3",
    torch="F.relu6(x + 3) / 6",  # F.hardsigmoid has 1/6 in single precision only, in its derivative
)
def hard_sigmoid(x: Array, /) -> tuple[Any, ...]:
    """f(x) = x/6 + 1/2, clipped to [0, 1]."""
    # f' = 1/6 between -3 and 3, else 0
    return np.clip(x / 6 + 0.5, 0, 1), lambda g: ops.gate(g, np.abs(x) < 3) / 6


tanh = activation(
    "Tanh",
    formula="(exp(x) - exp(-x)) / (exp(x) + exp(-x))",
    range=(-1, 1),
    paper="LeCun, Bottou, Orr & Müller (1998), Efficient BackProp",
    good="centered on 0 with slope 1 there: recurrent and shallow networks",
    bad="saturates beyond ±3, where gradients vanish",
    torch="torch.tanh(x)",
)(ops.tanh)


@activation(
    "Hard tanh",
    formula="min(max(x, -1), 1)",
    range=(-1, 1),
    paper="Collobert (2004)",
    good="tanh at the price of two comparisons",
    bad="no gradient at all beyond ±1",
    torch="F.hardtanh(x)",
)
def hard_tanh(x: Array, /) -> tuple[Any, ...]:
    """f(x) = x, clipped to [-1, 1]."""
    # f' = 1 between -1 and 1, else 0
    return np.clip(x, -1, 1), lambda g: ops.gate(g, np.abs(x) < 1)


@activation(
    "Softsign",
    formula="x / (1 + |x|)",
    range=(-1, 1),
    paper="Turian, Bergstra & Bengio (2009)",
    good="like tanh, but nears its ends slowly, so that some gradient is left",
    bad="seldom better than tanh, and gradients still vanish",
    torch="F.softsign(x)",
)
def softsign(x: Array, /) -> tuple[Any, ...]:
    """f(x) = x / (1 + |x|)."""
    near = np.clip(x, -1e30, 1e30)  # ∞/∞ would be NaN; out there f is 1 or -1 to the last digit
    d = 1 + np.abs(near)
    # f' = 1 / (1 + |x|)²
    return near / d, lambda g: g / d / d


@activation(
    "Softmax",
    formula="exp(xᵢ) / Σⱼ exp(xⱼ)",
    range=(0, 1),
    paper="Bridle (1990)",
    good="the probabilities of several classes, attention",
    bad="between layers: units compete, and gradients vanish where one wins",
    torch="F.softmax(x, -1)",
    elementwise=False,
)
def softmax(x: Array, /, *, axis: int = -1) -> tuple[Any, ...]:
    """yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ) along an axis; the largest x is subtracted first, so that nothing overflows."""
    e = np.exp(x - x.max(axis, keepdims=True))
    y = e / e.sum(axis, keepdims=True)
    # dyⱼ/dxᵢ = yⱼ (δᵢⱼ - yᵢ), so dL/dx = y (g - Σⱼ gⱼ yⱼ)
    return y, lambda g: y * (g - (g * y).sum(axis, keepdims=True))


@activation(
    "Log-softmax",
    formula="xᵢ - log Σⱼ exp(xⱼ)",
    range=(-inf, 0),
    paper="Bridle (1990), taken in logarithms",
    good="the way to cross-entropy: exact where softmax itself rounds to 0",
    bad="between layers: units compete, as with softmax",
    torch="F.log_softmax(x, -1)",
    elementwise=False,
)
def log_softmax(x: Array, /, *, axis: int = -1) -> tuple[Any, ...]:
    """yᵢ = xᵢ - log Σⱼ exp(xⱼ) along an axis; the largest x is subtracted first, so that nothing overflows."""
    y = stable_log_softmax(x, axis)
    # dyⱼ/dxᵢ = δᵢⱼ - exp(yᵢ), so dL/dx = g - exp(y) Σⱼ gⱼ
    return y, lambda g: g - np.exp(y) * g.sum(axis, keepdims=True)


def stable_log_softmax(x: Array, axis: int = -1) -> Array:
    """xᵢ - log Σⱼ exp(xⱼ) along an axis, which stays the same when a number is taken from all x: the largest x is.

    No exponential can overflow then, and the log of the sum is never one of 0.

    Args:
        x: scores of any shape.
        axis: along which the probabilities exp(y) add up to 1.

    Returns:
        The logarithms of the probabilities, of x's shape; none is above 0.
    """
    shifted = x - x.max(axis, keepdims=True)
    y: Array = shifted - np.log(np.exp(shifted).sum(axis, keepdims=True))
    return y


def stable_sigmoid(x: Array) -> Array:
    """1 / (1 + e⁻ˣ), written as eˣ / (1 + eˣ) for negative x, so that no exponential can overflow."""
    e = np.exp(-np.abs(x))
    y: Array = np.where(x >= 0, 1, e) / (1 + e)
    return y
