"""Reverse-mode automatic differentiation: arrays that remember how they were computed.

Every operation on a `Tensor` makes a new one that keeps its inputs, each with the function that carries a gradient back to it
(the table of these is in `ops`). Going back through these from a loss is the inherited `backward` (in `graph`, where the idea is).

Example:
    >>> w = Tensor([1.0, 2.0])
    >>> x = np.array([3.0, 4.0])  # a NumPy array is a constant: no gradient is computed for it
    >>> loss = ((x * w).sum() - 1) ** 2
    >>> loss.backward()
    >>> w.grad  # 2 (x·w - 1) x
    array([60., 80.])
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NoReturn, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from nnlabs.scratch import ops
from nnlabs.scratch.graph import Node
from nnlabs.scratch.inputs import FLOATS, as_constant, as_floats, misfit
from nnlabs.scratch.ops import Axis, Rule

Operand: TypeAlias = "Tensor | ArrayLike"
_ELSEWHERE = {name: f"nnlabs.scratch.tensor.{name}(...)" for name in ("concatenate", "stack", "where")} | {
    "dot": "t @ u"
}


class Tensor(Node):
    """An array of float32 or float64 numbers that knows how it was computed, and so how to compute its gradients.

    Comparisons give NumPy arrays of truth values, without a graph; as keys of sets and dictionaries tensors are told apart by
    identity. A pickle or a copy holds the numbers only: it is a leaf.

    Args:
        data: number, list or NumPy array of any shape; copied. float32 stays float32, everything else becomes float64.

    Attributes: those of `Node`, `data` and `grad` above all.

    Raises:
        TypeError: when data does not hold real numbers.
    """

    __slots__ = ()

    def __init__(self, data: ArrayLike) -> None:
        super().__init__(as_floats(data))

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

    __abs__ = abs

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
        if self.size != 1:
            raise ValueError(
                f"a tensor of shape {self.shape} is not one number: reduce it first, or take its array, t.data."
            )
        return float(self.data.item())

    def __float__(self) -> float:
        return self.item()

    def __bool__(self) -> bool:
        return bool(self.item())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else repr(self)

    def __repr__(self) -> str:
        return f"Tensor(data={self.data}, grad={self.grad})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Tensor, (self.data,)

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Any:
        return _compare(np.equal, self, other)

    def __ne__(self, other: object) -> Any:
        return _compare(np.not_equal, self, other)

    def __lt__(self, other: Operand) -> Any:
        return _compare(np.less, self, other)

    def __le__(self, other: Operand) -> Any:
        return _compare(np.less_equal, self, other)

    def __gt__(self, other: Operand) -> Any:
        return _compare(np.greater, self, other)

    def __ge__(self, other: Operand) -> Any:
        return _compare(np.greater_equal, self, other)

    # ---- NumPy: leaves `array + tensor` to Tensor.__radd__, and does not take a tensor for a plain array

    __array_ufunc__ = None

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NoReturn:
        raise TypeError("an array made of a Tensor would have no gradient; if that is what you want, write t.data.")

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> NoReturn:
        name = function.__name__
        own = f"the tensor's own, t.{name}(...), or its array, t.data" if hasattr(Tensor, name) else "its array, t.data"
        raise TypeError(f"numpy.{name} does not know Tensors: take {_ELSEWHERE.get(name, own)}.")


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
        IndexError: for an index out of range.
        TypeError: for inputs that hold no real numbers, constants of a wrong type, or a rule that lacks a gradient function.
    """
    arrays = [x.data if isinstance(x, Tensor) else x if type(x) is float else as_constant(x) for x in inputs]
    try:
        value, *vjps = rule(*arrays, **constants)
    except (ValueError, IndexError, TypeError) as error:
        raise misfit(rule, arrays, constants, error) from error
    if len(vjps) != len(inputs):
        raise TypeError(
            f"the rule {rule.__name__} must return its value, then a gradient function for each input ({len(inputs)})."
        )
    if getattr(value, "dtype", object) not in FLOATS:
        value = as_floats(value)
    result = Tensor.__new__(Tensor)
    Node.__init__(result, value, rule, inputs, vjps)
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


def _compare(ufunc: np.ufunc, tensor: Tensor, other: Any) -> Any:
    """The truth values of a comparison, element by element; of what is no number Python knows itself how to compare it."""
    array = other.data if isinstance(other, Tensor) else np.asarray(other)
    return ufunc(tensor.data, array) if array.dtype.kind in "fiub" else NotImplemented
