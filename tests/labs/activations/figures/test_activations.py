"""Figures of lab 2: what is given is what is drawn, and no text lies over another."""

from __future__ import annotations

import math

import numpy as np

from nnlabs.labs.activations.figures.activations import Shape, accuracies, gallery, loss_curves, show_range
from nnlabs.labs.activations.figures.gradient_flow import dead_units, starts
from nnlabs.stats.intervals import mean_interval

DATA = "Moons · n = 70 training points · 3 seeds"
NAMES = ("ReLU", "Hard sigmoid", "SiLU (Swish)", "Leaky ReLU", "Tanh")
STEPS = np.array([0, 10, 20])
RNG = np.random.default_rng(0)


def bands(*keys: str) -> dict:
    return {key: mean_interval(RNG.uniform(0.2, 0.9, (3, 3))) for key in keys}


def test_a_range_is_written_with_signs_and_infinity() -> None:
    assert show_range((-math.inf, math.inf)) == "−∞ to ∞"
    assert show_range((-0.278465, 1)) == "−0.278 to 1"


def test_the_gallery_draws_each_function_and_its_slope(check_layout) -> None:
    x = np.linspace(-4, 4, 9)
    shapes = {
        "relu": Shape("ReLU", (0, math.inf), x, np.maximum(x, 0), np.where(x > 0, 1.0, 0.0), True),
        "softmax": Shape("Softmax", (0, 1), x, 1 / (1 + np.exp(-x)), 0 * x, False),
    }
    figure, table = gallery(shapes)
    texts = check_layout(figure)
    assert {"ReLU (0 to ∞)", "Softmax * (0 to 1)", "f", "f′"} <= set(texts)
    value, slope = figure.axes[0].lines
    np.testing.assert_array_equal(value.get_ydata(), np.maximum(x, 0))
    np.testing.assert_array_equal(slope.get_ydata(), x > 0)
    assert len(table) == 18 and table[8] == {"activation": "relu", "x": 4.0, "value": 4.0, "slope": 1.0}


def test_loss_curves_have_a_panel_an_activation_and_a_line_a_problem(check_layout) -> None:
    losses = {name: bands("XOR", "moons") for name in NAMES}
    figure, table = loss_curves(losses, STEPS, DATA)
    texts = check_layout(figure)
    assert {*NAMES, "XOR", "moons"} <= set(texts) and texts.count("step") == 3  # five panels in three columns
    # What is given are logarithms, so that the line is the geometric mean.
    np.testing.assert_allclose(figure.axes[1].lines[1].get_ydata(), 10 ** losses["Hard sigmoid"]["moons"].mean)
    assert len(table) == 5 * 2 * 3


def test_accuracies_are_in_order_of_their_mean_over_problems(check_layout) -> None:
    scores = {
        name: {"XOR": mean_interval([at, at]), "moons": mean_interval([at - 0.1, at + 0.1])}
        for name, at in (("Tanh", 0.7), ("ReLU", 0.9), ("Step", 0.5))
    }
    figure, table = accuracies(scores, DATA)
    texts = check_layout(figure)
    assert "Validation accuracy: ReLU highest in the mean, Step lowest" in texts
    assert texts.count("◂ 70.0") == texts.count("◂ 50.0") == 2
    assert [row["activation"] for row in table[::2]] == ["ReLU", "Tanh", "Step"]
    assert table[1]["accuracy"] == 0.9


def test_dead_units_and_accuracy_stand_side_by_side(check_layout) -> None:
    shares, scores = bands("ReLU", "Leaky ReLU"), bands("ReLU", "Leaky ReLU")
    figure, table = dead_units(shares, scores, np.array([0.01, 0.1, 1.0]), DATA)
    assert {"0.01", "0.1", "1", "learning rate"} <= set(check_layout(figure))
    left, right = figure.axes
    np.testing.assert_array_equal(left.lines[0].get_ydata(), shares["ReLU"].mean)
    np.testing.assert_array_equal(right.lines[1].get_ydata(), scores["Leaky ReLU"].mean)
    assert table[2]["dead_share"] == shares["ReLU"].mean[2]


def test_starts_name_every_line_at_its_end(check_layout) -> None:
    losses = {name: bands("zeros", "normal", "he") for name in ("ReLU", "Tanh")}
    figure, table = starts(losses, STEPS, DATA)
    texts = check_layout(figure)
    assert all(texts.count(init) == 2 for init in ("zeros", "normal", "he"))
    assert len(table) == 2 * 3 * 3


def test_one_activation_is_on_top_of_nobody(check_layout) -> None:
    figure, _ = accuracies({"ReLU": {name: mean_interval([0.9, 0.91]) for name in ("XOR", "moons")}}, DATA)
    texts = check_layout(figure)
    assert "Validation accuracy: ReLU" in texts
    assert not any("rows in order" in text for text in texts)
