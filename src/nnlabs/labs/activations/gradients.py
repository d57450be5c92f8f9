"""What lab 2 looks at inside activations and networks: slopes, gradients by layer, equal units, one layer for ten."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from nnlabs.arrays import Array
from nnlabs.labs.activations.figures.activations import Shape, show_range
from nnlabs.labs.activations.figures.decision_maps import Ground, NetworkSnapshot
from nnlabs.labs.activations.training import Problem, Recipe, learn, measure
from nnlabs.scratch.activations import ACTIVATIONS, Activation
from nnlabs.scratch.layers import MLP, Linear
from nnlabs.scratch.losses import cross_entropy
from nnlabs.scratch.tensor import Tensor


def activation_shapes(x: Array) -> dict[str, Shape]:
    """What a figure draws of each activation in the registry.

    Args:
        x: where, shape (k,).
    """
    return {
        name: Shape(entry.title, entry.range, x, *value_and_slope(entry, x), entry.elementwise)
        for name, entry in ACTIVATIONS.items()
    }


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


def ground_of(problem: Problem) -> Ground:
    """A problem in the plane as a figure takes it, with some air around its examples."""
    return Ground(problem.x, problem.y, 1.1 * float(np.abs(problem.x).max()))


def score_map(model: MLP, grid: Array) -> Array:
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


def moments(problem: Problem, recipe: Recipe, activation: str, seed: int, n: int) -> list[NetworkSnapshot]:
    """A network in the plane as it learns, at n steps; other arguments as for `training.learn`."""
    grid = ground_of(problem).grid(80)
    return [
        NetworkSnapshot(step, score_map(model, grid), *measure(model, problem))
        for step, model in learn(problem, replace(recipe, records=n), activation, seed)
    ]


def value_and_slope(activation: Activation, x: Array) -> tuple[Array, Array]:
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
    assert inputs.grad is not None
    slope = inputs.grad
    return first.data, slope if activation.elementwise else slope[:, 0]


def gradient_profiles(
    problem: Problem, activations: Sequence[str], init: str, depth: int, width: int, seeds: Iterable[int]
) -> Array:
    """By what factor the gradient grows or shrinks on its way back through untrained networks.

    Args:
        problem: its first 256 examples make the loss.
        activations: names in `ACTIVATIONS`.
        init: a name in `INITS`.
        depth: number of linear layers, 2 or more.
        width: units of each hidden layer.
        seeds: of the weights.

    Returns:
        log10 of ‖dL/dz‖ at each layer over that at the last, from the first to the last, the mean over the seeds, shape
        (activations, depth); -inf where a layer gets no gradient at all.
    """
    logs = np.array(
        [[log10_gradients(problem, name, init, depth, width, seed) for name in activations] for seed in seeds]
    )
    return np.asarray((logs - logs[..., -1:]).mean(axis=0))


def log10_gradients(problem: Problem, activation: str, init: str, depth: int, width: int, seed: int) -> Array:
    """How much of the loss's gradient comes back to each layer of one untrained network; arguments as for `gradient_profiles`.

    Returns:
        log10 of ‖dL/dz‖ (Frobenius) of the outputs z = x W + b of each linear layer from the first to the last, shape (depth,).
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
    return np.array([_log10_norm(np.asarray(z.grad)) for z in outputs])


def _log10_norm(values: Array) -> float:
    """log10 of the Frobenius norm; -inf where all are 0."""
    largest = np.abs(values).max()
    if largest == 0:
        return -np.inf
    # log ‖v‖ = log m + log ‖v / m‖: the squares of numbers below 10⁻¹⁶² would all be 0
    return float(np.log10(largest) + np.log10(np.linalg.norm(values / largest)))


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
