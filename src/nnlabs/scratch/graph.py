"""Back-propagation: from a number back to everything it was computed from, the chain rule at each step.

Source: Linnainmaa (1970) for the method; Rumelhart, Hinton & Williams (1986) for its use in neural networks; Griewank & Walther,
"Evaluating Derivatives" (2008), chapter 3, for the theory.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from nnlabs.scratch.ops import Array, Backward, Rule

_age = attrgetter("number")


class Node:
    """An array in a graph of computations: a leaf, or the result of an operation on its parents.

    Attributes:
        data: the numbers.
        grad: dL/d(data), of data's shape, after `backward` of a number L. In a leaf it is 0.0 before, and adds up over several
            calls until `zero_grad`; in a result it is None before, and each call computes it anew.
        rule: the operation, as in `ops`; None for a leaf.
        parents: what the operation was done to, tensors and constants; () for a leaf, None once freed.
        backs: for each parent, the function that carries a gradient back to it.
        number: how many nodes were made before this one; a parent's is always smaller.
    """

    __slots__ = ("backs", "data", "grad", "number", "parents", "rule")

    data: Array
    grad: Any
    rule: Rule | None
    parents: tuple[Any, ...] | None
    backs: Sequence[Backward]
    number: int

    def backward(self, retain_graph: bool = False) -> None:
        """Compute dL/dx into `x.grad` for each tensor x that this number, L, was computed from.

        Args:
            retain_graph: keep the graph, so that it can be gone through again; else it is freed on the way.

        Raises:
            ValueError: when L is not a single number, of shape () or all ones.
            RuntimeError: when the graph, or a part of it, was freed by an earlier call.
        """
        if self.data.size != 1:
            raise ValueError(
                f"backward() starts from a single number, and this tensor has shape {self.data.shape}: "
                "reduce it first, for example with .sum() or .mean()."
            )
        results = self.history()
        for result in results:
            result.grad = None
        # dL/dL = 1; the [()] makes a plain number of an array without axes, with which NumPy reckons faster
        self.grad = np.ones(self.data.shape, self.data.dtype)[()]
        for result in results:
            result._to_parents()
            if not retain_graph:
                result.parents = None

    def history(self) -> list[Node]:
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
        # A node is made after its parents: youngest first, every gradient is complete before it is carried on.
        return sorted(found, key=_age, reverse=True)

    def _to_parents(self) -> None:
        """Carry this result's gradient one step back."""
        gradient = self.grad
        for parent, back in zip(self.parents or (), self.backs, strict=True):
            if isinstance(parent, Node):
                part, data = back(gradient), parent.data
                if part.shape != data.shape or part.dtype != data.dtype:
                    part = _fit(part, data)
                # chain rule: dL/dparent is the sum, over all uses of the parent, of what comes back from each
                parent.grad = part if parent.grad is None else parent.grad + part

    def zero_grad(self) -> None:
        """Forget the gradient."""
        self.grad = 0.0


def _fit(gradient: Array, data: Array) -> Array:
    """`gradient` in the shape and type of `data`: summed over the axes along which broadcasting had stretched data."""
    if gradient.ndim > data.ndim:
        gradient = gradient.sum(axis=tuple(range(gradient.ndim - data.ndim)))
    if gradient.shape != data.shape:
        gradient = gradient.sum(axis=tuple(i for i, n in enumerate(data.shape) if n == 1), keepdims=True)
    return gradient.astype(data.dtype, copy=False)
