"""The training behind the page: data, network and optimizer of one experiment, one step at a time.

`script.py` writes the same steps as a file: whoever changes one changes the other, and a test holds their bits together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.playground.points import fit_scale, make_table
from nnlabs.playground.schedules import ENDLESS, SCHEDULES
from nnlabs.playground.settings import LIVE, Settings
from nnlabs.scratch.activations import ACTIVATIONS
from nnlabs.scratch.layers import Dropout, Linear, Module, Nonlinearity, Sequential
from nnlabs.scratch.losses import LOSSES, Loss
from nnlabs.scratch.optim import OPTIMIZERS


@dataclass(frozen=True)
class Goal:
    """What the output units stand for, and what they are compared with.

    Args:
        loss: the engine's loss.
        outputs: number of output units.
        encode: makes targets of classes (n,).
        says: what the output unit is, in a sentence.
    """

    loss: Loss
    outputs: int
    encode: Callable[[NDArray[np.int64]], NDArray[Any]]
    says: str


def make_goal(name: str, classes: int) -> Goal:
    """The goal for a loss and a number of classes: two classes share one output unit, several have one each.

    Args:
        name: a name in `LOSS_NAMES`.
        classes: number of classes.
    """
    several = classes > 2
    if name == "cross_entropy" and not several:
        says = "One linear unit z, the logit; the probability of the second class is sigmoid(z) = 1 / (1 + exp(-z))."
        return Goal(LOSSES["binary_cross_entropy"], 1, lambda y: y[:, None], says)
    if name == "cross_entropy":
        says = (
            "One linear unit for each class, the logits z; softmax makes probabilities of them, exp(zᵢ) / Σⱼ exp(zⱼ)."
        )
        return Goal(LOSSES[name], classes, lambda y: y, says)
    if name == "hinge" and several:
        says = "One linear unit for each class; the right one should exceed each other one by 1. The largest wins."
        return Goal(LOSSES["multiclass_hinge"], classes, lambda y: y, says)
    if several:
        says = "One linear unit for each class, compared with 1 for the right class and -1 for the others. The largest wins."
        return Goal(LOSSES[name], classes, lambda y: 2.0 * (y[:, None] == np.arange(classes)) - 1, says)
    says = "One linear unit, compared with -1 for the first class and 1 for the second; its sign decides."
    return Goal(LOSSES[name], 1, lambda y: 2.0 * y[:, None] - 1, says)


def build_network(settings: Settings, outputs: int, rng: np.random.Generator) -> Sequential:
    """Linear, activation, dropout for each hidden layer, and a linear layer at the end.

    Args:
        settings: their layers, init and dropout.
        outputs: number of output units.
        rng: where weights and dropout are drawn from.
    """
    sizes = [2, *(layer.units for layer in settings.layers), outputs]
    modules: list[Module] = []
    for (n_in, n_out), layer in zip(pairwise(sizes), settings.layers, strict=False):
        activation = Nonlinearity(ACTIVATIONS[layer.activation])
        modules += [Linear(n_in, n_out, rng, settings.init), activation, Dropout(settings.dropout, rng)]
    return Sequential(*modules, Linear(sizes[-2], outputs, rng, settings.init))


class Trainer:
    """One experiment in progress.

    Args:
        settings: of the experiment.

    Attributes:
        table, train, test: all examples, and both sides of the split.
        scale: normalizes inputs.
        goal: what the output stands for.
        network, optimizer: of `nnlabs.scratch`.
        steps: how many steps were taken.
        diverged: whether the loss, or a weight, is no longer a number; then there are no more steps.
        first: the settings at the first step.
        changes: what was changed on the way, as (step, new settings).

    Raises:
        DataError: for data that cannot be split.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = self.first = settings
        self.table = make_table(settings)
        self.train, self.test = self.table.split(settings.test_share, settings.seed)
        self.scale = fit_scale(self.train.x)
        self.x, self.x_test = self.scale(self.train.x), self.scale(self.test.x)
        self.goal = make_goal(settings.loss, len(self.table.classes))
        self.targets, self.test_targets = self.goal.encode(self.train.y), self.goal.encode(self.test.y)
        self.rng = np.random.default_rng(settings.seed)
        self.network = build_network(settings, self.goal.outputs, self.rng)
        make_optimizer = OPTIMIZERS[settings.optimizer]
        self.optimizer = make_optimizer(self.network.parameters(), lr=settings.lr, weight_decay=settings.l2)
        self.steps, self.diverged, self.order = 0, False, np.arange(0)
        self.changes: list[tuple[int, Settings]] = []

    @property
    def steps_an_epoch(self) -> int:
        """Batches in an epoch; the last may be smaller."""
        return -(-len(self.x) // self.settings.batch_size)

    @property
    def epoch(self) -> float:
        """Epochs so far, with their fraction."""
        return self.steps / self.steps_an_epoch

    @property
    def over(self) -> bool:
        """Whether there are no more steps to take: diverged, or `epochs` reached."""
        return self.diverged or 0 < self.settings.epochs <= self.steps // self.steps_an_epoch

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        # t = epoch / epochs, at most 1
        t = min(self.epoch / (self.settings.epochs or ENDLESS), 1.0)
        return self.settings.lr * SCHEDULES[self.settings.schedule](t)

    def step(self) -> None:
        """Learn from the next batch."""
        rows, settings, optimizer = self._next_batch(), self.settings, self.optimizer
        optimizer.lr = self.lr
        optimizer.zero_grad()
        loss = self.goal.loss(self.network(self.x[rows]), self.targets[rows])
        loss.backward()
        for w in optimizer.parameters if settings.l1 else ():
            # d(λ Σ|w|)/dw = λ sign w
            if w.grad is not None:
                w.grad = w.grad + settings.l1 * np.sign(w.data)
        optimizer.step()
        self.steps += 1
        usable = all(np.isfinite(w.data).all() for w in optimizer.parameters)
        self.diverged = not usable or not np.isfinite(loss.data) or abs(loss.item()) > 1e12

    def change(self, settings: Settings) -> None:
        """Go on with other settings, of which only those in `LIVE` differ."""
        self.settings = settings
        decay = "decay" if settings.optimizer == "adamw" else "weight_decay"
        setattr(self.optimizer, decay, settings.l2)
        for layer in self.network.layers:
            if isinstance(layer, Dropout):
                layer.p = settings.dropout
        if self.steps == 0:
            self.first = settings
        else:
            self.changes = [(at, old) for at, old in self.changes if at != self.steps] + [(self.steps, settings)]

    def _next_batch(self) -> NDArray[np.int64]:
        position = self.steps % self.steps_an_epoch
        if position == 0:
            self.order = self.rng.permutation(len(self.x))
        size = self.settings.batch_size
        return self.order[position * size : (position + 1) * size]


def differs_live_only(old: Settings, new: Settings) -> bool:
    """Whether a network that learns with the old settings can go on with the new ones."""
    return replace(old, **{name: getattr(new, name) for name in LIVE}) == new
