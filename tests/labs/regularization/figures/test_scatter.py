"""Topologies and searches: every point named, nothing over anything, the best one found."""

from __future__ import annotations

import numpy as np
import pytest

from nnlabs.labs.regularization.figures.scatter import Search, Topology, search_scores, topologies
from nnlabs.plotting.style import HIGHLIGHT, describe_data
from nnlabs.stats.intervals import mean_interval

DATA = describe_data("Fashion-MNIST", None, 50_000, 3)


def test_topologies(check_layout) -> None:
    networks = {
        "mlp": Topology(101_770, 101_632, mean_interval([0.89, 0.891, 0.889])),
        "cnn": Topology(98_442, 4_200_000, mean_interval([0.932, 0.931, 0.934])),
        "resnet": Topology(99_000, 9_800_000, mean_interval([0.935, 0.936, 0.931])),
        "lstm": Topology(1_250_000, 2_600_000, mean_interval([0.898, 0.899, 0.9])),
        "gru": Topology(98_000, 2_500_000, mean_interval([0.897, 0.901, 0.9])),
        "transformer": Topology(101_000, 5_000_000, mean_interval([0.885, 0.89, 0.88])),
        "rnn": Topology(95_000, 2_550_000, mean_interval([np.nan] * 3)),
    }
    figure, table = topologies(networks, DATA)
    texts = check_layout(figure)
    panel = figure.axes[0]
    assert "resnet classifies best: 93.4 % of the test split" in texts
    assert {"cnn 93.2 %\n98k parameters", "lstm 89.9 %\n1.2M parameters"} <= set(texts)
    assert "(diverged, not shown: rnn)" in panel.get_xlabel()
    points = {tuple(line.get_xydata()[0]) for line in panel.lines if line.get_marker() in "os^DvPX"}
    assert points == {(net.multiply_adds, net.accuracy.mean) for name, net in networks.items() if name != "rnn"}
    assert [row["network"] for row in table] == list(networks)
    assert table[1]["test_accuracy_low"] == networks["cnn"].accuracy.low
    boxes = [super(type(text), text).get_window_extent() for text in panel.texts]
    for segment in (segment for bar in panel.collections for segment in bar.get_segments()):
        along = panel.transData.transform(np.linspace(*segment, 20))
        assert not any(box.contains(*pixel) for box in boxes for pixel in along)


def test_who_learns_from_other_data_is_not_called_the_best(check_layout) -> None:
    more = Topology(90_634, 4_200_000, mean_interval([0.93, 0.932]), other_data=True)
    networks = {
        "mlp": Topology(94_310, 94_208, mean_interval([0.872, 0.874])),
        "cnn": Topology(90_634, 4_200_000, mean_interval([0.9051, 0.9053])),
        "resnet": Topology(95_802, 9_800_000, mean_interval([0.905, 0.9052])),
    }
    figure, _ = topologies({**networks, "cnn, all images": more}, DATA)
    assert "Of those with the same data, cnn and resnet classify best: 90.5 % of the test split" in check_layout(figure)
    figure, _ = topologies({"cnn, all images": more}, DATA)
    assert "Test accuracy against multiply-adds" in check_layout(figure)


def test_topologies_that_all_diverged(check_layout) -> None:
    figure, _ = topologies({"mlp": Topology(10, 10, mean_interval([np.nan]))}, DATA)
    assert "Topologies: every run diverged" in check_layout(figure)


def test_searches_share_axes_and_colors_and_ring_their_best(check_layout) -> None:
    rng = np.random.default_rng(0)
    decay, dropout = (grid.ravel() for grid in np.meshgrid([0, 1e-4, 1e-3, 1e-2], [0, 0.25, 0.5]))
    grid = Search(decay, dropout, 0.9 - 0.05 * (dropout - 0.3) ** 2 - decay)
    x, y = 10 ** rng.uniform(-4, -2, 12), rng.uniform(0, 0.5, 12)
    scores = 0.9 - 0.05 * (y - 0.3) ** 2 - x
    scores[3] = np.nan
    searches = {"grid search": grid, "random search": Search(x, y, scores)}
    figure, table = search_scores(searches, "lambda of the L2 penalty", "dropout rate", DATA)
    texts = check_layout(figure)
    assert f"Best found: 90.0 % by grid search, {100 * np.nanmax(scores):.1f} % by random search" in texts
    assert texts.count("diverged") == 1
    assert "validation accuracy (%)" in texts
    for panel, search in zip(figure.axes, searches.values(), strict=False):
        points = panel.collections[0]
        np.testing.assert_array_equal(points.get_offsets(), np.column_stack([search.x, search.y]))
        np.testing.assert_array_equal(points.get_array().filled(np.nan), search.score)
        (ring,) = [line for line in panel.lines if line.get_color() == HIGHLIGHT]
        best = np.nanargmax(search.score)
        assert ring.get_xydata().tolist() == [[search.x[best], search.y[best]]]
    assert figure.axes[0].collections[0].get_clim() == figure.axes[1].collections[0].get_clim()
    assert len(table) == 24
    assert table[15]["dropout rate"] == y[3]
    assert np.isnan(table[15]["validation_accuracy"])


def test_equal_scores_have_one_color_in_all_panels_and_none_lies_beyond_100_percent(check_layout) -> None:
    equal = Search(np.array([0.1, 1.0]), np.array([0.0, 0.2]), np.array([1.0, 1.0]))
    figure, _ = search_scores({"grid search": equal, "random search": equal}, "weight decay", "dropout", DATA)
    check_layout(figure)
    assert [panel.collections[0].get_clim() for panel in figure.axes[:2]] == [(0.99, 1.0)] * 2


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_search_in_which_every_trial_diverged(check_layout) -> None:
    nothing = Search(np.array([0.1, 1.0]), np.array([0.1, 1.0]), np.full(2, np.nan))
    figure, _ = search_scores({"grid search": nothing}, "lr", "weight decay", DATA)
    assert "Every trial diverged" in check_layout(figure)


def test_just_below_a_million_is_a_million(check_layout) -> None:
    figure, _ = topologies({"mlp": Topology(999_700, 10**6, mean_interval([0.9, 0.91]))}, DATA)
    assert any(text.endswith("1.0M parameters") for text in check_layout(figure))
