"""What a network is like at this moment: losses, gradients, saturation and dead units, over all training examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.arrays import Array
from nnlabs.playground.training import Trainer
from nnlabs.scratch.layers import Linear, Nonlinearity, Sequential
from nnlabs.scratch.losses import binary_cross_entropy, cross_entropy
from nnlabs.scratch.squashing import log_softmax, stable_sigmoid
from nnlabs.scratch.tensor import Tensor

# A slope below this hardly lets a gradient through; below the smaller one, for all examples, a unit has stopped learning.
FLAT, DEAD = 0.05, 1e-6


@dataclass(frozen=True)
class LayerState:
    """One layer at this moment.

    Args:
        gradient: root of the mean square of dL/dW.
        inputs: what arrives at its units, z = x W + b, shape (n, units).
        flat: share of these inputs at which the activation's slope is below 0.05; None for the output layer.
        dead: units whose slope is 0 for all examples.
        equal: whether all its units compute the same.
    """

    gradient: float
    inputs: Array
    flat: float | None
    dead: tuple[int, ...]
    equal: bool


@dataclass(frozen=True)
class NetworkState:
    """A network at this moment, training and test each as a pair.

    Args:
        loss: mean loss, without penalties.
        accuracy: share that is right.
        layers: hidden layers, then the output layer.
    """

    loss: tuple[float, float]
    accuracy: tuple[float, float]
    layers: tuple[LayerState, ...]


def forward(network: Sequential, x: Array) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    """The network's output with all that is computed on the way, dropout left out.

    Args:
        network: from `build_network`.
        x: normalized inputs, shape (n, 2).

    Returns:
        Scores (n, outputs); the inputs z of each layer's units; the hidden layers' values f(z).
    """
    sums, values = [], []
    at: Any = x
    for layer in network.layers:
        if isinstance(layer, Linear):
            at = layer(at)
            sums.append(at)
        elif isinstance(layer, Nonlinearity):
            at = layer(at)
            values.append(at)
    return at, sums, values


def inspect_network(trainer: Trainer) -> NetworkState:
    """Losses and accuracies on both sides, and each layer's state on the training side; no step is taken, nothing drawn."""
    goal, network = trainer.goal, trainer.network
    trainer.optimizer.zero_grad()
    scores, sums, _ = forward(network, trainer.x)
    loss = goal.loss(scores, trainer.targets)
    loss.backward()
    test_scores, _, _ = forward(network, trainer.x_test)
    test_loss = goal.loss(test_scores, trainer.test_targets)
    accuracy = (_accuracy(scores.data, trainer.train.y), _accuracy(test_scores.data, trainer.test.y))
    return NetworkState((loss.item(), test_loss.item()), accuracy, _layers(network, sums))


def _layers(network: Sequential, sums: list[Tensor]) -> tuple[LayerState, ...]:
    linear = [layer for layer in network.layers if isinstance(layer, Linear)]
    activations = [layer for layer in network.layers if isinstance(layer, Nonlinearity)]
    hidden = [_hidden(*parts) for parts in zip(linear, activations, sums, strict=False)]
    return (*hidden, LayerState(_size(linear[-1]), sums[-1].data, None, (), False))


def _hidden(linear: Linear, activation: Nonlinearity, z: Tensor) -> LayerState:
    slopes = np.abs(activation.slope(z.data))
    dead = np.flatnonzero((slopes < DEAD).all(axis=0))
    weights = np.vstack([linear.W.data, linear.b.data])  # one column a unit
    equal = weights.shape[1] > 1 and bool((np.ptp(weights, axis=1) == 0).all())
    return LayerState(_size(linear), z.data, float((slopes < FLAT).mean()), tuple(dead.tolist()), equal)


def _size(layer: Linear) -> float:
    """√(mean of (dL/dW)²)."""
    return 0.0 if layer.W.grad is None else float(np.sqrt(np.mean(np.square(layer.W.grad))))


def predict(scores: Array) -> NDArray[np.int64]:
    """The class that wins, of scores (n, outputs): the larger one, or with one output the sign."""
    return scores.argmax(1) if scores.shape[1] > 1 else (scores[:, 0] > 0).astype(np.int64)


def _accuracy(scores: Array, y: NDArray[np.int64]) -> float:
    return float((predict(scores) == y).mean())


def confidence(scores: Array, probabilistic: bool) -> Array:
    """How sure the network is of the winner, from 0 (undecided) to 1, shape (n,).

    Args:
        scores: shape (n, outputs).
        probabilistic: whether sigmoid and softmax make probabilities of them; else a score of ±1 is as sure as can be.
    """
    k = scores.shape[1]
    sure: Array
    if probabilistic and k == 1:
        # the probability of the winner is max(p, 1 - p), from ½ to 1, brought to 0 to 1: |2p - 1|
        sure = np.abs(2 * stable_sigmoid(scores[:, 0]) - 1)
    elif probabilistic:
        # that of the winner among k lies between 1/k and 1
        sure = (np.exp(log_softmax.rule(scores)[0].max(1)) - 1 / k) / (1 - 1 / k)
    elif k == 1:
        sure = np.minimum(np.abs(scores[:, 0]), 1)
    else:
        second, first = np.sort(scores, axis=1)[:, -2:].T
        sure = np.minimum((first - second) / 2, 1)
    return sure


def is_probabilistic(trainer: Trainer) -> bool:
    """Whether the loss takes scores as logits."""
    return trainer.goal.loss in (binary_cross_entropy, cross_entropy)
