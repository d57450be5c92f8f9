"""What lab 2 trains: small networks of the scratch engine on small problems."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from nnlabs.arrays import Array
from nnlabs.data.tabular import Table, circles, digits, moons, spirals, standardize, xor
from nnlabs.scratch.layers import MLP
from nnlabs.scratch.losses import cross_entropy
from nnlabs.scratch.optim import Adam
from nnlabs.scratch.training import training_step
from nnlabs.stats.intervals import Interval, mean_interval
from nnlabs.sweeps.pools import call_each, local_pool

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
    """Examples to learn from and examples to judge by, centered and scaled to variance 1.

    Attributes:
        x: features, shape (n, d), float32.
        y: classes, shape (n,).
        validation_x: features of examples that are not learned from.
        validation_y: their classes.
        classes: how many classes there are.
    """

    x: Array
    y: NDArray[np.int64]
    validation_x: Array
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

    def shown(self) -> list[int]:
        """After how many steps: first 0, last all of them."""
        return sorted({int(step) for step in np.linspace(0, self.steps, self.records)})


@dataclass(frozen=True)
class Job:
    """A network to be trained.

    Attributes:
        problem: a name in `PROBLEMS`.
        recipe: how.
        activation: a name in `ACTIVATIONS`.
        seed: of everything random.
        init: a name in `INITS`.
    """

    problem: str
    recipe: Recipe
    activation: str
    seed: int
    init: str = "he"


LEAST = 1e-9


@dataclass(frozen=True)
class TrainedNetwork:
    """One network's way through training.

    Attributes:
        model: the trained network.
        steps: after how many steps the numbers were taken, shape (r,); first 0.
        loss: cross-entropy over all training examples, in nats, shape (r,).
        accuracy: share of the validation examples that it gets right, shape (r,).
    """

    model: MLP
    steps: NDArray[np.int64]
    loss: Array
    accuracy: Array

    @property
    def final_accuracy(self) -> float:
        """Accuracy after the last step."""
        return float(self.accuracy[-1])

    @property
    def diverged(self) -> bool:
        """Whether its loss is no longer finite in the end."""
        return not np.isfinite(self.loss[-1])

    @property
    def log10_loss(self) -> Array:
        """log₁₀ of the loss, of `LEAST` at least: rounded to 0 a loss has none, and is no loss that diverged."""
        logs: Array = np.log10(np.maximum(self.loss, LEAST))
        return logs

    @property
    def weights(self) -> int:
        """How many weights and biases the network has, and slopes where it learns any."""
        return sum(parameter.size for parameter in self.model.parameters())

    def history(self) -> Iterator[dict[str, float]]:
        """Step, loss and accuracy as rows of a table."""
        for step, loss, accuracy in zip(self.steps.tolist(), self.loss.tolist(), self.accuracy.tolist(), strict=True):
            yield {"step": step, "loss": loss, "accuracy": accuracy}


@cache
def make_problem(name: str, n: int, seed: int) -> Problem:
    """Draw a problem's examples, split them, and bring them to a scale that suits networks.

    Args:
        name: a name in `PROBLEMS`.
        n: number of examples, where they are drawn.
        seed: of the draw and of the split (70 % to learn from).
    """
    table = PROBLEMS[name](n, seed)
    train, validation = table.split(seed=seed)
    x, validation_x = (part.astype(np.float32) for part in standardize(train.x, validation.x))
    return Problem(x, train.y, validation_x, validation.y, len(table.classes))


def by_seed(name: str, n: int, seeds: Iterable[int]) -> dict[int, Problem]:
    """One problem, drawn and split anew for each seed; arguments as for `make_problem`."""
    return {seed: make_problem(name, n, seed) for seed in seeds}


def build(
    problem: Problem,
    recipe: Recipe,
    activation: str,
    rng: np.random.Generator,
    init: str = "he",
    dtype: DTypeLike = np.float32,
) -> MLP:
    """A network for a problem, as it is before the first step.

    Args:
        problem: what it is to learn.
        recipe: says how wide its layers are.
        activation: between its layers, a name in `ACTIVATIONS`.
        rng: where the weights are drawn from.
        init: how, a name in `INITS`.
        dtype: float32 or float64.
    """
    return MLP([problem.x.shape[1], *recipe.widths, problem.classes], rng, activation, init, dtype=dtype)


def learn(
    problem: Problem, recipe: Recipe, activation: str, seed: int, init: str = "he", dtype: DTypeLike = np.float32
) -> Iterator[tuple[int, MLP]]:
    """Train one network, and show it on the way.

    Args:
        problem: what it learns.
        recipe: how.
        activation: between its layers, a name in `ACTIVATIONS`.
        seed: of the weights and of the batches: the same for every activation.
        init: how the weights are drawn, a name in `INITS`.
        dtype: float32 or float64.

    Yields:
        After how many steps, and the network as it is then: `recipe.records` times, before the first step and after the last too.
    """
    rng = np.random.default_rng(seed)
    model = build(problem, recipe, activation, rng, init, dtype)
    optimizer = Adam(model.parameters(), lr=recipe.lr)
    shown = recipe.shown()
    yield 0, model
    for step in range(1, recipe.steps + 1):
        batch = rng.integers(0, len(problem.y), recipe.batch_size)
        training_step(model, optimizer, cross_entropy, problem.x[batch], problem.y[batch])
        if step in shown:
            yield step, model


def train(problem: Problem, recipe: Recipe, activation: str, seed: int, init: str = "he") -> TrainedNetwork:
    """Train one network, and take its loss and accuracy on the way; arguments as for `learn`."""
    taken = []
    for _, model in learn(problem, recipe, activation, seed, init):
        taken.append(measure(model, problem))
    loss, accuracy = np.array(taken).T
    return TrainedNetwork(model, np.array(recipe.shown()), loss, accuracy)


def train_all(jobs: Sequence[Job], n: int, workers: int) -> list[TrainedNetwork]:
    """Train a network for each job.

    Args:
        jobs: what is to be trained.
        n: points of the problems that are drawn.
        workers: processes at the same time; the results do not depend on it.
    """
    done = dict(call_each(local_pool(workers), partial(_train_job, n), jobs))
    return [done[number] for number in range(len(jobs))]


# A run that diverges is told of as such; the warnings on its way would only hide that.
@np.errstate(over="ignore", invalid="ignore")
def _train_job(n: int, job: Job) -> TrainedNetwork:
    return train(make_problem(job.problem, n, job.seed), job.recipe, job.activation, job.seed, job.init)


def over_seeds(values: Sequence[Any], first: Iterable[str], second: Iterable[str]) -> dict[str, dict[str, Interval]]:
    """Means over seeds with their intervals, by two names.

    Args:
        values: numbers, or arrays of one shape, in the order of `itertools.product(first, second, seeds)`.
        first: the outer names.
        second: the inner names.
    """
    rows, columns = list(first), list(second)
    array = np.array(values)
    grid = array.reshape(len(rows), len(columns), -1, *array.shape[1:])
    return {
        row: {column: mean_interval(shares) for column, shares in zip(columns, line, strict=True)}
        for row, line in zip(rows, grid, strict=True)
    }


def measure(model: MLP, problem: Problem) -> tuple[float, float]:
    """Loss over the training examples in nats, and accuracy on the validation examples, a share."""
    loss = cross_entropy(model(problem.x), problem.y).item()
    right = model(problem.validation_x).data.argmax(axis=1) == problem.validation_y
    return loss, float(right.mean())
