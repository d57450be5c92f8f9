"""What is drawn with its interval, and its scales."""

from __future__ import annotations

import numpy as np
import pytest

from nnlabs.plotting.intervals import draw_band, log_scale, name_ends, names_of
from nnlabs.plotting.style import new_figure
from nnlabs.stats.intervals import mean_interval


@pytest.mark.parametrize("strengths", [[0, 0.03, 0.1, 1, 10], [0, 0.004, 0.01, 0.3], [0, 1e-4, 1e-2], [0, 5, 200]])
def test_0_has_a_place_of_its_own_and_its_tick_touches_no_other(check_layout, strengths: list[float]) -> None:
    figure, axes = new_figure(10, 5.2, 1, 3)
    panel = axes[0, 0]
    panel.plot(strengths, np.ones(len(strengths)))
    log_scale(panel.set_xscale, strengths)
    panel.margins(x=0.08)
    check_layout(figure)
    x = panel.transData.transform([(strength, 1) for strength in strengths])[:, 0]
    assert (np.diff(x) > 10).all()


def test_0_stands_beside_the_smallest_also_where_all_others_are_large(check_layout) -> None:
    _, axes = new_figure()
    panel = axes[0, 0]
    panel.plot([0, 10, 30], np.ones(3))
    log_scale(panel.set_xscale, [0, 10, 30])
    assert panel.xaxis.get_transform().linthresh == 10


def test_whatever_reads_alike_is_named_together() -> None:
    scores = {"a": 0.9004, "b": 0.8996, "c": 0.8, "d": np.nan}
    assert names_of(scores, 0.9004) == "a and b"
    assert name_ends({"a": 0.9004, "b": 0.8996, "c": -0.01}, "%") == "90.0 % (a and b) to −1.0 (c)"
    assert name_ends({"a": 0.9004, "b": 0.8996}, "points") == "90.0 points (a and b)"


def test_without_0_the_scale_is_logarithmic() -> None:
    _, axes = new_figure()
    log_scale(axes[0, 0].set_yscale, [0.1, 10])
    assert axes[0, 0].get_yscale() == "log"


@pytest.mark.filterwarnings("error")
def test_of_one_x_the_mean_is_a_dot_and_the_interval_a_bar(check_layout) -> None:
    figure, axes = new_figure()
    several = mean_interval(np.array([[0.1], [0.5]]))
    draw_band(axes[0, 0], [3], several, "#0072B2")
    draw_band(axes[0, 0], np.array([4]), mean_interval(np.array([[0.2]])), "#D55E00")
    check_layout(figure)
    assert [line.get_marker() for line in axes[0, 0].lines] == ["o", "o"]
    (bar,) = axes[0, 0].collections[0].get_segments()
    np.testing.assert_allclose(bar, [[3, several.low[0]], [3, several.high[0]]])
