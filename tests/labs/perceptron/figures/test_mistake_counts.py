from __future__ import annotations

import numpy as np
from matplotlib.colors import to_hex

from nnlabs.labs.perceptron.figures.mistake_counts import Task, mistakes_under_bound, never_settling
from nnlabs.plotting.style import BLUE
from nnlabs.stats.intervals import mean_interval

TASKS = [
    Task("setosa/versicolor, sepals", 22_134.2, [1480, 1374, 1332], 229.4, [10, 6, 4]),
    Task("setosa/versicolor, petals", 410.2, [4, 7, 7], 17.7, [2, 1, 1]),
]


def test_each_task_has_two_rows_with_every_order_and_both_bounds(check_layout):
    figure, rows = mistakes_under_bound(TASKS, "Iris · n = 100 flowers")
    texts = check_layout(figure)
    assert {"22,134", "229", "410", "17", "setosa/versicolor, petals"} <= set(texts)
    assert len(rows) == 12
    assert rows[4] == {"task": TASKS[0].name, "features": "centered", "bound": 229.4, "order": 1, "mistakes": 6}
    drawn = [
        line.get_xdata()
        for line in figure.axes[0].lines
        if to_hex(line.get_color()) == BLUE.lower() and len(line.get_xdata()) == 3
    ]
    np.testing.assert_array_equal(drawn, [[10, 6, 4], [2, 1, 1]])


def test_closest_is_the_largest_share_of_the_mistakes_allowed():
    assert TASKS[0].closest == 1480 / 22_134.2
    assert TASKS[1].closest == 2 / 17.7


def test_never_settling_draws_and_writes_down_both_panels(check_layout):
    shares = {"easy": np.array([0.1, 0.0, 0.0]), "hard": np.array([0.5, 0.2, 0.3])}
    errors = {
        "last weights": mean_interval(np.array([[0.3, 0.2, 0.4], [0.1, 0.2, 0.0]])),
        "average": mean_interval(np.full((2, 3), 0.1)),
    }
    figure, rows = never_settling(shares, errors, "hard", "Iris · n = 100 flowers")
    texts = check_layout(figure)
    assert {"easy", "hard", "last weights", "average", "mistakes (% of the flowers shown)"} <= set(texts)
    assert rows[3] == {"task": "hard", "epoch": 1, "mistakes": 0.5}
    assert (rows[8]["kept"], rows[8]["epoch"], rows[8]["test_error"]) == ("last weights", 3, 0.2)
    assert len(rows) == 12


def test_one_epoch_is_seen_and_its_axis_counts_whole_epochs(check_layout):
    figure, _ = never_settling({"hard": np.array([0.3])}, {"pocket": mean_interval([[0.1], [0.2]])}, "hard", "Iris")
    texts = check_layout(figure)
    assert "1" in texts and not {"0.96", "1.04"} & set(texts)
    assert [panel.lines[0].get_marker() for panel in figure.axes] == ["o", "o"]
