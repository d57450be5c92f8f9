"""Reverse-mode automatic differentiation: arrays that remember how they were computed.

Every operation on a `Tensor` makes a new one that keeps its inputs, each with the function that carries a gradient back to it
(the table of these is in `ops`). Going back through these from a loss is the inherited `backward` (in `graph`).

Example::

    w = Tensor([1.0, 2.0])
    x = np.array([3.0, 4.0])  # a NumPy array is a constant: no gradient is computed for it
    loss = ((x * w).sum() - 1) ** 2
    loss.backward()
    w.grad  # 2 (x·w - 1) x = [60, 80]
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from nnlabs.scratch import ops
from nnlabs.scratch.graph import Node
from nnlabs.scratch.ops import Array, Axis, Rule

Operand: TypeAlias = "Tensor | ArrayLike"

_numbers = itertools.count()


class Tensor(Node):
    """An array of float32 or float64 numbers that knows how it was computed, and so how to compute its gradients.

    Args:
        data: number, list or NumPy array of any shape; copied. float32 stays float32, everything else becomes float64.

    Attributes: those of `Node`, `data` and `grad` above all.

    Raises:
        TypeError: when data does not hold real numbers.
    """

    __slots__ = ()

    # NumPy shall leave `array + tensor` to Tensor.__radd__ instead of making an array of objects.
    __array_ufunc__ = None

    def __init__(self, data: ArrayLike) -> None:
        self.data = _as_floats(data)
        self.grad = 0.0
        self.rule, self.parents, self.backs = None, (), ()
        self.number = next(_numbers)

    # ---- Arithmetic: tensors, NumPy arrays and numbers in any mix, with broadcasting

    def __add__(self, other: Operand) -> Tensor:
        return apply(ops.add, self, other)

    def __radd__(self, other: Operand) -> Tensor:
        return apply(ops.add, other, self)

    def __sub__(self, other: Operand) -> Tensor:
        return apply(ops.sub, self, other)

    def __rsub__(self, other: Operand) -> Tensor:
        return apply(ops.sub, other, self)

    def __mul__(self, other: Operand) -> Tensor:
        return apply(ops.mul, self, other)

    def __rmul__(self, other: Operand) -> Tensor:
        return apply(ops.mul, other, self)

    def __truediv__(self, other: Operand) -> Tensor:
        return apply(ops.div, self, other)

    def __rtruediv__(self, other: Operand) -> Tensor:
        return apply(ops.div, other, self)

    def __pow__(self, other: Operand) -> Tensor:
        return apply(ops.power, self, other)

    def __rpow__(self, other: Operand) -> Tensor:
        return apply(ops.power, other, self)

    def __matmul__(self, other: Operand) -> Tensor:
        return apply(ops.matmul, self, other)

    def __rmatmul__(self, other: Operand) -> Tensor:
        return apply(ops.matmul, other, self)

    def __neg__(self) -> Tensor:
        return apply(ops.neg, self)

    def __abs__(self) -> Tensor:
        return apply(ops.absolute, self)

    # ---- Functions, element by element

    def exp(self) -> Tensor:
        """Exponential, eˣ."""
        return apply(ops.exp, self)

    def log(self) -> Tensor:
        """Natural logarithm."""
        return apply(ops.log, self)

    def sqrt(self) -> Tensor:
        """Square root."""
        return apply(ops.sqrt, self)

    def abs(self) -> Tensor:
        """Absolute value; its slope at 0 counts as 0."""
        return apply(ops.absolute, self)

    def relu(self) -> Tensor:
        """Rectifier, max(0, x); its slope at 0 counts as 0."""
        return apply(ops.relu, self)

    def tanh(self) -> Tensor:
        """Hyperbolic tangent."""
        return apply(ops.tanh, self)

    def clip(self, low: float | None = None, high: float | None = None) -> Tensor:
        """Values outside [low, high] moved to its nearer end; None leaves a side open."""
        return apply(ops.clip, self, low=low, high=high)

    # ---- Reductions: over all axes (None), one, or several; keepdims leaves them in place with length 1

    def sum(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Sum over `axis`."""
        return apply(ops.sum_over, self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Mean over `axis`."""
        return apply(ops.mean_over, self, axis=axis, keepdims=keepdims)

    def max(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Largest over `axis`; where several are, they share the gradient equally."""
        return apply(ops.max_over, self, axis=axis, keepdims=keepdims)

    def min(self, axis: Axis = None, keepdims: bool = False) -> Tensor:
        """Smallest over `axis`; where several are, they share the gradient equally."""
        return apply(ops.min_over, self, axis=axis, keepdims=keepdims)

    # ---- Shape

    def reshape(self, *shape: Any) -> Tensor:
        """The same numbers in another shape; one length may be -1."""
        return apply(ops.reshape, self, shape=shape)

    def transpose(self, *axes: int) -> Tensor:
        """Axes in the order given; reversed without arguments."""
        return apply(ops.transpose, self, axes=axes or None)

    def __getitem__(self, key: Any) -> Tensor:
        return apply(ops.getitem, self, key=key)

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    @property
    def T(self) -> Tensor:  # noqa: N802
        """Axes reversed."""
        return self.transpose()

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.data.size

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64."""
        return self.data.dtype

    # ---- Values without a graph

    def item(self) -> float:
        """The value of a tensor that holds a single number."""
        return float(self.data.item())

    def __repr__(self) -> str:
        return f"Tensor(data={self.data}, grad={self.grad})"


def apply(rule: Rule, *inputs: Operand, **constants: Any) -> Tensor:
    """Carry out an operation and remember it in the graph.

    Args:
        rule: arrays in; out the value, then for each of the inputs a function that takes dL/dvalue and returns dL/dinput.
        *inputs: what the operation is done to; a gradient flows back into those that are tensors.
        **constants: passed on to the rule by name.

    Returns:
        The value, as a tensor.

    Raises:
        ValueError: when the rule rejects the inputs, shapes that do not fit above all; names the operation and the shapes.
    """
    arrays = [x.data if isinstance(x, Tensor) else x for x in inputs]
    result = Tensor.__new__(Tensor)
    try:
        result.data, *result.backs = rule(*arrays, **constants)
    except (ValueError, IndexError) as error:
        raise _misfit(rule, arrays, constants, error) from error
    result.grad, result.rule, result.parents, result.number = None, rule, inputs, next(_numbers)
    return result


def concatenate(tensors: Sequence[Operand], axis: int = 0) -> Tensor:
    """Tensors one behind the other along an axis, like `numpy.concatenate`."""
    return apply(ops.concatenate, *tensors, axis=axis)


def stack(tensors: Sequence[Operand], axis: int = 0) -> Tensor:
    """Tensors of one shape side by side along a new axis, like `numpy.stack`."""
    return apply(ops.stack, *tensors, axis=axis)


def where(condition: ArrayLike, a: Operand, b: Operand) -> Tensor:
    """Element by element a where the condition holds, else b, like `numpy.where`."""
    return apply(ops.where, a, b, condition=np.asarray(condition, bool))


def _as_floats(data: ArrayLike) -> Array:
    """A new array of float32 when data is, else of float64."""
    if isinstance(data, Tensor):
        raise TypeError("this is a Tensor already; to cut a value out of its graph write Tensor(t.data).")
    array = np.array(data)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"a Tensor holds real numbers, and these are {array.dtype}: {data!r:.60}")
    return array if array.dtype == np.float32 else array.astype(np.float64)


def _misfit(rule: Rule, arrays: list[Any], constants: dict[str, Any], error: Exception) -> Exception:
    """A rule's error again, naming the operation, the shapes it met and its constants."""
    shapes = " and ".join(str(np.shape(a)) for a in arrays)
    settings = "".join(f", {name}={value!r}" for name, value in constants.items())
    kind = ValueError if isinstance(error, ValueError) else IndexError
    return kind(f"{rule.__name__} of shape {shapes}{settings} is not possible: {error}")
