"""Paths of the package's own optimizers over a surface, each with its best learning rate out of one and the same grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

import numpy as np

from nnlabs.config.own import own_file, own_mistakes_told
from nnlabs.config.schema import TrainConfig
from nnlabs.labs.optimizers.figures.descent import Descent, Track
from nnlabs.labs.optimizers.surfaces import SURFACES, Surface
from nnlabs.sweeps.pools import call_each, local_pool


def tuned_paths(surface: Surface, optimizers: Iterable[str], steps: int, lrs: Sequence[float]) -> dict[str, Track]:
    """Each optimizer's path with that learning rate of the grid with which it ends lowest; all have the same choice.

    Args:
        surface: what to walk on.
        optimizers: names.
        steps: number of steps.
        lrs: learning rates to choose from.

    Returns:
        By optimizer; of several that end equally low the lowest learning rate's.
    """
    pairs = [(name, lr) for name in optimizers for lr in sorted(lrs)]
    best: dict[str, Track] = {}
    for (name, _), track in zip(pairs, descend(surface, pairs, steps), strict=True):
        if name not in best or _end(track) < _end(best[name]):
            best[name] = track
    return best


def on_surfaces(optimizers: Iterable[str], steps: int, lrs: Sequence[float], workers: int) -> dict[str, Descent]:
    """The tuned paths on all surfaces, ready to be drawn.

    Args:
        optimizers: names.
        steps: number of steps.
        lrs: learning rates to choose from, on each surface anew.
        workers: processes at the same time, a surface each.

    Returns:
        By the surfaces' titles.

    Raises:
        ConfigError: for an optimizer of one's own that fails.
    """
    surfaces, names = list(SURFACES.values()), list(optimizers)
    walk = partial(tuned_paths, optimizers=names, steps=steps, lrs=lrs)
    with own_mistakes_told(("train.optimizer", name) for name in names):
        paths = dict(call_each(local_pool(workers), walk, surfaces))
    return {
        surface.title: Descent(*surface.on_grid(), np.array(surface.minima), surface.lowest, paths[number])
        for number, surface in enumerate(surfaces)
    }


def _end(track: Track) -> float:
    return float(np.nan_to_num(track.values[-1], nan=np.inf))


def descend(surface: Surface, pairs: Sequence[tuple[str, float]], steps: int) -> list[Track]:
    """Walk down a surface from its start, once for each optimizer and learning rate: one backward pass gives the gradients of all.

    The point is the weight matrix, of shape (1, 2), of a hidden layer, so that Muon applies too; the gradient is exact.

    Args:
        surface: what to walk on.
        pairs: names out of `nnlabs.training.names.OPTIMIZERS`, each with a learning rate; all else is at its default, such as
            momentum of 0.9, whatever a competitor sets.
        steps: number of steps.

    Returns:
        For each pair the points, start included, and the surface's values there; nan from where it flew off.
    """
    import torch
    from torch import nn

    from nnlabs.training.optimizers import make_optimizer

    def place(optimizer: str) -> nn.ParameterList:
        # One's own may count on the type that a network's weights have.
        dtype = torch.float32 if own_file(optimizer) else torch.float64
        # Muon leaves the last weights, a network's output layer, to Adam: the second ones stand for them, and never move.
        return nn.ParameterList([torch.tensor([surface.start], dtype=dtype), torch.zeros(1, 1)])

    points = [place(name) for name, _ in pairs]
    optimizers = [
        make_optimizer(point, TrainConfig(optimizer=name, lr=lr))
        for point, (name, lr) in zip(points, pairs, strict=True)
    ]
    paths, values = np.empty((steps + 1, len(pairs), 2)), np.empty((steps + 1, len(pairs)))
    for step in range(steps + 1):
        at = torch.cat([point[0] for point in points])
        value = surface.function(at[:, 0], at[:, 1])
        paths[step], values[step] = at.detach(), value.detach()
        if step < steps:
            value.sum().backward()
            for point, optimizer in zip(points, optimizers, strict=True):
                # An optimizer of one's own may expect every parameter to have one, as in a network.
                point[1].grad = torch.zeros_like(point[1])
                optimizer.step()
                optimizer.zero_grad()
    return [Track(paths[:, i], values[:, i], lr) for i, (_, lr) in enumerate(pairs)]
