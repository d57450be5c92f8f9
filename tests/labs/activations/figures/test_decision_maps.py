"""Answers of networks all over the plane: colors where they belong, and an animation that holds its end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from PIL import Image

from nnlabs.labs.activations.figures.decision_maps import (
    COLUMNS,
    FRAME_MS,
    HOLD_MS,
    Ground,
    NetworkSnapshot,
    learning_network,
    mosaic,
)
from nnlabs.plotting.style import CLASS_COLORS

GROUND = Ground(np.array([[-0.5, -0.5], [0.5, 0.5]]), np.array([0, 1]), 1.0)
LEFT_AND_RIGHT = np.tile(GROUND.grid(5), (5, 1))  # the second class on the right
DATA = "Moons · n = 2 training points · 1 seed"


def color_at(figure, x: float, y: float) -> np.ndarray:
    """Red, green and blue of a place of the first panel, in [0, 1]."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    column, row = figure.axes[0].transData.transform((x, y)).astype(int)
    pixels = np.asarray(canvas.buffer_rgba())[..., :3] / 255
    return pixels[pixels.shape[0] - 1 - row, column]


def test_each_tile_has_the_colors_of_the_classes_on_their_sides(check_layout) -> None:
    names = [f"a{i}" for i in range(COLUMNS + 1)]
    scores = {problem: dict.fromkeys(names, LEFT_AND_RIGHT) for problem in ("XOR", "moons")}
    figure, table = mosaic(scores, {"XOR": GROUND, "moons": GROUND}, DATA)
    texts = check_layout(figure)
    assert set(names) < set(texts)
    # eleven activations stand in two blocks, so each problem's name is there twice
    assert texts.count("XOR") == texts.count("moons") == 2
    for x, color in ((0.1, CLASS_COLORS[0]), (0.9, CLASS_COLORS[1])):
        np.testing.assert_allclose(color_at(figure, x, -0.8), 1 - 0.22 * (1 - np.array(to_rgb(color))), atol=0.01)
    assert table[1] == {"problem": "XOR", "x1": -0.5, "x2": -1.0} | dict.fromkeys(names, -0.5)
    assert len(table) == 2 * 25


def test_rows_of_the_scores_go_up() -> None:
    scores = {"XOR": {"ReLU": LEFT_AND_RIGHT.T}}  # the second class above
    figure, _ = mosaic(scores, {"XOR": GROUND}, DATA)
    above, below = color_at(figure, 0.1, -0.1), color_at(figure, 0.1, -0.9)
    assert above[0] > above[2]  # vermilion
    assert below[0] < below[2]  # blue


def test_the_animation_shows_every_moment_and_holds_the_last(tmp_path: Path) -> None:
    moments = [
        NetworkSnapshot(step, (step - 10) * LEFT_AND_RIGHT, 1.0 / (1 + step), 0.5 + step / 60) for step in (0, 5, 20)
    ]
    path = learning_network(tmp_path / "learning.gif", GROUND, moments, "A network learns", DATA)
    with Image.open(path) as gif:
        assert gif.n_frames == 3
        durations, pictures = [], []
        for frame in range(3):
            gif.seek(frame)
            durations.append(gif.info["duration"])
            pictures.append(np.asarray(gif.convert("RGB"), dtype=int))
    assert durations == [FRAME_MS, FRAME_MS, HOLD_MS]
    assert HOLD_MS >= 3000
    # Left of the middle the first network answers with the second class, the last one with the first.
    height, width = pictures[0].shape[:2]
    place = int(0.55 * height), int(0.12 * width)
    assert pictures[0][place][0] > pictures[0][place][2]
    assert pictures[2][place][0] < pictures[2][place][2]


def test_one_activation_alone_makes_no_tower(check_layout) -> None:
    problems = ("XOR", "moons", "circles", "spirals")
    figure, _ = mosaic({name: {"ReLU": LEFT_AND_RIGHT} for name in problems}, dict.fromkeys(problems, GROUND), DATA)
    assert {"ReLU", *problems} <= set(check_layout(figure))
    width, height = figure.get_size_inches()
    assert height < width
