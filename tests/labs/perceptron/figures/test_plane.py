from __future__ import annotations

import numpy as np
import pytest

from nnlabs.data.tabular import iris
from nnlabs.labs.perceptron.figures.plane import Plane, Rule, _won_by, class_regions

TABLE = iris().only(features=["petal length", "petal width"])
PLANE = Plane(TABLE.x, TABLE.y, TABLE.features, TABLE.classes)


@pytest.mark.parametrize("seed", range(20))
def test_tinted_stretches_are_where_the_class_has_the_largest_score(seed):
    rng = np.random.default_rng(seed)
    rule = Rule(rng.normal(size=(3, 2)), rng.normal(size=3), boundaries=False)
    if seed == 0:
        rule.w[:, 1] = 0.5  # boundaries that stand upright
    across, up = np.linspace(-2, 2, 61), np.linspace(-3, 3, 71)
    scores = np.stack(np.meshgrid(across, up), axis=-1) @ rule.w.T + rule.b
    winner = scores.argmax(axis=-1)
    for number in range(3):
        low, high = _won_by(number, rule, across, (-3.0, 3.0))
        inside = (up[:, None] > low) & (up[:, None] < high)
        # Points on a boundary within rounding may go either way.
        clear = np.abs(np.diff(np.sort(scores, axis=-1)[..., 1:], axis=-1)[..., 0]) > 1e-9
        np.testing.assert_array_equal(inside[1:-1][clear[1:-1]], (winner == number)[1:-1][clear[1:-1]])


def test_regions_count_what_is_wrong_and_write_the_rule_down(check_layout):
    rule = Rule(np.array([[-1.0, 0.0], [0.0, 0.0], [0.0, 2.0]]), np.array([2.5, 0.0, -3.3]), boundaries=True)
    wrong = np.count_nonzero((TABLE.x @ rule.w.T + rule.b).argmax(axis=1) != TABLE.y)
    figure, rows = class_regions(PLANE, {"by hand": rule, "again": rule}, "Iris · n = 150 flowers")
    texts = check_layout(figure)
    assert f"by hand\n{wrong} of 150 flowers wrong" in texts
    assert "petal length (cm)" in texts
    assert rows[2] == {"rule": "by hand", "class": "virginica", "w1": 0.0, "w2": 2.0, "b": -3.3, "wrong": wrong}


def test_limits_leave_air_around_all_examples():
    (left, right), (bottom, top) = PLANE.limits()
    assert left < TABLE.x[:, 0].min() < TABLE.x[:, 0].max() < right
    assert bottom < TABLE.x[:, 1].min() < TABLE.x[:, 1].max() < top


def test_an_example_on_the_boundary_counts_as_wrong():
    plane = Plane(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([0, 1]), ("a", "b"), ("left", "right"))
    assert plane.wrong(np.array([1.0, 0.0]), 0.0) == 1
    assert plane.wrong(np.array([1.0, 0.0]), -0.5) == 0
