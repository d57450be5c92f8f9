"""Andrej Karpathy's micrograd, on this engine: the same names and calling conventions, so that its README and its demo run here.

In such a program change `from micrograd.engine import Value` to `from nnlabs.scratch.micrograd import Value`, and
`from micrograd.nn import MLP` to `from nnlabs.scratch.micrograd import MLP`. Every number is a tensor of its own, which shows
each of them being made; for speed use `nnlabs.scratch.layers`, where a tensor is a whole batch.

Three things are otherwise, as in PyTorch: before `backward` a gradient is None and not 0, a second `backward` through the same
graph needs `retain_graph=True`, and graphs are drawn by `nnlabs.scratch.draw_graph`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from nnlabs.scratch.tensor import Tensor

Value = Tensor


class Module:
    """Something with parameters."""

    def parameters(self) -> list[Value]:
        """All parameters."""
        return []

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for p in self.parameters():
            p.zero_grad()


class Neuron(Module):
    """max(0, w · x + b), or w · x + b.

    Args:
        nin: numbers in.
        nonlin: whether the ReLU is there.
    """

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0)
        self.nonlin = nonlin

    def __call__(self, x: Sequence[Value]) -> Value:
        """One number for the numbers x."""
        # b + w · x, one product after the other
        total = self.b
        for weight, number in zip(self.w, x, strict=True):
            total = total + weight * number
        return total.relu() if self.nonlin else total

    def parameters(self) -> list[Value]:
        """The weights, then the bias."""
        return [*self.w, self.b]

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """Neurons side by side.

    Args:
        nin: numbers in.
        nout: number of neurons.
        nonlin: whether they have a ReLU.
    """

    def __init__(self, nin: int, nout: int, nonlin: bool = True) -> None:
        self.neurons = [Neuron(nin, nonlin) for _ in range(nout)]

    def __call__(self, x: Sequence[Value]) -> Value | list[Value]:
        """One number for each neuron; the number itself where there is one neuron."""
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self) -> list[Value]:
        """Those of the neurons, one after the other."""
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(str, self.neurons))}]"


class MLP(Module):
    """Layers one behind the other, all but the last with ReLU.

    Args:
        nin: numbers in.
        nouts: number of neurons of each layer.
    """

    def __init__(self, nin: int, nouts: list[int]) -> None:
        sizes = [nin, *nouts]
        last = len(nouts) - 1
        self.layers = [Layer(sizes[i], sizes[i + 1], nonlin=i != last) for i in range(len(nouts))]

    def __call__(self, x: Sequence[Value]) -> Value | list[Value]:
        """The last layer's output for the numbers x."""
        out: Value | list[Value] = list(x)
        for layer in self.layers:
            out = layer(out if isinstance(out, list) else [out])
        return out

    def parameters(self) -> list[Value]:
        """Those of the layers, one after the other."""
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(str, self.layers))}]"
