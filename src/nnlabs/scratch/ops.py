"""The one table of operations: what each computes, and how a gradient flows back through it.

A rule takes NumPy arrays and knows nothing of graphs. It returns its value y and then, for each input x in turn, a function
that takes g = dL/dy and returns dL/dx: the chain rule for this one step. All else is the business of `tensor`: who was
computed from whom, in which order to go back, and summing a gradient over the axes that broadcasting stretched.

An operation of your own is one more such function; `gradcheck` says whether its derivative is right:

    >>> from nnlabs.scratch import Tensor, apply
    >>> def cube(x):
    ...     # d(x³)/dx = 3x²
    ...     return x**3, lambda g: g * 3 * x**2
    >>> x = Tensor(2.0)
    >>> y = apply(cube, x)
    >>> y.backward()
    >>> y.item(), float(x.grad)
    (8.0, 12.0)

What is passed by position can have a gradient; constants (an axis, an index, a condition) are passed by name.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate, pairwise
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnlabs.arrays import Array

Axis: TypeAlias = int | tuple[int, ...] | None
VJP: TypeAlias = Callable[[Array], Array]
Rule: TypeAlias = Callable[..., tuple[Any, ...]]

OPERATIONS: dict[str, Rule] = {}


def operation(rule: Rule) -> Rule:
    """Enter a rule into the table under its own name; the tests run everything that is in it.

    Args:
        rule: arrays in; out the value, then one `VJP` function for each positional input.

    Returns:
        The rule, unchanged.
    """
    OPERATIONS[rule.__name__] = rule
    return rule


# ---- Arithmetic, element by element, with broadcasting


@operation
def add(a: Array, b: Array, /) -> tuple[Any, ...]:
    """Sum: a + b."""
    return a + b, lambda g: g, lambda g: g


@operation
def sub(a: Array, b: Array, /) -> tuple[Any, ...]:
    """Difference: a - b."""
    return a - b, lambda g: g, lambda g: -g


@operation
def mul(a: Array, b: Array, /) -> tuple[Any, ...]:
    """Product: a b."""
    # d(ab)/da = b, d(ab)/db = a
    return a * b, lambda g: g * b, lambda g: g * a


@operation
def div(a: Array, b: Array, /) -> tuple[Any, ...]:
    """Quotient: a / b."""
    # d(a/b)/da = 1/b, d(a/b)/db = -(a/b)/b
    y = a / b
    return y, lambda g: g / b, lambda g: -g * y / b


@operation
def neg(x: Array, /) -> tuple[Any, ...]:
    """Sign change: -x."""
    return -x, lambda g: -g


@operation
def power(x: Array, p: Array, /) -> tuple[Any, ...]:
    """Power: xᵖ, where p is a number or, for x ≥ 0, a tensor too."""
    y = x**p
    # d(xᵖ)/dx = p xᵖ⁻¹, d(xᵖ)/dp = xᵖ log x; the comparisons keep 0 · 0⁻¹ and 0 · log 0 from making a NaN out of a plain 0
    return y, lambda g: g * p * x ** (p - 1 + (p == 0)), lambda g: g * y * np.log(x + (x == 0))


# ---- Functions of one array, element by element


@operation
def exp(x: Array, /) -> tuple[Any, ...]:
    """Exponential: eˣ."""
    y = np.exp(x)
    # d(eˣ)/dx = eˣ
    return y, lambda g: g * y


@operation
def log(x: Array, /) -> tuple[Any, ...]:
    """Natural logarithm: log x."""
    # d(log x)/dx = 1/x
    return np.log(x), lambda g: g / x


@operation
def sqrt(x: Array, /) -> tuple[Any, ...]:
    """Square root: √x."""
    y = np.sqrt(x)
    # d(√x)/dx = 1 / (2√x)
    return y, lambda g: g / (2 * y)


@operation
def absolute(x: Array, /) -> tuple[Any, ...]:
    """Absolute value: |x|; at its kink the slope counts as 0."""
    # d|x|/dx = sign x
    return np.abs(x), lambda g: gate(g, x != 0) * np.sign(x)


@operation
def clip(x: Array, /, *, low: float | None, high: float | None) -> tuple[Any, ...]:
    """Clipping: min(max(x, low), high); None leaves a side open."""
    y = np.clip(x, low, high)
    # the slope is 1 where x came through unchanged, else 0
    return y, lambda g: gate(g, x == y)


@operation
def relu(x: Array, /) -> tuple[Any, ...]:
    """Rectifier: max(0, x)."""
    # d max(0, x)/dx = 1 for x > 0, else 0
    # (0.0, not 0: NumPy takes half the time for two numbers of one kind)
    return np.maximum(x, 0.0), lambda g: gate(g, x > 0)


@operation
def tanh(x: Array, /) -> tuple[Any, ...]:
    """Hyperbolic tangent: (eˣ - e⁻ˣ) / (eˣ + e⁻ˣ)."""
    y = np.tanh(x)
    # d(tanh x)/dx = 1 - tanh² x
    return y, lambda g: g * (1 - y * y)


@operation
def where(a: Array, b: Array, /, *, condition: NDArray[np.bool]) -> tuple[Any, ...]:
    """Choice: a where the condition holds, else b."""
    # each side's gradient is g where that side was chosen, else 0
    return np.where(condition, a, b), lambda g: gate(g, condition), lambda g: gate(g, ~condition)


def gate(g: Array, open: NDArray[np.bool]) -> Array:
    """Let g through where the gate is open, else 0; also where g is infinite, though g · 0 would be NaN then."""
    # `where` takes twice as long as the product; the sum of squares says whether it is needed
    return g * open if np.vdot(g, g) < np.inf else np.where(open, g, 0.0)


# ---- Sums, means and extremes over axes


@operation
def sum_over(x: Array, /, *, axis: Axis, keepdims: bool) -> tuple[Any, ...]:
    """Sum over axes: Σ xᵢ."""
    # d(Σ xᵢ)/dxᵢ = 1
    return x.sum(axis, keepdims=keepdims), lambda g: _stretch(g, x, axis, keepdims)


@operation
def mean_over(x: Array, /, *, axis: Axis, keepdims: bool) -> tuple[Any, ...]:
    """Mean over axes: Σ xᵢ / n."""
    y = x.sum(axis, keepdims=keepdims)
    n = x.size / max(y.size, 1)
    if y.size and not n:
        raise ValueError("no numbers have no mean")
    # d(Σ xᵢ / n)/dxᵢ = 1/n
    return y / n, lambda g: _stretch(g / n, x, axis, keepdims)


@operation
def max_over(x: Array, /, *, axis: Axis, keepdims: bool) -> tuple[Any, ...]:
    """Largest over axes: max xᵢ."""
    y = x.max(axis, keepdims=keepdims)
    return y, lambda g: _to_winners(g, y, x, axis, keepdims)


@operation
def min_over(x: Array, /, *, axis: Axis, keepdims: bool) -> tuple[Any, ...]:
    """Smallest over axes: min xᵢ."""
    y = x.min(axis, keepdims=keepdims)
    return y, lambda g: _to_winners(g, y, x, axis, keepdims)


def _stretch(y: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """Repeat y, which came from x by a reduction over `axis`, along that axis, so that it has x's shape again."""
    stretched = np.empty(x.shape, np.asarray(y).dtype)
    stretched[...] = y if keepdims or axis is None else np.expand_dims(y, axis)
    return stretched


