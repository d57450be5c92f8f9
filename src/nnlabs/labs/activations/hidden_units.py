"""What lab 2 looks at in the hidden units of a network that learns: what goes into them, how many are dead, how many saturate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nnlabs.arrays import Array
from nnlabs.labs.activations.figures.saturation import LayerInputs
from nnlabs.labs.activations.training import Problem, Recipe, learn, measure
from nnlabs.scratch.layers import MLP, Nonlinearity
from nnlabs.scratch.tensor import Tensor
from nnlabs.stats.intervals import mean_interval

Problems: TypeAlias = Mapping[int, Problem]

FLAT = 0.05
"""An activation counts as saturated where its slope, up or down, is below this."""
BINS = 40


def hidden_inputs(model: MLP, x: Array) -> list[Array]:
    """The numbers z that go into each hidden layer's activation.

    Args:
        model: a network.
        x: examples, shape (n, d).

    Returns:
        For each hidden layer shape (n, units).
    """
    found = []
    signal = Tensor(x)
    for layer in model.layers:
        if isinstance(layer, Nonlinearity):
            found.append(signal.data)
        signal = layer(signal)
    return found


def hidden_slopes(model: MLP, x: Array) -> list[Array]:
    """The slopes f′(z) there, with what the activations have learned; shapes and arguments as in `hidden_inputs`."""
    activations = [layer for layer in model.layers if isinstance(layer, Nonlinearity)]
    return [layer.slope(z) for layer, z in zip(activations, hidden_inputs(model, x), strict=True)]


def dead_shares(model: MLP, x: Array) -> Array:
    """Share of each hidden layer's units whose input is negative or 0 for every example: under ReLU they get no gradient.

    Args:
        model: a network.
        x: examples, shape (n, d).

    Returns:
        Shape (layers,); nan for every layer where the network diverged, that is, where one of the inputs is not finite.
    """
    inputs = hidden_inputs(model, x)
    # Compared with 0, nan is never less: units of a network of which nothing is left would pass for awake.
    if not all(np.isfinite(z).all() for z in inputs):
        return np.full(len(inputs), np.nan)
    return np.array([np.all(z <= 0, axis=0).mean() for z in inputs])


def units_dying(problems: Problems, recipes: Sequence[Recipe], activation: str) -> tuple[Array, Array]:
    """Train networks and count their dead units on the way.

    Args:
        problems: what they learn, by the seed.
        recipes: how; each with as many steps and as many hidden layers.
        activation: a name in `ACTIVATIONS`.

    Returns:
        The share of dead units at each of `Recipe.shown()` in each hidden layer, shape (recipes, seeds, shown, layers), nan where
        the network has diverged; and the validation accuracy at the end, shape (recipes, seeds).
    """
    cases = list(product(recipes, problems.items()))
    shares, right = [], []
    for recipe, (seed, problem) in cases:
        for _, model in learn(problem, recipe, activation, seed):
            shares.append(dead_shares(model, problem.x))
        right.append(measure(model, problem)[1])
    shape = len(recipes), len(problems)
    return np.reshape(shares, (*shape, -1, len(recipes[0].widths))), np.reshape(right, shape)


def saturation(problems: Problems, recipe: Recipe, activation: str) -> list[LayerInputs]:
    """Train networks and look at what goes into their hidden units before and after.

    Args:
        problems: what they learn, by the seed.
        recipe: how; all hidden layers of one width.
        activation: a name in `ACTIVATIONS`.

    Returns:
        For each hidden layer the distribution over all examples, units and seeds, and the share that is saturated; without the
        seeds whose network has diverged, nan where all have.
    """
    ends = replace(recipe, records=2)
    seen = [
        [
            (hidden_inputs(model, problem.x), hidden_slopes(model, problem.x))
            for _, model in learn(problem, ends, activation, seed)
        ]
        for seed, problem in problems.items()
    ]
    # (seeds, 2, inputs or slopes, layers, examples, units) -> (inputs or slopes, layers, 2, seeds, examples x units)
    both = np.array(seen).transpose(2, 3, 1, 0, 4, 5)
    inputs, slopes = both.reshape(*both.shape[:4], -1)
    # A network with one number that is not finite has diverged, whatever its others are.
    whole = np.isfinite(inputs).all(axis=(0, 3))
    # Of all inputs, of every layer, before and after, all but one in two hundred lie between the edges.
    reach = float(np.quantile(np.abs(inputs[:, whole]), 0.995))
    edges = np.linspace(-reach, reach, BINS + 1)
    return [_layer(*layer, whole, edges) for layer in zip(inputs, np.abs(slopes) < FLAT, strict=True)]


def _layer(inputs: Array, masks: NDArray[np.bool_], whole: NDArray[np.bool_], edges: Array) -> LayerInputs:
    """One hidden layer, before and after: inputs, and where its activation is saturated, |f′(z)| < `FLAT`, shape (2, seeds, n).

    Only networks that are `whole`, shape (2, seeds), count.
    """
    kept = [(values[good], mask[good]) for values, mask, good in zip(inputs, masks, whole, strict=True)]
    shares = [_share_by_bin(values, values.size, edges) for values, _ in kept]
    # Counted input by input: of a bin at the edge, or around a zero of the slope, only a part is saturated.
    parts = [_share_by_bin(values[mask], values.size, edges) for values, mask in kept]
    in_all = [mean_interval(mask.mean(axis=1)) for _, mask in kept]
    return LayerInputs(edges, shares[0], shares[1], parts[0], parts[1], in_all[0], in_all[1])


def _share_by_bin(values: Array, n: int, edges: Array) -> Array:
    """How many of n values lie in each bin, as shares; nan where there are none at all."""
    return np.histogram(values, edges)[0] / (n or np.nan)
