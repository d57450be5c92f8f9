"""Heat maps of lab 2: the numbers given are those written in the cells."""

from __future__ import annotations

import numpy as np

from nnlabs.plotting.heat_maps import draw_map, gradient_ratios, outline
from nnlabs.plotting.style import new_figure

DATA = "Moons · n = 70 training points · 3 seeds"


def test_gradient_ratios_have_a_panel_an_initialisation_and_write_each_number(check_layout) -> None:
    maps = {name: np.array([[-0.5, -7.25], [-0.01, -np.inf]]) for name in ("normal", "lecun", "xavier", "he")}
    figure, table = gradient_ratios(maps, ["Sigmoid", "SiLU (Swish)"], [2, 50], DATA)
    texts = check_layout(figure)
    assert {*maps, "Sigmoid", "SiLU (Swish)", "50"} <= set(texts)
    assert all(texts.count(number) == 4 for number in ("−0.5", "−7.2", "0.0", "−∞"))
    assert table[1] == {"initialisation": "normal", "activation": "Sigmoid", "layers": 50, "log10_first_to_last": -7.25}


def test_a_cell_without_a_number_is_hatched_and_says_nothing(check_layout) -> None:
    figure, axes = new_figure(4, 3)
    draw_map(axes[0, 0], np.array([[1.0, np.nan]]), ["row"], ["a", "b"], ".1f")
    assert [text for text in check_layout(figure) if text not in ("row", "a", "b")] == ["1.0"]
    (cell,) = axes[0, 0].patches
    assert cell.get_xy() == (0.5, -0.5)
    assert cell.get_hatch()


def test_an_outline_goes_around_neighbours_together() -> None:
    _, axes = new_figure(4, 3)
    chosen = np.array([[True, True, False], [False, True, False]])
    draw_map(axes[0, 0], np.zeros((2, 3)), ["x", "y"], ["a", "b", "c"], ".0f")
    outline(axes[0, 0], chosen, "red")
    sides = {frozenset(map(tuple, side)) for side in axes[0, 0].collections[-1].get_segments()}
    corners = [(-0.5, -0.5), (0.5, -0.5), (1.5, -0.5), (1.5, 0.5), (1.5, 1.5), (0.5, 1.5), (0.5, 0.5), (-0.5, 0.5)]
    assert sides == {frozenset(pair) for pair in zip(corners, [*corners[1:], corners[0]], strict=True)}
