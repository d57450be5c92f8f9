from __future__ import annotations

import numpy as np

from nnlabs.labs.activations.figures.gradient_flow import dead_units, dying_units
from nnlabs.stats.intervals import mean_interval

STEPS = np.array([0, 4, 8])
DATA = "Digits · n = 1,257 training images · 3 seeds"


def courses(end: float, last: float = 1.0):
    """Three seeds whose share of dead units grows to about `end`, by learning rate."""
    course = np.array([[0, end / 2, end], [0, end / 3, end], [0, end / 2, 0.9 * end]])
    return {"0.01": mean_interval(np.zeros((3, 3))), "0.3": mean_interval(course * [1, 1, last])}


def test_each_layer_of_each_activation_has_a_panel_and_its_rows(check_layout) -> None:
    shares = {
        ("ReLU", 1): courses(0),
        ("ReLU", 2): courses(1),
        ("Leaky ReLU", 1): courses(0.1),
        ("Leaky ReLU", 2): courses(0.4),
    }
    figure, table = dying_units(shares, STEPS, DATA)
    texts = check_layout(figure)
    assert [panel.get_title(loc="left") or panel.get_title() for panel in figure.axes] == [
        f"{name}, hidden layer {layer}" for name, layer in shares
    ]
    assert texts.count("0.3") == 4
    assert figure.axes[1].lines[1].get_ydata()[-1] == shares["ReLU", 2]["0.3"].mean[-1]
    # No share lies above 100 %, whatever an interval over three seeds says.
    assert figure.axes[1].collections[1].get_datalim(figure.axes[1].transData).y1 <= 1
    assert len(table) == 4 * 2 * 3
    band = shares["ReLU", 2]["0.3"]
    # The numbers behind the figure have the whole interval.
    assert table[2 * 3 + 5] == {
        "activation": "ReLU",
        "layer": 2,
        "lr": "0.3",
        "step": 8,
        "dead_share": band.mean[-1],
        "dead_share_low": band.low[-1],
        "dead_share_high": band.high[-1],
    }
    assert band.high[-1] > 1


def test_a_learning_rate_at_which_all_diverged_is_left_out_of_the_lines(check_layout) -> None:
    figure, _ = dying_units({("ReLU", 1): courses(0.5, np.nan), ("ReLU", 2): courses(1, np.nan)}, STEPS, DATA)
    texts = check_layout(figure)
    assert texts.count("0.01") == 2 and "0.3" not in texts
    lost, right = mean_interval([[0.1, np.nan]] * 2), mean_interval([[0.9, 0.1]] * 2)
    figure, _ = dead_units({"ReLU": lost}, {"ReLU": right}, np.array([0.01, 1e20]), DATA)
    assert check_layout(figure).count("ReLU") == 1
