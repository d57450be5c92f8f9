"""Heat maps: the numbers given are those written in the cells."""

from __future__ import annotations

import numpy as np

from nnlabs.plotting.heat_maps import draw_map, outline
from nnlabs.plotting.style import new_figure

DATA = "Moons · n = 70 training points · 3 seeds"


def test_a_cell_without_a_number_is_hatched_and_says_nothing(check_layout) -> None:
    figure, axes = new_figure(4, 3)
    draw_map(axes[0, 0], np.array([[1.0, np.nan]]), ["row"], ["a", "b"], ".1f")
    assert [text for text in check_layout(figure) if text not in ("row", "a", "b")] == ["1.0"]
    (cell,) = axes[0, 0].patches
    assert cell.get_xy() == (0.5, -0.5)
    assert cell.get_hatch()


def test_an_outline_goes_around_neighbors_together() -> None:
    _, axes = new_figure(4, 3)
    chosen = np.array([[True, True, False], [False, True, False]])
    draw_map(axes[0, 0], np.zeros((2, 3)), ["x", "y"], ["a", "b", "c"], ".0f")
    outline(axes[0, 0], chosen, "red")
    sides = {frozenset(map(tuple, side)) for side in axes[0, 0].collections[-1].get_segments()}
    corners = [(-0.5, -0.5), (0.5, -0.5), (1.5, -0.5), (1.5, 0.5), (1.5, 1.5), (0.5, 1.5), (0.5, 0.5), (-0.5, 0.5)]
    assert sides == {frozenset(pair) for pair in zip(corners, [*corners[1:], corners[0]], strict=True)}
