"""The reliability diagram shows the bins it was given and calls the side of the error by its name."""

from __future__ import annotations

import numpy as np
import pytest

from nnlabs.labs.regularization.figures.calibration import Calibration, reliability_diagram
from nnlabs.plotting.style import describe_data

DATA = describe_data("Fashion-MNIST", None, 10_000, 1, unit="test images")


def network(excess: float) -> Calibration:
    """Two empty bins, and in the others accuracy lower than confidence by `excess`."""
    confidence = np.array([np.nan, np.nan, *(np.arange(2, 10) + 0.5) / 10])
    return Calibration(
        confidence, confidence - excess, np.array([0, 0, 5, 20, 60, 100, 200, 400, 800, 8000]), abs(excess)
    )


def test_reliability_diagram(check_layout) -> None:
    networks = {"plain": network(0.06), "label smoothing": network(-0.03), "all that helped together": network(0.01)}
    figure, table = reliability_diagram(networks, DATA)
    texts = check_layout(figure)
    assert "Calibration error: 6.0 points (plain) to 1.0 (all that helped together)" in texts
    assert "plain\ncalibration error 6.0 points" in texts
    assert "over-confident\nby 6.0 points" in texts
    assert "under-confident\nby 3.0 points" in texts
    for i, given in enumerate(networks.values()):
        many, few = [line for line in figure.axes[i].lines if line.get_marker() == "o"]
        enough = given.count >= 10
        for line, chosen in ((many, enough), (few, ~enough & (given.count > 0))):
            np.testing.assert_array_equal(line.get_xdata(), given.confidence[chosen])
            np.testing.assert_array_equal(line.get_ydata(), given.accuracy[chosen])
        assert few.get_markerfacecolor() == "white"
        shares, edges, _ = figure.axes[3 + i].patches[0].get_data()
        np.testing.assert_allclose(shares, given.count / given.count.sum())
        np.testing.assert_allclose(edges, np.linspace(0, 1, 11))
    assert len(table) == 30
    assert table[2]["answers"] == 5
    assert table[2]["bin_from"] == 0.2


def test_errors_that_read_alike_are_all_named(check_layout) -> None:
    networks = {"plain": network(0.0658), "label smoothing": network(-0.0662), "dropout": network(0.027)}
    texts = check_layout(reliability_diagram(networks, DATA)[0])
    assert "Calibration error: 6.6 points (plain and label smoothing) to 2.7 (dropout)" in texts


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_network_without_answers(check_layout) -> None:
    nothing = np.full(10, np.nan)
    figure, _ = reliability_diagram({"diverged": Calibration(nothing, nothing, np.zeros(10, int), np.nan)}, DATA)
    assert "diverged\ncalibration error – points" in check_layout(figure)


def test_long_names_stay_above_their_own_panel(check_layout) -> None:
    long = "dropout of 0.6 in every hidden layer and L2 x"
    figure, _ = reliability_diagram({name: network(0.06) for name in (long, f"{long}x", f"{long}y")}, DATA)
    assert any(text.startswith("dropout") and text.count("\n") == 2 for text in check_layout(figure))


def test_a_difference_of_0_points_is_on_neither_side(check_layout) -> None:
    sure = Calibration(np.array([np.nan, 0.9999]), np.array([np.nan, 1.0]), np.array([0, 100]), 0.0001)
    figure, _ = reliability_diagram({"plain": sure}, DATA)
    assert not any("confident\n" in text for text in check_layout(figure))
