"""Back-propagation on two screens: from a number back to everything it was computed from, the chain rule at each step.

Forward, every operation leaves a `Node` behind: its value, its parents, and for each parent a function that carries a gradient
back to it. If y = f(x), that function takes dL/dy and returns dL/dx = (dL/dy) (dy/dx): a vector-Jacobian product, vjp for short.
Backward, we begin at L, where dL/dL = 1, and call these functions from the newest node to the oldest. That is all.

Source: Linnainmaa (1970) for the method; Rumelhart, Hinton & Williams (1986) for its use in neural networks; Griewank & Walther,
"Evaluating Derivatives" (2008), chapter 3, for the theory.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from operator import attrgetter
from typing import Any

import numpy as np

from nnlabs.arrays import Array
from nnlabs.scratch.ops import VJP, Rule

_counter = count()
_age = attrgetter("index")


class Node:
    """An array in a graph of computations: a leaf, or the result of an operation on its parents.

    Args:
        data: the numbers.
        rule: the operation, as in `ops`; None for a leaf.
        parents: what the operation was done to, tensors and constants.
        vjps: for each parent, the function that carries a gradient back to it.

    Attributes:
        grad: dL/d(data), of data's shape, after `backward` of a number L; None before. In a leaf it adds up over several calls
            until `zero_grad`; in a result each call computes it anew.
        index: how many nodes were made before this one; a parent's is always smaller.
        data, rule, parents, vjps: as above; once the graph is freed, parents is None and vjps empty.
    """

    __slots__ = ("data", "grad", "index", "parents", "rule", "vjps")

    def __init__(
        self, data: Array, rule: Rule | None = None, parents: Sequence[Any] = (), vjps: Sequence[VJP] = ()
    ) -> None:
        self.data = data
        self.grad: Array | None = None
        self.rule = rule
        self.parents: Sequence[Any] | None = parents
        self.vjps = vjps
        self.index = next(_counter)

    def backward(self, retain_graph: bool = False) -> None:
        """Compute dL/dx into `x.grad` for each tensor x that this number, L, was computed from.

        Args:
            retain_graph: keep the graph, so that it can be gone through again; else it is freed on the way.

        Raises:
            ValueError: when L is not a single number, of shape () or all ones.
            RuntimeError: when the graph, or a part of it, was freed by an earlier call; or when a rule's gradient does not fit.
        """
        if self.data.size != 1:
            raise ValueError(
                f"backward() starts from a single number, and this tensor has shape {self.data.shape}: "
                "reduce it first, for example with .sum() or .mean()."
            )
        # dL/dL = 1; the [()] makes a plain number of an array without axes, with which NumPy reckons faster
        one = np.ones(self.data.shape, self.data.dtype)[()]
        if not self.rule:  # a leaf's own, which adds up
            self.grad = one if self.grad is None else self.grad + one
            return
        results = self.topological_order()
        for result in results:
            result.grad = None
        self.grad = one
        for result in results:
            try:
                result._propagate()
            except (ValueError, IndexError, TypeError, AttributeError) as error:
                raise RuntimeError(_wrong_rule(result, error)) from error
            if result.rule and not retain_graph:
                result.parents, result.vjps = None, ()

    def topological_order(self) -> list[Node]:
        """This node and all the results that it was computed from, each before what it was computed from.

        Raises:
            RuntimeError: when a part of the graph was freed.
        """
        found: set[Node] = {self}
        stack: list[Node] = [self]
        while stack:
            parents = stack.pop().parents
            if parents is None:
                raise RuntimeError(
                    "this graph, or a part of it, was freed by an earlier backward(): compute the loss anew, "
                    "or call the earlier one with retain_graph=True."
                )
            for parent in parents:
                if isinstance(parent, Node) and parent.rule and parent not in found:
                    found.add(parent)
                    stack.append(parent)
        # A node is made after its parents: newest first, every gradient is complete before it is carried on.
        return sorted(found, key=_age, reverse=True)

    def _propagate(self) -> None:
        """Carry this result's gradient one step back, to its parents."""
        gradient: Any = self.grad
        for parent, vjp in zip(self.parents or (), self.vjps, strict=True):
            if isinstance(parent, Node):
                part, data = vjp(gradient), parent.data
                if part.shape != data.shape or part.dtype != data.dtype:
                    part = _fit(part, data)
                if parent.grad is None and not parent.rule:
                    # add hands the same array to both its parents; a leaf's gradient is the user's, who may change it in place
                    part = part.copy()
                # chain rule: dL/dparent is the sum, over all uses of the parent, of what comes back from each
                parent.grad = part if parent.grad is None else parent.grad + part

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self.grad = None


def _fit(gradient: Array, data: Array) -> Array:
    """`gradient` in the shape and type of `data`, which broadcasting may have stretched.

    Raises:
        ValueError: when no broadcasting explains the difference.
    """
    fitted = _unbroadcast(gradient, data) if gradient.ndim >= data.ndim else gradient
    if fitted.shape != data.shape:
        raise ValueError(f"for an input of shape {data.shape} it returned a gradient of shape {gradient.shape}")
    return fitted


def _unbroadcast(gradient: Array, data: Array) -> Array:
    """`gradient` in the shape and type of `data`: summed over the axes along which broadcasting had stretched data."""
    if gradient.ndim > data.ndim:
        gradient = gradient.sum(axis=tuple(range(gradient.ndim - data.ndim)))
    if gradient.shape != data.shape:
        gradient = gradient.sum(axis=tuple(i for i, n in enumerate(data.shape) if n == 1), keepdims=True)
    return gradient.astype(data.dtype, copy=False)


def _wrong_rule(result: Node, error: Exception) -> str:
    shapes = " and ".join(str(np.shape(x.data if isinstance(x, Node) else x)) for x in result.parents or ())
    name = getattr(result.rule, "__name__", "this node")
    return (
        f"no gradient comes back through {name} of shape {shapes}, whose result has shape {result.data.shape}: {error}. "
        "A rule must return, for each input x, a function from dL/dy, shaped as its value, to dL/dx, shaped as x."
    )
