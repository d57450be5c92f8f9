"""Heat maps of lab 2: the numbers given are those written in the cells."""

from __future__ import annotations

import numpy as np

from nnlabs.plotting.heat_maps import gradient_ratios

DATA = "Moons · n = 70 training points · 3 seeds"


def test_gradient_ratios_have_a_panel_an_initialisation_and_write_each_number(check_layout) -> None:
    maps = {name: np.array([[-0.5, -7.25], [-0.01, -np.inf]]) for name in ("normal", "lecun", "xavier", "he")}
    figure, table = gradient_ratios(maps, ["Sigmoid", "SiLU (Swish)"], [2, 50], DATA)
    texts = check_layout(figure)
    assert {*maps, "Sigmoid", "SiLU (Swish)", "50"} <= set(texts)
    assert all(texts.count(number) == 4 for number in ("−0.5", "−7.2", "0.0", "−∞"))
    assert table[1] == {"initialisation": "normal", "activation": "Sigmoid", "layers": 50, "log10_first_to_last": -7.25}
