"""What lab 2 looks at inside activations and networks: slopes, gradients by layer, dead and equal units, one layer for ten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.experiments.activation_runs import Problem
from nnlabs.plotting.activations import show_range
from nnlabs.scratch.activations import ACTIVATIONS, Activation
from nnlabs.scratch.layers import MLP, Linear, Nonlinearity
from nnlabs.scratch.losses import cross_entropy
from nnlabs.scratch.tensor import Tensor

Floats = NDArray[np.floating[Any]]


def activation_facts() -> list[dict[str, str]]:
    """What the registry knows about each activation, one row each."""
    return [
        {
            "activation": entry.title,
            "formula": entry.formula,
            "range": show_range(entry.range),
            "good": entry.good,
            "bad": entry.bad,
            "paper": entry.paper,
        }
        for entry in ACTIVATIONS.values()
    ]


def score_map(model: MLP, grid: Floats) -> Floats:
    """Score of the second class minus that of the first all over the plane.

    Args:
        model: a network with two inputs and two outputs.
        grid: places along both axes, shape (g,).

    Returns:
        Shape (g, g): rows go up the second axis, columns along the first.
    """
    places = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    scores = model(places.astype(np.float32)).data
    return np.asarray(scores[:, 1] - scores[:, 0]).reshape(len(grid), len(grid))


def value_and_slope(activation: Activation, x: Floats) -> tuple[Floats, Floats]:
    """An activation's value and its derivative, both by the autograd engine.

    Args:
        activation: any; one that looks at several inputs sees (x, 0), and its first output and that one's derivative are taken.
        x: shape (k,).

    Returns:
        f(x) and f'(x), each of shape (k,).
    """
    padded = np.column_stack([x, np.zeros_like(x)])
    inputs = Tensor(x if activation.elementwise else padded)
    outputs = activation(inputs)
    first = outputs if activation.elementwise else outputs[:, 0]
    first.sum().backward()
    # A constant function has no gradient to speak of: the engine may leave a plain 0.
    slope = np.broadcast_to(inputs.grad, inputs.shape)
    return first.data, slope if activation.elementwise else slope[:, 0]


def gradient_norms(problem: Problem, activation: str, init: str, depth: int, width: int, seed: int) -> Floats:
    """How much of the loss's gradient comes back to each layer of an untrained network.

    Args:
        problem: its first 256 examples make the loss.
        activation: a name in `ACTIVATIONS`.
        init: a name in `INITS`.
        depth: number of linear layers.
        width: units of each hidden layer.
        seed: of the weights.

    Returns:
        ‖dL/dz‖ (Frobenius) of the outputs z = x W + b of each linear layer from the first to the last, shape (depth,).
    """
    sizes = [problem.x.shape[1], *[width] * (depth - 1), problem.classes]
    model = MLP(sizes, np.random.default_rng(seed), activation, init)
    signal = Tensor(problem.x[:256].astype(np.float64))
    outputs = []
    for layer in model.layers:
        signal = layer(signal)
        if isinstance(layer, Linear):
            outputs.append(signal)
    cross_entropy(signal, problem.y[:256]).backward()
    return np.array([np.linalg.norm(z.grad) for z in outputs])


def gradient_change(
    problem: Problem, activation: str, init: str, depths: Sequence[int], width: int, seeds: Iterable[int]
) -> Floats:
    """By what factor the gradient grows or shrinks on its way back through untrained networks.

    Args:
        problem: its first 256 examples make the loss.
        activation: a name in `ACTIVATIONS`.
        init: a name in `INITS`.
        depths: numbers of linear layers, each 2 or more.
        width: units of each hidden layer.
        seeds: of the weights.

    Returns:
        log10 of ‖dL/dz‖ at the first layer over that at the last, the mean over the seeds for each depth, shape (depths,);
        -inf where a first layer gets no gradient at all.
    """
    norms = [
        [gradient_norms(problem, activation, init, depth, width, seed)[[0, -1]] for depth in depths] for seed in seeds
    ]
    first, last = np.moveaxis(np.array(norms), -1, 0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log10(first / last).mean(axis=0))


def dead_share(model: MLP, x: Floats) -> float:
    """Share of the hidden units whose input is negative or 0 for every example: under ReLU they get no gradient any more.

    Args:
        model: a network.
        x: examples, shape (n, d).
    """
    dead: list[Any] = []
    signal = Tensor(x)
    for layer in model.layers:
        if isinstance(layer, Nonlinearity):
            dead.extend(np.all(signal.data <= 0, axis=0).tolist())
        signal = layer(signal)
    return float(np.mean(dead))


def distinct_units(model: MLP) -> int:
    """How many units of the first hidden layer differ from one another in their weights, beyond rounding."""
    first = next(layer for layer in model.layers if isinstance(layer, Linear))
    return int(np.unique(first.W.data.round(6), axis=1).shape[1])


def collapse(depth: int, width: int, seed: int) -> float:
    """Fold a network without non-linearity into one layer.

    Args:
        depth: number of weight matrices.
        width: numbers in, units of each layer, numbers out.
        seed: of the weights and the inputs.

    Returns:
        The largest difference, over 100 inputs, between the network's outputs and those of the one layer.
    """
    rng = np.random.default_rng(seed)
    model = MLP([width] * (depth + 1), rng, "identity", "lecun")
    w, b = np.eye(width), np.zeros(width)
    for layer in model.layers:
        if isinstance(layer, Linear):
            # (x W + b) W' + b' = x (W W') + (b W' + b')
            w, b = w @ layer.W.data, b @ layer.W.data + layer.b.data
    x = rng.standard_normal((100, width))
    return float(np.abs(model(x).data - (x @ w + b)).max())
