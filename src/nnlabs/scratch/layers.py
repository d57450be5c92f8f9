"""Layers, and networks made of them.

Example:
    >>> rng = np.random.default_rng(0)
    >>> model = MLP([2, 16, 16, 1], activation="tanh", init="xavier", rng=rng)
    >>> scores = model(np.zeros((5, 2)))  # five examples of two numbers
    >>> scores.shape
    (5, 1)
    >>> [p.shape for p in model.parameters()]
    [(2, 16), (16,), (16, 16), (16,), (16, 1), (1,)]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from nnlabs.arrays import Array
from nnlabs.scratch import layer_rules
from nnlabs.scratch.activations import ACTIVATIONS, Activation
from nnlabs.scratch.init import INITS
from nnlabs.scratch.tensor import Operand, Tensor, apply


class Module:
    """A function with parameters: the tensors that it holds, and those of the modules that it holds.

    Both are found among its attributes and in lists, tuples and dictionaries there, nested as deep as you like; what is held twice
    counts once.

    Attributes:
        training: whether the module behaves as in training (dropout drops, batch norm uses the batch's own statistics).
    """

    training = True

    def __call__(self, x: Operand) -> Tensor:
        """The module's output for x, an array or tensor of shape (n, ...)."""
        raise NotImplementedError(f"{type(self).__name__} must say what it computes: define __call__(self, x).")

    def parameters(self) -> list[Tensor]:
        """All parameters, each once: the module's own first, then those of the modules in it, in the order of attributes."""
        held = (part for module in self.modules() for part in _parts(vars(module)))
        return list(dict.fromkeys(part for part in held if isinstance(part, Tensor)))

    def modules(self) -> list[Module]:
        """This module and all within it, each once."""
        found: dict[Module, None] = {}
        waiting: list[Module] = [self]
        while waiting:
            module = waiting.pop()
            if module not in found:
                found[module] = None
                waiting += [part for part in _parts(vars(module)) if isinstance(part, Module)][::-1]
        return list(found)

    def zero_grad(self) -> None:
        """Forget all gradients."""
        for parameter in self.parameters():
            parameter.grad = None

    def train(self, training: bool = True) -> None:
        """Behave as in training, or, with False, as in use."""
        for module in self.modules():
            module.training = training


def _parts(value: Any) -> Iterator[Any]:
    """What lies in a value that may be a list, a tuple, a dictionary, or one of these in another."""
    if isinstance(value, (list, tuple, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _parts(item)
    else:
        yield value


class Linear(Module):
    """y = x W + b.

    Args:
        n_in: numbers in an example.
        n_out: numbers out.
        rng: where the weights are drawn from.
        init: how, a name in `INITS`; biases start at 0.
        dtype: float32 or float64.
    """

    def __init__(
        self, n_in: int, n_out: int, rng: np.random.Generator, init: str = "he", dtype: DTypeLike = np.float64
    ) -> None:
        self.W = Tensor(_named(INITS, init, "initialization")(rng, n_in, n_out).astype(dtype))
        self.b = Tensor(np.zeros(n_out, dtype))

    def __call__(self, x: Operand) -> Tensor:
        """(n, n_in) in, (n, n_out) out."""
        return apply(layer_rules.linear, x, self.W, self.b)


class Nonlinearity(Module):
    """An activation as a layer, with its own parameters where it learns any.

    Args:
        activation: which.
        dtype: float32 or float64.
    """

    def __init__(self, activation: Activation, dtype: DTypeLike = np.float64) -> None:
        self.activation = activation
        self.learned = [Tensor(np.asarray(value, dtype)) for value in activation.learned]

    def __call__(self, x: Operand) -> Tensor:
        """Any shape in, the same out (maxout: the last axis shorter)."""
        return self.activation(x, *self.learned)

    def slope(self, z: Array) -> Array:
        """The derivative f′(z), of z's shape, with what the layer has learned: what comes back when 1 is sent back."""
        _, back, *_ = self.activation.rule(z, *(parameter.data for parameter in self.learned))
        slopes: Array = back(np.ones_like(z))
        return slopes


class Dropout(Module):
    """Sets each number to 0 with probability p in training, and scales the others so that the mean stays.

    Args:
        p: probability, from 0 up to, not including, 1.
        rng: where the choices are drawn from.

    Source: Srivastava, Hinton, Krizhevsky, Sutskever & Salakhutdinov (2014).
    """

    def __init__(self, p: float, rng: np.random.Generator) -> None:
        if not 0 <= p < 1:
            raise ValueError(f"the probability of dropout must be at least 0 and below 1, not {p}.")
        self.p, self.rng = p, rng

    def __call__(self, x: Operand) -> Tensor:
        """Any shape in, the same out."""
        x = x if isinstance(x, Tensor) else Tensor(x)
        if not self.training or self.p == 0:
            return x
        return apply(layer_rules.dropout, x, p=self.p, rng=self.rng)


class BatchNorm1d(Module):
    """Gives each column mean 0 and variance 1 over the batch, then a scale and a shift that are learned.

    Args:
        width: number of columns.
        eps: added to the variance, so that a constant column is no division by 0.
        momentum: weight of the newest batch in the running mean and variance, which replace the batch's own in use.
        dtype: float32 or float64.

    Source: Ioffe & Szegedy (2015).
    """

    def __init__(self, width: int, eps: float = 1e-5, momentum: float = 0.1, dtype: DTypeLike = np.float64) -> None:
        self.gamma, self.beta = Tensor(np.ones(width, dtype)), Tensor(np.zeros(width, dtype))
        self.mean: Array = np.zeros(width, dtype)
        self.variance: Array = np.ones(width, dtype)
        self.eps, self.momentum = eps, momentum

    def __call__(self, x: Operand) -> Tensor:
        """(n, width) in, the same out; in training n must be at least 2."""
        x = x if isinstance(x, Tensor) else Tensor(x)
        if not self.training:
            std: Array = np.sqrt(self.variance + self.eps)
            return self.gamma * (x - self.mean) / std + self.beta
        if len(x) < 2:
            raise ValueError("BatchNorm1d needs at least 2 examples in training: the variance of one is 0.")
        self._remember(x.data.mean(0), x.data.var(0, ddof=1))
        return apply(layer_rules.batch_norm, x, self.gamma, self.beta, eps=self.eps)

    def _remember(self, mean: Array, variance: Array) -> None:
        self.mean = self.mean + self.momentum * (mean - self.mean)
        self.variance = self.variance + self.momentum * (variance - self.variance)


class Sequential(Module):
    """Modules one behind the other.

    Args:
        *layers: in the order of use.
    """

    def __init__(self, *layers: Module) -> None:
        self.layers = list(layers)

    def __call__(self, x: Operand) -> Tensor:
        """What the last layer makes of what the one before it makes of ... x."""
        for layer in self.layers:
            x = layer(x)
        return x if isinstance(x, Tensor) else Tensor(x)


class MLP(Sequential):
    """Multi-layer perceptron: linear layers with an activation between each two.

    Args:
        sizes: numbers in an example, units of each hidden layer, numbers out.
        rng: where weights and dropout are drawn from.
        activation: a name in `ACTIVATIONS`.
        init: a name in `INITS`.
        dropout: probability of dropout behind each activation.
        batch_norm: whether a batch norm stands before each activation.
        dtype: float32 or float64.

    Raises:
        ValueError: for a name that is in no table.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        rng: np.random.Generator,
        activation: str = "relu",
        init: str = "he",
        dropout: float = 0.0,
        batch_norm: bool = False,
        dtype: DTypeLike = np.float64,
    ) -> None:
        function = _named(ACTIVATIONS, activation, "activation")
        layers: list[Module] = []
        for n_in, n_out in pairwise(sizes[:-1]):
            width = n_out * function.pieces
            layers.append(Linear(n_in, width, rng, init, dtype))
            layers += [BatchNorm1d(width, dtype=dtype)] if batch_norm else []
            layers.append(Nonlinearity(function, dtype))
            layers += [Dropout(dropout, rng)] if dropout else []
        super().__init__(*layers, Linear(sizes[-2], sizes[-1], rng, init, dtype))


def _named(table: dict[str, Any], name: str, what: str) -> Any:
    """The entry of a table, or an error that lists what there is."""
    if name not in table:
        raise ValueError(f"there is no {what} called {name!r}; there are {', '.join(table)}.")
    return table[name]
