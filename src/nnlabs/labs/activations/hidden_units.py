"""What lab 2 looks at in the hidden units of a network that learns: what goes into them, how many are dead, how many saturate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import TypeAlias

import numpy as np

from nnlabs.arrays import Array
from nnlabs.labs.activations.figures.saturation import Layer
from nnlabs.labs.activations.gradients import value_and_slope
from nnlabs.labs.activations.training import Problem, Recipe, learn, measure
from nnlabs.scratch.activations import ACTIVATIONS
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


def dead_share(model: MLP, x: Array) -> float:
    """Share of the hidden units whose input is negative or 0 for every example: under ReLU they get no gradient any more.

    Args:
        model: a network.
        x: examples, shape (n, d).
    """
    dead = [np.all(z <= 0, axis=0) for z in hidden_inputs(model, x)]
    return float(np.concatenate(dead).mean())


def units_dying(problems: Problems, recipes: Sequence[Recipe], activation: str) -> tuple[Array, Array]:
    """Train networks and count their dead units on the way.

    Args:
        problems: what they learn, by the seed.
        recipes: how; each with as many steps.
        activation: a name in `ACTIVATIONS`.

    Returns:
        The share of dead units at each of `Recipe.shown()`, shape (recipes, seeds, shown), and the validation accuracy at the end,
        shape (recipes, seeds).
    """
    cases = list(product(recipes, problems.items()))
    shares, right = [], []
    for recipe, (seed, problem) in cases:
        for _, model in learn(problem, recipe, activation, seed):
            shares.append(dead_share(model, problem.x))
        right.append(measure(model, problem)[1])
    shape = len(recipes), len(problems)
    return np.reshape(shares, (*shape, -1)), np.reshape(right, shape)


def saturation(problems: Problems, recipe: Recipe, activation: str) -> list[Layer]:
    """Train networks and look at what goes into their hidden units before and after.

    Args:
        problems: what they learn, by the seed.
        recipe: how; all hidden layers of one width.
        activation: a name in `ACTIVATIONS`.

    Returns:
        For each hidden layer the distribution over all examples, units and seeds, and the share that is saturated.
    """
    ends = replace(recipe, records=2)
    seen = [
        [hidden_inputs(model, problem.x) for _, model in learn(problem, ends, activation, seed)]
        for seed, problem in problems.items()
    ]
    # (seeds, 2, layers, examples, units) -> (layers, 2, seeds, examples x units)
    inputs = np.array(seen).transpose(2, 1, 0, 3, 4)
    inputs = inputs.reshape(*inputs.shape[:3], -1)
    # All but one in two hundred lie between the edges.
    reach = float(np.quantile(np.abs(inputs), 0.995))
    edges = np.linspace(-reach, reach, BINS + 1)
    return [_layer(activation, before_and_after, edges) for before_and_after in inputs]


def _layer(activation: str, inputs: Sequence[Array], edges: Array) -> Layer:
    """One hidden layer: `inputs` before and after, each of shape (seeds, n)."""
    shares = [np.histogram(values, edges)[0] / values.size for values in inputs]
    masks = [np.array([flat(activation, seed) for seed in values]) for values in inputs]
    # Counted input by input: of a bin at the edge, or around a zero of the slope, only a part is saturated.
    parts = [np.histogram(values[mask], edges)[0] / values.size for values, mask in zip(inputs, masks, strict=True)]
    in_all = [mean_interval(mask.mean(axis=1)) for mask in masks]
    return Layer(edges, shares[0], shares[1], parts[0], parts[1], in_all[0], in_all[1])


def flat(activation: str, z: Array) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Where an activation is saturated: |f′(z)| < `FLAT`; z of shape (k,)."""
    _, slope = value_and_slope(ACTIVATIONS[activation], z)
    return np.abs(slope) < FLAT
