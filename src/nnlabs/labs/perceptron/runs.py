"""The runs behind lab 1: a perceptron followed mistake by mistake, counted against theory, and watched where it never settles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnlabs.arrays import Array
from nnlabs.data.tabular import Table
from nnlabs.labs.perceptron.figures.learning import Moment
from nnlabs.labs.perceptron.figures.mistake_counts import Task
from nnlabs.labs.perceptron.figures.plane import Plane
from nnlabs.labs.perceptron.margin import measure_margin
from nnlabs.scratch.perceptron_rule import AveragedUnit, PocketUnit, Unit, mistakes

Order = NDArray[np.int64]


def plane_of(table: Table) -> Plane:
    """A table of two features as a figure takes it."""
    return Plane(table.x, table.y, table.features, table.classes)


def signs(table: Table) -> Array:
    """The labels of two classes as -1 and +1."""
    return np.where(table.y == 1, 1.0, -1.0)


def random_orders(n: int, epochs: int, seed: int) -> Iterator[Order]:
    """A new order of n examples for each epoch."""
    rng = np.random.default_rng(seed)
    return (rng.permutation(n) for _ in range(epochs))


def learn_step_by_step(table: Table, orders: Iterable[Order]) -> Iterator[Moment]:
    """Show the examples epoch after epoch until none is a mistake, and tell of each correction.

    Args:
        table: examples of two classes.
        orders: the order of each epoch.

    Yields:
        The unit after each correction, and once more when it has settled.
    """
    unit, y = Unit(table.x.shape[1]), signs(table)
    shown = made = 0
    for order in orders:
        examples, labels = np.asfortranarray(table.x[order]), y[order]
        before = made
        for i in mistakes(unit, examples, labels):
            unit.correct(examples[i], labels[i])
            made += 1
            yield Moment(unit.w, unit.b, shown + i + 1, made, int(order[i]))
        shown += len(table)
        if made == before:
            yield Moment(unit.w, unit.b, shown, made, None)
            return


def choose_frames(moments: Sequence[Moment], n: int, frames: int, slow: int) -> list[Moment]:
    """The moments that become frames: the first mistakes, then the ends of epochs ever further apart, then the last.

    Args:
        moments: all there are.
        n: number of examples.
        frames: at most so many are chosen.
        slow: how many of them are the first mistakes, one each.
    """
    epochs = np.array([moment.epoch(n) for moment in moments])
    first = range(min(slow, len(moments)))
    wanted = np.geomspace(epochs[first[-1]], epochs[-1], frames - len(first) + 1)[1:].round()
    # The last moment of an epoch without mistakes is that of the last epoch with one.
    ends = np.searchsorted(epochs, wanted, side="right") - 1
    return [moments[i] for i in sorted({*first, *ends.tolist()})]


def count_by_epoch(moments: Sequence[Moment], n: int) -> list[dict[str, int]]:
    """Mistakes in each epoch, as the rows of `history.csv`.

    Args:
        moments: from `learn_step_by_step`.
        n: number of examples.
    """
    epochs = [moment.epoch(n) for moment in moments if moment.example is not None]
    counts = np.bincount(epochs, minlength=moments[-1].epoch(n) + 1)
    totals = [0, *counts[1:].cumsum().tolist()]
    return [
        {"epoch": epoch, "mistakes": after - before, "mistakes_so_far": after}
        for epoch, (before, after) in enumerate(pairwise(totals), 1)
    ]


def count_until_settled(table: Table, name: str, orders: int, seed: int) -> Task:
    """Bound and mistakes of one task, with the features as they are and with their means taken away.

    Args:
        table: examples of two classes that a line separates.
        name: what the figure calls the task.
        orders: how often it is learned, each time in other orders.
        seed: of the first.
    """
    from nnlabs.labs.perceptron.estimators import Perceptron

    bounds, made = [], []
    for x in (table.x, table.x - table.x.mean(axis=0)):
        bounds.append(measure_margin(x, signs(table)).bound)
        learners = [Perceptron(max_iter=100_000, random_state=seed + k).fit(x, table.y) for k in range(orders)]
        made.append([sum(learner.mistakes_) for learner in learners])
    return Task(name, bounds[0], made[0], bounds[1], made[1])


def mistake_shares(table: Table, epochs: int, seed: int) -> Array:
    """Share of the examples that were mistakes in each epoch, shape (epochs,); it goes on where no mistake is left."""
    unit, y = Unit(table.x.shape[1]), signs(table)
    orders = random_orders(len(table), epochs, seed)
    return np.array([unit.learn_epoch(np.asfortranarray(table.x[order]), y[order]) for order in orders]) / len(table)


def errors_by_epoch(train: Table, test: Table, epochs: int, seed: int) -> Array:
    """Share of test examples that the last weights, those in the pocket and the average get wrong, shape (3, epochs)."""
    pocket, average = PocketUnit(train.x.shape[1]), AveragedUnit(train.x.shape[1])
    y, errors = signs(train), []
    for order in random_orders(len(train), epochs, seed):
        examples, labels = np.asfortranarray(train.x[order]), y[order]
        pocket.learn_epoch(examples, labels)
        average.learn_epoch(examples, labels)
        # Both went the same way and differ only in what they keep of it.
        kept: list[tuple[Any, Any]] = [(pocket.w, pocket.b), pocket.result(), average.result()]
        errors.append([np.mean((test.x @ w + b > 0) != test.y) for w, b in kept])
    return np.transpose(errors)
