from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Perceptron as Reference
from sklearn.linear_model import SGDClassifier

from nnlabs.data.tabular import blobs, iris, moons, xor
from nnlabs.scratch.perceptron_rule import AveragedUnit, Machine, PocketUnit, Unit, mistakes

PAIR = iris().only(["versicolor", "virginica"])


def signs(table):
    return np.where(table.y == 1, 1.0, -1.0)


def textbook_epoch(w, b, X, y):
    """The rule as a plain loop over Python floats: judge one example, learn if it is wrong, go on."""
    wrong = []
    for i, (x, label) in enumerate(zip(X.tolist(), y.tolist(), strict=True)):
        score = 0.0
        for weight, value in zip(w, x, strict=True):
            score += weight * value
        if label * (score + b) <= 0:
            w = [weight + label * value for weight, value in zip(w, x, strict=True)]
            b += label
            wrong.append(i)
    return w, b, wrong


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), n=st.integers(1, 700), d=st.integers(1, 7), gap=st.floats(-1, 4))
def test_the_vectorized_search_makes_the_same_mistakes_as_the_plain_loop(seed, n, d, gap):
    rng = np.random.default_rng(seed)
    y = rng.choice([-1.0, 1.0], n)
    X = np.asfortranarray(rng.normal(size=(n, d)) + gap * y[:, None])
    unit, w, b = Unit(d), [0.0] * d, 0.0
    for _ in range(3):
        w, b, expected = textbook_epoch(w, b, X, y)
        found = []
        for i in mistakes(unit, X, y):
            unit.correct(X[i], y[i])
            found.append(i)
        assert found == expected
        assert unit.w.tolist() == w
        assert unit.b == b


def test_the_search_takes_few_looks_where_mistakes_are_few():
    looks = []

    class Counting(Unit):
        def margins(self, X, y):
            looks.append(len(X))
            return super().margins(X, y)

    table = blobs(20_000, 0.1, distance=10)
    assert Counting(2).learn_epoch(table.x, signs(table)) < 5
    assert len(looks) < 30
    assert sum(looks) < 25_000


@pytest.mark.parametrize(
    "table", [PAIR, iris().only(["setosa", "versicolor"], ["sepal length", "sepal width"]), moons(), xor()]
)
@pytest.mark.parametrize("seed", range(3))
def test_weights_equal_scikit_learns_after_every_epoch_in_the_same_order(table, seed):
    rng = np.random.default_rng(seed)
    unit, reference = Unit(table.x.shape[1]), Reference(shuffle=False, penalty=None, tol=None)
    for _ in range(25):
        order = rng.permutation(len(table))
        X, y = np.asfortranarray(table.x[order]), signs(table)[order]
        unit.learn_epoch(X, y)
        reference.partial_fit(np.ascontiguousarray(X), y, classes=[-1.0, 1.0])
        np.testing.assert_allclose(unit.w, reference.coef_[0], rtol=0, atol=1e-12)
        np.testing.assert_allclose(unit.b, reference.intercept_[0], rtol=0, atol=1e-12)


def test_the_average_equals_scikit_learns_after_every_epoch():
    unit = AveragedUnit(4)
    X, y = np.asfortranarray(PAIR.x), signs(PAIR)
    options = {"loss": "perceptron", "penalty": None, "learning_rate": "constant", "eta0": 1.0}
    reference = SGDClassifier(average=True, shuffle=False, tol=None, **options)
    for _ in range(25):
        unit.learn_epoch(X, y)
        reference.partial_fit(PAIR.x, y, classes=[-1.0, 1.0])
        w, b = unit.result()
        np.testing.assert_allclose(w, reference.coef_[0], rtol=1e-10)
        np.testing.assert_allclose(b, reference.intercept_[0], rtol=1e-10)


def test_the_pocket_holds_the_best_weights_of_the_whole_way():
    X, y = np.asfortranarray(PAIR.x), signs(PAIR)
    pocket, w, b = PocketUnit(4), [0.0] * 4, 0.0
    fewest = len(y)
    for _ in range(10):
        pocket.learn_epoch(X, y)
        for i in range(len(y)):
            w, b, wrong = textbook_epoch(w, b, X[i : i + 1], y[i : i + 1])
            if wrong:
                fewest = min(fewest, np.count_nonzero(y * (X @ w + b) <= 0))
        assert pocket.errors == fewest
        kept_w, kept_b = pocket.result()
        assert np.count_nonzero(y * (X @ kept_w + kept_b) <= 0) == fewest
        assert pocket.w.tolist() == w


@pytest.mark.parametrize("feature", [2, 3])
def test_the_pocket_finds_the_best_threshold_there_is(feature):
    x, y = PAIR.x[:, feature], signs(PAIR)
    thresholds = np.unique(x)[1:] - 0.05
    best = min(np.count_nonzero((x > threshold) != (y > 0)) for threshold in thresholds)
    unit, rng = PocketUnit(1), np.random.default_rng(0)
    for _ in range(300):
        order = rng.permutation(len(y))
        unit.learn_epoch(x[order, None], y[order])
    assert unit.errors == best


def test_the_machine_is_one_perceptron_in_keslers_space():
    # Kesler: (x, y) becomes K - 1 examples, all positive, with x̃ at block y and -x̃ at block k. A mistake is corrected with the
    # rival that was ahead, which is the example with the smallest product.
    table = iris()
    order = np.random.default_rng(0).permutation(150)
    X, y = table.x[order], table.y[order]
    machine = Machine(4, 3)
    v = np.zeros((3, 5))
    for _ in range(5):
        machine.learn_epoch(X, y)
        for x, label in zip(np.column_stack([X, np.ones(150)]), y, strict=True):
            rivals = [k for k in range(3) if k != label]
            examples = np.zeros((2, 3, 5))
            for example, rival in zip(examples, rivals, strict=True):
                example[label], example[rival] = x, -x
            products = (examples * v).sum(axis=(1, 2))
            if products.min() <= 0:
                v = v + examples[products.argmin()]
        np.testing.assert_allclose(np.column_stack([machine.w, machine.b]), v, atol=1e-10)


def test_two_classes_of_a_machine_learn_what_one_unit_learns():
    # In halves of a centimeter no product is rounded, so that both judge examples on the boundary alike.
    table = iris().only(["versicolor", "virginica"])
    X, y = np.asfortranarray(np.round(2 * table.x) / 2), table.y
    unit, machine = Unit(4), Machine(4, 2)
    for _ in range(10):
        assert machine.learn_epoch(X, y) == unit.learn_epoch(X, signs(table))
        np.testing.assert_array_equal(machine.w[1] - machine.w[0], 2 * unit.w)
        assert machine.b[1] - machine.b[0] == 2 * unit.b


def test_the_rule_needs_numpy_alone():
    code = "import sys, nnlabs.scratch.perceptron_rule; print([m for m in ('sklearn', 'scipy', 'torch') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
