from __future__ import annotations

import numpy as np

from nnlabs.experiments.statistics import mean_interval
from nnlabs.plotting.saturation import Layer, histograms

EDGES = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
BEFORE, AFTER = np.array([0.1, 0.4, 0.4, 0.1]), np.array([0.4, 0.1, 0.1, 0.4])
FLAT = np.array([True, False, False, True])
LAYER = Layer(EDGES, BEFORE, AFTER, FLAT, mean_interval([0.2, 0.2]), mean_interval([0.79, 0.83]))
DATA = "Digits · n = 1,257 training images · 2 seeds"


def test_one_panel_a_layer_with_both_distributions_and_the_flat_parts_shaded(check_layout) -> None:
    figure, table = histograms({"Tanh": [LAYER, LAYER], "SiLU (Swish)": [LAYER, LAYER]}, 0.05, DATA)
    texts = check_layout(figure)
    assert texts.count("20 % → 81 %") == 4
    assert {"Tanh", "SiLU (Swish)", "hidden layer 1", "hidden layer 2", "input z of the activation"} <= set(texts)
    panel = figure.axes[0]
    np.testing.assert_array_equal(panel.lines[0].get_ydata(), AFTER)
    shaded = [(patch.get_x(), patch.get_width()) for patch in panel.patches if hasattr(patch, "get_width")]
    assert shaded == [(-2.0, 1.0), (1.0, 1.0)]
    assert len(table) == 4 * 4
    assert table[0] == {
        "activation": "Tanh",
        "layer": 1,
        "z_low": -2.0,
        "z_high": -1.0,
        "before": 0.1,
        "after": 0.4,
        "saturated": True,
    }
