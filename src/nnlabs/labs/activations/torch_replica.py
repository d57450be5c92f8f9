"""Lab 2's network a second time, in PyTorch: the same first weights, the same batches, the same optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nnlabs.arrays import Array
from nnlabs.labs.activations.training import Problem, Recipe, build, learn, measure
from nnlabs.scratch.activations import ACTIVATIONS
from nnlabs.scratch.layers import MLP, Linear

if TYPE_CHECKING:
    from torch.nn import Sequential

TORCH_MODULES = {"tanh": "Tanh", "relu": "ReLU", "silu": "SiLU"}
"""Modules of `torch.nn` by the activation's name here."""


def losses_of_both(problems: Mapping[int, Problem], recipe: Recipe) -> tuple[dict[str, Array], dict[str, Array]]:
    """The losses of our networks and of PyTorch's, from the same first weights.

    Args:
        problems: what is learned, by the seed of the weights and of the batches.
        recipe: how.

    Returns:
        Ours and theirs by the activations' titles, each of shape (seeds, steps + 1).
    """
    ours, theirs = (
        {
            ACTIVATIONS[name].title: np.array(
                [losses(problem, recipe, name, seed) for seed, problem in problems.items()]
            )
            for name in TORCH_MODULES
        }
        for losses in (our_losses, torch_losses)
    )
    return ours, theirs


def our_losses(problem: Problem, recipe: Recipe, activation: str, seed: int) -> Array:
    """The loss over all training examples before the first step and after each, by the scratch engine in float64.

    Args:
        problem: what is learned.
        recipe: how.
        activation: a name in `TORCH_MODULES`.
        seed: of the weights and of the batches.

    Returns:
        Cross-entropy in nats, shape (steps + 1,).
    """
    every_step = replace(recipe, records=recipe.steps + 1)
    shown = learn(problem, every_step, activation, seed, dtype=np.float64)
    return np.array([measure(model, problem)[0] for _, model in shown])


def torch_losses(problem: Problem, recipe: Recipe, activation: str, seed: int) -> Array:
    """The same by PyTorch; arguments and result as for `our_losses`."""
    import torch
    from torch.nn.functional import cross_entropy

    rng = np.random.default_rng(seed)
    model = torch_replica(build(problem, recipe, activation, rng, dtype=np.float64), activation)
    optimizer = torch.optim.Adam(model.parameters(), lr=recipe.lr)
    x, y = torch.tensor(problem.x, dtype=torch.float64), torch.tensor(problem.y)
    losses = [cross_entropy(model(x), y).item()]
    for _ in range(recipe.steps):
        batch = torch.tensor(rng.integers(0, len(y), recipe.batch_size))
        optimizer.zero_grad()
        cross_entropy(model(x[batch]), y[batch]).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(cross_entropy(model(x), y).item())
    return np.array(losses)


def apart(ours: Array, theirs: Array) -> Array:
    """How far losses lie apart: in nats, but where they exceed 1 nat, as a share of them, for so does rounding grow.

    Args:
        ours: losses by the scratch engine, any shape.
        theirs: those by PyTorch.

    Returns:
        The same shape; nan where one of them is not finite.
    """
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(ours - theirs) / np.maximum(1.0, np.abs(theirs)))


def furthest_apart(
    ours: Mapping[str, Array], theirs: Mapping[str, Array], steps: int | None = None
) -> dict[str, float]:
    """How far the losses of both lie apart at most, see `apart`.

    Args:
        ours: by the activations' titles, each of shape (seeds, steps + 1).
        theirs: likewise.
        steps: so many from the first on; default: all.

    Returns:
        By the same titles; nan where a loss is not finite.
    """
    end = None if steps is None else steps + 1
    return {title: float(apart(ours[title], theirs[title])[:, :end].max()) for title in ours}


def torch_replica(model: MLP, activation: str) -> Sequential:
    """A network of PyTorch that computes what ours computes, with the same weights in float64.

    Args:
        model: ours.
        activation: between its layers, a name in `TORCH_MODULES`.
    """
    import torch

    layers: list[torch.nn.Module] = []
    for layer in model.layers:
        if isinstance(layer, Linear):
            n_in, n_out = layer.W.shape
            linear = torch.nn.Linear(n_in, n_out, dtype=torch.float64)
            # Ours is x W + b, theirs x Wᵀ + b.
            linear.weight.data = torch.tensor(layer.W.data.T)
            linear.bias.data = torch.tensor(layer.b.data)
            layers.append(linear)
        else:
            layers.append(getattr(torch.nn, TORCH_MODULES[activation])())
    return torch.nn.Sequential(*layers)
