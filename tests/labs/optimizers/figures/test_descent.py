"""Ways down surfaces: drawn where they went, who came down after how many steps, and the animation's form."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nnlabs.labs.optimizers.figures.descent import FRAME_MS, HOLD_MS, Descent, Track, descent_animation, descent_paths
from nnlabs.labs.optimizers.figures.line_styles import optimizer_line_styles

NAMES = ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "nadam", "radam", "muon"]
SURFACES = ["ravine", "saddle", "Rosenbrock", "Beale", "local minima"]
LINE = "100 steps from one start · each with the best of 13 learning rates"
GRID = np.linspace(-4, 4, 61)


def height(x, y):
    return x**2 + 10 * y**2


def track(rate: float, steps: int = 100) -> Track:
    """Gradient descent on `height`: x shrinks by 1 - 2 rate a step, y by 1 - 20 rate."""
    n = np.arange(steps + 1)
    with np.errstate(over="ignore"):
        points = np.column_stack([-3.0 * (1 - 2 * rate) ** n, 2.0 * (1 - 20 * rate) ** n])
        return Track(points, height(*points.T), rate)


def descent(rates: list[float]) -> Descent:
    z = height(*np.meshgrid(GRID, GRID))
    tracks = {name: track(rate) for name, rate in zip(NAMES, rates, strict=True)}
    return Descent(GRID, GRID, z, np.zeros((1, 2)), 0.0, tracks)


RATES = list(np.geomspace(0.02, 0.09, 10))
DESCENTS = {name: descent(RATES) for name in SURFACES}


def test_arrival_is_the_step_from_which_a_hundredth_of_the_height_is_left() -> None:
    its = descent(RATES)
    for name in NAMES:
        left = its.tracks[name].values / height(-3, 2)
        arrival = its.arrival(name)
        assert arrival is not None
        assert left[arrival] <= 0.01 < left[arrival - 1]
    assert descent([2.0] * 10).arrival("sgd") is None


def test_who_passes_through_or_flies_off_has_not_arrived() -> None:
    values = {
        "through": [1, 0.001, 0.5, 0.001, 0.001],
        "off": [1, 0.001, 5, np.nan, np.nan],
        "away at the end": [1, 0.001, 0.001, 0.001, 0.5],
        "at the end": [1, 1, 1, 1, 0.001],
        "there": [1, 0.001, 0.01, 0.001, 0.0],
    }
    tracks = {name: Track(np.zeros((5, 2)), np.array(heights), 0.1) for name, heights in values.items()}
    its = Descent(GRID, GRID, height(*np.meshgrid(GRID, GRID)), np.zeros((1, 2)), 0.0, tracks)
    assert [its.arrival(name) for name in values] == [3, None, None, 4, 1]


def test_every_path_is_on_every_surface_and_the_table_says_who_came_down(check_layout) -> None:
    slow = descent([1e-4, *RATES[1:]])
    figure, table = descent_paths({**DESCENTS, "Beale": slow}, LINE)
    texts = check_layout(figure)
    assert "momentum, nesterov and 7 others come down on 5 of 5 surfaces, sgd on 4" in texts
    assert {"A  ravine", "E  local minima", "steps until down", *NAMES} <= set(texts)
    looks = optimizer_line_styles(NAMES)
    *panels, board = figure.axes
    for panel in panels:
        for name, rate in zip(NAMES[1:], RATES[1:], strict=True):
            paths = [line.get_xydata() for line in panel.lines if len(line.get_xdata()) == 101]
            assert any(np.array_equal(path, track(rate).points) for path in paths), name
        assert {line.get_color() for line in panel.lines} >= {look.color for look in looks.values()}
        assert next(list(line.get_xydata()[0]) for line in panel.lines if line.get_marker() == "P") == [0, 0]
    told = {(text.get_position()[1], text.get_text()) for text in board.texts}
    assert {(row, str(DESCENTS["ravine"].arrival(name))) for row, name in enumerate(NAMES)} <= told
    assert (0, "–") in told
    assert len(table) == 5 * 10 * 101
    assert table[0] == {"surface": "ravine", "optimizer": "sgd", "lr": RATES[0], "step": 0, "x": -3, "y": 2, "z": 49}


@pytest.mark.filterwarnings("error")
def test_ways_that_run_off_do_no_harm(check_layout) -> None:
    wild = descent([2.0, 1e300, *RATES[2:]])
    figure, _ = descent_paths({"ravine": wild}, LINE)
    check_layout(figure)
    assert figure.axes[0].get_xlim() == (-4, 4)


def test_all_come_down(check_layout) -> None:
    figure, _ = descent_paths(DESCENTS, LINE)
    assert "Every optimizer comes down on 5 of 5 surfaces" in check_layout(figure)


@pytest.mark.slow
def test_the_animation_is_small_and_holds_its_last_frame(tmp_path) -> None:
    path = descent_animation(tmp_path / "descent.gif", DESCENTS, LINE)
    assert path.stat().st_size < 1_500_000
    with Image.open(path) as gif:
        first = np.asarray(gif.convert("RGB"))
        assert gif.info["comment"].decode().endswith("○: start, ✚: minimum")
        gif.seek(1)
        assert gif.info["duration"] == FRAME_MS
        gif.seek(gif.n_frames - 1)
        assert gif.info["duration"] == HOLD_MS
        assert gif.n_frames > 50
        assert np.mean(np.any(np.asarray(gif.convert("RGB")) != first, axis=-1)) > 0.01


def test_an_own_optimizer_is_named_by_its_class_and_long_counts_have_room(check_layout) -> None:
    names = ["my_optimizer.py:Lion", "mine.py:TheOptimizerThatIWroteMyself", "adam"]
    tracks = {name: track(rate, steps=2000) for name, rate in zip(names, (5e-4, 6e-4, 1e-6), strict=True)}
    its = Descent(GRID, GRID, height(*np.meshgrid(GRID, GRID)), np.zeros((1, 2)), 0.0, tracks)
    assert (its.arrival(names[0]) or 0) >= 1000
    figure, _ = descent_paths(dict.fromkeys(SURFACES, its), LINE)
    texts = check_layout(figure)
    assert "Lion and TheOptimizerThatIWroteMyself come down on 5 of 5 surfaces, adam on 0" in " ".join(
        " ".join(texts).split()
    )
    assert {"Lion", "TheOptimizerThatIWroteMyself"} <= set(texts)
