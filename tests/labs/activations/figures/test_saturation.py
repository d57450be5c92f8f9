from __future__ import annotations

from dataclasses import replace

import numpy as np

from nnlabs.labs.activations.figures.saturation import LayerInputs, histograms
from nnlabs.stats.intervals import mean_interval

EDGES = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
BEFORE, AFTER = np.array([0.1, 0.4, 0.4, 0.1]), np.array([0.4, 0.1, 0.1, 0.4])
BEFORE_FLAT, AFTER_FLAT = np.array([0.1, 0.05, 0.0, 0.05]), np.array([0.4, 0.01, 0.0, 0.4])
LAYER = LayerInputs(
    EDGES, BEFORE, AFTER, BEFORE_FLAT, AFTER_FLAT, mean_interval([0.2, 0.2]), mean_interval([0.79, 0.83])
)
DATA = "Digits · n = 1,257 training images · 2 seeds"


def test_one_panel_a_layer_with_both_distributions_and_of_each_bin_what_is_saturated(check_layout) -> None:
    figure, table = histograms({"Tanh": [LAYER, LAYER], "SiLU (Swish)": [LAYER, LAYER]}, 0.05, DATA)
    texts = check_layout(figure)
    assert texts.count("20 % → 81 %") == 4
    assert {"Tanh", "SiLU (Swish)", "hidden layer 1", "hidden layer 2", "input z of the activation"} <= set(texts)
    panel = figure.axes[0]
    drawn = {(tuple(patch.get_data().values), patch.get_fill()) for patch in panel.patches}
    filled = {(tuple(values), True) for values in (BEFORE, BEFORE_FLAT, AFTER_FLAT)}
    assert drawn == filled | {(tuple(AFTER), False)}
    assert all(patch.get_data().edges.tolist() == EDGES.tolist() for patch in panel.patches)
    assert len(table) == 4 * 4
    assert table[0] == {
        "activation": "Tanh",
        "layer": 1,
        "z_low": -2.0,
        "z_high": -1.0,
        "before": 0.1,
        "before_saturated": 0.1,
        "after": 0.4,
        "after_saturated": 0.4,
        "saturated_in_all_before": 0.2,
        "saturated_in_all_after": 0.81,
    }


def test_one_activation_alone_keeps_its_name(check_layout) -> None:
    figure, _ = histograms({"ReLU": [LAYER] * 3}, 0.05, DATA)
    assert {"ReLU", "share of the inputs"} <= set(check_layout(figure))


def test_what_diverged_is_said_to_have_in_place_of_a_share(check_layout) -> None:
    nothing = np.full(4, np.nan)
    lost = replace(LAYER, after=nothing, after_saturated=nothing, share_after=mean_interval([np.nan]))
    figure, table = histograms({"ReLU": [lost, lost], "Tanh": [LAYER, LAYER]}, 0.05, DATA)
    assert check_layout(figure).count("20 % → diverged") == 2
    assert figure.axes[0].get_ylim()[1] == 1.25 * 0.4
    assert np.isnan(table[0]["after"])
