"""What lab 2 runs: small networks of the scratch engine on small problems, and what can be measured inside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.data.tabular import Table, digits, moons, spirals, xor
from nnlabs.scratch.activation import Activation
from nnlabs.scratch.layers import MLP, Linear, Nonlinearity
from nnlabs.scratch.losses import cross_entropy
from nnlabs.scratch.optim import Adam
from nnlabs.scratch.tensor import Tensor

Floats = NDArray[np.floating[Any]]

# Reading the digits from scikit-learn's file takes longer than to learn them.
_digits = cache(digits)

PROBLEMS: dict[str, Callable[[int, int], Table]] = {
    "XOR": lambda n, seed: xor(n, noise=0.15, seed=seed),
    "moons": lambda n, seed: moons(n, noise=0.15, seed=seed),
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


def train_all(cases: Sequence[tuple[str, str, int]], n: int, recipe: Recipe, workers: int) -> list[Run]:
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


def measure(model: MLP, problem: Problem) -> tuple[float, float]:
    """Loss over the training examples in nats, and accuracy on the validation examples, a share."""
    loss = cross_entropy(model(problem.x), problem.y).item()
    right = model(problem.validation_x).data.argmax(axis=1) == problem.validation_y
    return loss, float(right.mean())


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


def dead_share(model: MLP, x: Floats) -> float:
    """Share of the hidden units whose input is negative or 0 for every example: under ReLU they get no gradient any more.

    Args:
        model: a network.
        x: examples, shape (n, d).
    """
    dead: list[bool] = []
    signal = Tensor(x)
    for layer in model.layers:
        if isinstance(layer, Nonlinearity):
            dead += (signal.data <= 0).all(axis=0).tolist()
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
