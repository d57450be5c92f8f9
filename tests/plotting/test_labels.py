"""Labels keep out of each other's way, and move no further than they must."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from nnlabs.plotting.labels import Label, label_ends, label_points, label_y, spread
from nnlabs.plotting.style import new_figure, new_panels, title


@pytest.mark.parametrize("seed", range(5))
def test_spread_is_the_nearest_arrangement_with_that_gap(seed: int) -> None:
    positions = np.random.default_rng(seed).normal(size=6)
    moved = spread(positions, gap=0.7)
    order = np.argsort(positions)
    apart = {"type": "ineq", "fun": lambda x: np.diff(x[order]) - 0.7}
    found = minimize(lambda x: np.sum((x - positions) ** 2), np.arange(6.0)[np.argsort(order)], constraints=apart)
    assert np.diff(moved[order]).min() >= 0.7 - 1e-12
    assert np.sum((moved - positions) ** 2) <= found.fun + 1e-9


def test_spread_leaves_alone_what_is_apart_already() -> None:
    np.testing.assert_array_equal(spread([5.0, 1.0, 3.0], gap=2.0), [5.0, 1.0, 3.0])


def test_spread_keeps_within_bounds_that_have_room() -> None:
    moved = spread([0.0, 0.1, 0.2], gap=1.0, low=0.0, high=2.5)
    np.testing.assert_allclose(moved, [0.0, 1.0, 2.0])
    assert spread([9.0, 9.5], gap=1.0, low=0.0, high=10.0).tolist() == [8.75, 9.75]
    assert spread([9.9, 9.95], gap=1.0, low=0.0, high=10.0).tolist() == [9.0, 10.0]


def test_spread_of_nothing_is_nothing() -> None:
    assert spread([], gap=1.0).size == 0


def test_ten_lines_that_end_together_get_ten_readable_labels_in_their_order(check_layout) -> None:
    figure, axes = new_figure(10, 5)
    heights = np.linspace(0.5, 0.502, 10)
    for height in heights:
        axes[0, 0].plot([0, 1], [0, height])
    label_ends(axes[0, 0], [Label(f"technique number {i}", 1, y, "#0072B2") for i, y in enumerate(heights)])
    texts = check_layout(figure)
    assert {f"technique number {i}" for i in range(10)} <= set(texts)
    at = [text.get_window_extent().y0 for text in axes[0, 0].texts]
    assert at == sorted(at)


def test_the_label_of_a_diverged_line_is_left_out(check_layout) -> None:
    figure, axes = new_figure(6, 4)
    label_ends(axes[0, 0], [Label("diverged", 1, np.nan, "k"), Label("fine", 1, 0.5, "k")])
    assert [text.get_text() for text in axes[0, 0].texts] == ["fine"]
    check_layout(figure)


def test_labels_of_a_crowd_of_points_keep_off_each_other_and_off_the_points(check_layout) -> None:
    figure, axes = new_figure(10, 6)
    panel = axes[0, 0]
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 0.1, 12), rng.normal(0, 0.1, 12)
    panel.plot(x, y, "o")
    panel.set(xlim=(-1, 1), ylim=(-1, 1))
    label_points(
        panel, [Label(f"network {i}\n{i}00k parameters", *at, "k") for i, at in enumerate(zip(x, y, strict=True))]
    )
    check_layout(figure)
    inside = panel.get_window_extent()
    for text in panel.texts:
        box = super(type(text), text).get_window_extent()
        assert inside.containsx(box.x0) and inside.containsx(box.x1)
        assert not any(box.contains(*pixel) for pixel in panel.transData.transform(np.column_stack([x, y])))


def test_a_label_keeps_off_what_it_is_told_to_avoid(check_layout) -> None:
    figure, axes = new_figure(6, 4)
    panel = axes[0, 0]
    panel.set(xlim=(0, 1), ylim=(0, 1))
    label_points(panel, [Label("name", 0.5, 0.5, "k")])
    free = panel.texts[0].get_window_extent()
    panel.texts[0].remove()
    middle = panel.transData.inverted().transform([(free.x0 + free.x1) / 2, (free.y0 + free.y1) / 2])
    label_points(panel, [Label("name", 0.5, 0.5, "k")], avoid=[middle])
    check_layout(figure)
    assert not panel.texts[0].get_window_extent().overlaps(free)


@pytest.mark.parametrize("rows", [1, 2])
def test_the_name_of_all_y_axes_stays_clear_of_the_lines_above_short_panels(check_layout, rows: int) -> None:
    figure, _ = new_panels(2 * rows, 2, 1.75)
    title(figure, "A figure of short panels", "what the data are, " * 9)
    label_y(figure, "validation accuracy (%)")
    assert "validation accuracy (%)" in check_layout(figure)


def test_a_single_position_keeps_within_the_bounds_too() -> None:
    assert spread([9.0], gap=1, low=0, high=5).tolist() == [5.0]
    assert spread([-1.0], gap=1, low=0, high=5).tolist() == [0.0]
    assert spread([], gap=1, low=0, high=5).size == 0
