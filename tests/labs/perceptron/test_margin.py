from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import nnls

from nnlabs.data.tabular import blobs, iris, xor
from nnlabs.labs.perceptron.estimators import Perceptron
from nnlabs.labs.perceptron.margin import measure_margin
from nnlabs.scratch.perceptron_rule import Unit, mistakes

SEPALS = ("sepal length", "sepal width")
SEPARABLE = [
    iris().only(["setosa", "versicolor"], SEPALS),
    iris().only(["setosa", "virginica"], SEPALS),
    iris().only(["setosa", "versicolor"]),
    iris().only(["virginica", "setosa"], ["petal length"]),
    blobs(distance=3.0),
    blobs(distance=10.0),
]


def labels(table):
    return np.where(table.y == 1, 1.0, -1.0)


def widest_gamma(X, y):
    """The margin by another way: min |w̃| subject to y w̃·x̃ ≥ 1, a least-distance problem (Lawson and Hanson, 1974)."""
    augmented = np.column_stack([X, np.ones(len(X))]) * y[:, None]
    system = np.vstack([augmented.T, np.ones(len(X))])
    target = np.append(np.zeros(augmented.shape[1]), 1.0)
    residual = system @ nnls(system, target)[0] - target
    w = -residual[:-1] / residual[-1]
    return (augmented @ w).min() / np.linalg.norm(w)


@pytest.mark.parametrize("table", SEPARABLE)
def test_gamma_is_the_widest_margin(table):
    assert measure_margin(table.x, labels(table)).gamma == pytest.approx(widest_gamma(table.x, labels(table)), rel=1e-6)


@pytest.mark.parametrize("table", SEPARABLE)
def test_no_order_of_the_examples_makes_more_mistakes_than_novikoff_allows(table):
    margin = measure_margin(table.x, labels(table))
    for seed in range(5):
        fitted = Perceptron(random_state=seed, max_iter=100_000).fit(table.x, table.y)
        assert fitted.converged_
        assert sum(fitted.mistakes_) <= margin.bound


def test_each_step_of_the_proof_holds_along_the_way():
    table = SEPARABLE[2]
    X, y = np.asfortranarray(table.x), labels(table)
    margin = measure_margin(X, y)
    unit, vectors = Unit(4), [np.zeros(5)]
    for _ in range(20):
        for i in mistakes(unit, X, y):
            unit.correct(X[i], y[i])
            vectors.append(np.append(unit.w, unit.b))
    assert len(vectors) > 3
    for before, after in pairwise(vectors):
        assert (after - before) @ margin.w >= margin.gamma * (1 - 1e-12)
        assert after @ after - before @ before <= margin.radius**2 * (1 + 1e-12)


def test_the_bound_fails_where_the_bias_is_forgotten():
    # Two points on a line close to the origin: (R / γ)² in the space of x alone promises fewer mistakes than the bias needs.
    X, y = np.array([[0.02], [0.03]]), np.array([-1.0, 1.0])
    made = sum(Perceptron(shuffle=False, max_iter=10**6).fit(X, y).mistakes_)
    assert made > (0.03 / 0.005) ** 2
    assert made <= measure_margin(X, y).bound


def test_classes_that_no_line_separates_have_no_margin():
    with pytest.raises(ValueError, match="no straight boundary was found that separates the two classes"):
        measure_margin(xor().x, labels(xor()))
