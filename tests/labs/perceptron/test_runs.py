"""Lab 1's runs: errors on unseen flowers, epoch by epoch."""

from __future__ import annotations

import numpy as np

from nnlabs.data.tabular import iris
from nnlabs.labs.perceptron.runs import errors_by_epoch, random_orders, signs
from nnlabs.scratch.perceptron_rule import AveragedUnit, PocketUnit, Unit


def test_errors_by_epoch_are_those_of_the_last_weights_the_pocket_and_the_average() -> None:
    train, test = iris().only(["versicolor", "virginica"]).split(seed=0)
    units = [kind(train.x.shape[1]) for kind in (Unit, PocketUnit, AveragedUnit)]
    expected = []
    for order in random_orders(len(train), 20, 0):
        for unit in units:
            unit.learn_epoch(train.x[order], signs(train)[order])
        kept = [(units[0].w, units[0].b), *(unit.result() for unit in units[1:])]
        expected.append([np.mean(np.sign(test.x @ w + b) != signs(test)) for w, b in kept])
    errors = errors_by_epoch(train, test, 20, seed=0)
    np.testing.assert_array_equal(errors, np.transpose(expected))
    assert len({tuple(row) for row in errors.tolist()}) == 3 and errors[1:, -1].max() < 0.2
