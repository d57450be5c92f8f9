from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from nnlabs.data.tabular import TOYS, blobs, circles, digits, iris, moons, spirals, xor
from nnlabs.errors import DataError


def test_iris_has_the_published_means():
    # Fisher (1936), Table II: means of the three species in cm.
    table = iris()
    means = [table.x[table.y == species].mean(axis=0) for species in range(3)]
    expected = [[5.006, 3.428, 1.462, 0.246], [5.936, 2.770, 4.260, 1.326], [6.588, 2.974, 5.552, 2.026]]
    np.testing.assert_allclose(means, expected, atol=5e-4)
    assert table.features[2] == "petal length (cm)"
    assert table.classes == ("setosa", "versicolor", "virginica")
    assert np.bincount(table.y).tolist() == [50, 50, 50]


def test_only_numbers_classes_and_columns_in_the_order_given():
    table = iris()
    pair = table.only(["virginica", "setosa"], ["petal width", "sepal length (cm)"])
    assert pair.classes == ("virginica", "setosa")
    assert pair.features == ("petal width (cm)", "sepal length (cm)")
    np.testing.assert_array_equal(pair.x[pair.y == 0], table.x[100:][:, [3, 0]])
    np.testing.assert_array_equal(pair.x[pair.y == 1], table.x[:50][:, [3, 0]])


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"classes": ["rose"]}, "no class 'rose'; it has setosa"),
        ({"features": ["stem"]}, "no feature 'stem'; it has sepal length"),
    ],
)
def test_only_names_what_there_is(choice, said):
    with pytest.raises(DataError, match=said):
        iris().only(**choice)


def test_split_keeps_proportions_and_shares_no_row():
    table = iris()
    train, test = table.split(0.2, seed=3)
    assert np.bincount(train.y).tolist() == [40, 40, 40]
    assert np.bincount(test.y).tolist() == [10, 10, 10]
    together = np.vstack([train.x, test.x])
    np.testing.assert_array_equal(np.sort(together, axis=0), np.sort(table.x, axis=0))


def test_split_is_a_function_of_its_seed():
    table = blobs()
    np.testing.assert_array_equal(table.split(seed=1)[1].x, table.split(seed=1)[1].x)
    assert not np.array_equal(table.split(seed=1)[1].x, table.split(seed=2)[1].x)


def test_a_split_that_leaves_a_class_out_is_refused_with_a_reason():
    with pytest.raises(
        DataError, match=r"XOR: 4 examples of 2 classes cannot be split so that a test share of 0\.1 and"
    ):
        xor().split(0.1)


def test_digits_are_64_pixels_from_0_to_16():
    table = digits()
    assert table.x.shape == (1797, 64)
    assert (table.x.min(), table.x.max()) == (0, 16)
    assert len(table.features) == 64
    assert set(table.y) == set(range(10))


@pytest.mark.parametrize("name", TOYS)
def test_toys_are_balanced_and_a_function_of_their_seed(name):
    table = TOYS[name](120, 0.1, 5)
    assert table.x.shape == (120, 2)
    assert table.x.dtype == np.float64
    assert table.y.dtype == np.int64
    assert np.bincount(table.y).tolist() == [60, 60]
    np.testing.assert_array_equal(table.x, TOYS[name](120, 0.1, 5).x)
    assert not np.array_equal(table.x, TOYS[name](120, 0.1, 6).x)


def test_xor_without_noise_is_the_truth_table():
    table = xor()
    np.testing.assert_array_equal(table.y, table.x[:, 0].astype(int) ^ table.x[:, 1].astype(int))


def test_a_straight_line_does_what_each_docstring_says():
    def accuracy(table):
        return LogisticRegression(C=1e4).fit(table.x, table.y).score(table.x, table.y)

    assert accuracy(blobs(distance=8)) == 1.0
    assert 0.8 < accuracy(moons()) < 1.0
    assert accuracy(circles()) < 0.7
    assert accuracy(xor(200, 0.1)) < 0.8
    assert accuracy(spirals()) < 0.75


def test_circles_have_the_radii_stated():
    table = circles(100, 0.0)
    radius = np.hypot(*table.x.T)
    np.testing.assert_allclose(radius[table.y == 0], 1.0)
    np.testing.assert_allclose(radius[table.y == 1], 0.5)


def test_spirals_without_noise_lie_opposite_each_other():
    table = spirals(400, 0.0)
    assert np.hypot(*table.x.T).max() <= 1.0
    radius = np.hypot(*table.x.T)
    angle = np.arctan2(table.x[:, 1], table.x[:, 0])
    winding = np.exp(1j * (angle - 2 * np.pi * 1.5 * radius))
    np.testing.assert_allclose(winding, np.where(table.y == 0, 1, -1), atol=1e-9)


def test_importing_the_module_imports_neither_sklearn_nor_torch():
    code = "import sys, nnlabs.data.tabular; print([m for m in ('sklearn', 'scipy', 'torch', 'matplotlib') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
