"""Accuracies over two settings: the numbers given stand in the cells, the best are outlined, slanted regions called so."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from nnlabs.labs.optimizers.figures.grids import decoupling, score_grid
from nnlabs.plotting.style import HIGHLIGHT, INK, describe_data

DATA = describe_data("CIFAR-10", None, 45_000, 1)
OPTIMIZERS = ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "nadam", "radam", "muon"]
SCHEDULES = [
    "constant",
    "step",
    "exponential",
    "polynomial",
    "linear",
    "cosine",
    "cosine_restarts",
    "one_cycle",
    "warm-up + cosine",
    "warm-up, stable, decay",
    "plateau",
]


def outlined(panel, color: str) -> list[set[tuple[float, float]]]:
    """The corners of each outline of that color, as cells' rows and columns less one half."""
    lines = [lines for lines in panel.collections if tuple(lines.get_colors()[0]) == to_rgba(color)]
    return [{(y, x) for side in its.get_segments() for x, y in side} for its in lines]


def corners(row: int, col: int) -> set[tuple[float, float]]:
    return {(row + y, col + x) for y in (-0.5, 0.5) for x in (-0.5, 0.5)}


def test_each_pair_has_its_number_and_the_best_of_each_row_an_outline(check_layout) -> None:
    scores = 0.7 + 0.001 * np.arange(110).reshape(10, 11)
    scores[:, 10] -= 0.02
    scores[0, 9] = scores[4, 2] = np.nan
    figure, table = score_grid(scores, OPTIMIZERS, SCHEDULES, DATA)
    texts = check_layout(figure)
    assert "Best pair: muon with warm-up, stable, decay, 80.8 %" in texts
    assert {*OPTIMIZERS, "cosine restarts", "one cycle", "warm-up + cosine"} <= set(texts)
    panel = figure.axes[0]
    written = {(text.get_position()[1], text.get_position()[0]): text.get_text() for text in panel.texts}
    assert written == {cell: f"{100 * score:.1f}" for cell, score in np.ndenumerate(scores) if np.isfinite(score)}
    assert outlined(panel, INK) == [corners(row, 8 if row == 0 else 9) for row in range(10)]
    assert outlined(panel, HIGHLIGHT) == [corners(9, 9)]
    assert [patch.get_xy() for patch in panel.patches] == [(8.5, -0.5), (1.5, 3.5)]
    assert any("hatched: diverged" in " ".join(text.split()) for text in texts)
    assert len(table) == 110
    assert table[10] == {"optimizer": "sgd", "schedule": "plateau", "validation_accuracy": scores[0, 10]}


def test_pairs_that_read_alike_are_all_named_and_outlined(check_layout) -> None:
    scores = np.array([[0.8502, 0.70, 0.65], [0.75, 0.8499, 0.60]])
    figure, _ = score_grid(scores, OPTIMIZERS[:2], SCHEDULES[:3], DATA)
    assert "Best pairs: sgd with constant and momentum with step, 85.0 %" in check_layout(figure)
    assert outlined(figure.axes[0], HIGHLIGHT) == [corners(0, 0) | corners(1, 1)]


def test_a_bad_pair_does_not_take_the_colors_from_the_others(check_layout) -> None:
    scores = np.linspace(0.8, 0.85, 12).reshape(3, 4)
    scores[0, 0] = 0.1
    figure, _ = score_grid(scores, OPTIMIZERS[:3], SCHEDULES[:4], DATA)
    check_layout(figure)
    assert figure.axes[0].images[0].get_clim() == pytest.approx((65, 85))


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_pairs_that_all_diverged(check_layout) -> None:
    figure, _ = score_grid(np.full((2, 2), np.nan), OPTIMIZERS[:2], SCHEDULES[:2], DATA)
    assert "Every run diverged" in check_layout(figure)
    figure, _ = decoupling({"AdamW": np.full((2, 2), np.nan)}, [0.1, 0.2], [0.1, 0.2], DATA)
    assert "AdamW" in check_layout(figure)


def test_a_region_in_one_column_has_no_r_and_names_that_fit_stand_straight(check_layout) -> None:
    upright = 0.8 - 0.02 * np.abs(np.arange(5) - 3) * np.ones((5, 1))
    lr = [0.0003, 0.001, 0.003, 0.01, 0.03]
    figure, _ = decoupling({"Adam with L2": upright, "AdamW": upright}, lr, lr, DATA)
    texts = check_layout(figure)
    assert {"Adam with L2", "AdamW"} <= set(texts)
    assert not any("r:" in text for text in texts)
    assert {label.get_rotation() for label in figure.axes[0].get_xticklabels()} == {0}
    figure, _ = decoupling(dict.fromkeys("abc", upright), lr, lr, DATA)
    check_layout(figure)
    assert {label.get_rotation() for label in figure.axes[0].get_xticklabels()} == {35}


@pytest.mark.parametrize(("cells", "r"), [([(0, 2), (1, 1)], None), ([(0, 2), (1, 1), (1, 0)], "−0.87")])
def test_of_two_cells_no_correlation_is_told(check_layout, cells, r) -> None:
    scores = np.full((2, 3), 0.5)
    scores[tuple(zip(*cells, strict=True))] = 0.9
    figure, _ = decoupling({"AdamW": scores}, [0.1, 0.2, 0.3], [1.0, 2.0], DATA)
    texts = check_layout(figure)
    assert ("AdamW" if r is None else f"AdamW (r = {r})") in texts
    assert any("correlation" in text for text in texts) == (r is not None)


def test_coupled_settings_show_a_slanted_region_and_decoupled_ones_an_upright_one(check_layout) -> None:
    lr, decay = np.geomspace(1e-4, 1e-2, 7), np.array([0, 0.001, 0.01, 0.03, 0.1, 0.3, 1])
    x, y = np.meshgrid(np.arange(7), np.arange(7))
    coupled = 0.82 - 0.003 * (x + y - 6) ** 2 - 0.0002 * (x - 3) ** 2
    upright = 0.83 - 0.003 * (x - 4) ** 2 - 0.003 * (y - 3) ** 2
    coupled[6, 6] = np.nan
    maps = {"Adam with L2": coupled, "AdamW": upright}
    figure, table = decoupling(maps, list(lr), list(decay), DATA)
    texts = check_layout(figure)
    assert "Best: Adam with L2 82.0 %, AdamW 83.0 %" in texts
    assert any("no more than 1 point below the best" in " ".join(text.split()) for text in texts)
    assert "AdamW (r = 0.00)" in texts
    slant = float(next(text for text in texts if "L2 (r = " in text).split("= ")[1][:-1].replace("−", "-"))
    cells = np.argwhere(coupled >= 0.81)
    assert slant == pytest.approx(np.corrcoef(cells.T)[0, 1], abs=0.005)
    assert slant < -0.8
    left, right = figure.axes[:2]
    assert left.images[0].get_clim() == right.images[0].get_clim()
    assert left.get_ylim()[0] < left.get_ylim()[1]  # strong decay on top
    assert (outlined(left, HIGHLIGHT), outlined(right, HIGHLIGHT)) == ([corners(3, 3)], [corners(3, 4)])
    (region,) = outlined(right, INK)
    assert (min(region), max(region)) == ((1.5, 2.5), (4.5, 5.5))  # 0.003 · 1.8² = 0.01: one cell to each side
    assert len(table) == 98
    assert table[1] == {
        "kind": "Adam with L2",
        "lr": lr[1],
        "weight_decay": 0.0,
        "validation_accuracy": coupled[0, 1],
    }
