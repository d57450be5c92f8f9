"""An engine of micrograd's kind, for comparison: one Python object a number, one closure an operation."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise


class Scalar:
    """A number that remembers how it was computed."""

    def __init__(self, data: float, parents: tuple[Scalar, ...] = ()) -> None:
        self.data, self.grad, self.parents = data, 0.0, parents
        self.back: Callable[[], None] = lambda: None

    def __add__(self, other: Scalar | float) -> Scalar:
        other = other if isinstance(other, Scalar) else Scalar(other)
        out = Scalar(self.data + other.data, (self, other))

        def back() -> None:
            self.grad += out.grad
            other.grad += out.grad

        out.back = back
        return out

    def __mul__(self, other: Scalar | float) -> Scalar:
        other = other if isinstance(other, Scalar) else Scalar(other)
        out = Scalar(self.data * other.data, (self, other))

        def back() -> None:
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out.back = back
        return out

    __radd__, __rmul__ = __add__, __mul__

    def relu(self) -> Scalar:
        """max(0, x)."""
        out = Scalar(max(self.data, 0.0), (self,))

        def back() -> None:
            self.grad += (out.data > 0) * out.grad

        out.back = back
        return out

    def backward(self) -> None:
        """The derivative of this number by each that it was computed from."""
        order: list[Scalar] = []
        seen: set[Scalar] = set()
        stack = [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((parent, False) for parent in node.parents)
        self.grad = 1.0
        for node in reversed(order):
            node.back()


class ScalarMLP:
    """A multi-layer perceptron of `Scalar`s with ReLU between the layers.

    Args:
        sizes: numbers in, units of each hidden layer, numbers out.
    """

    def __init__(self, sizes: Sequence[int]) -> None:
        self.layers = [
            [([Scalar(random.uniform(-1, 1)) for _ in range(n_in)], Scalar(0.0)) for _ in range(n_out)]
            for n_in, n_out in pairwise(sizes)
        ]

    def __call__(self, x: Sequence[Scalar]) -> list[Scalar]:
        """The outputs for one example."""
        for depth, layer in enumerate(self.layers):
            sums = [sum((w * xi for w, xi in zip(weights, x, strict=True)), bias) for weights, bias in layer]
            x = [s.relu() for s in sums] if depth < len(self.layers) - 1 else sums
        return list(x)

    def parameters(self) -> list[Scalar]:
        """All weights and biases."""
        return [p for layer in self.layers for weights, bias in layer for p in (*weights, bias)]
