"""What lab 2 trains: small networks of the scratch engine on small problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.data.tabular import Table, circles, digits, moons, spirals, xor
from nnlabs.experiments.statistics import Interval, mean_interval
from nnlabs.scratch.layers import MLP
from nnlabs.scratch.losses import cross_entropy
from nnlabs.scratch.optim import Adam

Floats = NDArray[np.floating[Any]]
Case = tuple[str, str, int]
"""Activation, problem, seed."""

# Reading the digits from scikit-learn's file takes longer than to learn them.
_digits = cache(digits)

PROBLEMS: dict[str, Callable[[int, int], Table]] = {
    "XOR": lambda n, seed: xor(n, noise=0.15, seed=seed),
    "moons": lambda n, seed: moons(n, noise=0.15, seed=seed),
    "circles": lambda n, seed: circles(n, noise=0.08, seed=seed),
    "spirals": lambda n, seed: spirals(n, noise=0.03, seed=seed, turns=1.25),
    "digits": lambda n, seed: _digits(),
}
"""What the networks learn: by name, a function of the number of points and of a seed; the digits are all there are."""


@dataclass(frozen=True)
class Problem:
    """Examples to learn from and examples to judge by, centred and scaled to variance 1.

    Attributes:
        x: features, shape (n, d), float32.
        y: classes, shape (n,).
        validation_x: features of examples that are not learnt from.
        validation_y: their classes.
        classes: how many classes there are.
    """

    x: Floats
    y: NDArray[np.int64]
    validation_x: Floats
    validation_y: NDArray[np.int64]
    classes: int


@dataclass(frozen=True)
class Recipe:
    """How a network is built and trained.

    Attributes:
        widths: units of each hidden layer.
        steps: steps of Adam.
        lr: its learning rate.
        batch_size: examples drawn at random for each step.
        records: how often on the way loss and accuracy are taken.
    """

    widths: tuple[int, ...]
    steps: int
    lr: float
    batch_size: int
    records: int = 25


@dataclass(frozen=True)
class Run:
    """One network's way through training.

    Attributes:
        model: the trained network.
        steps: after how many steps the numbers were taken, shape (r,); first 0.
        loss: cross-entropy over all training examples, in nats, shape (r,).
        accuracy: share of the validation examples that it gets right, shape (r,).
    """

    model: MLP
    steps: NDArray[np.int64]
    loss: Floats
    accuracy: Floats

    @property
    def final_accuracy(self) -> float:
        """Accuracy after the last step."""
        return float(self.accuracy[-1])

    def history(self) -> Iterator[dict[str, float]]:
        """Step, loss and accuracy as rows of a table."""
        for step, loss, accuracy in zip(self.steps.tolist(), self.loss.tolist(), self.accuracy.tolist(), strict=True):
            yield {"step": step, "loss": loss, "accuracy": accuracy}


@cache
def pose(name: str, n: int, seed: int) -> Problem:
    """Draw a problem's examples, split them, and bring them to a scale that suits networks.

    Args:
        name: a name in `PROBLEMS`.
        n: number of examples, where they are drawn.
        seed: of the draw and of the split (70 % to learn from).
    """
    table = PROBLEMS[name](n, seed)
    train, validation = table.split(seed=seed)
    mean = train.x.mean(axis=0)
    # One scale for all features: some of the digits' pixels are always white.
    scale = (train.x - mean).std()
    x, validation_x = (((part.x - mean) / scale).astype(np.float32) for part in (train, validation))
    return Problem(x, train.y, validation_x, validation.y, len(table.classes))


def train(problem: Problem, recipe: Recipe, activation: str, seed: int, init: str = "he") -> Run:
    """Train one network.

    Args:
        problem: what it learns.
        recipe: how.
        activation: between its layers, a name in `ACTIVATIONS`.
        seed: of the weights and of the batches: the same for every activation.
        init: how the weights are drawn, a name in `INITS`.
    """
    rng = np.random.default_rng(seed)
    sizes = [problem.x.shape[1], *recipe.widths, problem.classes]
    model = MLP(sizes, rng, activation, init, dtype=np.float32)
    optimizer = Adam(model.parameters(), lr=recipe.lr)
    at = np.unique(np.linspace(0, recipe.steps, recipe.records).astype(np.int64))
    taken = [measure(model, problem)]
    for step in range(1, recipe.steps + 1):
        batch = rng.integers(0, len(problem.y), recipe.batch_size)
        optimizer.zero_grad()
        cross_entropy(model(problem.x[batch]), problem.y[batch]).backward()
        optimizer.step()
        if step in at:
            taken.append(measure(model, problem))
    loss, accuracy = np.array(taken).T
    return Run(model, at, loss, accuracy)


def train_all(cases: Sequence[Case], n: int, recipe: Recipe, workers: int) -> list[Run]:
    """Train a network for each (activation, problem, seed).

    Args:
        cases: names in `ACTIVATIONS` and `PROBLEMS`, and the seed of everything random.
        n: points of the problems that are drawn.
        recipe: how they are trained.
        workers: processes at the same time; the results do not depend on it.
    """
    from joblib import Parallel, delayed

    def one(activation: str, problem: str, seed: int) -> Run:
        return train(pose(problem, n, seed), recipe, activation, seed)

    return list(Parallel(workers)(delayed(one)(*case) for case in cases))


def summary(titles: Mapping[str, str], measured: Mapping[Case, Any]) -> dict[str, dict[str, Interval]]:
    """Means over seeds, with their intervals, by the activation's title and the problem.

    Args:
        titles: by the activations' names.
        measured: a number, or an array of them, for each case.
    """
    groups: dict[str, dict[str, list[Any]]] = {title: {} for title in titles.values()}
    for (activation, problem, _), value in measured.items():
        groups[titles[activation]].setdefault(problem, []).append(value)
    return {title: {name: mean_interval(its) for name, its in group.items()} for title, group in groups.items()}


def measure(model: MLP, problem: Problem) -> tuple[float, float]:
    """Loss over the training examples in nats, and accuracy on the validation examples, a share."""
    loss = cross_entropy(model(problem.x), problem.y).item()
    right = model(problem.validation_x).data.argmax(axis=1) == problem.validation_y
    return loss, float(right.mean())
