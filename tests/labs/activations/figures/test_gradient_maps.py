"""Heat maps of lab 2: the numbers given are those written in the cells."""

from __future__ import annotations

import re

import numpy as np
import pytest

from nnlabs.labs.activations.figures.gradient_maps import fit_by_size, gradient_by_layer, gradient_ratios
from nnlabs.stats.intervals import mean_interval

DATA = "Moons · n = 70 training points · 3 seeds"


def test_gradient_ratios_have_a_panel_an_initialization_and_write_each_number(check_layout) -> None:
    maps = {name: np.array([[-0.5, -7.25], [-0.01, -np.inf]]) for name in ("normal", "lecun", "xavier", "he")}
    figure, table = gradient_ratios(maps, ["Sigmoid", "SiLU (Swish)"], [2, 50], DATA)
    texts = check_layout(figure)
    assert {*maps, "Sigmoid", "SiLU (Swish)", "50"} <= set(texts)
    assert all(texts.count(number) == 4 for number in ("−0.5", "−7.2", "0.0", "−∞"))
    assert table[1] == {"initialization": "normal", "activation": "Sigmoid", "layers": 50, "log10_first_to_last": -7.25}


@pytest.mark.parametrize(
    ("panels", "depths"), [(5, [2, 3, 5, 10, 20, 30, 40, 50]), (5, [2, 3, 5, 10, 50]), (2, [2, 10])]
)
def test_each_number_stays_in_its_cell(check_layout, panels: int, depths: list[int]) -> None:
    logs = np.full((2, len(depths)), -7.25)
    logs[1, -3:] = [-90.9, -9.96, 12.5][-len(depths) :]
    figure, _ = gradient_ratios({f"start {i}": logs for i in range(panels)}, ["Sigmoid", "ReLU"], depths, DATA)
    assert {"−7.2", "−10", "12"} <= set(check_layout(figure))
    for panel in figure.axes[:panels]:
        cell = panel.get_window_extent().width / len(depths)
        assert all(text.get_window_extent().width < cell - 4 for text in panel.texts)


def test_the_gradient_of_every_layer_is_a_cell_under_its_number(check_layout) -> None:
    maps = {name: np.array([[-np.inf, -3.0, 0.0], [1.0, 0.5, 0.0]]) for name in ("normal", "he")}
    figure, table = gradient_by_layer(maps, ["Sigmoid", "ReLU"], DATA)
    assert {"normal", "he", "Sigmoid", "ReLU", "layer", "Before training: the gradient at each of 3 layers"} <= set(
        check_layout(figure)
    )
    (image,) = figure.axes[0].images
    assert image.get_extent() == [0.5, 3.5, 1.5, -0.5]
    assert table[1] == {"initialization": "normal", "activation": "Sigmoid", "layer": 2, "log10_to_last": -3.0}


def test_fit_by_size_writes_means_with_half_their_intervals(check_layout) -> None:
    loss = mean_interval(np.array([[[-1.0, -2.0]], [[-1.0, -3.0]]]))
    accuracy = mean_interval(np.array([[[0.5, 0.9]], [[0.5, 0.92]]]))
    figure, table = fit_by_size(loss, accuracy, [3], [4, 16], DATA)
    # t(1 degree of freedom, 97.5 %) = 12.706: half of the interval is 12.706 times half the difference of two values
    assert {"−1.0\n± 0.0", "−2.5\n± 6.4", "50.0\n± 0.0", "91.0\n± 12.7"} <= set(check_layout(figure))
    assert table[1]["hidden_layers"] == 3
    assert table[1]["units"] == 16
    assert (table[1]["log10_loss"], table[1]["accuracy"]) == (-2.5, 0.91)


def test_layers_are_counted_in_whole_numbers_and_named_once(check_layout) -> None:
    figure, _ = gradient_by_layer({name: np.zeros((6, 2)) for name in ("normal", "he")}, list("abcdef"), DATA)
    texts = check_layout(figure)
    assert not any(re.fullmatch(r"\d+\.\d+", label.get_text()) for label in figure.axes[0].get_xticklabels())
    assert {"1", "2"} <= set(texts) and texts.count("layer") == 1
    figure, _ = gradient_ratios({f"start {i}": np.zeros((6, 2)) for i in range(4)}, list("abcdef"), [2, 10], DATA)
    assert check_layout(figure).count("layers") == 1
