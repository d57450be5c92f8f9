from __future__ import annotations

import numpy as np
import pytest

from nnlabs.labs.activations.figures.torch_replica import FLOOR, same_losses

DATA = "Spirals · n = 70 training points · 2 seeds · float64"


def test_the_largest_difference_over_seeds_is_drawn_and_named(check_layout) -> None:
    ours = {name: np.geomspace(1, [0.01, 0.02], 5).T for name in ("Tanh", "ReLU")}
    theirs = {"Tanh": ours["Tanh"].copy(), "ReLU": ours["ReLU"] + 3.3e-14 * np.array([[1.0], [0.1]])}
    figure, table = same_losses(ours, theirs, DATA)
    texts = check_layout(figure)
    assert "One network, two programs: losses never more than 4 · 10⁻¹⁴ apart" in texts
    assert "10⁻¹⁰ asked for" in texts
    assert texts.count("Tanh") == texts.count("ReLU") == 2
    _, right = figure.axes
    np.testing.assert_array_equal(right.lines[0].get_ydata(), [FLOOR] * 5)  # none at all
    np.testing.assert_allclose(right.lines[1].get_ydata(), 3.3e-14, rtol=0.01)
    assert table[5]["activation"] == "ReLU" and table[5]["largest_difference"] > table[0]["largest_difference"] == 0


@pytest.mark.parametrize(("gap", "said"), [(0.0, "0"), (9.5e-16, "10⁻¹⁵"), (0.9, "9 · 10⁻¹")])
def test_the_titles_number_is_written_like_the_axis(check_layout, gap: float, said: str) -> None:
    figure, _ = same_losses({"ReLU": np.full((1, 3), 0.001)}, {"ReLU": np.full((1, 3), 0.001 + gap)}, DATA)
    assert f"One network, two programs: losses never more than {said} apart" in check_layout(figure)


def test_losses_that_do_not_stay_finite_are_drawn_as_far_as_they_go(check_layout) -> None:
    losses = {"Tanh": np.array([[1.0, 0.5, 0.25]]), "ReLU": np.array([[1.0, np.inf, np.nan]])}
    figure, _ = same_losses(losses, losses, DATA)
    texts = check_layout(figure)
    assert "One network, two programs: not all losses stay finite" in texts
    assert texts.count("Tanh") == 2 and "ReLU" not in texts
