from __future__ import annotations

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from PIL import Image

from nnlabs.data.tabular import iris
from nnlabs.labs.perceptron.figures.learning import (
    HOLD_MS,
    QUICK_MS,
    SLOW_MS,
    Counter,
    Scene,
    UnitSnapshot,
    film_strip,
    learning_animation,
)
from nnlabs.labs.perceptron.figures.plane import Plane
from nnlabs.plotting.style import CLASS_COLORS, new_figure

TABLE = iris().only(["setosa", "versicolor"], ["sepal length", "sepal width"])
PLANE = Plane(TABLE.x, TABLE.y, TABLE.features, TABLE.classes)
MOMENTS = [
    UnitSnapshot(np.array([5.8, 2.7]), 1.0, 1, 1, 57),
    UnitSnapshot(np.array([1.0, -1.3]), -1.4, 230, 20, 3),
    UnitSnapshot(np.array([69.6, -87.5]), -112.0, 50_800, 1486, None),
]


def show(moment):
    figure, axes = new_figure(5, 5)
    scene = Scene(axes[0, 0], PLANE)
    scene.show(moment)
    return figure, axes[0, 0], scene


def test_the_boundary_is_where_the_score_is_zero_and_the_arrow_stands_on_it_upright():
    moment = MOMENTS[2]
    _, axes, scene = show(moment)
    ends = np.column_stack(scene.line.get_data())
    np.testing.assert_allclose(
        ends @ moment.w + moment.b, 0.0, atol=1e-9 * np.linalg.norm(moment.w) * np.abs(ends).max()
    )
    tail, head = (np.array(point) for point in scene.arrow._posA_posB)
    assert tail @ moment.w + moment.b == pytest.approx(0.0, abs=1e-9)
    direction = (head - tail) / np.linalg.norm(head - tail)
    np.testing.assert_allclose(direction, moment.w / np.linalg.norm(moment.w))
    assert axes.get_aspect() == 1.0  # else it would not look upright


@pytest.mark.parametrize("moment", MOMENTS)
def test_each_side_is_tinted_in_the_color_of_the_class_it_is_taken_for(moment):
    figure, axes, _ = show(moment)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3] / 255
    (left, right), (bottom, top) = PLANE.limits()
    for x, y in [(left + 0.04, top - 0.04), (right - 0.04, bottom + 0.04), (left + 0.04, bottom + 0.04)]:
        column, row = axes.transData.transform((x, y)).astype(int)
        number = int(np.array([x, y]) @ moment.w + moment.b > 0)
        expected = 1 - 0.13 * (1 - np.array(to_rgb(CLASS_COLORS[number])))
        np.testing.assert_allclose(pixels[pixels.shape[0] - 1 - row, column], expected, atol=0.01)


def test_the_example_that_moved_it_is_ringed_and_none_at_the_end():
    _, _, scene = show(MOMENTS[1])
    np.testing.assert_array_equal(np.column_stack(scene.ring.get_data()), TABLE.x[[3]])
    scene.show(MOMENTS[2])
    assert len(scene.ring.get_xdata()) == 0


def test_weights_of_zero_have_no_boundary_and_the_bias_alone_answers():
    _, _, scene = show(UnitSnapshot(np.zeros(2), -1.0, 1, 1, 0))
    assert not scene.line.get_visible()
    assert not scene.arrow.get_visible()
    (left, right), (bottom, top) = PLANE.limits()
    corners = np.array([[left, bottom], [right, top], [left, top], [right, bottom]])
    assert scene.sides[0].get_path().contains_points(corners).all()
    assert not scene.sides[1].get_path().contains_points(corners).any()
    scene.show(UnitSnapshot(np.zeros(2), 0.0, 1, 1, 0))
    assert not any(side.get_visible() for side in scene.sides)


def test_a_moment_says_where_learning_stands():
    assert MOMENTS[0].describe(PLANE) == ("mistake 1, epoch 1", "50 of 100 wrong now")
    assert MOMENTS[1].epoch(100) == 3
    assert MOMENTS[2].describe(PLANE) == ("settled: epoch 508", "1,486 mistakes made")
    assert UnitSnapshot(np.ones(2), 0.0, 4, 1, None).describe(PLANE) == ("settled: epoch 1", "1 mistake made")


def test_the_film_strip_has_a_panel_a_moment_and_its_numbers(check_layout):
    figure, rows = film_strip(PLANE, MOMENTS, "A perceptron learns", "Iris · n = 100 flowers")
    texts = check_layout(figure)
    assert "mistake 1, epoch 1\n50 of 100 wrong now" in texts
    assert "sepal length (cm)" in texts
    assert rows[2] == {"examples_shown": 50_800, "mistakes": 1486, "wrong_now": 0, "w1": 69.6, "w2": -87.5, "b": -112.0}


def test_the_animation_starts_slowly_and_holds_its_last_frame(tmp_path):
    moments = [MOMENTS[0], *[MOMENTS[1]] * 2, MOMENTS[2]]
    moments[2] = UnitSnapshot(np.array([1.0, -1.0]), -1.4, 260, 21, 4)
    path = learning_animation(tmp_path / "learning.gif", PLANE, moments, 2, 22_134.0, "Iris · n = 100 flowers")
    with Image.open(path) as gif:
        durations = []
        for frame in range(gif.n_frames):
            gif.seek(frame)
            durations.append(gif.info["duration"])
    assert durations == [SLOW_MS, SLOW_MS, QUICK_MS, HOLD_MS]
    assert HOLD_MS >= 3000


def test_fewer_moments_than_slow_frames_are_all_shown(tmp_path):
    path = learning_animation(tmp_path / "learning.gif", PLANE, MOMENTS[1:], 24, 22_134.0, "Iris · n = 100 flowers")
    with Image.open(path) as gif:
        assert gif.n_frames == 2
        assert gif.info["duration"] == SLOW_MS


def test_the_counters_words_are_right_of_one_and_of_many(check_layout):
    for frame, numbers in ((0, ("1", "1", "50")), (2, ("1,486", "508", "0"))):
        figure, axes = new_figure(5, 5)
        Counter(axes[0, 0], PLANE, MOMENTS, 22_134.0).show(frame)
        assert {"mistakes made", "epoch", "wrong now, of 100", *numbers} <= set(check_layout(figure))