def _to_winners(g: Array, y: Array, x: Array, axis: Axis, keepdims: bool) -> Array:
    """Hand g to the elements of x that equal the extreme y, in equal parts where several do."""
    winners = x == _stretch(y, x, axis, keepdims)
    shares = _stretch(g, x, axis, keepdims) / winners.sum(axis, keepdims=True)
    return gate(shares, winners)


# ---- Products of matrices


@operation
def matmul(a: Array, b: Array, /) -> tuple[Any, ...]:
    """Matrix product a b: of vectors, matrices, or stacks of matrices, as NumPy's @ has it."""
    y = a @ b
    A = np.expand_dims(a, -2) if a.ndim == 1 else a  # a vector on the left is a row,
    B = np.expand_dims(b, -1) if b.ndim == 1 else b  # one on the right is a column

    def as_matrix(g: Array) -> Array:
        g = np.expand_dims(g, -1) if b.ndim == 1 else g
        return np.expand_dims(g, -2) if a.ndim == 1 else g

    # Y = A B: dL/dA = G Bᵀ, dL/dB = Aᵀ G
    def to_b(g: Array) -> Array:
        G = A.mT @ as_matrix(g)
        return G[..., 0] if b.ndim == 1 else G

    return y, lambda g: as_matrix(g) @ B.mT, to_b


# ---- Rearrangements: a gradient goes back to where its number came from


@operation
def reshape(x: Array, /, *, shape: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same numbers in another shape."""
    return x.reshape(*shape), lambda g: g.reshape(x.shape)


@operation
def transpose(x: Array, /, *, axes: tuple[int, ...] | None) -> tuple[Any, ...]:
    """Axes in another order, each counted from the end where it is negative; None reverses them."""
    back = None if axes is None else np.argsort([axis % x.ndim for axis in axes])
    return x.transpose(axes), lambda g: g.transpose(back)


@operation
def getitem(x: Array, /, *, key: Any) -> tuple[Any, ...]:
    """Part of an array: x[key], with all of NumPy's ways to index."""

    def back(g: Array) -> Array:
        spread = np.zeros_like(x)
        # spread[key] += g would count an element that was taken twice only once
        np.add.at(spread, key, g)
        return spread

    return x[key], back


@operation
def concatenate(*arrays: Array, axis: int) -> tuple[Any, ...]:
    """Arrays one behind the other along an axis."""
    ends = accumulate((a.shape[axis] for a in arrays), initial=0)
    return np.concatenate(arrays, axis), *(_taker(np.arange(*part), axis) for part in pairwise(ends))


@operation
def stack(*arrays: Array, axis: int) -> tuple[Any, ...]:
    """Arrays side by side along a new axis."""
    return np.stack(arrays, axis), *(_taker(i, axis) for i in range(len(arrays)))


def _taker(indices: Any, axis: int) -> VJP:
    """A function that takes `indices` along `axis` out of a gradient."""
    return lambda g: g.take(indices, axis)
